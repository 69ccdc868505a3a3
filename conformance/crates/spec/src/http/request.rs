//! What curl sends: the options of a step, with every variable filled in, as one request.
//!
//! The rules are those of curl 7.88.1, compared with the program itself by the test
//! `what_is_resolved_is_what_curl_sends`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::multipart;
use super::url;
use crate::scenario::curl::{Curl, Data, DataKind};
use crate::scenario::template::{Lookup, MissingVariable};

/// The User-Agent that is sent where a step says no other.
pub const USER_AGENT: &str = "curl/7.88.1";

/// One request as curl would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The whole URL: the query of `-G` is in it, dot segments and the fragment are out.
    pub url: String,
    /// What stands in the request line in the place of the URL's path and query.
    pub target: Option<String>,
    /// Dot segments were kept in the URL; whoever sends it must keep them too.
    pub path_as_is: bool,
    /// The header fields in the order of curl; Host only where the step says it, Content-Length as well.
    pub headers: Vec<(String, String)>,
    /// The content; `None` sends neither content nor Content-Length.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// Makes a GET request without header fields or content.
    pub fn get(url: String) -> Self {
        Self {
            method: "GET".to_owned(),
            url,
            target: None,
            path_as_is: false,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Makes a POST request with this content.
    pub fn post(url: String, content_type: &str, body: String) -> Self {
        Self {
            method: "POST".to_owned(),
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: Some(body.into_bytes()),
            ..Self::get(url)
        }
    }
}

impl Curl {
    /// Fills in the variables and does what curl does with the options.
    ///
    /// # Errors
    ///
    /// When a variable has no value.
    pub fn resolve(&self, lookup: &Lookup<'_>) -> Result<Request, MissingVariable> {
        let data = join(&self.data, lookup)?;
        let mut url = url::tidy(&self.url.expand(lookup)?, self.path_as_is);
        let (body, content_type) = if !self.form.is_empty() {
            let fields = self.form.iter().map(|field| field.expand(lookup)).collect::<Result<Vec<_>, _>>()?;
            (Some(multipart::body(&fields)), Some(multipart::CONTENT_TYPE))
        } else {
            match data {
                Some(data) if self.get => {
                    url = url::tidy(&url::with_query(&url, &data), true);
                    (None, None)
                }
                Some(data) => (Some(data.into_bytes()), Some("application/x-www-form-urlencoded")),
                None => (None, None),
            }
        };
        Ok(Request {
            method: self.effective_method().to_owned(),
            url,
            target: self.request_target.as_ref().map(|target| target.expand(lookup)).transpose()?,
            path_as_is: self.path_as_is,
            headers: self.fields(content_type, lookup)?,
            body,
        })
    }

    /// Puts the header fields together: curl's own, those of `-H`, and the content's type at the end.
    fn fields(
        &self,
        content_type: Option<&str>,
        lookup: &Lookup<'_>,
    ) -> Result<Vec<(String, String)>, MissingVariable> {
        let said = self.headers.iter().map(|header| header.expand(lookup)).collect::<Result<Vec<_>, _>>()?;
        let said: Vec<Said> = said.iter().filter_map(|line| Said::read(line)).collect();
        let is_said = |name: &str| said.iter().any(|field| field.name.eq_ignore_ascii_case(name));
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));

        if let Some(host) = said.iter().find(|field| field.is("host")).and_then(|field| field.value) {
            add("Host", host.to_owned());
        }
        if let Some(user) = self.user.as_ref().filter(|_| !is_said("authorization")) {
            add("Authorization", format!("Basic {}", BASE64_STANDARD.encode(user.expand(lookup)?)));
        }
        let agent =
            self.user_agent.as_ref().map_or(Ok(USER_AGENT.to_owned()), |agent| agent.expand(lookup))?;
        if !is_said("user-agent") && !agent.is_empty() {
            add("User-Agent", agent);
        }
        if !is_said("accept") {
            add("Accept", "*/*".to_owned());
        }
        let cookies =
            self.cookies.iter().map(|cookie| cookie.expand(lookup)).collect::<Result<Vec<_>, _>>()?;
        let cookies: Vec<&str> = cookies.iter().map(String::as_str).filter(|c| is_cookie(c)).collect();
        if !cookies.is_empty() && !is_said("cookie") {
            add("Cookie", cookies.join(";"));
        }
        // A multipart's own type is sent last, with the boundary at the end of it.
        let is_late = |field: &Said<'_>| !self.form.is_empty() && field.is("content-type");
        for field in said.iter().filter(|field| !field.is("host") && !is_late(field)) {
            if let Some(value) = field.value {
                add(field.name, value.to_owned());
            }
        }
        match (content_type, said.iter().find(|field| field.is("content-type"))) {
            (Some(own), None) => add("Content-Type", own.to_owned()),
            (Some(_), Some(field)) if is_late(field) => {
                add("Content-Type", multipart::with_boundary(field.value.unwrap_or_default()));
            }
            _ => {}
        }
        Ok(fields)
    }
}

