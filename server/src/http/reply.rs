//! Replies, and the responses that they and refusals become, header by header in the order of the transcripts.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SERVER,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::json;
use super::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
const TEXT: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The Server header of answers; without a version, which would help attackers only.
const SERVER_NAME: HeaderValue = HeaderValue::from_static("session-server");

/// The 405 page of the transcripts.
const METHOD_NOT_ALLOWED: &str = r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>405 Method Not Allowed</title>
<h1>Method Not Allowed</h1>
<p>The method is not allowed for the requested URL.</p>
"#;

/// An answer that is not yet a response.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    content: Option<(HeaderValue, Bytes)>,
    // Between Content-Type and Access-Control-Allow-Origin, as Set-Cookie stands in the transcripts.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    /// Makes an answer of JSON that is formatted already.
    pub fn written(status: StatusCode, body: Bytes) -> Self {
        Self { status, content: Some((JSON, body)), headers: Vec::new() }
    }

    /// Makes a 200 with `value` as JSON.
    pub fn json(value: &impl Serialize) -> Self {
        Self::written(StatusCode::OK, json::body(value))
    }

    /// Makes a 200 with `{}`.
    pub fn empty_dictionary() -> Self {
        Self::written(StatusCode::OK, Bytes::from_static(b"{}\n"))
    }

    /// Makes a 200 with text, as Flask sends a string.
    pub fn text(text: String) -> Self {
        Self::of_type(TEXT, text.into())
    }

    /// Makes a 200 with a body of this media type.
    pub fn of_type(media_type: HeaderValue, body: Bytes) -> Self {
        Self { status: StatusCode::OK, content: Some((media_type, body)), headers: Vec::new() }
    }

    /// Makes the answer to a CORS preflight: any origin may send the methods and headers of the API.
    pub fn preflight() -> Self {
        let headers = vec![
            (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE")),
            // `*` would not cover Authorization (Fetch, CORS-preflight fetch).
            (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type")),
            (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        ];
        Self { status: StatusCode::NO_CONTENT, content: None, headers }
    }

    /// Sets a cookie.
    pub fn with_cookie(self, cookie: HeaderValue) -> Self {
        self.with_header(SET_COOKIE, cookie)
    }

    /// Adds a header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Makes the response. With `any_origin`, scripts of other sites may read it.
    pub fn into_response(self, any_origin: bool) -> Response<Bytes> {
        // As many as a login has: two allocations, for the table and its entries, instead of several as they grow.
        let mut headers = HeaderMap::with_capacity(6);
        let (bytes, length) = match self.content {
            Some((media_type, body)) => {
                headers.insert(CONTENT_TYPE, media_type);
                let length = HeaderValue::from(body.len());
                (body, Some(length))
            }
            None => (Bytes::new(), None),
        };
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        if any_origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        // On errors only, as the transcripts show the exact headers of other answers.
        if self.status.is_client_error() || self.status.is_server_error() {
            set_no_store(&mut headers);
        }
        if let Some(length) = length {
            // hyper would add it, but not at this position.
            headers.insert(CONTENT_LENGTH, length);
        }
        headers.insert(SERVER, SERVER_NAME);
        let mut response = Response::new(bytes);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// Forbids caches to keep an answer, and browsers to guess its type.
pub fn set_no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        #[derive(Serialize)]
        struct ErrorBody {
            error: &'static str,
        }
        let (status, error) = refusal.status_and_error();
        match refusal {
            Refusal::MethodNotAllowed(allow) => Self {
                status,
                content: Some((HTML, Bytes::from_static(METHOD_NOT_ALLOWED.as_bytes()))),
                headers: vec![(ALLOW, HeaderValue::from_static(allow))],
            },
            Refusal::TooManyTries(seconds) => Self::written(status, json::body(&ErrorBody { error }))
                .with_header(RETRY_AFTER, seconds.into()),
            _ => Self::written(status, json::body(&ErrorBody { error })),
        }
    }
}
