//! JSON as the documents print it: keys sorted, two-space indent, `, ` at line ends, ASCII only, a final newline.

use serde_json::Value;

/// Writes `value` in the documents' form, the final newline included (`json.transcript-bytes`).
pub fn documented(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out.push('\n');
    out
}

/// Writes a string literal in ASCII, as Python's `json` does.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for unit in text.encode_utf16() {
        match unit {
            0x22 => out.push_str("\\\""),
            0x5c => out.push_str("\\\\"),
            0x0a => out.push_str("\\n"),
            0x0d => out.push_str("\\r"),
            0x09 => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            0x20..0x7f => out.push(char::from(unit as u8)),
            other => out.push_str(&format!("\\u{other:04x}")),
        }
    }
    out.push('"');
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| (None, item));
            nest('[', ']', items, depth, out);
        }
        Value::Object(fields) if !fields.is_empty() => {
            let fields = fields.iter().map(|(key, field)| (Some(key.as_str()), field));
            nest('{', '}', fields, depth, out);
        }
        Value::String(text) => out.push_str(&quoted(text)),
        other => out.push_str(&other.to_string()),
    }
}

fn nest<'a>(
    open: char,
    close: char,
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let mut separator = "\n";
    for (key, item) in items {
        out.push_str(separator);
        separator = ", \n";
        out.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            out.push_str(&quoted(key));
            out.push_str(": ");
        }
        write(item, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
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
        assert_eq!(quoted("é😀\u{7f}"), "\"\\u00e9\\ud83d\\ude00\\u007f\"");
    }
}
