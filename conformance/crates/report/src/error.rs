//! The error of the crate: a file that was handed in cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a report to compare, or a file of weights, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of a report cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The file of a report holds something else.
    #[error("{} is no report of `check --json`: {source}", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// What the file holds instead.
        source: NoReport,
    },
    /// The weights are not TOML of the expected shape.
    #[error("the weights cannot be read: {0}")]
    Weights(#[from] toml::de::Error),
    /// The weights name a task that no requirement belongs to.
    #[error("the weights name the task `{read}`, which does not exist; {advice}")]
    UnknownTask {
        /// The name in the file.
        read: String,
        /// What to write instead.
        advice: String,
    },
    /// A weight is negative or not finite.
    #[error("the weight of `{of}` is {number}; write a number from 0")]
    Number {
        /// The task, or the weight of requirements, that the number belongs to.
        of: String,
        /// The number in the file.
        number: f64,
    },
}

/// Why a text is no JSON report of one implementation.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// The text is not JSON.
    #[error("it is not JSON ({0})")]
    Syntax(#[source] serde_json::Error),
    /// The text is an array, as `grade --json` writes it.
    #[error("it is a list; give single reports")]
    List,
    /// The document has another schema.
    #[error("its schema is {found:?}, not {expected:?}")]
    OtherSchema {
        /// The schema that the document names.
        found: String,
        /// The schema of a report.
        expected: &'static str,
    },
    /// The document names no schema.
    #[error("it has no \"schema\": {expected:?}")]
    NoSchema {
        /// The schema of a report.
        expected: &'static str,
    },
    /// The document names the schema and does not follow it.
    #[error(transparent)]
    Shape(serde_json::Error),
}
