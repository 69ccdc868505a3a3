//! The driver `wall` sleeps in real time, with SESSION_DURATION and every sleep scaled down alike.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::ClockDriver;
use crate::Error;
use spec::results::ClockKind;

/// The SESSION_DURATION of the documents, in seconds, and of the scenarios that this driver can run.
const DOCUMENTED: u64 = 60;

/// The scaled value of [`DOCUMENTED`] unless a target dictates another: the least that leaves a whole second on either
/// side of the steps, which implementations that store whole seconds need.
const SCALED: u64 = 3;

/// The longest single sleep, in scenario seconds. A longer one needs a clock that can be moved.
const LONGEST: u64 = 5 * DOCUMENTED;

/// A clock that sleeps `scaled` seconds where the documents say sixty.
#[derive(Debug)]
pub struct Wall {
    scaled: u64,
}

impl Wall {
    /// Scales the documents' sixty seconds down to three.
    pub fn new() -> Self {
        Self { scaled: SCALED }
    }

    /// Scales so that the documents' sixty seconds last as long as a running server's SESSION_DURATION.
    pub fn for_duration(seconds: u64) -> Self {
        Self { scaled: seconds.max(1) }
    }
}

impl Default for Wall {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl ClockDriver for Wall {
    fn kind(&self) -> ClockKind {
        ClockKind::Wall
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn advance(&mut self, seconds: u64) -> Result<(), Error> {
        if seconds > LONGEST {
            return Err(Error::LongSleep(seconds));
        }
        let scaled = seconds.saturating_mul(1000 * self.scaled) / DOCUMENTED;
        tokio::time::sleep(Duration::from_millis(scaled)).await;
        Ok(())
    }

    fn duration(&self, written: &str) -> String {
        match written.parse::<u64>() {
            Ok(seconds) if seconds > 0 => (seconds * self.scaled).div_ceil(DOCUMENTED).to_string(),
            _ => written.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_minute_becomes_three_seconds() {
        assert_eq!(Wall::new().duration("60"), "3");
    }

    #[test]
    fn what_is_no_duration_is_passed_on_as_written() {
        for written in ["0", "-5", "abc", ""] {
            assert_eq!(Wall::new().duration(written), written);
        }
    }
}
