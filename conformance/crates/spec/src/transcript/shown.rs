//! The status of an answer, as much of it as its step shows.

use std::fmt;

use crate::scenario::Show;

/// The first thing that is shown of an answer: its status, or what stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The status, with the reason phrase of the standard.
    Status(u16),
    /// Any status from 200 to 299.
    Success,
    /// Any other status.
    NotSuccess,
    /// 401 or 403.
    Refused,
    /// Anything but a server error.
    BelowServerError,
    /// How many of the requests sent at once succeeded.
    Tally(Tally),
    /// No answer, and why.
    Failure(String),
}

/// The answers to the same request sent many times at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were 2xx.
    pub successes: usize,
    /// How many were anything else.
    pub others: usize,
    /// How many requests had no answer, and why the first had none.
    pub silent: Option<(usize, String)>,
}

const SUCCESS: &str = "2xx";
const NOT_SUCCESS: &str = "not 2xx";
const REFUSED: &str = "refused";
const BELOW_SERVER_ERROR: &str = "below 500";

impl Shown {
    /// Returns the words that the fence of a step demands in the place of the status; `None` where it demands none.
    pub fn demanded(show: Show) -> Option<Self> {
        match show {
            Show::All | Show::Security | Show::Status => None,
            Show::Success => Some(Self::Success),
            Show::NotSuccess => Some(Self::NotSuccess),
            Show::Refused => Some(Self::Refused),
            Show::BelowServerError => Some(Self::BelowServerError),
        }
    }

    /// Returns the status code; `None` where words stand for it.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status(code) => Some(*code),
            _ => None,
        }
    }

    /// Returns whether one answer was 2xx, as far as it shows.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Status(200..=299) | Self::Success)
    }

    /// Returns whether one answer was 401 or 403, as far as it shows.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Status(401 | 403) | Self::Refused)
    }

    /// Returns a sentence for the words that stand for a status; `None` for anything else.
    pub fn meaning(&self) -> Option<&'static str> {
        match self {
            Self::Success => Some("any status from 200 to 299"),
            Self::NotSuccess => Some("any status but 200 to 299"),
            Self::Refused => Some("401 or 403"),
            Self::BelowServerError => Some("anything but a server error"),
            Self::Status(_) | Self::Tally(_) | Self::Failure(_) => None,
        }
    }

    /// Returns the lines that a transcript shows of it: of a tally several.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Tally(tally) => tally.lines(),
            other => vec![other.to_string()],
        }
    }

    /// Reads it off the first lines of an answer, and returns the lines behind it.
    pub(super) fn take<'l, 't>(lines: &'l [&'t str]) -> (Option<Self>, &'l [&'t str]) {
        let Some((first, rest)) = lines.split_first() else { return (None, lines) };
        let shown = match *first {
            SUCCESS => Self::Success,
            NOT_SUCCESS => Self::NotSuccess,
            REFUSED => Self::Refused,
            BELOW_SERVER_ERROR => Self::BelowServerError,
            line => {
                let (tally, rest) = Tally::take(lines);
                if tally != Tally::default() {
                    return (Some(Self::Tally(tally)), rest);
                }
                let code = line.get(..3).and_then(|digits| digits.parse().ok()).map(Self::Status);
                code.filter(|status| status.to_string() == line)
                    .unwrap_or_else(|| Self::Failure(line.to_owned()))
            }
        };
        (Some(shown), rest)
    }
}

impl Tally {
    /// Returns a line for each kind of answer that there was.
    fn lines(&self) -> Vec<String> {
        let silent = self.silent.iter().map(|(count, why)| (*count, why.as_str()));
        let counted = [(self.successes, SUCCESS), (self.others, NOT_SUCCESS)].into_iter().chain(silent);
        counted.filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} × {what}")).collect()
    }

    fn take<'l, 't>(lines: &'l [&'t str]) -> (Self, &'l [&'t str]) {
        let mut tally = Self::default();
        let mut rest = lines;
        while let Some((line, after)) = rest.split_first() {
            let Some((count, what)) = line.split_once(" × ") else { break };
            let Ok(count) = count.parse() else { break };
            match what {
                SUCCESS => tally.successes = count,
                NOT_SUCCESS => tally.others = count,
                why => tally.silent = Some((count, why.to_owned())),
            }
            rest = after;
        }
        (tally, rest)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => {
                let reason =
                    ::http::StatusCode::from_u16(*code).ok().and_then(|code| code.canonical_reason());
                write!(f, "{code} {}", reason.unwrap_or("(no standard status)"))
            }
            Self::Success => f.write_str(SUCCESS),
            Self::NotSuccess => f.write_str(NOT_SUCCESS),
            Self::Refused => f.write_str(REFUSED),
            Self::BelowServerError => f.write_str(BELOW_SERVER_ERROR),
            Self::Tally(tally) => f.write_str(&tally.lines().join("\n")),
            Self::Failure(why) => f.write_str(why),
        }
    }
}
