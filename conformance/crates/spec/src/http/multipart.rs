//! The multipart body of `-F`.

/// The boundary; curl draws one for every request, ours is always the same and of the same length.
const BOUNDARY: &str = "------------------------conformance00000";

/// The type of a multipart body.
pub(super) const CONTENT_TYPE: &str =
    "multipart/form-data; boundary=------------------------conformance00000";

/// Writes fields given as `name=value`.
pub(super) fn body(fields: &[String]) -> Vec<u8> {
    let mut out = String::new();
    for field in fields {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let name = name.replace('"', "%22");
        out.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    out.push_str(&format!("--{BOUNDARY}--\r\n"));
    out.into_bytes()
}

/// Adds the boundary to a type that the step says itself.
pub(super) fn with_boundary(content_type: &str) -> String {
    format!("{content_type}; boundary={BOUNDARY}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_parts_between_boundaries() {
        let text = String::from_utf8(body(&["a=b=c".into(), "q\"=".into()])).expect("it was text");
        insta::assert_snapshot!(text.replace("\r\n", "|\n"), @r#"
        --------------------------conformance00000|
        Content-Disposition: form-data; name="a"|
        |
        b=c|
        --------------------------conformance00000|
        Content-Disposition: form-data; name="q%22"|
        |
        |
        --------------------------conformance00000--|
        "#);
        assert_eq!(with_boundary("multipart/form-data"), CONTENT_TYPE);
        assert_eq!(BOUNDARY.len(), 40, "as long as curl's");
    }
}
