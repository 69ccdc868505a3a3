//! The arguments of curl's options: what each may be, and which options go together.

use std::ops::Range;

use super::options::Opt;
use super::words::Word;
use crate::scenario::curl::{Curl, DataKind};
use crate::scenario::diagnose::{Diagnostic, code};
use crate::scenario::template::{Piece, Template};

/// Says what is wrong with an argument, and what to write instead.
pub(super) fn refuse(option: Opt, value: &Template) -> Option<(&'static str, &'static str)> {
    const FILE: &str = "the argument names a file, and steps read no files";
    let start = value.literal_start();
    let has_variable = value.as_literal().is_none();
    let has = |letter: char| value.literals().any(|text| text.contains(letter));
    match option {
        Opt::Request if !value.as_literal().is_some_and(is_method) => {
            Some(("this is no method", "write a word such as POST, PUT or DELETE"))
        }
        Opt::Data(DataKind::Plain | DataKind::Binary) if start.starts_with('@') => {
            Some((FILE, "write the data itself, or --data-raw for data that starts with @"))
        }
        Opt::Data(DataKind::UrlEncode) if !has('=') && has('@') => {
            Some((FILE, "write name=content, or =content for content without a name"))
        }
        Opt::Header if start.starts_with('@') => Some((FILE, "write the field itself: -H \"Name: value\"")),
        Opt::Header if start.starts_with([' ', ':', ';']) || !(has_variable || has(':') || has(';')) => {
            Some((
                "this is no header field",
                "write \"Name: value\", \"Name:\" to remove it, or \"Name;\" to send it empty",
            ))
        }
        Opt::Header if start.to_ascii_lowercase().trim_end() == "host:" && !has_variable => {
            Some(("a request without Host cannot be sent", "write -H \"Host: name\" to send another name"))
        }
        Opt::Cookie if start.starts_with('@') => Some((FILE, "write the cookie itself: -b \"name=value\"")),
        Opt::User if !(has(':') || has_variable) => {
            Some(("curl would ask for the password", "write user:password; the password may be empty"))
        }
        Opt::Form if !has('=') => Some(("a form field without a value", "write name=value")),
        Opt::Form
            if has(';')
                || start.contains("=@")
                || start.contains("=<")
                || start.contains("=(")
                || start.contains("=\"") =>
        {
            Some((
                "curl reads `;`, and `@`, `<`, `(` or `\"` after the `=`, as more than a plain value",
                "write a plain value: -F \"name=value\"",
            ))
        }
        _ => None,
    }
}

