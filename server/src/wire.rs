//! What a request must be before the app sees it: HTTP's rules that hyper leaves to its users, and a bounded
//! body.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri, Version};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use crate::limits::{BODY_BYTES, BODY_TIME, HOST_BYTES, TARGET_BYTES};
use crate::reply::Refusal;

/// Checks the head and reads the body.
///
/// # Errors
///
/// The refusal to answer with; the connection is of no further use then, as its body may be unread.
pub async fn receive(head: &Parts, body: Incoming) -> Result<Bytes, Refusal> {
    check_head(head)?;
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // Boxed: a future is moved into that of its caller, and nearly every request would pay for this one's size.
    Box::pin(receive_body(&head.headers, body)).await
}

async fn receive_body(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Refusal> {
    check_transfer_coding(headers)?;
    if codings(headers, CONTENT_ENCODING).any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::EncodedBody);
    }
    // An announced length is refused before the client is asked to continue.
    if body.size_hint().lower() > BODY_BYTES as u64 {
        return Err(Refusal::BodyTooLarge);
    }
    let collected = tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_BYTES).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Ok(Err(_)) => Err(Refusal::BadRequest),
        Err(_) => Err(Refusal::Timeout),
    }
}

fn check_head(head: &Parts) -> Result<(), Refusal> {
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
    if host_is_right && is_our_target(&head.uri) { Ok(()) } else { Err(Refusal::BadRequest) }
}

/// A request with a transfer coding has a body, if an empty one.
fn check_transfer_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    // hyper sees to it that the last coding is chunked, and undoes that one only.
    let (chunked, others): (Vec<_>, Vec<_>) =
        codings(headers, TRANSFER_ENCODING).partition(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    match (chunked.len(), others.len()) {
        (0 | 1, 0) => Ok(()),
        (_, 0) => Err(Refusal::BadRequest),
        _ => Err(Refusal::TransferCoding),
    }
}

/// The members of a list header, on however many lines (RFC 9110, 5.6.1).
fn codings(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
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

/// Which bytes a name may have in it (RFC 3986, 3.2.2), for one look at each: every request names its host.
static IN_NAME: [bool; 256] = {
    let mut in_name = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        in_name[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=');
        byte += 1;
    }
    in_name
};

fn is_name_byte(byte: u8) -> bool {
    IN_NAME[usize::from(byte)]
}

/// Whether `host` is `uri-host [ ":" port ]` (RFC 9110, 7.2); it may be empty.
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
