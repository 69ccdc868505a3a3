//! A parsed request: the route, the headers and the content of a request.

pub use spec::catalogue::Route;
use spec::http::Request;

/// The parts of a request that an answer depends on.
#[derive(Clone, Debug)]
pub struct ParsedRequest {
    /// The method, as the client sent it.
    pub method: String,
    /// The path, as the client sent it, without the query.
    pub path: String,
    /// The query without its question mark; empty if there is none.
    pub query: String,
    /// The route of the path.
    pub route: Route,
    /// The headers in their order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl From<&Request> for ParsedRequest {
    fn from(request: &Request) -> Self {
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
}

impl ParsedRequest {
    /// Iterates over the values of the header with this name, which is in lower case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Iterates over the values of the cookies with exactly this name (security.cookie-parsing).
    pub fn cookies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.header("cookie").flat_map(|line| line.split(';')).map(str::trim);
        pairs
            .filter_map(|pair| pair.split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Returns the first field with this name of a form in the body; `None` if the Content-Type is not that of a
    /// form.
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

    /// Returns the body as a JSON object; `None` if it is anything else.
    pub fn object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns whether every server reads the path alike: it has no escapes, no empty and no dot segments.
    pub fn is_plain(&self) -> bool {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_~.".contains(letter);
        self.path.starts_with('/')
            && self.path.chars().all(plain)
            && !self.path.contains("//")
            && !self.path.split('/').any(|segment| segment == "." || segment == "..")
    }
}

/// Returns the path and the query of a URL.
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
        let parsed = ParsedRequest::from(&request);
        assert_eq!(parsed.cookies("s").collect::<Vec<_>>(), ["3", "4"]);
        assert_eq!(parsed.path, "/api/v1/status");
    }

    #[test]
    fn a_form_is_read_only_with_its_content_type() {
        let field = |kind: &str| {
            let body = "email=bob%40hbtn.io&email=ann&password=a+b".to_owned();
            ParsedRequest::from(&Request::post("http://h/".to_owned(), kind, body)).form_field("email")
        };
        assert_eq!(field("application/x-www-form-urlencoded").as_deref(), Some("bob@hbtn.io"));
        assert_eq!(field("Application/X-WWW-Form-Urlencoded; charset=utf-8").as_deref(), Some("bob@hbtn.io"));
        assert_eq!(field("application/json"), None);
    }

    #[test]
    fn a_path_is_plain_if_every_server_reads_it_alike() {
        let is_plain = |target: &str| {
            let mut request = Request::get("http://h/".to_owned());
            request.target = Some(target.to_owned());
            ParsedRequest::from(&request).is_plain()
        };
        for plain in ["/", "/api/v1/users/", "/a-b_c~d.e", "/x?y=%20", "/..."] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in ["/a//b", "/a/../b", "/.", "/%61", "/a;b", "/a*", "http://h/a", "*"] {
            assert!(!is_plain(odd), "{odd}");
        }
    }
}