fn is_method(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Checks that the URL is one of the target, and means the same to curl.
pub(super) fn check_url(word: &Word) -> Result<(), Diagnostic> {
    let wrong =
        |message: String, help: String| Err(Diagnostic::new(code::REQUEST, word.span.clone(), message, help));
    let template = &word.template;
    let starts_well = matches!(template.pieces().first(), Some(Piece::Variable(first)) if first.name == "URL" && first.transform.is_none());
    if !starts_well {
        let start = template.literal_start();
        let path = start.split_once("://").map_or(start, |(_, rest)| rest);
        let path = path.find('/').map_or("", |at| &path[at..]);
        let message = "the URL does not start with $URL, where the target is".to_owned();
        return wrong(message, format!("write \"$URL{path}\""));
    }
    if let Some(Piece::Literal(path)) = template.pieces().get(1)
        && !path.starts_with(['/', '?', '#'])
    {
        let message = format!("after $URL stands `{path}`, which is no path");
        let help = "write a path that starts with / after $URL, which is http://host:port";
        return wrong(message, help.to_owned());
    }
    match template.literals().find_map(unfit_for_url) {
        Some((_, why)) => wrong(
            why.to_owned(),
            "write the character as %XX: %20 a space, %5B [, %5D ], %7B {, %7D }".to_owned(),
        ),
        None => Ok(()),
    }
}

/// Checks that the options go together.
pub(super) fn together(curl: &Curl, step: &Word, errors: &mut Vec<Diagnostic>) {
    let both = |left: &str, right: &str, help: &str| {
        let message = format!("`{left}` and `{right}` do not go together: curl refuses them");
        Diagnostic::new(code::REQUEST, step.span.clone(), message, help)
    };
    if !curl.form.is_empty() && !curl.data.is_empty() {
        errors.push(both("-F", "-d", "write all fields with -F, or all with -d"));
    } else if !curl.form.is_empty() && (curl.get || curl.head) {
        errors.push(both("-F", if curl.get { "-G" } else { "-I" }, "write -X to change the method"));
    } else if curl.head && !curl.get && !curl.data.is_empty() {
        errors.push(both("-I", "-d", "add -G to put the data into the query, or write -XHEAD without data"));
    }
}

/// Finds what a URL must not hold: what curl or a shell would read as something else.
fn unfit_for_url(text: &str) -> Option<(Range<usize>, &'static str)> {
    text.char_indices().find_map(|(at, letter)| {
        let why = match letter {
            '[' | ']' | '{' | '}' => "curl reads brackets in a URL as a range or a list",
            letter if letter <= ' ' || letter == '\u{7f}' => "curl refuses white space in a URL",
            _ => return None,
        };
        Some((at..at + letter.len_utf8(), why))
    })
}

#[cfg(test)]
mod tests {
    use crate::scenario::parse::tests::errors;

    #[test]
    fn urls_are_of_the_target() {
        insta::assert_snapshot!(errors("$ curl \"http://0.0.0.0:5000/api/v1/status\""), @r#"
        error[S010]: the URL does not start with $URL, where the target is
         --> x.md:5:8
          |
        5 | $ curl "http://0.0.0.0:5000/api/v1/status"
          |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: write "$URL/api/v1/status"
        "#);
        insta::assert_snapshot!(errors("$ curl \"$URL:80/\"\n$ curl $URL/a b\n$ curl '$URL'"), @r#"
        error[S010]: after $URL stands `:80/`, which is no path
         --> x.md:5:8
          |
        5 | $ curl "$URL:80/"
          |        ^^^^^^^^^^
          |
          = help: write a path that starts with / after $URL, which is http://host:port

        error[S010]: a second URL in one step
         --> x.md:6:15
          |
        6 | $ curl $URL/a b
          |               ^ the first is "$URL/a"
          |
          = help: write a step for each; put an argument with white space in quotes

        error[S010]: the URL does not start with $URL, where the target is
         --> x.md:7:8
          |
        7 | $ curl '$URL'
          |        ^^^^^^
          |
          = help: write "$URL"
        "#);
        insta::assert_snapshot!(errors("$ curl \"$URL/a b\"\n$ curl \"$URL/a[1]\""), @r#"
        error[S010]: curl refuses white space in a URL
         --> x.md:5:8
          |
        5 | $ curl "$URL/a b"
          |        ^^^^^^^^^^
          |
          = help: write the character as %XX: %20 a space, %5B [, %5D ], %7B {, %7D }

        error[S010]: curl reads brackets in a URL as a range or a list
         --> x.md:6:8
          |
        6 | $ curl "$URL/a[1]"
          |        ^^^^^^^^^^^
          |
          = help: write the character as %XX: %20 a space, %5B [, %5D ], %7B {, %7D }
        "#);
    }

    #[test]
    fn files_are_refused() {
        insta::assert_snapshot!(errors("$ curl $URL -d @a\n$ curl $URL --data-urlencode a@b"), @r"
        error[S008]: the argument names a file, and steps read no files
         --> x.md:5:16
          |
        5 | $ curl $URL -d @a
          |                ^^
          |
          = help: write the data itself, or --data-raw for data that starts with @

        error[S008]: the argument names a file, and steps read no files
         --> x.md:6:30
          |
        6 | $ curl $URL --data-urlencode a@b
          |                              ^^^
          |
          = help: write name=content, or =content for content without a name
        ");
        insta::assert_snapshot!(errors("$ curl $URL -F a=@b\n$ curl $URL -b @a\n$ curl $URL -H @a"), @r#"
        error[S008]: curl reads `;`, and `@`, `<`, `(` or `"` after the `=`, as more than a plain value
         --> x.md:5:16
          |
        5 | $ curl $URL -F a=@b
          |                ^^^^
          |
          = help: write a plain value: -F "name=value"

        error[S008]: the argument names a file, and steps read no files
         --> x.md:6:16
          |
        6 | $ curl $URL -b @a
          |                ^^
          |
          = help: write the cookie itself: -b "name=value"

        error[S008]: the argument names a file, and steps read no files
         --> x.md:7:16
          |
        7 | $ curl $URL -H @a
          |                ^^
          |
          = help: write the field itself: -H "Name: value"
        "#);
    }

    #[test]
    fn arguments_have_a_form() {
        insta::assert_snapshot!(errors("$ curl $URL -H nothing\n$ curl $URL -H Host:\n$ curl $URL -u bob\n$ curl $URL -F a"), @r#"
        error[S008]: this is no header field
         --> x.md:5:16
          |
        5 | $ curl $URL -H nothing
          |                ^^^^^^^
          |
          = help: write "Name: value", "Name:" to remove it, or "Name;" to send it empty

        error[S008]: a request without Host cannot be sent
         --> x.md:6:16
          |
        6 | $ curl $URL -H Host:
          |                ^^^^^
          |
          = help: write -H "Host: name" to send another name

        error[S008]: curl would ask for the password
         --> x.md:7:16
          |
        7 | $ curl $URL -u bob
          |                ^^^
          |
          = help: write user:password; the password may be empty

        error[S008]: a form field without a value
         --> x.md:8:16
          |
        8 | $ curl $URL -F a
          |                ^
          |
          = help: write name=value
        "#);
        insta::assert_snapshot!(errors("$ curl $URL -X 'A B'\n$ curl $URL -X \"$URL\""), @r#"
        error[S008]: this is no method
         --> x.md:5:16
          |
        5 | $ curl $URL -X 'A B'
          |                ^^^^^
          |
          = help: write a word such as POST, PUT or DELETE

        error[S008]: this is no method
         --> x.md:6:16
          |
        6 | $ curl $URL -X "$URL"
          |                ^^^^^^
          |
          = help: write a word such as POST, PUT or DELETE
        "#);
    }

    #[test]
    fn options_go_together() {
        insta::assert_snapshot!(errors("$ curl $URL -F a=b -d c\n$ curl $URL -I -d a\n$ curl $URL -GF a=b"), @r"
        error[S010]: `-F` and `-d` do not go together: curl refuses them
         --> x.md:5:3
          |
        5 | $ curl $URL -F a=b -d c
          |   ^^^^
          |
          = help: write all fields with -F, or all with -d

        error[S010]: `-I` and `-d` do not go together: curl refuses them
         --> x.md:6:3
          |
        6 | $ curl $URL -I -d a
          |   ^^^^
          |
          = help: add -G to put the data into the query, or write -XHEAD without data

        error[S010]: `-F` and `-G` do not go together: curl refuses them
         --> x.md:7:3
          |
        7 | $ curl $URL -GF a=b
          |   ^^^^
          |
          = help: write -X to change the method
        ");
    }
}
