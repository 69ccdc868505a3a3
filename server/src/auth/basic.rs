//! Basic credentials (RFC 7617).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::header::{AUTHORIZATION, HeaderMap};

/// Reads email and password from the Authorization header.
///
/// Returns `None` if there is not exactly one such header, its value does not begin with `Basic `, the rest is not the
/// Base64 of UTF-8 text, or the text has no colon. The first colon separates email and password: a password may
/// contain others.
pub fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let encoded = value.as_bytes().strip_prefix(b"Basic ")?;
    // Two allocations per request: one for the decoded text, one for its second half.
    let mut email = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let colon = email.find(':')?;
    let password = email.split_off(colon + 1);
    email.truncate(colon);
    Some((email, password))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Option<(String, String)> {
        let values =
            values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).expect("a value")));
        credentials(&values.collect())
    }

    #[test]
    fn the_documents_credentials_are_read() {
        let bob = ("bob@hbtn.io".to_owned(), "H0lbertonSchool98!".to_owned());
        assert_eq!(read(&["Basic Ym9iQGhidG4uaW86SDBsYmVydG9uU2Nob29sOTgh"]), Some(bob));
    }

    #[test]
    fn nothing_else_is_a_credential() {
        let broken = [
            "",
            "Test",
            "Basic",
            "Basic ",
            "basic YTpi",
            "XBasic YTpi",
            "BasicYTpi",
            "Bearer YTpi",
            "Basic\tYTpi",
            "Basic YT pi",
            "Basic YTpi!",
            "Basic YTpi=",
            "Basic YTo",
            "Basic /////w==",
            "Basic YWI=",
            "Basic  YTpi",
        ];
        for value in broken {
            assert_eq!(read(&[value]), None, "{value:?}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["Basic YTpi", "Basic YTpi"]), None);
        assert_eq!(read(&["Basic YTpi"]), Some(("a".to_owned(), "b".to_owned())));
    }

    proptest! {
        #[test]
        fn the_first_colon_separates(email in "[^:]*", password in any::<String>()) {
            let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{email}:{password}")));
            prop_assert_eq!(read(&[&value]), Some((email, password)));
        }

        #[test]
        fn no_header_value_panics(value in prop::collection::vec(32_u8..127, 0..40)) {
            let mut bytes = b"Basic ".to_vec();
            bytes.extend(value);
            let value = HeaderValue::from_bytes(&bytes).expect("a value");
            credentials(&[(AUTHORIZATION, value)].into_iter().collect());
        }
    }
}
