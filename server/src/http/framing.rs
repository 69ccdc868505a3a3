//! Framing: HTTP's rules for a request that hyper leaves to its users, and the body within its limits.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri, Version};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use super::limits::{BODY_BYTES, BODY_TIME, HOST_BYTES, TARGET_BYTES};
use super::refusal::Refusal;

/// The body of a request, which is read when somebody asks for it. Reading it is what makes hyper send
/// `100 Continue`.
pub struct RequestBody {
    content: Content,
    /// Whether the body was refused: where it ends, if anywhere, is no longer known.
    is_refused: bool,
}

enum Content {
    Whole(Bytes),
    Unread(Incoming),
    Taken,
}

/// The rest of a body after the answer.
pub enum Rest {
    /// Nothing: the next request follows.
    Nothing,
    /// A few bytes, or an unknown number, after which the next request follows.
    Short(Incoming),
    /// More bytes than are worth reading, or bytes that the client holds back until it is told to go on.
    Long(Option<Incoming>),
}

impl RequestBody {
    /// Wraps a body that hyper has not read yet.
    pub(super) fn new(incoming: Incoming) -> Self {
        let is_empty = incoming.is_end_stream();
        let content = if is_empty { Content::Whole(Bytes::new()) } else { Content::Unread(incoming) };
        Self { content, is_refused: false }
    }

    /// Reads the body; a second reading finds it empty.
    ///
    /// # Errors
    ///
    /// [`Refusal::EncodedBody`], [`Refusal::BodyTooLarge`], [`Refusal::Timeout`], or [`Refusal::BadRequest`] if its
    /// transfer coding is broken. The connection is of no further use then.
    pub async fn read(&mut self, headers: &HeaderMap) -> Result<Bytes, Refusal> {
        if let Content::Whole(bytes) = &mut self.content {
            return Ok(std::mem::take(bytes));
        }
        // Boxed: a future is moved into that of its caller, and nearly every request would pay for this one's size.
        let read = Box::pin(self.read_from_client(headers)).await;
        self.is_refused |= read.is_err();
        read
    }

    async fn read_from_client(&mut self, headers: &HeaderMap) -> Result<Bytes, Refusal> {
        if members(headers, CONTENT_ENCODING).any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            return Err(Refusal::EncodedBody);
        }
        // A length that is announced is refused before the client is told to continue.
        if matches!(&self.content, Content::Unread(body) if body.size_hint().lower() > BODY_BYTES as u64) {
            return Err(Refusal::BodyTooLarge);
        }
        let Content::Unread(body) = std::mem::replace(&mut self.content, Content::Taken) else {
            return Ok(Bytes::new());
        };
        match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_BYTES).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
            Ok(Err(_)) => Err(Refusal::BadRequest),
            Err(_) => Err(Refusal::Timeout),
        }
    }

    /// Marks the body as refused with its head.
    pub(super) fn refuse(&mut self) {
        self.is_refused = true;
    }

    /// Returns the rest that nobody has asked for.
    pub(super) fn rest(self, headers: &HeaderMap) -> Rest {
        match self.content {
            Content::Unread(body) => {
                let is_held_back = headers.contains_key(EXPECT);
                let is_short = body.size_hint().lower() <= BODY_BYTES as u64;
                match (is_held_back, is_short && !self.is_refused) {
                    (true, _) => Rest::Long(None),
                    (false, true) => Rest::Short(body),
                    (false, false) => Rest::Long(Some(body)),
                }
            }
            _ if self.is_refused => Rest::Long(None),
            Content::Whole(_) | Content::Taken => Rest::Nothing,
        }
    }
}

/// A body without a connection.
impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self { content: Content::Whole(bytes), is_refused: false }
    }
}

/// Checks the parts of a head that say where a request goes and where it ends.
///
/// # Errors
///
/// The refusal to answer with. The connection is of no further use then, as it is unknown where the next request begins.
pub fn check_head(head: &Parts, body: &RequestBody) -> Result<(), Refusal> {
    if head.uri.path_and_query().is_some_and(|target| target.as_str().len() > TARGET_BYTES) {
        return Err(Refusal::TargetTooLong);
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    // RFC 9112, 3.2: exactly one Host field from HTTP/1.1 on.
    let host_is_right = match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, _) => head.version < Version::HTTP_11,
        _ => false,
    };
    if !host_is_right || !is_our_target(&head.uri) {
        return Err(Refusal::BadRequest);
    }
    match body.content {
        Content::Unread(_) => check_transfer_coding(&head.headers),
        Content::Whole(_) | Content::Taken => Ok(()),
    }
}

/// A request with a transfer coding has a body, if an empty one.
fn check_transfer_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    // hyper sees to it that the last coding is chunked, and undoes that one only.
    let (chunked, others): (Vec<_>, Vec<_>) =
        members(headers, TRANSFER_ENCODING).partition(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    match (chunked.len(), others.len()) {
        (0 | 1, 0) => Ok(()),
        (_, 0) => Err(Refusal::BadRequest),
        _ => Err(Refusal::TransferCoding),
    }
}

/// The members of a list header, on however many lines (RFC 9110, 5.6.1).
fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let members =
        headers.get_all(name).into_iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// The origin form, or the absolute form (RFC 9112, 3.2.2) of plain HTTP, without user information.
fn is_our_target(uri: &Uri) -> bool {
    match (uri.scheme_str(), uri.authority()) {
        (None, None) => true,
        (Some("http"), Some(authority)) => is_host(authority.as_str().as_bytes()),
        _ => false,
    }
}

/// Returns whether a name may contain this byte (RFC 3986, 3.2.2).
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=')
}

/// Returns whether `host` is `uri-host [ ":" port ]` (RFC 9110, 7.2); it may be empty.
pub fn is_host(host: &[u8]) -> bool {
    if host.len() > HOST_BYTES {
        return false;
    }
    let port = if let Some(literal) = host.strip_prefix(b"[") {
        let Some(end) = literal.iter().position(|&byte| byte == b']') else {
            return false;
        };
        if end == 0 || !literal[..end].iter().all(|&byte| byte == b':' || byte != b'%' && is_name_byte(byte))
        {
            return false;
        }
        &literal[end + 1..]
    } else {
        let end = host.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(host.len());
        &host[end..]
    };
    match port.strip_prefix(b":") {
        Some(b"") => true,
        Some(digits) => {
            digits.iter().all(u8::is_ascii_digit)
                && str::from_utf8(digits).is_ok_and(|digits| digits.parse::<u16>().is_ok())
        }
        None => port.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for host in
            ["", "localhost", "0.0.0.0:5000", "a-b.example:", "[::1]", "[::1]:80", "a%20b", "localhost:65535"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        // A name is of 255 bytes at most (RFC 1035, 2.3.4).
        let longest = format!("{}:65535", "a".repeat(255));
        assert!(is_host(longest.as_bytes()));
        let long = "a".repeat(255 + 7);
        for host in [
            "a b", "a/b", "a@b", "[::1", "[]", "[::1]x", "a:b", "a:65536", "a:+1", "a:1:2", "::1", "ü",
            "a\\b", "a?b", "a#b", &long,
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
