//! The step tree: a scenario as read from its file.

use std::fmt;
use std::ops::Range;

use super::action::Action;
use super::diagnose::Diagnostic;
use super::{parse, print};
use crate::catalogue::{Profile, Subject};

/// A scenario: its settings and its steps.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: that of the file, without `.md`.
    pub name: String,
    /// The text of its first heading, and its name where there is none.
    pub title: String,
    /// The modes that it runs in, in order; at least one, and [`Subject::Redis`] alone where it is of a Redis server.
    pub modes: Vec<Subject>,
    /// How the server is set up.
    pub settings: Settings,
    /// It needs a clock that can stand still.
    pub exact_clock: bool,
    /// It runs on a sandbox of its own.
    pub isolated: bool,
    /// Its sections, in order; at least one has a step.
    pub sections: Vec<Section>,
    /// The text of the file; every span is a place in it.
    pub source: String,
}

/// What a scenario says of the server's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The session cookie's name.
    pub session_name: String,
    /// How long a session lives.
    pub session_duration: SessionDuration,
    /// The time zone; `None` leaves the machine's.
    pub tz: Option<String>,
    /// What the server is asked to be.
    pub profile: Profile,
}

/// What a scenario says of SESSION_DURATION.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionDuration {
    /// Nothing: the mode decides.
    #[default]
    OfMode,
    /// It is not set.
    Unset,
    /// It has this value, which need not be a number.
    Value(String),
}

/// A heading with the steps under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading's text without the ids; empty for steps before the first heading.
    pub heading: String,
    /// How many `#` the heading has; 0 where there is none.
    pub level: usize,
    /// The heading's line, counted from 1; the first step's where there is none.
    pub line: usize,
    /// The ids of the requirements that the steps count for, in order.
    pub requirements: Vec<Spanned<String>>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A value with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place, in bytes.
    pub span: Range<usize>,
}

/// One `$ …` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its first line, counted from 1.
    pub line: usize,
    /// The step as written, in one line: without `$ `, without a comment, continuation lines joined.
    pub text: String,
    /// How much of the answer counts.
    pub show: Show,
    /// What it does.
    pub action: Action,
}

/// How much of an answer a step shows and is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Show {
    /// The status, the header fields that matter and the canonical body.
    #[default]
    All,
    /// The same, and the header fields by which an answer is kept from others.
    Security,
    /// The status line.
    Status,
    /// Only that the status is 2xx.
    Success,
    /// Only that the status is not 2xx.
    NotSuccess,
    /// Only that the status is 401 or 403.
    Refused,
    /// Only that the status is below 500.
    BelowServerError,
}

impl Scenario {
    /// Reads a scenario from the text of its file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the file, in the order of the text.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        parse::scenario(name, text)
    }

    /// Tells whether a Redis server is under test, and not the API.
    pub fn is_of_redis(&self) -> bool {
        self.modes == [Subject::Redis]
    }

    /// Iterates over the steps of all sections, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.sections.iter().flat_map(|section| &section.steps)
    }
}

/// Prints the canonical Markdown of the scenario: its settings, headings and steps without the prose.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::markdown(self))
    }
}

impl Settings {
    /// The name of the session cookie where a scenario says none.
    pub const SESSION_NAME: &str = "_my_session_id";
}

impl Settings {
    /// Tells whether the server runs as the documents have it, in whatever profile.
    pub fn are_usual(&self) -> bool {
        *self == Self { profile: self.profile, ..Self::default() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_name: Self::SESSION_NAME.to_owned(),
            session_duration: SessionDuration::OfMode,
            tz: None,
            profile: Profile::Documented,
        }
    }
}

impl SessionDuration {
    /// Returns the value of SESSION_DURATION for a subject; `None` leaves it unset.
    pub fn for_subject(&self, subject: Subject) -> Option<String> {
        match self {
            Self::OfMode => subject.api_mode().filter(|mode| mode.expires()).map(|_| "60".to_owned()),
            Self::Unset => None,
            Self::Value(value) => Some(value.clone()),
        }
    }
}

impl Step {
    /// Makes a step that no file holds: its text is the canonical one, its line 0.
    pub fn new(show: Show, action: Action) -> Self {
        Self { line: 0, text: print::step(&action), show, action }
    }
}

impl Show {
    /// Every way.
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::Security,
        Self::Status,
        Self::Success,
        Self::NotSuccess,
        Self::Refused,
        Self::BelowServerError,
    ];

    /// Gives the word after `console` in a fence's info string; empty for everything.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Security => "security",
            Self::Status => "status",
            Self::Success => "2xx",
            Self::NotSuccess => "not-2xx",
            Self::Refused => "refused",
            Self::BelowServerError => "below-500",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Mode;

    #[test]
    fn the_mode_decides_where_a_scenario_says_nothing() {
        assert_eq!(SessionDuration::OfMode.for_subject(Mode::SessionAuth.into()), None);
        assert_eq!(SessionDuration::OfMode.for_subject(Mode::SessionDbAuth.into()).as_deref(), Some("60"));
        assert_eq!(SessionDuration::Unset.for_subject(Mode::SessionExpAuth.into()), None);
        assert_eq!(
            SessionDuration::Value("abc".into()).for_subject(Mode::Off.into()).as_deref(),
            Some("abc")
        );
    }

    #[test]
    fn a_step_that_no_file_holds_has_its_canonical_text() {
        assert_eq!(Step::new(Show::All, Action::Restart).text, "restart");
    }
}
