//! What time it is: a parameter, so that tests move it instead of sleeping.
//!
//! All times are UTC with microseconds, as the store keeps them; the local time zone is never asked for.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike as _, SubsecRound as _, TimeDelta, Timelike as _, Utc};
use http::HeaderValue;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current time, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        // Before 1970 or after the year 294,276 a clock is wrong anyway.
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
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(now.trunc_subsecs(6)) }
    }

    /// Shows `now` from here on, which may be earlier than before.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now.trunc_subsecs(6);
    }

    /// Moves by `step`, backwards if it is negative; stops at the ends of what a date can be.
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

/// Writes a time as the documents do: `2017-10-16 04:23:04`.
pub fn timestamp(at: DateTime<Utc>) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

thread_local! {
    /// The second that this thread last wrote a Date header for, and that header. Threads that shared one would take it
    /// out of each other's hands with every answer.
    static LAST_DATE: RefCell<Option<(i64, HeaderValue)>> = const { RefCell::new(None) };
}

/// The Date header at a time.
pub fn date_header(now: DateTime<Utc>) -> HeaderValue {
    let write = || HeaderValue::from_bytes(&http_date(now)).expect("a date is ASCII");
    LAST_DATE.with_borrow_mut(|last| match last {
        Some((second, header)) if *second == now.timestamp() => header.clone(),
        _ => last.insert((now.timestamp(), write())).1.clone(),
    })
}

/// Writes a time as the Date header does (RFC 9110, 5.6.7): `Mon, 16 Oct 2017 04:57:08 GMT`.
fn http_date(at: DateTime<Utc>) -> [u8; 29] {
    const DAYS: &[u8] = b"MonTueWedThuFriSatSun";
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut date = *b"Day, 00 Mon 0000 00:00:00 GMT";
    let day = 3 * at.weekday().num_days_from_monday() as usize;
    date[..3].copy_from_slice(&DAYS[day..day + 3]);
    let month = 3 * at.month0() as usize;
    date[8..11].copy_from_slice(&MONTHS[month..month + 3]);
    // The format has four digits for a year, whatever the clock says.
    let year = at.year().rem_euclid(10_000).unsigned_abs();
    let numbers = [
        (5, at.day()),
        (12, year / 100),
        (14, year % 100),
        (17, at.hour()),
        (20, at.minute()),
        (23, at.second()),
    ];
    for (place, number) in numbers {
        date[place] = b'0' + (number / 10) as u8;
        date[place + 1] = b'0' + (number % 10) as u8;
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn times_are_written_as_in_the_documents() {
        assert_eq!(timestamp(at("2017-10-16T04:23:04.999999Z")), "2017-10-16 04:23:04");
        assert_eq!(timestamp(at("2038-01-19T03:14:08Z")), "2038-01-19 03:14:08");
        assert_eq!(&http_date(at("2017-10-16T04:57:08Z")), b"Mon, 16 Oct 2017 04:57:08 GMT");
        assert_eq!(&http_date(at("2106-02-07T06:28:16Z")), b"Sun, 07 Feb 2106 06:28:16 GMT");
    }

    #[test]
    fn the_date_header_follows_the_clock_forward_and_back() {
        for second in [8, 8, 9, 8] {
            let now = at(&format!("2017-10-16T04:57:0{second}.5Z"));
            assert_eq!(date_header(now), format!("Mon, 16 Oct 2017 04:57:0{second} GMT"));
        }
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
