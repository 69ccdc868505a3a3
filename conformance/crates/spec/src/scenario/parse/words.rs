//! Shell words: one step of a scenario, cut as bash would cut it, with the place of every word.
//!
//! What bash would do and this module does not (globs, pipes, command substitution, …) is an error, so
//! that every step means the same here and when it is pasted into a shell.

use std::ops::Range;

use super::cursor::Scanner;
use super::expansion::{braced, name_at, special};
use crate::scenario::diagnose::{Diagnostic, code};
use crate::scenario::template::{Piece, Template, Variable};
use crate::scenario::tree::Spanned;

/// One word of a step.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What it stands for.
    pub(super) template: Template,
    /// Where it is, quotes included, in bytes of the file.
    pub(super) span: Range<usize>,
    /// The variables in it, with their places.
    pub(super) variables: Vec<Spanned<String>>,
}

/// One step as cut.
#[derive(Debug)]
pub(super) struct Scan {
    /// The words, or what keeps the text from being words.
    pub(super) words: Result<Vec<Word>, Diagnostic>,
    /// The step as one line: continuation lines joined, the comment left out.
    pub(super) text: String,
    /// Where the step's last line ends, its line break excluded.
    pub(super) end: usize,
}

/// Cuts the step that starts at byte `start`; it ends at the line's end, and at byte `limit` at the latest.
pub(super) fn scan(source: &str, start: usize, limit: usize) -> Scan {
    let mut scanner = Scanner { source, at: start, limit, text: String::new() };
    let words = scanner.words();
    if words.is_err() {
        scanner.skip_step();
    }
    Scan { words, text: scanner.text.trim().to_owned(), end: scanner.at }
}

