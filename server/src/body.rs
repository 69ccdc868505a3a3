//! The body of an answer, and its length as Content-Length has it.

use bytes::Bytes;
use http::HeaderValue;

/// Bytes that are sent as they are, any number of times: a copy shares them, and their length is written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    bytes: Bytes,
    length: HeaderValue,
}

impl Body {
    /// The bytes, and what Content-Length says of them.
    pub fn into_parts(self) -> (Bytes, HeaderValue) {
        (self.bytes, self.length)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len().into();
        Self { bytes, length }
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        body.bytes
    }
}
