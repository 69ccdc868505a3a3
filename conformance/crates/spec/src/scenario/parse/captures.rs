//! Captures: `NAME=SOURCE` keeps a value for later steps.

use super::expansion::name_at;
use super::steps::nothing_after;
use super::words::Word;
use crate::scenario::action::{Capture, CaptureSource};
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::path::JsonPath;
use crate::scenario::template::Template;

/// Reads `NAME=SOURCE`; `None` where the word is no assignment at all.
pub(super) fn capture(word: &Word, rest: &[Word]) -> Option<Result<Capture, Diagnostic>> {
    let name = name_at(word.template.literal_start());
    let is_assignment = !name.is_empty() && word.template.literal_start()[name.len()..].starts_with('=');
    is_assignment.then(|| {
        nothing_after(&format!("{name}=…"), rest)?;
        check_name(word, name)?;
        let from = source(word, name, &word.template.after(name.len() + 1))?;
        Ok(Capture { name: name.to_owned(), from })
    })
}

fn check_name(word: &Word, name: &str) -> Result<(), Diagnostic> {
    let place = word.span.start..word.span.start + name.len();
    if name == "URL" {
        let message = "`URL` cannot be set: it is where the target is";
        return Err(Diagnostic::new(code::CAPTURE, place, message, "choose another name"));
    }
    if name.contains(|letter: char| letter.is_ascii_lowercase()) {
        let message = format!("the name `{name}` is not in capitals");
        return Err(Diagnostic::new(
            code::CAPTURE,
            place,
            message,
            format!("write {}=…", name.to_uppercase()),
        ));
    }
    Ok(())
}

fn source(word: &Word, name: &str, value: &Template) -> Result<CaptureSource, Diagnostic> {
    match value.as_literal() {
        None => Ok(CaptureSource::Variable(value.clone())),
        Some("cookie") => Ok(CaptureSource::Cookie),
        Some(path) if path.starts_with(['.', '[']) => {
            JsonPath::parse(path).map(CaptureSource::Json).map_err(|bad| {
                let before = name.len() + 1;
                // Quotes would shift the place inside the word.
                let at = if word.span.len() == before + path.len() {
                    before + bad.at.min(path.len() - 1)
                } else {
                    0
                };
                let help = "write a path as jq does: .id, .[0].id, .users";
                Diagnostic::new(
                    code::PATH,
                    word.span.start + at..word.span.end,
                    format!("`{path}` is no JSON path"),
                    help,
                )
                .label(bad.what)
            })
        }
        Some(other) => {
            let all = "write cookie for the session cookie, .path for a value of the body, or $NAME for another variable";
            let message = if other.is_empty() {
                format!("`{name}=` without a value")
            } else {
                format!("`{name}` cannot keep `{other}`")
            };
            Err(Diagnostic::new(
                code::CAPTURE,
                word.span.clone(),
                message,
                did_you_mean(other, ["cookie"], all),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::action::Action;
    use crate::scenario::parse::tests::{errors, steps};

    #[test]
    fn captures_are_read() {
        let last = |block: &str| match steps(block).pop().map(|step| step.action) {
            Some(Action::Capture(capture)) => (capture.name, capture.from),
            other => panic!("{other:?} is no capture"),
        };
        assert_eq!(last("$ curl $URL\n$ A_1=cookie\n"), ("A_1".into(), CaptureSource::Cookie));
        let path = JsonPath::parse(".[0].id").expect("it is a path");
        assert_eq!(last("$ curl $URL\n$ USER=.[0].id\n"), ("USER".into(), CaptureSource::Json(path)));
        assert_eq!(last("$ A=$URL\n"), ("A".into(), CaptureSource::Variable(Template::variable("URL"))));
    }

    #[test]
    fn captures_have_a_name_and_a_source() {
        insta::assert_snapshot!(errors("$ curl $URL\n$ session=cookie\n$ URL=cookie\n$ A=coookie\n$ A=\n$ A=.id x"), @r"
        error[S011]: the name `session` is not in capitals
         --> x.md:6:3
          |
        6 | $ session=cookie
          |   ^^^^^^^
          |
          = help: write SESSION=…

        error[S011]: `URL` cannot be set: it is where the target is
         --> x.md:7:3
          |
        7 | $ URL=cookie
          |   ^^^
          |
          = help: choose another name

        error[S011]: `A` cannot keep `coookie`
         --> x.md:8:3
          |
        8 | $ A=coookie
          |   ^^^^^^^^^
          |
          = help: did you mean `cookie`?

        error[S011]: `A=` without a value
         --> x.md:9:3
          |
        9 | $ A=
          |   ^^
          |
          = help: write cookie for the session cookie, .path for a value of the body, or $NAME for another variable

        error[S008]: `A=…` has one argument too many
          --> x.md:10:9
           |
        10 | $ A=.id x
           |         ^
           |
           = help: leave it out; put an argument with white space in quotes
        ");
        insta::assert_snapshot!(errors("$ curl $URL\n$ A=.a..b\n$ A=.[x]\n$ A=\".é-\""), @r#"
        error[S012]: `.a..b` is no JSON path
         --> x.md:6:8
          |
        6 | $ A=.a..b
          |        ^^ after a dot stands no key
          |
          = help: write a path as jq does: .id, .[0].id, .users

        error[S012]: `.[x]` is no JSON path
         --> x.md:7:7
          |
        7 | $ A=.[x]
          |       ^^ between `[` and `]` stands no element's number
          |
          = help: write a path as jq does: .id, .[0].id, .users

        error[S012]: `.é-` is no JSON path
         --> x.md:8:3
          |
        8 | $ A=".é-"
          |   ^^^^^^^ after a dot stands no key
          |
          = help: write a path as jq does: .id, .[0].id, .users
        "#);
    }
}
