//! Expansions: what a shell makes of `$…` and of bare characters, and what of it a step may use.

use std::ops::Range;

use crate::scenario::diagnose::{Diagnostic, code};
use crate::scenario::template::{Transform, Variable};

/// Reads what stands between `${` and `}`.
pub(super) fn braced(inner: &str, span: Range<usize>) -> Result<Variable, Diagnostic> {
    let name = name_at(inner).to_owned();
    let operator = &inner[name.len()..];
    let wrong = |message: String| {
        let help = "write ${NAME}, ${NAME^^} for upper case, ${NAME//FROM/TO} to replace, or ${NAME%?} to cut the last character";
        Diagnostic::new(code::WORD, span.clone(), message, help)
    };
    if name.is_empty() {
        return Err(wrong(format!("`${{{inner}}}` names no variable")));
    }
    let transform = match operator {
        "" => None,
        "^^" => Some(Transform::Upper),
        "%?" => Some(Transform::CutLast),
        _ => match operator.strip_prefix("//").map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
            Some((from, to)) if is_plain(from) && !from.is_empty() && is_plain(to) => {
                Some(Transform::Replace { from: from.into(), to: to.into() })
            }
            Some(_) => {
                let message = format!("in `${{{inner}}}` only plain text can be replaced, by plain text");
                return Err(wrong(message));
            }
            None => return Err(wrong(format!("`{operator}` does nothing to a variable here"))),
        },
    };
    Ok(Variable { name, transform })
}

/// Tells whether bash takes the text in `${NAME//FROM/TO}` for itself: no pattern, quote or expansion.
pub(super) fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?', '[', ']', '\\', '$', '`', '"', '\'', '&', '{', '}', '~', '(', ')', '|', '!'])
}

/// Says what a shell would make of a bare character; `None` where it stands for itself.
pub(super) fn special(letter: char, is_first: bool, assigns: bool) -> Option<&'static str> {
    match letter {
        ';' | '&' | '|' | '(' | ')' => Some("would end the command in a shell"),
        '<' | '>' => Some("would name a file in a shell"),
        '`' => Some("would run another command in a shell"),
        '*' | '?' | '[' | '{' if !assigns => Some("may become other words in a shell"),
        '~' if is_first => Some("may become a home directory in a shell"),
        _ => None,
    }
}

/// Gives the name that the text starts with, empty where it starts with none.
pub(super) fn name_at(text: &str) -> &str {
    let end =
        text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(text.len());
    if text.starts_with(|letter: char| letter.is_ascii_digit()) { "" } else { &text[..end] }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::{error, templates};
    use super::*;
    use crate::scenario::template::Piece;

    #[test]
    fn bash_forms_of_variables_are_read() {
        let pieces = |step: &str| templates(step)[0].pieces().to_vec();
        let with = |transform| [Piece::Variable(Variable { name: "S".into(), transform: Some(transform) })];
        assert_eq!(pieces("${S^^}"), with(Transform::Upper));
        assert_eq!(pieces("\"${S%?}\""), with(Transform::CutLast));
        assert_eq!(pieces("${S//-/}"), with(Transform::Replace { from: "-".into(), to: String::new() }));
        assert_eq!(pieces("${S//a/b/c}"), with(Transform::Replace { from: "a".into(), to: "b/c".into() }));
        assert_eq!(pieces("${S//%2d/-}"), with(Transform::Replace { from: "%2d".into(), to: "-".into() }));
    }

    #[test]
    fn what_a_shell_would_do_and_a_step_does_not_is_told() {
        insta::assert_snapshot!(error("curl $URL/a?b=c&d"), @r#"
        error[S006]: a bare `?` may become other words in a shell
         --> x.md:1:12
          |
        1 | curl $URL/a?b=c&d
          |            ^
          |
          = help: put the word in double quotes: "$URL/a?b=c&d"
        "#);
        insta::assert_snapshot!(error("curl a&d"), @r#"
        error[S006]: a bare `&` would end the command in a shell
         --> x.md:1:7
          |
        1 | curl a&d
          |       ^
          |
          = help: put the word in double quotes: "a&d"
        "#);
        insta::assert_snapshot!(error("a \"$(date)\""), @r#"
        error[S006]: a step cannot run another command inside it
         --> x.md:1:4
          |
        1 | a "$(date)"
          |    ^^
          |
          = help: keep a value with a step of its own, as NAME=cookie or NAME=.json.path, and use it as "$NAME"
        "#);
        insta::assert_snapshot!(error("a \"`date`\""), @r#"
        error[S006]: a step cannot run another command inside it
         --> x.md:1:4
          |
        1 | a "`date`"
          |    ^
          |
          = help: keep a value with a step of its own, as NAME=cookie or NAME=.json.path, and use it as "$NAME"
        "#);
        insta::assert_snapshot!(error("a $'\\n'"), @r"
        error[S006]: `$'` is a quote that only bash knows
         --> x.md:1:3
          |
        1 | a $'\n'
          |   ^^
          |
          = help: leave out the `$`, or write \$' for the sign itself
        ");
        insta::assert_snapshot!(error("a \"pa$$word\""), @r#"
        error[S006]: `$$` is a special parameter of the shell, which a step does not have
         --> x.md:1:6
          |
        1 | a "pa$$word"
          |      ^^
          |
          = help: write \$ for the sign itself
        "#);
        insta::assert_snapshot!(error("a ${X"), @r"
        error[S006]: a `${` is not closed
         --> x.md:1:3
          |
        1 | a ${X
          |   ^^
          |
          = help: write ${NAME}, ${NAME^^}, ${NAME//FROM/TO} or ${NAME%?}
        ");
        insta::assert_snapshot!(error("a ${X:-y}"), @r"
        error[S006]: `:-y` does nothing to a variable here
         --> x.md:1:3
          |
        1 | a ${X:-y}
          |   ^^^^^^^
          |
          = help: write ${NAME}, ${NAME^^} for upper case, ${NAME//FROM/TO} to replace, or ${NAME%?} to cut the last character
        ");
        insta::assert_snapshot!(error("a ${X//*/y}"), @r"
        error[S006]: in `${X//*/y}` only plain text can be replaced, by plain text
         --> x.md:1:3
          |
        1 | a ${X//*/y}
          |   ^^^^^^^^^
          |
          = help: write ${NAME}, ${NAME^^} for upper case, ${NAME//FROM/TO} to replace, or ${NAME%?} to cut the last character
        ");
        insta::assert_snapshot!(error("a ${}"), @r"
        error[S006]: `${}` names no variable
         --> x.md:1:3
          |
        1 | a ${}
          |   ^^^
          |
          = help: write ${NAME}, ${NAME^^} for upper case, ${NAME//FROM/TO} to replace, or ${NAME%?} to cut the last character
        ");
    }
}
