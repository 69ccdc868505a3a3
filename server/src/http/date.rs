//! The Date header (RFC 9110, 6.6.1).

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use http::HeaderValue;
use httpdate::fmt_http_date;

/// 9999-12-31 23:59:59, the last second that the format has digits for.
const LAST_SECOND: u64 = 253_402_300_799;

thread_local! {
    /// The second for which this thread last formatted a Date header, and that header. Threads that shared one would take
    /// it out of each other's caches with every answer.
    static LAST_DATE: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
}

/// Returns the Date header of an answer at `now`: the nearest that the format can express, which is between 1970 and 9999.
pub fn date_header(now: DateTime<Utc>) -> HeaderValue {
    let second = u64::try_from(now.timestamp()).unwrap_or(0).min(LAST_SECOND);
    LAST_DATE.with_borrow_mut(|last| match last {
        Some((last_second, header)) if *last_second == second => header.clone(),
        _ => last.insert((second, format(second))).1.clone(),
    })
}

fn format(second: u64) -> HeaderValue {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(second);
    HeaderValue::try_from(fmt_http_date(time)).expect("a date is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn the_date_header_follows_the_clock_forward_and_back() {
        for second in [8, 8, 9, 8] {
            let now = at(&format!("2017-10-16T04:57:0{second}.5Z"));
            assert_eq!(date_header(now), format!("Mon, 16 Oct 2017 04:57:0{second} GMT"));
        }
    }

    #[test]
    fn every_time_has_a_date_header() {
        for (time, header) in [
            (at("2106-02-07T06:28:16Z"), "Sun, 07 Feb 2106 06:28:16 GMT"),
            (DateTime::<Utc>::MIN_UTC, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (DateTime::<Utc>::MAX_UTC, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(date_header(time), header);
        }
    }
}
