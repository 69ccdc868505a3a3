//! A place in a step: taking characters, joining continued lines, skipping to the end.

use crate::scenario::diagnose::{Diagnostic, code};

/// A place in a step, and the step's text up to there.
pub(super) struct Scanner<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) limit: usize,
    pub(super) text: String,
}

impl Scanner<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.source[self.at..self.limit]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next character, also into the text.
    pub(super) fn bump(&mut self) {
        if let Some(letter) = self.peek() {
            self.text.push(letter);
            self.at += letter.len_utf8();
        }
    }

    pub(super) fn bump_bytes(&mut self, length: usize) {
        let taken = self.rest()[..length].to_owned();
        self.text.push_str(&taken);
        self.at += length;
    }

    pub(super) fn at_end_of_line(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with('\n') || self.rest().starts_with("\r\n")
    }

    pub(super) fn at_blank(&self) -> bool {
        self.at_end_of_line() || self.rest().starts_with([' ', '\t'])
    }

    /// Gives how many bytes a backslash and the line break behind it take; `None` where there are none.
    pub(super) fn continuation(&self) -> Option<usize> {
        ["\\\n", "\\\r\n"].into_iter().find(|text| self.rest().starts_with(text)).map(str::len)
    }

    /// Joins the next line to this one.
    pub(super) fn join(&mut self, length: usize) -> Result<(), Diagnostic> {
        let backslash = self.at..self.at + 1;
        self.at += length;
        let next = self.rest();
        let what = if next.trim().is_empty() {
            "the block ends"
        } else if next.starts_with("$ ") {
            "the next line is a step of its own"
        } else {
            return Ok(());
        };
        let message = format!("the backslash goes on with the step on the next line, but {what}");
        let help = "leave out the backslash, or write the rest of the step below it";
        Err(Diagnostic::new(code::WORD, backslash, message, help))
    }

    /// Moves to the end of a step that is in error, so that the next one is read on its own.
    pub(super) fn skip_step(&mut self) {
        loop {
            let line = self.rest().find('\n').unwrap_or(self.rest().len());
            let continued = self.rest()[..line].trim_end_matches('\r').ends_with('\\');
            self.at += line;
            let next = self.rest().strip_prefix('\n').unwrap_or_default();
            if !continued || next.is_empty() || next.starts_with("$ ") {
                return;
            }
            self.at += 1;
        }
    }
}
