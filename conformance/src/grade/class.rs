//! Classes of submissions.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Bound;
use targets::StartClass;

/// The class of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It serves, and its requirements were judged.
    Judged,
    /// It holds no program to start.
    NoProgram,
    /// The suite itself failed.
    SuiteFailed,
    /// It does not serve in any mode.
    #[serde(untagged)]
    Start(StartClass),
    /// It serves, and went beyond a bound.
    #[serde(untagged)]
    Exceeded(Bound),
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Judged => "judged",
            Self::NoProgram => "no-program",
            Self::SuiteFailed => "suite-failed",
            Self::Start(class) => class.as_str(),
            Self::Exceeded(bound) => bound.as_str(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_same_word_in_the_state_file_and_in_a_report() {
        let classes = [
            Class::Judged,
            Class::NoProgram,
            Class::SuiteFailed,
            Class::Start(StartClass::CrashesOnFirstRequest),
            Class::Start(StartClass::NotHttp),
            Class::Exceeded(Bound::Disk),
        ];
        for class in classes {
            let written = serde_json::to_string(&class).expect("a word is JSON");
            assert_eq!(written, format!("\"{class}\""));
            let read: Class = serde_json::from_str(&written).expect("it was just written");
            assert_eq!(read, class);
        }
    }
}
