//! The rules that a model runs by: the settings of the documents, read once.

use spec::catalogue::Mode;

/// What AUTH_TYPE, SESSION_NAME and SESSION_DURATION say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How requests authenticate.
    pub mode: Mode,
    /// The name of the session cookie.
    pub session_name: String,
    /// How long a session lives, in seconds; `None` for ever.
    pub duration: Option<i64>,
    /// TZ, which no correct answer depends on (security.time-zone).
    pub time_zone: Option<String>,
}

impl Rules {
    /// Reads the settings; a duration that is unset, no integer, zero or negative is none (expiry.never), and
    /// so is any where sessions do not expire (expiry.plain-never).
    pub fn new(mode: Mode, session_name: &str, session_duration: Option<&str>) -> Self {
        let seconds = session_duration.and_then(|text| text.trim().parse().ok());
        let duration = seconds.filter(|seconds| *seconds > 0 && mode.expires());
        Self { mode, session_name: session_name.to_owned(), duration, time_zone: None }
    }

    /// Tells whether sessions outlive the process (db.survives-restart, session.memory-only).
    pub fn keeps_sessions(&self) -> bool {
        self.mode == Mode::SessionDbAuth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_where_sessions_expire_and_only_if_it_is_a_positive_integer() {
        let duration = |mode, text| Rules::new(mode, "s", text).duration;
        assert_eq!(duration(Mode::SessionExpAuth, Some("60")), Some(60));
        assert_eq!(duration(Mode::SessionDbAuth, Some("1")), Some(1));
        assert_eq!(duration(Mode::SessionAuth, Some("60")), None);
        for none in [None, Some(""), Some("abc"), Some("0"), Some("-5"), Some("1.5")] {
            assert_eq!(duration(Mode::SessionExpAuth, none), None, "{none:?}");
        }
    }
}
