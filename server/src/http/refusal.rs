//! Refusals: every way in which a request is not served, with its status and message.

use http::StatusCode;

/// The reason why a request is not served. A refusal is an answer like others, not an error of the server.
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
    /// The email exceeds [`EMAIL_BYTES`](super::limits::EMAIL_BYTES).
    EmailTooLong,
    /// No credentials.
    Unauthorized,
    /// Login with a password that is not the user's.
    WrongPassword,
    /// Where hardened: login with an email that no user has, or a password that is not the user's.
    WrongCredentials,
    /// Where hardened: too many wrong passwords; the seconds after which to try again.
    TooManyTries(u32),
    /// Credentials that identify no user.
    Forbidden,
    /// No such route, or no such user.
    NotFound,
    /// Login with an email that no user has.
    NoUserForEmail,
    /// The route exists, but not for this method; the methods that it exists for.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    Timeout,
    /// The body exceeds [`BODY_BYTES`](super::limits::BODY_BYTES).
    BodyTooLarge,
    /// The request target exceeds [`TARGET_BYTES`](super::limits::TARGET_BYTES).
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
    /// Returns the refusal of the gate, which does not tell how credentials are wrong.
    pub fn without_reason(self) -> Self {
        match self {
            Self::NoUserForEmail | Self::WrongPassword | Self::WrongCredentials => Self::Forbidden,
            other => other,
        }
    }

    /// Returns the status of the answer and the text in its body.
    pub fn status_and_error(self) -> (StatusCode, &'static str) {
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
