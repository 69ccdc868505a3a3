//! Headings: they open sections and name the requirements that the steps count for.

use std::ops::Range;

use crate::scenario::diagnose::{Diagnostic, code};
use crate::scenario::tree::{Section, Spanned};

/// Gives the level of a heading; `None` of any other line.
pub(super) fn level(line: &str) -> Option<usize> {
    let level = line.len() - line.trim_start_matches('#').len();
    let is_heading =
        (1..=6).contains(&level) && (line.len() == level || line[level..].starts_with([' ', '\t']));
    is_heading.then_some(level)
}

/// Reads a heading: what stands in backticks are ids of requirements, the rest is its text.
pub(super) fn section(
    source: &str,
    level: usize,
    span: &Range<usize>,
    line: usize,
    errors: &mut Vec<Diagnostic>,
) -> Section {
    let text = &source[span.clone()];
    let mut heading = String::new();
    let mut requirements = Vec::new();
    let mut at = span.start + level;
    for (index, part) in text[level..].split('`').enumerate() {
        let place = at..at + part.len();
        at += part.len() + 1;
        let is_closed = place.end < span.end;
        if index % 2 == 0 || !is_closed {
            heading.push_str(part);
            continue;
        }
        if !is_id(part) {
            let message = format!("`{part}` does not look like a requirement's id");
            let help = "ids look like login.ok or login.email-missing; use no backticks in a heading for anything else";
            errors.push(Diagnostic::new(code::REQUIREMENT, place.clone(), message, help));
        }
        requirements.push(Spanned { value: part.to_owned(), span: place });
    }
    let words: Vec<&str> = heading.split_whitespace().collect();
    let heading = words.join(" ").trim_end_matches([':', ' ']).to_owned();
    Section { heading, level, line, requirements, steps: Vec::new() }
}

/// Tells whether the text has the shape of a requirement's id: `login.email-missing`.
fn is_id(text: &str) -> bool {
    let fits = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part.split('-').all(|word| {
                !word.is_empty()
                    && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
    };
    text.split_once('.').is_some_and(|(task, rest)| fits(task) && fits(rest))
}

#[cfg(test)]
mod tests {
    use crate::scenario::parse::tests::{body, told};

    #[test]
    fn ids_have_a_shape() {
        insta::assert_snapshot!(told(&body("# A `Login.OK` `GET /` `a`\n```console\n$ kill\n```\n")), @r"
        error[S014]: `Login.OK` does not look like a requirement's id
         --> x.md:4:6
          |
        4 | # A `Login.OK` `GET /` `a`
          |      ^^^^^^^^
          |
          = help: ids look like login.ok or login.email-missing; use no backticks in a heading for anything else

        error[S014]: `GET /` does not look like a requirement's id
         --> x.md:4:17
          |
        4 | # A `Login.OK` `GET /` `a`
          |                 ^^^^^
          |
          = help: ids look like login.ok or login.email-missing; use no backticks in a heading for anything else

        error[S014]: `a` does not look like a requirement's id
         --> x.md:4:25
          |
        4 | # A `Login.OK` `GET /` `a`
          |                         ^
          |
          = help: ids look like login.ok or login.email-missing; use no backticks in a heading for anything else
        ");
    }
}
