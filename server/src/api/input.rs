//! Bodies of requests: JSON objects and forms, field by field.

use std::borrow::Cow;

use http::HeaderValue;
use http::header::{CONTENT_TYPE, HeaderMap};
use memchr::memchr;
use serde_json::{Map, Value};

use crate::http::refusal::Refusal;

/// A JSON object, whatever its fields.
#[derive(Debug)]
pub struct JsonBody(Map<String, Value>);

impl JsonBody {
    /// Reads the body of a request whose Content-Type is JSON.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongFormat`] for anything but a JSON object.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        if !has_media_type(headers, "application/json") {
            return Err(Refusal::WrongFormat);
        }
        serde_json::from_slice(body).map(Self).map_err(|_| Refusal::WrongFormat)
    }

    /// Takes a string field; returns `None` if it is absent or null.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongFormat`] for a value of another type.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::WrongFormat),
        }
    }

    /// Takes a string field that must not be empty.
    ///
    /// # Errors
    ///
    /// `missing` if it is absent, null or empty; [`Refusal::WrongFormat`] for a value of another type.
    pub fn required(&mut self, name: &str, missing: Refusal) -> Result<String, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or(missing)
    }
}

/// Finds fields of a form body. Of several fields with one name the first counts, as in the documents'
/// `request.form.get()`. Returns `None` for a field that is absent or empty; a body of another media type has no fields.
pub fn form_fields<'a, const N: usize>(
    headers: &HeaderMap,
    body: &'a [u8],
    names: [&str; N],
) -> [Option<Cow<'a, str>>; N] {
    let is_form = has_media_type(headers, "application/x-www-form-urlencoded");
    let form = if is_form { body } else { b"" };
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(form) {
        if let Some(index) = names.iter().position(|sought| *sought == name) {
            found[index].get_or_insert(value);
        }
    }
    found.map(|value| value.filter(|value| !value.is_empty()))
}

/// Compares the media type without its parameters; letter case does not count (RFC 9110, 8.3.1).
fn has_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let end = memchr(b';', value).unwrap_or(value.len());
    value[..end].trim_ascii().eq_ignore_ascii_case(expected.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_type(media_type: &str) -> HeaderMap {
        let media_type = HeaderValue::try_from(media_type).expect("a value");
        [(CONTENT_TYPE, media_type)].into_iter().collect()
    }

    #[test]
    fn a_form_is_decoded_once_and_the_first_field_of_a_name_counts() {
        let headers = of_type("Application/X-WWW-Form-Urlencoded; charset=utf-8");
        let form = b"&&x&email=a%2Bb%40c+d%2525&email=other&password=&semi=1;password=x";
        let found = form_fields(&headers, form, ["password", "email", "absent"]);
        assert_eq!(found, [None, Some("a+b@c d%25".into()), None]);
        let octets = "application/x-www-form-urlencoded; x=\u{fc}";
        assert_eq!(form_fields(&of_type(octets), b"email=a", ["email"]), [Some("a".into())]);
        for media_type in ["", "text/plain", "application/json", "application/x-www-form-urlencodedx"] {
            let found = form_fields(&of_type(media_type), b"email=a", ["email"]);
            assert_eq!(found, [None], "{media_type:?}");
        }
    }

    #[test]
    fn only_a_json_object_is_an_input() {
        let deep = "[".repeat(50_000);
        let broken: [&[u8]; 18] = [
            b"",
            b" ",
            b"null",
            b"[]",
            b"\"x\"",
            b"1",
            b"true",
            b"{",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"{\"a\":NaN}",
            b"{\"a\":01}",
            b"{}{}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            b"\xff\xfe{\0}\0",
            b"// {}",
            deep.as_bytes(),
        ];
        for body in broken {
            let read = JsonBody::read(&of_type("application/json"), body);
            assert!(matches!(read, Err(Refusal::WrongFormat)), "{:?}", String::from_utf8_lossy(body));
        }
        assert!(JsonBody::read(&of_type("text/plain"), b"{}").is_err());
    }

    #[test]
    fn a_field_is_a_text_or_missing() {
        let json = br#"{"null": null, "empty": "", "number": 5, "list": ["x"], "text": "x"}"#;
        let mut body = JsonBody::read(&of_type("application/json; charset=utf-8"), json).expect("an object");
        for name in ["null", "empty", "absent"] {
            assert_eq!(body.required(name, Refusal::EmailMissing), Err(Refusal::EmailMissing), "{name}");
        }
        for name in ["number", "list"] {
            assert_eq!(body.required(name, Refusal::EmailMissing), Err(Refusal::WrongFormat), "{name}");
        }
        assert_eq!(body.required("text", Refusal::EmailMissing).as_deref(), Ok("x"));
    }
}
