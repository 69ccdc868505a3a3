//! Cookies of a request (RFC 6265, 5.4).

use http::header::{COOKIE, HeaderMap};
use memchr::memchr;

/// Finds the value of the cookie called `name`. If there are several, the first counts.
///
/// Names are compared octet by octet. The value extends to the next semicolon, without the white space around it; quotes
/// and inner spaces belong to it. A pair without `=` has no name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers.get_all(COOKIE).iter().find_map(|value| in_pairs(value.as_bytes(), name.as_bytes()))
}

fn in_pairs<'a>(mut pairs: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    loop {
        // A name contains neither white space nor an equals sign.
        let after_name = pairs.trim_ascii_start().strip_prefix(name).map(<[u8]>::trim_ascii_start);
        let value = after_name.and_then(|rest| rest.strip_prefix(b"="));
        let rest = value.unwrap_or(pairs);
        let end = memchr(b';', rest);
        if let Some(value) = value {
            return Some(value[..end.unwrap_or(value.len())].trim_ascii());
        }
        pairs = &rest[end? + 1..];
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Option<String> {
        let values = values.iter().map(|value| (COOKIE, HeaderValue::from_str(value).expect("a value")));
        cookie(&values.collect(), "_my_session_id").map(|value| String::from_utf8_lossy(value).into_owned())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for values in [
            &["_my_session_id=Hello"] as &[_],
            &["a=1;_my_session_id=Hello;b=2"],
            &["; ,; =x; a; _my_session_id = Hello ;"],
            &["a=1", "b=2; _my_session_id=Hello"],
            &["_my_session_id=Hello; _my_session_id=other"],
        ] {
            assert_eq!(read(values).as_deref(), Some("Hello"), "{values:?}");
        }
        assert_eq!(read(&["_my_session_id=C is fun"]).as_deref(), Some("C is fun"));
        assert_eq!(read(&["_my_session_id=\"a=b\""]).as_deref(), Some("\"a=b\""));
        assert_eq!(read(&["_my_session_id="]).as_deref(), Some(""));
    }

    #[test]
    fn a_name_that_only_resembles_it_is_another_cookie() {
        for value in [
            "_my_session_id_fake",
            "_my_session_id",
            "_my_session_id_fake=Hello",
            "x_my_session_id=Hello",
            "_MY_SESSION_ID=Hello",
            "=_my_session_id=Hello",
            "a=_my_session_id=Hello",
            "_my_session_id[]=Hello",
            "%5fmy_session_id=Hello",
            "a=1, _my_session_id=Hello",
        ] {
            assert_eq!(read(&[value]), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_value_is_found_whatever_stands_around_it(
            before in "[ -:<-~]*",
            value in "[!-:<-~]+",
            after in "[ -:<-~]*",
        ) {
            prop_assume!(!before.trim().starts_with("_my_session_id"));
            prop_assert_eq!(read(&[&format!("{before}; _my_session_id={value};{after}")]), Some(value));
        }
    }
}
