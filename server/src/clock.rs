//! The time: a parameter, so that tests move it instead of sleeping.
//!
//! All times are UTC with microseconds, as the store keeps them; the local time zone is never asked for.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// A source of the time.
pub trait Clock: Send + Sync {
    /// Returns the current time, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        // A clock before 1970 or after the year 294,276 is wrong anyway.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    // Held for one read or write of the value only.
    now: Mutex<DateTime<Utc>>,
}

impl ManualClock {
    /// Makes a clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(now.trunc_subsecs(6)) }
    }

    /// Sets the clock to `now`, which may be earlier than before.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now.trunc_subsecs(6);
    }

    /// Moves the clock by `step`, backwards if that is negative, and no further than the first or last possible date.
    pub fn advance(&self, step: TimeDelta) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if step < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        *now = now.checked_add_signed(step).unwrap_or(end);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_manual_clock_goes_where_it_is_sent_and_never_overflows() {
        let clock = ManualClock::new(at("2026-11-21T00:00:00.000000999Z"));
        assert_eq!(clock.now(), at("2026-11-21T00:00:00Z"));
        clock.advance(TimeDelta::seconds(-61));
        assert_eq!(clock.now(), at("2026-11-20T23:58:59Z"));
        clock.advance(TimeDelta::MAX);
        assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC);
        clock.advance(TimeDelta::MIN);
        clock.advance(TimeDelta::MIN);
        assert_eq!(clock.now(), DateTime::<Utc>::MIN_UTC);
        clock.set(at("2026-11-21T00:00:00.000001999Z"));
        assert_eq!(clock.now(), at("2026-11-21T00:00:00.000001Z"));
    }
}
