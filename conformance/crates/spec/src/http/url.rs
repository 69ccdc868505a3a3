//! What curl does to a URL before it sends it.

/// Cuts the fragment, removes dot segments unless they are to stay, and encodes the path's non-ASCII bytes.
///
/// The digits are in lower case, and the query stays as it is: so does curl.
pub(super) fn tidy(url: &str, path_as_is: bool) -> String {
    let (url, _fragment) = url.split_once('#').unwrap_or((url, ""));
    let authority = url.find("://").map_or(0, |at| at + 3);
    let start = url[authority..].find(['/', '?']).map_or(url.len(), |at| authority + at);
    let (base, rest) = url.split_at(start);
    let (path, query) = rest.find('?').map_or((rest, ""), |at| rest.split_at(at));
    let path = if path_as_is { path.to_owned() } else { without_dots(path) };
    let mut out = base.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out + query
}

/// Adds data to the query, as `-G` does; the digits of `%XX` in it become lower case.
pub(super) fn with_query(url: &str, data: &str) -> String {
    if data.is_empty() {
        return url.to_owned();
    }
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{joint}{}", lower_escapes(data))
}

/// Encodes as `--data-urlencode` does: all but letters, digits and `-._~`; a space becomes `+`.
pub(super) fn percent_encode(text: &str) -> String {
    // form_urlencoded differs from curl in two characters: it keeps `*` and encodes `~`.
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('*', "%2A")
        .replace("%7E", "~")
}

fn lower_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.get(..3).filter(|escape| escape[1..].bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(escape) => {
                out.push_str(&escape.to_ascii_lowercase());
                rest = &rest[3..];
            }
            None => {
                out.push('%');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// Removes `.` and `..` segments (RFC 3986, section 5.2.4); empty segments stay.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let Some(rest) = path.strip_prefix('/') else { return path.to_owned() };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_are_removed_from_the_path_alone() {
        let tidied = |path: &str| tidy(&format!("http://h:1{path}"), false).replace("http://h:1", "");
        assert_eq!(tidied("/a/../b/./c"), "/b/c");
        assert_eq!(tidied("/a/.."), "/");
        assert_eq!(tidied("/../a//b/"), "/a//b/");
        assert_eq!(tidied("/a/b/..?x/../y"), "/a/?x/../y");
        assert_eq!(tidied("/a/.../b/."), "/a/.../b/");
        assert_eq!(tidied("/a/%2e%2e/b"), "/a/%2e%2e/b");
        assert_eq!(tidied(""), "");
        assert_eq!(tidied("?x=1#frag"), "?x=1");
        assert_eq!(tidied("/é?é"), "/%c3%a9?é");
        assert_eq!(tidy("http://h/a/../b", true), "http://h/a/../b");
    }

    #[test]
    fn data_joins_the_query() {
        assert_eq!(with_query("http://h", "y=1"), "http://h?y=1");
        assert_eq!(with_query("http://h/p?", "y=1"), "http://h/p?y=1");
        assert_eq!(with_query("http://h/p?x=%C3", "y=%C3%zz%"), "http://h/p?x=%C3&y=%c3%zz%");
        assert_eq!(with_query("http://h/p", ""), "http://h/p");
    }

    #[test]
    fn encoding_is_curls_own() {
        assert_eq!(percent_encode("b c~*é/&-._"), "b+c~%2A%C3%A9%2F%26-._");
    }
}
