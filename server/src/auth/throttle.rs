//! The throttle: a limit of wrong passwords, per email and per address.
//!
//! Not `governor`: it has no way to refund a try, and a right password must cost nothing.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// The limit of wrong passwords for one email. NIST SP 800-63B, 5.2.2, allows a hundred in all before an account is
/// closed; here nobody is locked out for good.
pub const PER_EMAIL: Limit = Limit { burst: 60, seconds: 30 };

/// The limit for one address, which many people may share: one guess for each of many emails is guessing, too.
pub const PER_ADDRESS: Limit = Limit { burst: 1000, seconds: 1 };

/// Cells in which emails and addresses are counted, 8 bytes each. Two keys that share a cell share its limit: that is
/// the price of a table that guesses can neither make larger nor make forget.
const CELLS: usize = 64 * 1024;

/// A burst of tries, and the seconds after each of which there is one more.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The tries at once.
    pub burst: i64,
    /// The seconds after which there is one more.
    pub seconds: i64,
}

/// Counts wrong passwords per email and per address, in bounded memory.
///
/// Each cell is a leaking bucket, kept as the time at which it will be empty (the generic cell rate algorithm of ITU-T
/// I.371): a try fills in one unit before the password is looked at, so that tries at the same time count, and takes it
/// out again where the password was right.
pub struct Throttle<S = RandomState> {
    // Held for two look-ups per password.
    counts: Mutex<[Counts; 2]>,
    // Keyed at random: nobody can choose an email that shares a cell with another's.
    hasher: S,
}

/// A try that has been counted; dropping it leaves it counted.
#[derive(Debug)]
#[must_use = "the try of a right password is to be refunded"]
pub struct Try([usize; 2]);

/// When each cell will be empty, in microseconds since 1970.
struct Counts {
    limit: Limit,
    empty_at: Box<[i64]>,
}

impl Limit {
    fn unit(self) -> i64 {
        self.seconds * 1_000_000
    }

    fn whole(self) -> i64 {
        self.burst * self.unit()
    }
}

impl Counts {
    fn new(limit: Limit) -> Self {
        Self { limit, empty_at: vec![i64::MIN; CELLS].into() }
    }

    /// Returns the cell with one more unit in it. A clock that goes back closes no cell for longer than its limit.
    fn filled(&self, cell: usize, now: i64) -> i64 {
        self.empty_at[cell].clamp(now, now + self.limit.whole()) + self.limit.unit()
    }
}

/// Nothing is counted yet.
impl<S: Default> Default for Throttle<S> {
    fn default() -> Self {
        let counts = [Counts::new(PER_EMAIL), Counts::new(PER_ADDRESS)];
        Self { counts: Mutex::new(counts), hasher: S::default() }
    }
}

impl<S: BuildHasher> Throttle<S> {
    /// Counts a try.
    ///
    /// # Errors
    ///
    /// The seconds after which to try again, at least 1; nothing is counted then.
    pub fn count(&self, email: &str, address: IpAddr, now: DateTime<Utc>) -> Result<Try, u32> {
        let cells = [self.cell(email), self.cell(network(address))];
        let now = now.timestamp_micros();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let over = counts
            .iter()
            .zip(cells)
            .map(|(counts, cell)| counts.filled(cell, now) - counts.limit.whole() - now);
        if let Some(micros) = over.max().filter(|&micros| micros > 0) {
            return Err(u32::try_from((micros + 999_999) / 1_000_000).unwrap_or(u32::MAX));
        }
        for (counts, cell) in counts.iter_mut().zip(cells) {
            counts.empty_at[cell] = counts.filled(cell, now);
        }
        Ok(Try(cells))
    }

    /// Takes a try back, as its password was right.
    pub fn refund(&self, Try(cells): Try) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (counts, cell) in counts.iter_mut().zip(cells) {
            counts.empty_at[cell] -= counts.limit.unit();
        }
    }

    fn cell(&self, key: impl Hash) -> usize {
        self.hasher.hash_one(key) as usize % CELLS
    }
}

