//! JSON as the documents print it: sorted keys, an indent of two blanks, `, ` at line ends, ASCII only, a final newline.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Writes a value in the documents' form, with the final newline (`json.transcript-bytes`).
pub fn documented(value: &Value) -> String {
    let mut text = written(value, Documented(PrettyFormatter::new()));
    text.push('\n');
    text
}

/// Writes a value on one line, in ASCII only.
pub fn ascii(value: &Value) -> String {
    written(value, Ascii)
}

/// Writes a string literal in ASCII only, as Python's `json` does.
pub fn quoted(text: &str) -> String {
    written(text, Ascii)
}

fn written<T: Serialize + ?Sized>(value: &T, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
    written.expect("strings and values are always JSON");
    String::from_utf8(bytes).expect("JSON in ASCII is UTF-8")
}

/// The compact form with escapes for all that is not visible ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        write_ascii(writer, text)
    }
}

/// The documents' form: pretty-printed, with a blank after the comma at a line's end.
struct Documented(PrettyFormatter<'static>);

impl Formatter for Documented {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        write_separator(writer, first)?;
        self.0.begin_array_value(writer, true)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        write_separator(writer, first)?;
        self.0.begin_object_key(writer, true)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        write_ascii(writer, text)
    }
}

/// Writes what stands between two values; the line break is the inner formatter's.
fn write_separator<W: io::Write + ?Sized>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}

/// Writes the part of a string that needs no escape of JSON's own.
fn write_ascii<W: io::Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    for letter in text.chars() {
        if matches!(letter, ' '..='~') {
            writer.write_all(&[letter as u8])?;
        } else {
            letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_documented_login_body_is_210_bytes() {
        let body = documented(&json!({
            "updated_at": "2017-10-16 04:23:04", "created_at": "2017-10-16 04:23:04",
            "email": "bobsession@hbtn.io", "first_name": null, "last_name": null,
            "id": "cf3ddee1-ff24-49e4-a40b-2540333fe992",
        }));
        assert_eq!(body.len(), 210);
        assert!(body.starts_with("{\n  \"created_at\": \"2017-10-16 04:23:04\", \n  \"email\""), "{body}");
    }

    #[test]
    fn empty_containers_stay_closed_and_text_is_ascii() {
        assert_eq!(documented(&json!({})), "{}\n");
        assert_eq!(documented(&json!([])), "[]\n");
        assert_eq!(
            documented(&json!([[], {"b": 1, "a": [1.5, null]}])),
            "[\n  [], \n  {\n    \"a\": [\n      1.5, \n      null\n    ], \n    \"b\": 1\n  }\n]\n"
        );
        assert_eq!(quoted("é😀\u{7f}"), "\"\\u00e9\\ud83d\\ude00\\u007f\"");
        assert_eq!(quoted("\u{0}\u{8}\u{c}\t\r\n\"\\/"), r#""\u0000\b\f\t\r\n\"\\/""#);
        assert_eq!(ascii(&json!({"a": ["é", true]})), r#"{"a":["\u00e9",true]}"#);
    }
}
