//! Sessions: their IDs, their users, and how long they live.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{User, UserId};

/// Who logged in, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub user_id: UserId,
    /// The time of the login, with its part of a second.
    pub created_at: DateTime<Utc>,
}

/// A session as a request finds it: with its user.
#[derive(Clone, Debug)]
pub struct UserSession {
    /// The user.
    pub user: Arc<User>,
    /// The time of the login, with its part of a second.
    pub created_at: DateTime<Utc>,
}

/// The secret that names a session. To read it back it is an opaque string, compared whole: another spelling
/// of the same UUID is another string (`security.opaque-id`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Box<str>);

impl SessionId {
    /// A new UUID version 4: 122 bits of the system's randomness. Panics, rather than be weak, without it.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string().into())
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing: whoever reads a session ID in a log has the session.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// How long a session lives after its login; use does not prolong it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Option<TimeDelta>);

impl Lifetime {
    /// For ever.
    pub const UNLIMITED: Self = Self(None);

    /// So many seconds; for ever if that is zero, negative, or more than a date can hold.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(TimeDelta::try_seconds(seconds).filter(|_| seconds > 0))
    }

    /// How long a store keeps a session at least; `None` if it is for ever. A day is granted beyond the lifetime, so
    /// that a clock that jumped forward and back has ended no session for good.
    pub fn kept(self) -> Option<TimeDelta> {
        self.0?.checked_add(&TimeDelta::days(1))
    }

    /// Whether a session made at `created_at` is over. At exactly its lifetime it is not (`expiry.boundary`).
    pub fn is_over(self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let end = self.0.and_then(|lifetime| created_at.checked_add_signed(lifetime));
        end.is_some_and(|end| end < now)
    }

    /// The time before which sessions that a store still [keeps](Self::kept) may be forgotten.
    pub fn forget_before(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_signed(self.kept()?)
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
        let lifetime = Lifetime::of_seconds(60);
        let login = 1_508_127_784_250_000;
        assert!(!lifetime.is_over(at(login), at(login + 60_000_000)));
        assert!(lifetime.is_over(at(login), at(login + 60_000_001)));
        assert!(!lifetime.is_over(at(login), at(login - 3_600_000_000)), "a clock that went back");
    }

    #[test]
    fn a_session_may_be_forgotten_a_day_after_its_end() {
        assert_eq!(Lifetime::of_seconds(60).forget_before(at(86_460_000_000)), Some(at(0)));
    }

    #[test]
    fn a_session_id_is_never_shown() {
        assert_eq!(format!("{:?}", SessionId::random()), "SessionId(…)");
    }

    #[test]
    fn zero_negative_and_huge_durations_never_end() {
        for seconds in [0, -1, i64::MIN, i64::MAX, i64::MAX / 1000] {
            let lifetime = Lifetime::of_seconds(seconds);
            assert!(!lifetime.is_over(at(0), DateTime::<Utc>::MAX_UTC), "{seconds}");
            assert_eq!(lifetime.forget_before(at(0)), None, "{seconds}");
        }
    }
}
