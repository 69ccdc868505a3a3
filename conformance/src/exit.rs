//! How the program ends: the exit codes of all subcommands, and the failure that carries one.

use std::fmt;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use spec::results::Outcome;

use crate::error::Error;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: every must that was checked is met, and at least one was checked.
    Met,
    /// 1: some must is not met or blocked.
    NotMet,
    /// 2: wrong usage, or a scenario that cannot be read.
    Usage,
    /// 3: the target could not be started or reached, or nothing could be checked.
    NotChecked,
    /// 128 and the signal's number: ended by Ctrl-C (130), SIGTERM (143) or a closed terminal (129), after cleaning up.
    Interrupted(Signal),
}

impl Exit {
    /// Returns the number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Met => 0,
            Self::NotMet => 1,
            Self::Usage => 2,
            Self::NotChecked => 3,
            // The numbers of signals are small.
            Self::Interrupted(signal) => u8::try_from(128 + signal as i32).unwrap_or(u8::MAX),
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Met => Self::Met,
            Outcome::NotMet => Self::NotMet,
            Outcome::NotChecked => Self::NotChecked,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What ends the program before it has a result: a message for the user, with the exit code.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// The text on standard error.
    pub message: String,
}

impl Failure {
    /// Returns the failure of wrong usage.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string() }
    }

    /// Returns the failure that nothing could be checked.
    pub fn not_checked(message: impl fmt::Display) -> Self {
        Self { exit: Exit::NotChecked, message: message.to_string() }
    }

    /// Returns the failure that a signal ended the program; `left` says what is kept, if anything.
    pub fn interrupted(signal: Signal, left: &str) -> Self {
        let message =
            format!("interrupted by {signal}; what ran was ended, and its copies are removed{left}");
        Self { exit: Exit::Interrupted(signal), message }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.is_usage() { Self::usage(error) } else { Self::not_checked(error) }
    }
}
