//! The rules that a model follows: the documents' settings, parsed.

use spec::catalogue::Mode;

/// The parsed values of AUTH_TYPE, SESSION_NAME, SESSION_DURATION and TZ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// The way in which requests authenticate (AUTH_TYPE).
    pub mode: Mode,
    /// The name of the session cookie (SESSION_NAME).
    pub session_name: String,
    /// The lifetime of a session in seconds (SESSION_DURATION); `None` if sessions never expire.
    pub duration: Option<i64>,
    /// The time zone (TZ). No correct answer depends on it (security.time-zone).
    pub time_zone: Option<String>,
}

impl Rules {
    /// Parses the settings, without a time zone.
    ///
    /// A duration that is unset, not an integer, zero or negative means that sessions never expire (expiry.never). In
    /// the modes without expiry every duration means that (expiry.plain-never).
    pub fn new(mode: Mode, session_name: &str, session_duration: Option<&str>) -> Self {
        let seconds = session_duration.and_then(|text| text.trim().parse().ok());
        let duration = seconds.filter(|seconds| *seconds > 0 && mode.expires());
        Self { mode, session_name: session_name.to_owned(), duration, time_zone: None }
    }

    /// Returns whether sessions outlive the process (db.survives-restart, session.memory-only).
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
