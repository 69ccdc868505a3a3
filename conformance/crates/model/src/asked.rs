//! What a request asks for: its route, its credentials and its content, read from the request as it was sent.

pub use spec::catalogue::Route;
use spec::http::Request;

/// A request, read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method, as sent.
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// What stands behind the question mark; empty where there is none.
    pub query: String,
    /// What the path names.
    pub route: Route,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Asked {
    /// Reads a request.
    pub fn of(request: &Request) -> Self {
        let target = request.target.as_deref().unwrap_or_else(|| target(&request.url));
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        Self {
            method: request.method.clone(),
            path: path.to_owned(),
            query: query.to_owned(),
            route: Route::from_path(path),
            headers: headers.collect(),
            body: request.body.clone().unwrap_or_default(),
        }
    }

    /// Iterates over the values of a header field, named in lower case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Iterates over the values of the cookies with this very name (security.cookie-parsing).
    pub fn cookies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.header("cookie").flat_map(|line| line.split(';')).map(str::trim);
        pairs
            .filter_map(|pair| pair.split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Finds a field of the form in the body, the first of its name; there is none in any other content.
    pub fn form_field(&self, name: &str) -> Option<String> {
        let is_form = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        };
        if !self.header("content-type").any(is_form) {
            return None;
        }
        let mut fields = form_urlencoded::parse(&self.body);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Reads the body as a JSON object.
    pub fn object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Tells whether the path is spelled plainly: every server reads it alike.
    pub fn is_plain(&self) -> bool {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_~.".contains(letter);
        self.path.starts_with('/')
            && self.path.chars().all(plain)
            && !self.path.contains("//")
            && !self.path.split('/').any(|segment| segment == "." || segment == "..")
    }
}

/// Cuts a URL down to what stands in the request line.
fn target(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |start| &rest[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name_among_others() {
        let headers = vec![("cookie".to_owned(), "a=1;xs=2; s=3;s=4".to_owned())];
        let request = Request {
            method: "GET".into(),
            url: "http://h/api/v1/status?s=5#x".into(),
            target: None,
            path_as_is: false,
            headers,
            body: None,
        };
        let asked = Asked::of(&request);
        assert_eq!(asked.cookies("s").collect::<Vec<_>>(), ["3", "4"]);
        assert_eq!(asked.path, "/api/v1/status");
    }
}
