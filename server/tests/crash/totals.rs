//! The figures that a run ends with.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub const KILLS: &str = "kills survived";
pub const POINTS: &str = "kill points survived";
pub const FAULTS: &str = "I/O faults survived";
pub const REFUSALS: &str = "damaged files refused";
pub const FLIPS: &str = "flipped bits refused or harmless";
pub const LOGS: &str = "damaged logs refused or cut short";
pub const CUTS: &str = "power cuts survived";
pub const TAMPERING: &str = "tampering found";

/// Of each kind, how many passed and how many were tried. Trials on two threads add to it.
static TOTALS: Mutex<BTreeMap<&str, [usize; 2]>> = Mutex::new(BTreeMap::new());

/// Runs one attempt of a kind and counts it.
pub fn judge<T>(kind: &'static str, attempt: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    count(kind, [0, 1]);
    let passed = attempt()?;
    count(kind, [1, 0]);
    Ok(passed)
}

fn count(kind: &'static str, more: [usize; 2]) {
    let mut totals = TOTALS.lock().unwrap_or_else(PoisonError::into_inner);
    let [passed, tried] = totals.entry(kind).or_default();
    *passed += more[0];
    *tried += more[1];
}

pub fn print() {
    for (kind, [passed, tried]) in &*TOTALS.lock().unwrap_or_else(PoisonError::into_inner) {
        println!("{kind} {passed}/{tried}");
    }
}
