//! Clock drivers: they make a target's time pass.
//!
//! A driver is proved before it is used: [`follows`] compares the target's `Date` before and after a jump.

mod faketime;
mod wall;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::Error;
use spec::results::ClockKind;

pub use faketime::{Faketime, library};
pub use wall::Wall;

/// The time at which a clock that can be moved begins: Mon, 16 Oct 2017 04:57:08 GMT, as in the documents.
///
/// It is the same in every run, so that effects of the time (a change to summer time, a date in a file) are the same
/// too.
pub const START: DateTime<Utc> = DateTime::from_timestamp(1_508_129_828, 0).expect("it is a date");

/// Moves the time of one sandbox.
#[async_trait]
pub trait ClockDriver: Send + Sync {
    /// Returns the kind of the driver.
    fn kind(&self) -> ClockKind;

    /// Returns the sandbox's time.
    fn now(&self) -> DateTime<Utc>;

    /// Lets `seconds` of the scenario pass. This may take as long in real time.
    ///
    /// # Errors
    ///
    /// When time cannot be moved.
    async fn advance(&mut self, seconds: u64) -> Result<(), Error>;

    /// Returns the SESSION_DURATION to start the server with, for the one that is `written` in a scenario.
    ///
    /// Only a driver that scales time down changes it.
    fn duration(&self, written: &str) -> String {
        written.to_owned()
    }

    /// Returns the environment variables that a spawned program needs to follow this clock.
    fn environment(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A target whose time cannot be moved.
#[derive(Debug, Default)]
pub struct NoClock;

#[async_trait]
impl ClockDriver for NoClock {
    fn kind(&self) -> ClockKind {
        ClockKind::None
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn advance(&mut self, _seconds: u64) -> Result<(), Error> {
        Err(Error::NoClock)
    }
}

/// The jump that [`follows`] expects, in seconds: far beyond any clock error.
pub const PROOF_SECONDS: u64 = 100_000;

/// Returns whether the time of two `Date` headers made the jump of [`PROOF_SECONDS`].
pub fn follows(before: &str, after: &str) -> bool {
    let parse = |text| DateTime::parse_from_rfc2822(text).ok();
    let (Some(before), Some(after)) = (parse(before), parse(after)) else { return false };
    let jump = (after - before).to_std().unwrap_or(Duration::ZERO).as_secs();
    (PROOF_SECONDS..PROOF_SECONDS + 60).contains(&jump)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_jumps_along_proves_the_driver() {
        assert!(follows("Mon, 16 Oct 2017 04:57:08 GMT", "Tue, 17 Oct 2017 08:43:48 GMT"));
    }

    #[test]
    fn a_date_that_stays_or_is_no_date_proves_nothing() {
        assert!(!follows("Mon, 16 Oct 2017 04:57:08 GMT", "Mon, 16 Oct 2017 04:57:09 GMT"));
        assert!(!follows("", ""));
    }
}
