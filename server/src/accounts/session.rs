//! Sessions: their IDs, their users, and how long they live.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{User, UserId};

/// A login: its user and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub user_id: UserId,
    /// The time of the login, in microseconds.
    pub created_at: DateTime<Utc>,
}

/// A session together with its user, as a request needs it.
#[derive(Clone, Debug)]
pub struct UserSession {
    /// The user.
    pub user: Arc<User>,
    /// The time of the login, in microseconds.
    pub created_at: DateTime<Utc>,
}

/// The secret that identifies a session. It is compared as an opaque string: another spelling of the same UUID is
/// another ID (`security.opaque-id`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Box<str>);

impl SessionId {
    /// Creates a UUID version 4, with 122 bits of the system's randomness. Panics without it, as the ID could be guessed.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string().into())
    }

    /// Returns the ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Prints no ID: whoever reads a session ID in a log has the session.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// The time that a session lives after its login. Use does not prolong it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Option<TimeDelta>);

impl Lifetime {
    /// No end.
    pub const UNLIMITED: Self = Self(None);

    /// Makes a lifetime of so many seconds; of no end if `seconds` is zero, negative, or too large for a date.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(TimeDelta::try_seconds(seconds).filter(|_| seconds > 0))
    }

    /// Returns the time for which a store keeps a session at least, or `None` if it keeps it for ever. That is a day
    /// longer than the lifetime, so that a clock that jumps forward and back ends no session for good.
    pub fn retention(self) -> Option<TimeDelta> {
        self.0?.checked_add(&TimeDelta::days(1))
    }

    /// Returns whether a session created at `created_at` has expired. At exactly its lifetime it has not
    /// (`expiry.boundary`).
    pub fn is_expired(self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let end = self.0.and_then(|lifetime| created_at.checked_add_signed(lifetime));
        end.is_some_and(|end| end < now)
    }

    /// Returns the time before which sessions were created that have outlived their [retention](Self::retention).
    pub fn purge_before(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_signed(self.retention()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(micros).expect("a date")
    }

    #[test]
    fn a_session_is_live_at_exactly_its_duration_and_over_a_microsecond_later() {
        let lifetime = Lifetime::from_seconds(60);
        let login = 1_508_127_784_250_000;
        assert!(!lifetime.is_expired(at(login), at(login + 60_000_000)));
        assert!(lifetime.is_expired(at(login), at(login + 60_000_001)));
        assert!(!lifetime.is_expired(at(login), at(login - 3_600_000_000)), "a clock that went back");
    }

    #[test]
    fn a_session_may_be_forgotten_a_day_after_its_end() {
        assert_eq!(Lifetime::from_seconds(60).purge_before(at(86_460_000_000)), Some(at(0)));
    }

    #[test]
    fn a_session_id_is_never_shown() {
        assert_eq!(format!("{:?}", SessionId::random()), "SessionId(…)");
    }

    #[test]
    fn zero_negative_and_huge_durations_never_end() {
        for seconds in [0, -1, i64::MIN, i64::MAX, i64::MAX / 1000] {
            let lifetime = Lifetime::from_seconds(seconds);
            assert!(!lifetime.is_expired(at(0), DateTime::<Utc>::MAX_UTC), "{seconds}");
            assert_eq!(lifetime.purge_before(at(0)), None, "{seconds}");
        }
    }
}
