//! Diagnostics: what is wrong in a scenario file, where, and what to write instead.

use crate::catalogue::nearest;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// Something wrong in a scenario file.
///
/// Callers make their own for what this module cannot know, as for an id that no requirement has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of error it is: one of [`code`].
    pub code: &'static str,
    /// What is wrong, naming what was read.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// What is at that place; empty where the message says it all.
    pub label: String,
    /// What to write instead.
    pub help: String,
}

/// The codes of diagnostics.
pub mod code {
    /// The front matter is missing, not closed, or a line of it is no `key: value`.
    pub const FRONT_MATTER: &str = "S001";
    /// A key of the front matter is unknown, missing or stands twice.
    pub const KEY: &str = "S002";
    /// A key of the front matter has a value that it cannot have.
    pub const VALUE: &str = "S003";
    /// A fence is not closed, or its info string is unknown.
    pub const FENCE: &str = "S004";
    /// A line in a console block is neither a step nor a comment, or there is no step at all.
    pub const LINE: &str = "S005";
    /// A step is not made of the shell words that are understood here.
    pub const WORD: &str = "S006";
    /// A step does something that does not exist.
    pub const STEP: &str = "S007";
    /// A step lacks an argument, has one too many, or one of the wrong form.
    pub const ARGUMENT: &str = "S008";
    /// An option of curl is unknown or not supported.
    pub const OPTION: &str = "S009";
    /// The options of a curl step do not go together, or its URL is not one of the target.
    pub const REQUEST: &str = "S010";
    /// A capture's name or source is not one.
    pub const CAPTURE: &str = "S011";
    /// A JSON path is malformed.
    pub const PATH: &str = "S012";
    /// A variable is used that no earlier step sets.
    pub const VARIABLE: &str = "S013";
    /// A requirement id has the wrong shape, or no step under it.
    pub const REQUIREMENT: &str = "S014";
    /// A requirement id is unknown; for callers that have the catalogue.
    pub const UNKNOWN_REQUIREMENT: &str = "S015";
}

impl Diagnostic {
    /// Makes a diagnostic without a label.
    pub fn new(
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), span, label: String::new(), help: help.into() }
    }

    /// Says at the place itself what is there.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Renders the diagnostic with its line, as compilers do; `path` is how the reader knows the file.
    pub fn render(&self, path: &str, source: &str, color: bool) -> String {
        let span = self.span.start.min(source.len())..self.span.end.min(source.len());
        let mark = AnnotationKind::Primary.span(span);
        let mark = if self.label.is_empty() { mark } else { mark.label(self.label.as_str()) };
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .id(self.code)
            .element(Snippet::source(source).path(path).annotation(mark));
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(self.help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// Renders all diagnostics of one file, with an empty line between them and a line break at the end.
pub fn render_all(diagnostics: &[Diagnostic], path: &str, source: &str, color: bool) -> String {
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| format!("{}\n", diagnostic.render(path, source, color)))
        .collect();
    rendered.join("\n")
}

/// Asks `did you mean …?` where a word is near, and says `otherwise` where none is.
pub(super) fn did_you_mean<'a>(
    word: &str,
    words: impl IntoIterator<Item = &'a str>,
    otherwise: impl Into<String>,
) -> String {
    match nearest(word, words) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "one\n$ two three\n";

    #[test]
    fn a_caller_can_make_and_render_its_own() {
        let diagnostic =
            Diagnostic::new(code::UNKNOWN_REQUIREMENT, 6..9, "no requirement `two`", "write `one.two`")
                .label("not in requirements.toml");
        insta::assert_snapshot!(diagnostic.render("scenarios/x.md", SOURCE, false), @r"
        error[S015]: no requirement `two`
         --> scenarios/x.md:2:3
          |
        2 | $ two three
          |   ^^^ not in requirements.toml
          |
          = help: write `one.two`
        ");
    }

    #[test]
    fn a_span_beyond_the_end_is_cut() {
        let diagnostic = Diagnostic::new(code::FENCE, 90..99, "m", "");
        assert!(diagnostic.render("x.md", SOURCE, false).starts_with("error[S004]: m"));
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        assert_eq!(did_you_mean("restrat", ["restart", "sleep"], ""), "did you mean `restart`?");
        assert_eq!(did_you_mean("xyz", ["restart", "sleep"], "write one"), "write one");
    }
}
