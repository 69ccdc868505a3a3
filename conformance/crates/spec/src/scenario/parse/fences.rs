//! Fences: which blocks hold steps, and how much of the answers counts.

use crate::catalogue::nearest;
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::tree::Show;

/// The line that opens a fenced block.
pub(super) struct Fence<'a> {
    pub(super) mark: &'a str,
    pub(super) info: &'a str,
}

/// Reads the line that opens a fenced block; `None` of any other line.
pub(super) fn fence(line: &str) -> Option<Fence<'_>> {
    let inner = line.trim_start_matches(' ');
    let first = inner.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
    let length = inner.len() - inner.trim_start_matches(first).len();
    let info = inner[length..].trim();
    (length >= 3 && line.len() - inner.len() < 4 && !info.contains('`'))
        .then_some(Fence { mark: &inner[..length], info })
}

/// Tells whether the line closes the block that `mark` opened.
pub(super) fn closes(line: &str, mark: &str) -> bool {
    let line = line.trim_start_matches(' ');
    line.starts_with(mark) && line.chars().all(|letter| mark.starts_with(letter))
}

/// Reads a fence's info string, which starts at byte `start`; `None` for a block without steps.
pub(super) fn show(info: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Option<Show> {
    let (first, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    if first != "console" {
        if nearest(first, ["console"]).is_some() {
            let message = format!("unknown fence word `{first}`: its steps would not run");
            let place = start..start + first.len();
            errors.push(Diagnostic::new(code::FENCE, place, message, "did you mean `console`?"));
        }
        return None;
    }
    let word = rest.trim();
    let known = Show::ALL.into_iter().find(|show| show.as_str() == word);
    if known.is_none() {
        let words: Vec<&str> =
            Show::ALL.iter().map(|show| show.as_str()).filter(|word| !word.is_empty()).collect();
        let all = format!("after console stands nothing, or one of {}", words.join(", "));
        let place = start + info.len() - word.len()..start + info.len();
        let message = format!("unknown fence word `{word}`");
        let help = did_you_mean(word, words, all);
        errors.push(Diagnostic::new(code::FENCE, place, message, help));
    }
    Some(known.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::scenario::parse::tests::{body, told};

    #[test]
    fn every_fence_word_is_known() {
        for show in Show::ALL {
            let source = body(&format!("```console {}\n$ kill\n```\n", show.as_str()));
            assert_eq!(
                Scenario::parse("x", &source).expect("it is well-formed").sections[0].steps[0].show,
                show
            );
        }
    }

    #[test]
    fn fences_are_closed_and_known() {
        insta::assert_snapshot!(told(&body("```console\n$ kill\n")), @r"
        error[S004]: the fence is not closed
         --> x.md:4:1
          |
        4 | ```console
          | ^^^^^^^^^^ it opens here
          |
          = help: write ``` on a line of its own after the block
        ");
        insta::assert_snapshot!(told(&body("```text\n\n# A\n")), @r"
        error[S004]: the fence is not closed
         --> x.md:4:1
          |
        4 | ```text
          | ^^^^^^^ it opens here
          |
          = help: write ``` on a line of its own after the block
        ");
        insta::assert_snapshot!(told(&body("```console statsu\n$ kill\n```\n")), @r"
        error[S004]: unknown fence word `statsu`
         --> x.md:4:12
          |
        4 | ```console statsu
          |            ^^^^^^
          |
          = help: did you mean `status`?
        ");
        insta::assert_snapshot!(told(&body("```console all of it\n$ kill\n```\n")), @r"
        error[S004]: unknown fence word `all of it`
         --> x.md:4:12
          |
        4 | ```console all of it
          |            ^^^^^^^^^
          |
          = help: after console stands nothing, or one of security, status, 2xx, not-2xx, refused, below-500
        ");
        insta::assert_snapshot!(told(&body("```consol\n$ kill\n```\n")), @r"
        error[S004]: unknown fence word `consol`: its steps would not run
         --> x.md:4:4
          |
        4 | ```consol
          |    ^^^^^^
          |
          = help: did you mean `console`?
        ");
    }
}