/// What one `-H` says; without a value it only removes curl's own field.
struct Said<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// Reads `Name: value`, `Name:` and `Name;`; curl drops everything else.
    fn read(line: &'a str) -> Option<Self> {
        let end = line.find([':', ';'])?;
        let (name, value) = (&line[..end], line[end + 1..].trim());
        match (line[end..].starts_with(';'), value.is_empty()) {
            (true, true) => Some(Self { name, value: Some("") }),
            (true, false) => None,
            (false, true) => Some(Self { name, value: None }),
            (false, false) => Some(Self { name, value: Some(value) }),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Tells whether the argument of `-b` is a cookie; a file's name otherwise, and there is no such file.
fn is_cookie(argument: &str) -> bool {
    argument.contains('=') && !argument.starts_with('@')
}

/// Joins the data options with `&`; `None` where there are none.
fn join(data: &[Data], lookup: &Lookup<'_>) -> Result<Option<String>, MissingVariable> {
    let parts = data
        .iter()
        .map(|data| {
            let value = data.value.expand(lookup)?;
            Ok(match data.kind {
                DataKind::UrlEncode => encode(&value),
                DataKind::Plain | DataKind::Raw | DataKind::Binary => value,
            })
        })
        .collect::<Result<Vec<String>, _>>()?;
    Ok((!parts.is_empty()).then(|| parts.join("&")))
}

/// Encodes the content of `content`, `=content` or `name=content`.
fn encode(argument: &str) -> String {
    let (name, content) = argument.split_once('=').unwrap_or(("", argument));
    let encoded = url::percent_encode(content);
    if name.is_empty() { encoded } else { format!("{name}={encoded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(step: &str) -> Request {
        let curl = crate::scenario::parse::options::tests::curl_step(step);
        curl.resolve(&|name| (name == "URL").then(|| "http://h:1".to_owned())).expect("only $URL is used")
    }

    fn header<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
        request
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
            .collect()
    }

    #[test]
    fn a_plain_request_has_curls_own_fields() {
        let request = resolve(r#"curl "$URL/api""#);
        assert_eq!((request.method.as_str(), request.url.as_str()), ("GET", "http://h:1/api"));
        assert_eq!(request.body, None);
        let own = [("User-Agent", USER_AGENT), ("Accept", "*/*")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(request.headers, own);
    }

    #[test]
    fn data_is_joined_and_makes_a_form() {
        let request = resolve(r#"curl "$URL" -d a=b --data-raw "@x" --data-urlencode "n=é z~*" -d "" "#);
        assert_eq!(request.method, "POST");
        assert_eq!(request.body.as_deref(), Some("a=b&@x&n=%C3%A9+z~%2A&".as_bytes()));
        assert_eq!(header(&request, "content-type"), ["application/x-www-form-urlencoded"]);
    }

    #[test]
    fn get_puts_the_data_into_the_query() {
        let request = resolve(r#"curl -G "$URL/p?x=%C3#f" -d y=%C3 -XPUT"#);
        assert_eq!((request.method.as_str(), request.url.as_str()), ("PUT", "http://h:1/p?x=%C3&y=%c3"));
        assert_eq!((request.body.clone(), header(&request, "content-type").len()), (None, 0));
        assert_eq!(resolve(r#"curl -G -I "$URL" -d a"#).method, "HEAD");
    }

    #[test]
    fn a_header_option_adds_removes_and_empties() {
        let request = resolve(
            r#"curl "$URL" -d x -H "X-A:b" -H "Accept:" -H "User-Agent;" -H "content-type: t" -H "Host: q""#,
        );
        let expected = [("Host", "q"), ("X-A", "b"), ("User-Agent", ""), ("content-type", "t")];
        assert_eq!(request.headers, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_cookie_without_an_equals_sign_names_a_file() {
        assert!(header(&resolve(r#"curl "$URL" --cookie "_my_session_id_fake""#), "cookie").is_empty());
        assert_eq!(header(&resolve(r#"curl "$URL" -b a=b -b "c=d; e""#), "cookie"), ["a=b;c=d; e"]);
        assert_eq!(header(&resolve(r#"curl "$URL" -b a=b -H "Cookie: z""#), "cookie"), ["z"]);
    }

    #[test]
    fn a_user_becomes_basic_credentials() {
        assert_eq!(header(&resolve(r#"curl "$URL" -u bob:pw:x"#), "authorization"), ["Basic Ym9iOnB3Ong="]);
        let own = resolve(r#"curl "$URL" -u bob:pw -H "Authorization: Test""#);
        assert_eq!(header(&own, "authorization"), ["Test"]);
    }

    #[test]
    fn an_empty_agent_is_not_sent() {
        assert!(header(&resolve(r#"curl "$URL" -A """#), "user-agent").is_empty());
        assert_eq!(header(&resolve(r#"curl "$URL" -A me"#), "user-agent"), ["me"]);
    }

    #[test]
    fn a_form_is_multipart() {
        let request = resolve(r#"curl "$URL" -F a=b"#);
        assert_eq!(request.method, "POST");
        assert_eq!(header(&request, "content-type"), [multipart::CONTENT_TYPE]);
        let typed = resolve(r#"curl "$URL" -F a=b -H "Content-Type: x/y" -H "B: c""#);
        assert_eq!(
            typed.headers.last().map(|(_, value)| value.as_str()),
            Some(&*multipart::with_boundary("x/y"))
        );
    }

    #[test]
    fn a_target_and_a_path_can_be_sent_as_they_are() {
        let request = resolve(r#"curl --path-as-is --request-target "*" "$URL/a/../b""#);
        assert_eq!((request.target.as_deref(), request.url.as_str()), (Some("*"), "http://h:1/a/../b"));
        assert_eq!(resolve(r#"curl "$URL/a/../b""#).url, "http://h:1/b");
    }
}
