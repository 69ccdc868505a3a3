//! What can be wrong with a suite, and with the words by which somebody asks for a part of it.

use std::{fmt, io};

use crate::catalogue::{CatalogueError, Subject, UnknownMode};

/// Says why the specification cannot be read, or has no such part.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A catalogue is malformed.
    #[error("{file}: {source}")]
    Catalogue {
        /// Its file.
        file: &'static str,
        /// What is wrong with it.
        source: CatalogueError,
    },
    /// Scenarios are malformed; the text shows each place.
    #[error("{0}")]
    Scenarios(String),
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// No scenario has this name.
    #[error("there is no scenario {name:?}; {advice}")]
    NoScenario {
        /// The name.
        name: String,
        /// What to write instead.
        advice: Advice,
    },
    /// A scenario was asked for by the id of a requirement.
    #[error("{0} is a requirement: `conformance explain {0}`")]
    IsRequirement(String),
    /// No requirement has this id.
    #[error("there is no requirement {id:?}; {advice}")]
    NoRequirement {
        /// The id.
        id: String,
        /// What to write instead.
        advice: Advice,
    },
    /// A requirement was asked for by the name of a scenario.
    #[error("{0} is a scenario: `conformance show {0}`")]
    IsScenario(String),
    /// A line of a list of known failures names nothing.
    #[error("{file}:{line}: {source}")]
    KnownFailing {
        /// The list.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: EntryError,
    },
}

/// Says why an entry of a list of known failures names nothing.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It has another form.
    #[error("{0:?} is no entry; write REQUIREMENT or REQUIREMENT in MODE")]
    Malformed(String),
    /// Its mode is none.
    #[error(transparent)]
    Mode(#[from] UnknownMode),
    /// Its pattern fits no id.
    #[error("{pattern:?} names no requirement; {advice}")]
    NoRequirement {
        /// The pattern.
        pattern: String,
        /// What to write instead.
        advice: Advice,
    },
    /// What it names does not apply in its mode.
    #[error("{pattern:?} does not apply in {subject}; it does in {others}")]
    NotIn {
        /// The pattern.
        pattern: String,
        /// Its mode.
        subject: Subject,
        /// The modes in which it applies.
        others: String,
    },
    /// What it names applies in no mode.
    #[error("{0:?} applies in no mode")]
    Nowhere(String),
}

/// What to write instead of a word that names nothing; a part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The word that is spelled most like it.
    Near(String),
    /// The words of the group that was named.
    Group(Vec<String>),
    /// The command that lists the words, and what it lists.
    Listed {
        /// The command.
        command: &'static str,
        /// What it lists.
        what: &'static str,
    },
}

impl Advice {
    /// Advises the near word where there is one, and the command that lists all otherwise.
    pub(crate) fn near_or_listed(near: Option<&str>, command: &'static str, what: &'static str) -> Self {
        near.map_or(Self::Listed { command, what }, |near| Self::Near(near.to_owned()))
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Near(near) => write!(f, "did you mean {near}?"),
            Self::Group(words) => write!(f, "there are {}", words.join(", ")),
            Self::Listed { command, what } => write!(f, "`conformance {command}` lists {what}"),
        }
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}
