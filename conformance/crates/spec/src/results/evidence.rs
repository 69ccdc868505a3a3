//! The evidence that a requirement is not met: a step, what was expected of it, and what came.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::Curl;
use crate::transcript::{Answer, Shown};

/// Stands for a part of an answer that is not there.
const NOTHING: &str = "(nothing)";

/// Where and how a step differed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Evidence {
    /// The step as written.
    pub step: String,
    /// The request of the step; `None` where it sends none, and where the evidence was read from a file.
    #[serde(skip)]
    pub request: Option<Curl>,
    /// What the accepted transcript says, as far as it bears on the requirement.
    pub expected: Excerpt,
    /// What the target answered.
    pub actual: Excerpt,
    /// One shell line that repeats the exchange.
    pub curl: Option<String>,
    /// The settings to start the server with for it, as the shell writes them.
    pub settings: Option<String>,
}

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Excerpt {
    /// The part of an answer that bears on the requirement; empty where the answer has no such part.
    Answer(Answer),
    /// A sentence: what a requirement asks for, or how an answer breaks it.
    Sentence(String),
}

impl Excerpt {
    /// Returns the status that it shows; `None` where it shows another part of an answer.
    pub fn status(&self) -> Option<&Shown> {
        match self {
            Self::Answer(answer) => answer.status.as_ref(),
            Self::Sentence(_) => None,
        }
    }

    /// Returns what a word that stands for a status means, where it shows nothing else.
    pub fn meaning(&self) -> Option<&'static str> {
        match self {
            Self::Answer(Answer { status: Some(shown), fields, body, .. })
                if fields.is_empty() && body.is_empty() =>
            {
                shown.meaning()
            }
            _ => None,
        }
    }

    /// Returns whether both begin with the same: an answer with its status, or else with its first field or line.
    pub fn begins_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer(one), Self::Answer(other)) => match (&one.status, &other.status) {
                (None, None) => match (one.fields.first(), other.fields.first()) {
                    (None, None) => one.body.first() == other.body.first(),
                    (one, other) => one == other,
                },
                (one, other) => one == other,
            },
            (one, other) => one.first_line() == other.first_line(),
        }
    }

    /// Returns its first line, which mostly is a status.
    pub fn first_line(&self) -> String {
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }
}

impl From<String> for Excerpt {
    fn from(text: String) -> Self {
        Self::Sentence(text)
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        Self::Sentence(text.to_owned())
    }
}

impl From<Excerpt> for String {
    fn from(excerpt: Excerpt) -> Self {
        excerpt.to_string()
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) if answer.is_empty() => f.write_str(NOTHING),
            Self::Answer(answer) => answer.fmt(f),
            Self::Sentence(text) => f.write_str(text),
        }
    }
}
