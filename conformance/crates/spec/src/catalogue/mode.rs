//! The modes: the values of AUTH_TYPE that the documents know.

use std::fmt;
use std::str::FromStr;

use super::nearest;
use serde::{Deserialize, Serialize};

/// A way to authenticate, chosen by AUTH_TYPE.
///
/// The order is the one in which the documents build the modes, each on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum Mode {
    /// AUTH_TYPE is unset: nothing is protected.
    Off,
    /// `auth`: everything that is not excluded is refused.
    Auth,
    /// `basic_auth`: Basic credentials.
    BasicAuth,
    /// `session_auth`: a session cookie.
    SessionAuth,
    /// `session_exp_auth`: a session cookie that expires.
    SessionExpAuth,
    /// `session_db_auth`: a session cookie that expires and survives a restart.
    SessionDbAuth,
}

impl Mode {
    /// Every mode, in order.
    pub const ALL: [Self; 6] = [
        Self::Off,
        Self::Auth,
        Self::BasicAuth,
        Self::SessionAuth,
        Self::SessionExpAuth,
        Self::SessionDbAuth,
    ];

    /// The modes in which a session cookie authenticates, in order.
    pub const SESSIONS: [Self; 3] = [Self::SessionAuth, Self::SessionExpAuth, Self::SessionDbAuth];

    /// Names the mode as scenarios, reports and the command line do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Auth => "auth",
            Self::BasicAuth => "basic_auth",
            Self::SessionAuth => "session_auth",
            Self::SessionExpAuth => "session_exp_auth",
            Self::SessionDbAuth => "session_db_auth",
        }
    }

    /// Gives the value of AUTH_TYPE; `None` where it is to be unset.
    pub fn auth_type(self) -> Option<&'static str> {
        (self > Self::Off).then(|| self.as_str())
    }

    /// Tells whether a session cookie authenticates in this mode.
    pub fn is_session(self) -> bool {
        self >= Self::SessionAuth
    }

    /// Tells whether sessions can expire in this mode.
    pub fn expires(self) -> bool {
        self >= Self::SessionExpAuth
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| UnknownMode::new(text))
    }
}

/// Says that a word names no mode, and which to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mode `{read}`; {}", self.advice())]
pub struct UnknownMode {
    /// What was read.
    pub read: String,
    /// The mode that is spelled most like it, if any is near.
    pub nearest: Option<Mode>,
}

impl UnknownMode {
    fn new(read: &str) -> Self {
        let near = nearest(read, Mode::ALL.iter().map(|mode| mode.as_str()));
        let nearest = near.and_then(|near| Mode::ALL.into_iter().find(|mode| mode.as_str() == near));
        Self { read: read.to_owned(), nearest }
    }

    /// Says what to write instead, as a part of a sentence.
    pub fn advice(&self) -> String {
        match self.nearest {
            Some(mode) => format!("did you mean `{mode}`?"),
            None => {
                let names: Vec<&str> = Mode::ALL.iter().map(|mode| mode.as_str()).collect();
                format!("the modes are {}", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_reads_back_its_name() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
    }

    #[test]
    fn an_unknown_mode_suggests_the_nearest() {
        let error = Mode::from_str("sesion_auth").expect_err("it is misspelled");
        assert_eq!(error.to_string(), "unknown mode `sesion_auth`; did you mean `session_auth`?");
        assert_eq!(Mode::from_str("Basic_Auth").expect_err("case counts").nearest, Some(Mode::BasicAuth));
    }

    #[test]
    fn a_word_unlike_any_mode_lists_them() {
        insta::assert_snapshot!(
            Mode::from_str("xyz").expect_err("it is no mode"),
            @"unknown mode `xyz`; the modes are off, auth, basic_auth, session_auth, session_exp_auth, session_db_auth"
        );
    }

    #[test]
    fn auth_type_is_unset_when_off() {
        assert_eq!(Mode::Off.auth_type(), None);
        assert_eq!(Mode::Auth.auth_type(), Some("auth"));
        assert!(!Mode::BasicAuth.is_session() && Mode::SessionAuth.is_session());
        assert!(!Mode::SessionAuth.expires() && Mode::SessionDbAuth.expires());
    }
}