impl Scanner<'_> {
    fn words(&mut self) -> Result<Vec<Word>, Diagnostic> {
        let mut words = Vec::new();
        loop {
            self.blanks()?;
            if self.at_end_of_line() {
                return Ok(words);
            }
            if self.peek() == Some('#') {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                if self.source[..self.at].ends_with('\r') {
                    self.at -= 1;
                }
                return Ok(words);
            }
            let may_assign = words.is_empty() || is_setting(&words);
            words.push(self.word(may_assign)?);
        }
    }

    /// Skips white space and continued lines between words; the text gets one space for a joint.
    fn blanks(&mut self) -> Result<(), Diagnostic> {
        let start = self.text.len();
        let mut joined = false;
        loop {
            if let Some(length) = self.continuation() {
                self.join(length)?;
                joined = true;
            } else if self.rest().starts_with([' ', '\t']) {
                self.bump();
            } else {
                break;
            }
        }
        if joined {
            self.text.truncate(start);
            self.text.push(' ');
        }
        Ok(())
    }

    fn word(&mut self, may_assign: bool) -> Result<Word, Diagnostic> {
        let start = self.at;
        let mut word = Word { template: Template::default(), span: start..start, variables: Vec::new() };
        while !self.at_blank() {
            if let Some(length) = self.continuation() {
                let next = self.rest()[length..].chars().next();
                if next.is_none_or(char::is_whitespace) {
                    break;
                }
                self.join(length)?;
                continue;
            }
            match self.peek().unwrap_or('\n') {
                '\'' => self.single(&mut word)?,
                '"' => self.double(&mut word)?,
                '$' => self.dollar(&mut word, false)?,
                '\\' => {
                    self.bump();
                    if self.at_end_of_line() {
                        break;
                    }
                    self.literal(&mut word);
                }
                letter => {
                    let assigns = may_assign && is_assignment(&self.source[start..self.at]);
                    if let Some(why) = special(letter, self.at == start, assigns) {
                        return Err(self.unquoted(start, letter, why));
                    }
                    self.literal(&mut word);
                }
            }
        }
        word.span = start..self.at;
        Ok(word)
    }

    fn literal(&mut self, word: &mut Word) {
        if let Some(letter) = self.peek() {
            word.template.push(Piece::Literal(letter.into()));
        }
        self.bump();
    }

    fn unquoted(&self, start: usize, letter: char, why: &str) -> Diagnostic {
        let end =
            self.source[start..self.limit].find(char::is_whitespace).map_or(self.limit, |at| start + at);
        let span = self.at..self.at + letter.len_utf8();
        let message = format!("a bare `{letter}` {why}");
        let help = format!("put the word in double quotes: \"{}\"", self.source[start..end].replace('"', ""));
        Diagnostic::new(code::WORD, span, message, help)
    }

    fn single(&mut self, word: &mut Word) -> Result<(), Diagnostic> {
        let start = self.at;
        let line = self.rest().find('\n').unwrap_or(self.rest().len());
        let Some(length) = self.rest()[1..line].find('\'') else {
            return Err(self.unclosed(start, line, '\''));
        };
        word.template.push(Piece::Literal(self.rest()[1..=length].to_owned()));
        self.bump_bytes(length + 2);
        Ok(())
    }

    fn unclosed(&self, start: usize, line: usize, quote: char) -> Diagnostic {
        let rest = self.source[start..self.limit][..line.max(1)].trim_end();
        let name = if quote == '"' { "double" } else { "single" };
        let help = format!(
            "close it on the same line with {quote}; a line ending in a backslash goes on only outside single quotes"
        );
        Diagnostic::new(code::WORD, start..start + rest.len(), format!("a {name} quote is not closed"), help)
            .label("it opens here")
    }

    fn double(&mut self, word: &mut Word) -> Result<(), Diagnostic> {
        let start = self.at;
        self.bump();
        loop {
            if let Some(length) = self.continuation() {
                self.join(length)?;
                continue;
            }
            match self.peek() {
                None | Some('\n') => return Err(self.unclosed(start, self.at - start, '"')),
                Some('"') => {
                    self.bump();
                    return Ok(());
                }
                Some('$') => self.dollar(word, true)?,
                Some('`') => return Err(self.substitution(1)),
                Some('\\') => {
                    self.bump();
                    // Before any other character the backslash stands for itself, as in sh.
                    if !self.rest().starts_with(['$', '`', '"', '\\']) {
                        word.template.push(Piece::Literal("\\".into()));
                    } else {
                        self.literal(word);
                    }
                }
                Some(_) => self.literal(word),
            }
        }
    }

    fn substitution(&self, length: usize) -> Diagnostic {
        let message = "a step cannot run another command inside it";
        let help =
            "keep a value with a step of its own, as NAME=cookie or NAME=.json.path, and use it as \"$NAME\"";
        Diagnostic::new(code::WORD, self.at..self.at + length, message, help)
    }

    /// Reads what starts with `$`: a variable, or the sign itself before anything that is no name.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Diagnostic> {
        let start = self.at;
        let after = self.rest()[1..].chars().next();
        let variable = match after {
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => {
                let name = name_at(&self.rest()[1..]).to_owned();
                self.bump_bytes(1 + name.len());
                Variable { name, transform: None }
            }
            Some('{') => {
                let Some(length) = self.rest().lines().next().and_then(|line| line.find('}')) else {
                    let help = "write ${NAME}, ${NAME^^}, ${NAME//FROM/TO} or ${NAME%?}";
                    return Err(Diagnostic::new(code::WORD, start..start + 2, "a `${` is not closed", help));
                };
                let variable = braced(&self.rest()[2..length], start..start + length + 1)?;
                self.bump_bytes(length + 1);
                variable
            }
            Some('(') => return Err(self.substitution(2)),
            Some(letter) if letter.is_ascii_digit() || "?!#@*$-".contains(letter) => {
                let message =
                    format!("`${letter}` is a special parameter of the shell, which a step does not have");
                let help = "write \\$ for the sign itself";
                return Err(Diagnostic::new(code::WORD, start..start + 1 + letter.len_utf8(), message, help));
            }
            Some(quote @ ('\'' | '"')) if !quoted => {
                let message = format!("`${quote}` is a quote that only bash knows");
                let help = format!("leave out the `$`, or write \\${quote} for the sign itself");
                return Err(Diagnostic::new(code::WORD, start..start + 2, message, help));
            }
            _ => {
                self.literal(word);
                return Ok(());
            }
        };
        word.variables.push(Spanned { value: variable.name.clone(), span: start..self.at });
        word.template.push(Piece::Variable(variable));
        Ok(())
    }
}

fn is_assignment(text: &str) -> bool {
    let name = name_at(text);
    !name.is_empty() && text[name.len()..].starts_with('=')
}