/// Returns the part of an address that one subscriber has: the first half of an IPv6 address (RFC 6177).
fn network(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use chrono::TimeDelta;

    use super::*;

    const HOME: &str = "192.0.2.1";

    /// Hashes as every time before, so that no test meets two emails in one cell now and then.
    type Fixed = BuildHasherDefault<DefaultHasher>;

    fn throttle() -> Throttle<Fixed> {
        Throttle::default()
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_508_129_828, 0).expect("a date")
    }

    fn after(seconds: i64) -> DateTime<Utc> {
        start() + TimeDelta::seconds(seconds)
    }

    fn wrong(throttle: &Throttle<Fixed>, email: &str, address: &str, now: DateTime<Utc>) -> Option<u32> {
        throttle.count(email, address.parse().expect("an address"), now).err()
    }

    #[test]
    fn an_email_is_closed_after_its_burst_and_opens_one_by_one() {
        let throttle = throttle();
        for n in 0..PER_EMAIL.burst {
            assert_eq!(wrong(&throttle, "bob", HOME, start()), None, "{n}");
        }
        assert_eq!(wrong(&throttle, "bob", HOME, start()), Some(30));
        assert_eq!(wrong(&throttle, "bob", "198.51.100.7", start()), Some(30), "wherever one asks from");
        assert_eq!(wrong(&throttle, "kim", HOME, start()), None);
        assert_eq!(wrong(&throttle, "bob", HOME, after(29)), Some(1));
        assert_eq!(wrong(&throttle, "bob", HOME, after(30)), None);
        assert_eq!(wrong(&throttle, "bob", HOME, after(30)), Some(30));
    }

    #[test]
    fn an_address_is_closed_whatever_emails_it_tries() {
        let throttle = throttle();
        let closed = (0..=PER_ADDRESS.burst)
            .find(|n| wrong(&throttle, &format!("{n}@hbtn.io"), "2001:db8::1", start()).is_some());
        assert_eq!(closed, Some(PER_ADDRESS.burst));
        assert_eq!(wrong(&throttle, "other", "2001:db8::2", start()), Some(1), "the same network");
        assert_eq!(wrong(&throttle, "other", "2001:db8:0:1::1", start()), None);
        assert_eq!(wrong(&throttle, "bob", "::ffff:192.0.2.1", start()), None);
    }

    #[test]
    fn right_passwords_do_not_count() {
        let throttle = throttle();
        let home = HOME.parse().expect("an address");
        for _ in 0..1000 {
            let one = throttle.count("bob", home, start()).expect("open");
            throttle.refund(one);
        }
        for _ in 0..PER_EMAIL.burst {
            assert_eq!(wrong(&throttle, "bob", HOME, start()), None);
        }
        assert!(wrong(&throttle, "bob", HOME, start()).is_some());
    }

    #[test]
    fn a_right_password_takes_back_its_own_try_only() {
        let throttle = throttle();
        for _ in 1..PER_EMAIL.burst {
            assert_eq!(wrong(&throttle, "bob", HOME, start()), None);
        }
        throttle.refund(throttle.count("bob", HOME.parse().expect("an address"), start()).expect("open"));
        assert_eq!(wrong(&throttle, "bob", HOME, start()), None);
        assert_eq!(wrong(&throttle, "bob", HOME, start()), Some(30));
    }

    #[test]
    fn emails_seldom_share_a_cell() {
        let throttle = throttle();
        let cells: std::collections::HashSet<_> =
            (0..1000).map(|n| throttle.cell(format!("{n}@hbtn.io"))).collect();
        assert!(cells.len() > 980, "{}", cells.len());
    }

    #[test]
    fn a_clock_that_jumps_closes_nothing_for_longer_than_its_limit() {
        let throttle = throttle();
        for _ in 0..=PER_EMAIL.burst {
            let _ = wrong(&throttle, "bob", HOME, after(86_400));
        }
        assert_eq!(wrong(&throttle, "bob", HOME, start()), Some(30));
        assert_eq!(wrong(&throttle, "bob", HOME, after(86_400 * 2)), None);
    }
}
