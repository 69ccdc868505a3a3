//! The ways in which a program fails to serve, and what its output says of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use spec::http::NoAnswer;
use spec::transcript::redact;

/// The reason why a program does not serve. The text is fit for a report: it names no place of this run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFailure {
    /// The system cannot run it.
    #[error("{program} cannot be started: {why}")]
    CannotRun {
        /// The first word of the command.
        program: String,
        /// What the system says.
        why: String,
    },
    /// It ended since something that it imports is not there.
    #[error("the program ended at once ({status}): {last_line}")]
    MissingModule {
        /// What it wanted to import.
        module: String,
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It ended before it was asked anything.
    #[error("the program ended at once ({status}): {last_line}")]
    Ended {
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It ended when it was asked for the first time.
    #[error("the program ended at its first request ({status}): {last_line}")]
    EndedWhenAsked {
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It listens, but elsewhere.
    #[error("the program listens on {}, not on API_PORT", redact::port(*.0))]
    OtherPort(u16),
    /// It wants a port that somebody else has, however often it gets another API_PORT.
    #[error("the program finds its port in use, whatever API_PORT says")]
    PortInUse,
    /// It runs, and nobody listens.
    #[error("the program does not listen on API_PORT within {} s", .0.as_secs_f32())]
    NeverListens(Duration),
    /// It listens and does not answer as an HTTP server does.
    #[error("the program listens, but: {0}")]
    NoAnswer(NoAnswer),
}

impl StartFailure {
    /// Sorts the failure.
    pub fn class(&self) -> StartClass {
        match self {
            Self::MissingModule { .. } => StartClass::ImportError,
            Self::CannotRun { .. } | Self::Ended { .. } => StartClass::DoesNotStart,
            Self::OtherPort(_) | Self::PortInUse => StartClass::IgnoresPort,
            Self::EndedWhenAsked { .. } | Self::NoAnswer(NoAnswer::Closed) => {
                StartClass::CrashesOnFirstRequest
            }
            Self::NoAnswer(NoAnswer::Garbage) => StartClass::NotHttp,
            Self::NeverListens(_) | Self::NoAnswer(_) => StartClass::Hangs,
        }
    }

    /// Returns whether the program may well start with other settings: it ended by itself, and said why.
    pub fn is_quick(&self) -> bool {
        matches!(self, Self::MissingModule { .. } | Self::Ended { .. } | Self::EndedWhenAsked { .. })
    }

    /// Returns whether the program was waited for as long as it may take.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::NeverListens(_) | Self::NoAnswer(_) | Self::OtherPort(_))
    }

    /// Sorts the end of a program by what it printed.
    pub(crate) fn ended(status: String, output: &str, asked: bool) -> Self {
        let last_line = last_line(output).to_owned();
        match missing_module(output) {
            Some(module) => Self::MissingModule { module, status, last_line },
            None if asked => Self::EndedWhenAsked { status, last_line },
            None => Self::Ended { status, last_line },
        }
    }

    /// Rewrites what the program itself said.
    pub fn map_output(self, rewrite: impl Fn(&str) -> String) -> Self {
        match self {
            Self::MissingModule { module, status, last_line } => {
                Self::MissingModule { module, status, last_line: rewrite(&last_line) }
            }
            Self::Ended { status, last_line } => Self::Ended { status, last_line: rewrite(&last_line) },
            Self::EndedWhenAsked { status, last_line } => {
                Self::EndedWhenAsked { status, last_line: rewrite(&last_line) }
            }
            other => other,
        }
    }
}

/// The class of a start-up failure, as `grade` counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartClass {
    /// Something that it imports is not there.
    ImportError,
    /// It cannot be run, or ends at once.
    DoesNotStart,
    /// It listens on a port of its own choice.
    IgnoresPort,
    /// It never listens, or listens and never answers.
    Hangs,
    /// It ends, or closes the connection, when it is asked for the first time.
    CrashesOnFirstRequest,
    /// What it answers is not HTTP.
    NotHttp,
}

impl StartClass {
    /// Returns the name of the class as reports do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImportError => "import-error",
            Self::DoesNotStart => "does-not-start",
            Self::IgnoresPort => "ignores-port",
            Self::Hangs => "hangs",
            Self::CrashesOnFirstRequest => "crashes-on-first-request",
            Self::NotHttp => "not-http",
        }
    }
}

/// Finds the name of what a program could not import, in Python's words or Node's.
fn missing_module(output: &str) -> Option<String> {
    let between = |line: &str, start: &str, quote: char| {
        let (_, rest) = line.split_once(start)?;
        Some(rest.trim_start_matches(quote).split(quote).next()?.trim().to_owned())
    };
    output.lines().rev().find_map(|line| {
        let line = line.trim();
        between(line, "ModuleNotFoundError: No module named ", '\'')
            .or_else(|| between(line, "ImportError: cannot import name ", '\''))
            .or_else(|| between(line, "Error: Cannot find module ", '\''))
    })
}

/// Returns the line of a program's output that says most: what Python raised last, or else the last line that is
/// not empty.
pub fn last_line(output: &str) -> &str {
    // What was raised stands behind the indented lines of where; advice of several lines may follow it.
    let raised = output.rsplit_once("Traceback (most recent call last):").and_then(|(_, trace)| {
        trace.lines().find(|line| line.starts_with(|letter: char| !letter.is_whitespace()))
    });
    raised.map_or_else(|| last_filled_line(output), str::trim_end)
}

fn last_filled_line(output: &str) -> &str {
    output.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(output: &str, asked: bool) -> StartClass {
        StartFailure::ended("exit status: 1".to_owned(), output, asked).class()
    }

    #[test]
    fn a_missing_module_is_named_whatever_the_runtime() {
        assert_eq!(missing_module("ModuleNotFoundError: No module named 'flask'").as_deref(), Some("flask"));
        let name = "ImportError: cannot import name 'Auth' from 'api.v1.auth.auth' (./api/v1/auth/auth.py)";
        assert_eq!(missing_module(name).as_deref(), Some("Auth"));
        let node = "Error: Cannot find module 'express'\nRequire stack:\n- app.js";
        assert_eq!(missing_module(node).as_deref(), Some("express"));
    }

    #[test]
    fn an_end_is_sorted_by_what_was_printed_and_by_when_it_came() {
        assert_eq!(class("ModuleNotFoundError: No module named 'flask'", false), StartClass::ImportError);
        assert_eq!(class("KeyError: 'X'", false), StartClass::DoesNotStart);
        assert_eq!(class("KeyError: 'X'", true), StartClass::CrashesOnFirstRequest);
    }

    #[test]
    fn what_python_raised_says_more_than_the_advice_behind_it() {
        let raised = "Traceback (most recent call last):\n  File \"app.py\", line 1\n    setup()\n\
                      AssertionError: The setup method can no longer be called.\nMake sure to call it before.\n";
        assert_eq!(last_line(raised), "AssertionError: The setup method can no longer be called.");
        assert_eq!(last_line("one\ntwo\n\n"), "two");
        assert_eq!(last_line(""), "it printed nothing");
    }
}
