//! The canonical spelling of a request path, for gate and router alike.
//!
//! Nearly every way around a gate is a path that gate and router read differently. So a path is refused, not repaired, if
//! it has dot segments, empty segments, backslashes, semicolons, the beginning of a query or a fragment, or encoded
//! delimiters. Two differences remain, and are removed: one slash at the end, and percent-encoded unreserved letters
//! (RFC 3986, 6.2.2.2).

use std::borrow::Cow;

use memchr::memchr;

/// A path in its only spelling. It begins with a slash, and does not end with one unless it is `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a>(Cow<'a, str>);

impl<'a> CanonicalPath<'a> {
    /// Parses the path of a request; returns `None` if it has no canonical spelling.
    pub fn parse(path: &'a str) -> Option<Self> {
        if !path
            .bytes()
            .all(|byte| matches!(byte, b'!'..=b'~') && !matches!(byte, b'\\' | b';' | b'?' | b'#'))
        {
            return None;
        }
        let path = match memchr(b'%', path.as_bytes()) {
            Some(_) => Cow::Owned(decode_unreserved(path)?),
            None => Cow::Borrowed(path),
        };
        let segments = path.strip_prefix('/')?;
        let segments = segments.strip_suffix('/').unwrap_or(segments);
        if segments.is_empty() {
            return (path == "/").then_some(Self(path));
        }
        // As bytes, as searching a string for a slash costs several times as much.
        if segments
            .as_bytes()
            .split(|&byte| byte == b'/')
            .any(|segment| matches!(segment, b"" | b"." | b".."))
        {
            return None;
        }
        let end = segments.len() + 1;
        Some(Self(match path {
            Cow::Borrowed(path) => Cow::Borrowed(&path[..end]),
            Cow::Owned(mut path) => {
                path.truncate(end);
                Cow::Owned(path)
            }
        }))
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Decodes letters, digits, `-`, `_` and `~`, and leaves other octets encoded, in upper case. Returns `None` for a broken
/// encoding, and for an encoded delimiter, dot, backslash, percent sign or control character.
fn decode_unreserved(path: &str) -> Option<String> {
    let mut decoded = String::with_capacity(path.len());
    let mut parts = path.split('%');
    decoded.push_str(parts.next()?);
    for part in parts {
        let code = part.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        match u8::from_str_radix(code, 16).ok()? {
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') => {
                decoded.push(char::from(byte));
            }
            byte if byte.is_ascii_control() || b":/?#[]@!$&'()*+,;=.\\%".contains(&byte) => return None,
            _ => {
                decoded.push('%');
                decoded.push_str(&code.to_ascii_uppercase());
            }
        }
        decoded.push_str(&part[2..]);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(path: &str) -> Option<String> {
        CanonicalPath::parse(path).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn one_slash_at_the_end_and_encoded_letters_are_the_same_path() {
        for path in ["/api/v1/users", "/api/v1/users/", "/api/v1/%75sers", "/%61pi/v%31/user%73/"] {
            assert_eq!(canonical(path).as_deref(), Some("/api/v1/users"), "{path}");
        }
        assert_eq!(canonical("/").as_deref(), Some("/"));
        assert_eq!(canonical("/a%20b%c3%A9").as_deref(), Some("/a%20b%C3%A9"));
        assert_eq!(canonical("/...").as_deref(), Some("/..."));
        assert_eq!(canonical("/API/V1/users*").as_deref(), Some("/API/V1/users*"));
    }

    #[test]
    fn what_could_be_read_in_two_ways_has_no_canonical_spelling() {
        let refused = [
            "",
            "*",
            "api/v1/users",
            "//",
            "//api/v1/users",
            "/api//v1/users",
            "/api/v1/users//",
            "/api/./v1/users",
            "/api/v1/status/../users",
            "/api/v1/users/.",
            "/api/v1/users/..",
            "/api/v1/status/%2e%2e/users",
            "/api/v1/status/.%2E/users",
            "/api/v1/status/%252e%252e/users",
            "/api/v1/status/..%2fusers",
            "/api/v1/status/..%5cusers",
            "/api/v1/status/..;/users",
            "/api/v1/users;/status",
            "/api\\v1\\users",
            "/api/v1/users%00",
            "/api/v1/users%23",
            "/api/v1/users%3f/status",
            "/api/v1/users%2f",
            "/api/v1/users?/status",
            "/api/v1/users#/status",
            "/api/v1/users%",
            "/api/v1/users%7",
            "/api/v1/users%zz",
            "/api/v1/users%+5",
            "/api/v1/users%0d%0aX: y",
            "/api/v1/üsers",
        ];
        for path in refused {
            assert_eq!(canonical(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_path_is_its_own_canonical_path(path in "/([a-z%./;0-9A-F]|%[0-9a-fA-F]{2}){0,12}") {
            if let Some(once) = canonical(&path) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
