//! The canonical text of a scenario's run: each step with what it printed.

pub mod aliases;
mod answer;
mod field;
pub mod placeholders;
pub mod redact;
mod shown;

pub use answer::{Answer, Breach, Refusal};
pub use field::{Cookie, Field, FieldName, SessionIds};
pub use shown::{Shown, Tally};

use crate::scenario::Action;

/// One step of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The step as written in the scenario, without the `$ `.
    pub step: String,
    /// What it printed.
    pub lines: Vec<String>,
}

/// A scenario's run as text, comparable with the accepted one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The steps in order.
    pub blocks: Vec<Block>,
}

impl Block {
    /// Makes the block of a step with what it printed.
    pub fn new(step: &str, printed: &Answer) -> Self {
        Self { step: step.to_owned(), lines: printed.lines() }
    }

    /// Reads what the step printed; `action` is what the step does.
    pub fn printed(&self, action: &Action) -> Answer {
        match action.request() {
            Some(_) => Answer::from_lines(self.lines.iter().map(String::as_str).collect()),
            None => Answer::text(self.lines.clone()),
        }
    }
}

impl Transcript {
    /// Reads a transcript back from its text.
    ///
    /// Text before the first step is dropped: there is none in a transcript that this module wrote. So are
    /// carriage returns at the ends of lines, however many.
    pub fn parse(text: &str) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        for line in text.lines().map(|line| line.trim_end_matches('\r')) {
            if let Some(step) = line.strip_prefix("$ ") {
                blocks.push(Block { step: step.to_owned(), lines: Vec::new() });
            } else if let Some(block) = blocks.last_mut() {
                block.lines.push(line.to_owned());
            }
        }
        Self { blocks }
    }

    /// Reads the accepted transcript of an insta snapshot file: what stands below its front matter.
    pub fn from_snapshot(file: &str) -> Self {
        let text = file.replace("\r\n", "\n");
        let contents = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .map_or(text.as_str(), |(_, contents)| contents);
        Self::parse(contents)
    }
}

impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for block in &self.blocks {
            writeln!(f, "$ {}", block.step)?;
            for line in &block.lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_reads_back_what_it_printed() {
        let transcript = Transcript {
            blocks: vec![
                Block { step: "user a b".into(), lines: vec![] },
                Block { step: "curl \"$URL\"".into(), lines: vec!["200 OK".into(), "{}".into()] },
            ],
        };
        assert_eq!(Transcript::parse(&transcript.to_string()), transcript);
    }

    #[test]
    fn the_front_matter_of_a_snapshot_is_no_part_of_the_transcript() {
        let file = "---\nsource: x\n---\n$ curl \"$URL\"\n200 OK\n";
        assert_eq!(Transcript::from_snapshot(file), Transcript::parse("$ curl \"$URL\"\n200 OK\n"));
    }
}
