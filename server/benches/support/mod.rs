//! What the benches share: servers in processes of their own, load on them, and the table of what came of it.
#![expect(dead_code, reason = "each bench uses a part of it")]

pub mod disk;
pub mod load;
pub mod peer;
pub mod people;
pub mod process;
pub mod table;

use std::time::Duration;

/// How long and how often everything is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How long one server is under load before another has its turn.
    pub time: Duration,
    /// How many turns each has; the medians count.
    pub rounds: usize,
}

impl Effort {
    /// What the command line asks for: `--quick`, or nothing.
    pub fn asked_for() -> Self {
        let is_quick = std::env::args().any(|word| word == "--quick");
        let (millis, rounds) = if is_quick { (300, 5) } else { (500, 25) };
        Self { time: Duration::from_millis(millis), rounds }
    }
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
