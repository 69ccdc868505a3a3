//! What handlers answer: a reply, or a refusal. Both become a response here, header by header in the
//! transcripts' order.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SERVER,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::json;
use crate::store::StoreError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
const TEXT: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The name that answers carry in the Server header; without a version, which would serve attackers only.
const SERVER_NAME: HeaderValue = HeaderValue::from_static("session-server");

/// The transcripts' 405 page.
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
    /// An answer with JSON that is already written.
    pub fn written(status: StatusCode, body: Bytes) -> Self {
        Self { status, content: Some((JSON, body)), headers: Vec::new() }
    }

    /// 200 with `value` as JSON.
    pub fn json(value: &impl Serialize) -> Self {
        Self::written(StatusCode::OK, json::body(value))
    }

    /// 200 with `{}`.
    pub fn empty_dictionary() -> Self {
        Self::written(StatusCode::OK, Bytes::from_static(b"{}\n"))
    }

    /// 200 with text, as Flask sends a string.
    pub fn text(text: String) -> Self {
        Self::of_type(TEXT, text.into())
    }

    /// 200 with a body of this media type.
    pub fn of_type(media_type: HeaderValue, body: Bytes) -> Self {
        Self { status: StatusCode::OK, content: Some((media_type, body)), headers: Vec::new() }
    }

    /// The answer to a CORS preflight: any origin may send what the API understands.
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

    /// Makes the response; `any_origin` says whether scripts of other sites may read it.
    pub fn into_response(self, any_origin: bool) -> Response<Bytes> {
        // As many as a login has: two allocations, the table and its entries, instead of several as it grows.
        let mut headers = HeaderMap::with_capacity(6);
        let (bytes, length) = match self.content {
            Some((media_type, body)) => {
                headers.insert(CONTENT_TYPE, media_type);
                let length = content_length(body.len());
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
        // On errors only: the transcripts show the exact headers of what succeeds.
        if self.status.is_client_error() || self.status.is_server_error() {
            forbid_keeping(&mut headers);
        }
        if let Some(length) = length {
            // hyper would write it too, but not in its place among the others.
            headers.insert(CONTENT_LENGTH, length);
        }
        headers.insert(SERVER, SERVER_NAME);
        let mut response = Response::new(bytes);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// The numbers below a thousand, three digits each.
static NUMBERS: [u8; 3000] = {
    let mut digits = [0; 3000];
    let mut number = 0;
    while number < 1000 {
        digits[3 * number] = b'0' + (number / 100) as u8;
        digits[3 * number + 1] = b'0' + (number / 10 % 10) as u8;
        digits[3 * number + 2] = b'0' + (number % 10) as u8;
        number += 1;
    }
    digits
};

/// The same as text.
static LENGTHS: [&str; 1000] = {
    let mut lengths = [""; 1000];
    let mut number = 0;
    while number < 1000 {
        let leading_zeros = if number < 10 { 2 } else { (number < 100) as usize };
        let (_, digits) = NUMBERS.split_at(3 * number + leading_zeros);
        let (digits, _) = digits.split_at(3 - leading_zeros);
        lengths[number] = match str::from_utf8(digits) {
            Ok(digits) => digits,
            Err(_) => panic!("digits are ASCII"),
        };
        number += 1;
    }
    lengths
};

/// The length of a body. That of a user takes no memory of its own, which all answers with this user would count their
/// hold on.
fn content_length(bytes: usize) -> HeaderValue {
    LENGTHS.get(bytes).map_or_else(|| bytes.into(), |digits| HeaderValue::from_static(digits))
}

/// Keeps an answer out of caches, and its type from being guessed.
pub fn forbid_keeping(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Why a request is not served. A refusal is an answer like others, not an error of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request breaks HTTP's rules, or its path has no canonical spelling.
    BadRequest,
    /// The body is not a JSON object, or a field of it has a wrong type.
    WrongFormat,
    /// No email, or an empty one.
    EmailMissing,
    /// No password, or an empty one.
    PasswordMissing,
    /// Another user has this email.
    EmailTaken,
    /// The email exceeds [`EMAIL_BYTES`](crate::limits::EMAIL_BYTES).
    EmailTooLong,
    /// No credentials.
    Unauthorized,
    /// Login with a password that is not the user's.
    WrongPassword,
    /// Where hardened: login with an email that no user has, or a password that is not the user's.
    WrongCredentials,
    /// Where hardened: too many wrong passwords; seconds after which to try again.
    TooManyTries(u32),
    /// Credentials that identify nobody.
    Forbidden,
    /// No such route, or no such user.
    NotFound,
    /// Login with an email that no user has.
    NoUserForEmail,
    /// The route exists, the method does not; here are the methods that do.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    Timeout,
    /// The body exceeds [`BODY_BYTES`](crate::limits::BODY_BYTES).
    BodyTooLarge,
    /// The request target exceeds [`TARGET_BYTES`](crate::limits::TARGET_BYTES).
    TargetTooLong,
    /// The body is compressed.
    EncodedBody,
    /// The body is transferred in another coding than chunked.
    TransferCoding,
    /// A handler panicked.
    Internal,
    /// The store failed.
    Unavailable,
}

impl Refusal {
    /// The refusal as the gate has it, which does not say what is wrong with credentials.
    pub fn without_reason(self) -> Self {
        match self {
            Self::NoUserForEmail | Self::WrongPassword | Self::WrongCredentials => Self::Forbidden,
            other => other,
        }
    }

    fn status_and_error(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad request"),
            Self::WrongFormat => (StatusCode::BAD_REQUEST, "Wrong format"),
            Self::EmailMissing => (StatusCode::BAD_REQUEST, "email missing"),
            Self::PasswordMissing => (StatusCode::BAD_REQUEST, "password missing"),
            Self::EmailTaken => (StatusCode::BAD_REQUEST, "Can't create User: the email is taken"),
            Self::EmailTooLong => (StatusCode::BAD_REQUEST, "Can't create User: the email is too long"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong password"),
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong email or password"),
            Self::TooManyTries(_) => (StatusCode::TOO_MANY_REQUESTS, "too many wrong passwords"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Self::NoUserForEmail => (StatusCode::NOT_FOUND, "no user found for this email"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "Request timeout"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Body too large"),
            Self::TargetTooLong => (StatusCode::URI_TOO_LONG, "URI too long"),
            Self::EncodedBody => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Encoding not supported"),
            Self::TransferCoding => (StatusCode::NOT_IMPLEMENTED, "Transfer-Encoding not supported"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
        }
    }
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

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_written_in_digits() {
        for bytes in (0..1200).chain([9_999, 65_536, 1_000_000]) {
            assert_eq!(content_length(bytes), bytes.to_string());
        }
    }
}