fn is_setting(words: &[Word]) -> bool {
    words.first().is_some_and(|word| word.template.as_literal() == Some("serve"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Cuts a step that has no error.
    pub(in crate::scenario) fn words(step: &str) -> Vec<Word> {
        scan(step, 0, step.len()).words.expect("the step is well-formed")
    }

    pub(crate) fn templates(step: &str) -> Vec<Template> {
        words(step).into_iter().map(|word| word.template).collect()
    }

    pub(crate) fn error(step: &str) -> String {
        scan(step, 0, step.len()).words.expect_err("the step is malformed").render("x.md", step, false)
    }

    fn value(name: &str) -> Option<String> {
        Some(format!("<{name}>"))
    }

    fn expanded(step: &str) -> Vec<String> {
        templates(step).iter().map(|template| template.expand(&value).expect("all are set")).collect()
    }

    #[test]
    fn words_are_cut_as_sh_cuts_them() {
        assert_eq!(expanded(r#"a  "b c"'d $e'f\ g"#), ["a", "b cd $ef g"]);
        assert_eq!(
            expanded(r#""\$X \" \\ \a $X" $X ${X}y '' a$ "b$""#),
            [r#"$X " \ \a <X>"#, "<X>", "<X>y", "", "a$", "b$"]
        );
        assert_eq!(expanded("é 'ü x'"), ["é", "ü x"]);
    }

    #[test]
    fn spans_are_places_in_the_file() {
        let source = "## é\n$ a \"$URL/x\"";
        let scanned = scan(source, 8, source.len()).words.expect("it is well-formed");
        assert_eq!(&source[scanned[1].span.clone()], "\"$URL/x\"");
        assert_eq!(&source[scanned[1].variables[0].span.clone()], "$URL");
    }

    #[test]
    fn a_comment_needs_white_space_before_it() {
        assert_eq!(expanded("a#b c # d 'e"), ["a#b", "c"]);
        let scanned = scan("a 'b #' # c\nd", 0, 13);
        assert_eq!((scanned.text.as_str(), scanned.end), ("a 'b #'", 11));
    }

    #[test]
    fn a_backslash_continues_the_line() {
        let source = "a \\\n   b\\\nc \"d\\\n e\" \\\r\n f # g\r\nh";
        let scanned = scan(source, 0, source.len());
        assert_eq!(scanned.text, "a bc \"d e\" f");
        assert_eq!(&source[scanned.end..], "\r\nh");
        assert_eq!(scanned.words.expect("it is well-formed").len(), 4);
    }

    #[test]
    fn a_continuation_must_continue() {
        insta::assert_snapshot!(error("a \\\n"), @r"
        error[S006]: the backslash goes on with the step on the next line, but the block ends
         --> x.md:1:3
          |
        1 | a \
          |   ^
          |
          = help: leave out the backslash, or write the rest of the step below it
        ");
        insta::assert_snapshot!(error("a \\\n$ b"), @r"
        error[S006]: the backslash goes on with the step on the next line, but the next line is a step of its own
         --> x.md:1:3
          |
        1 | a \
          |   ^
          |
          = help: leave out the backslash, or write the rest of the step below it
        ");
    }

    #[test]
    fn quotes_are_closed_on_their_line() {
        insta::assert_snapshot!(error("curl \"$URL -d 'x'\nb"), @r#"
        error[S006]: a double quote is not closed
         --> x.md:1:6
          |
        1 | curl "$URL -d 'x'
          |      ^^^^^^^^^^^^ it opens here
          |
          = help: close it on the same line with "; a line ending in a backslash goes on only outside single quotes
        "#);
        insta::assert_snapshot!(error("curl 'a b\n'"), @r"
        error[S006]: a single quote is not closed
         --> x.md:1:6
          |
        1 | curl 'a b
          |      ^^^^ it opens here
          |
          = help: close it on the same line with '; a line ending in a backslash goes on only outside single quotes
        ");
    }

    #[test]
    fn an_assignment_may_hold_brackets_bare() {
        assert_eq!(expanded("USER=.[0].id"), ["USER=.[0].id"]);
    }

    #[test]
    fn an_error_ends_with_its_step() {
        let source = "a ' \\\n b\nc";
        let scanned = scan(source, 0, source.len());
        assert_eq!((scanned.words.is_err(), &source[scanned.end..]), (true, "\nc"));
    }
}
