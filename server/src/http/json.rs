//! JSON, equal to the byte to the documents' transcripts: the output of Python's
//! `json.dumps(value, indent=2, separators=(", ", ": "), sort_keys=True)`, and a final newline.
//!
//! Keys are sorted because structures declare their fields in that order.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::ser::Formatter;

/// Formats `value` as a response body.
pub fn body(value: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(256);
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Transcript::default()))
        .expect("writing to memory cannot fail, and our structures have string keys only");
    bytes.push(b'\n');
    Bytes::from(bytes)
}

/// The layout of the transcripts: two spaces per level, `, ` at line ends, and escapes for all but printable ASCII.
#[derive(Default)]
struct Transcript {
    depth: usize,
    /// Whether the container that ends next has items; without any, its brackets stay on one line.
    has_items: bool,
}

impl Transcript {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_items = false;
        out.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b", ")?;
        }
        self.line(out)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_items {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Transcript {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.has_items = true;
        Ok(())
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.has_items = true;
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let plain = |byte: u8| matches!(byte, b' '..=b'~');
        let mut rest = fragment;
        while let Some(at) = rest.bytes().position(|byte| !plain(byte)) {
            out.write_all(&rest.as_bytes()[..at])?;
            let character = rest[at..].chars().next().expect("a byte that is not plain begins a character");
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(body(value).into()).expect("ASCII")
    }

    #[test]
    fn containers_look_as_in_the_documents() {
        assert_eq!(text(&json!({})), "{}\n");
        assert_eq!(text(&json!([])), "[]\n");
        assert_eq!(
            text(&json!([[], {"b": null, "a": [1, {}]}])),
            "[\n  [], \n  {\n    \"a\": [\n      1, \n      {}\n    ], \n    \"b\": null\n  }\n]\n"
        );
    }

    #[test]
    fn what_is_not_printable_ascii_is_escaped_as_python_does() {
        assert_eq!(
            text(&json!("é\u{7f}\u{1f600}\"\\\n\u{1}/")),
            "\"\\u00e9\\u007f\\ud83d\\ude00\\\"\\\\\\n\\u0001/\"\n"
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_printable_ascii_and_reads_back_as_itself(value in any_json()) {
            let text = text(&value);
            prop_assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')));
            prop_assert!(text.ends_with('\n'));
            prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
        }
    }
}
