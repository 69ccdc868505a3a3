//! What is known of an implementation: the run of a scenario, verdicts, the report of a check.

mod evidence;
pub mod known;
mod report;
pub mod run;
mod target_info;
mod verdict;

pub use evidence::{Evidence, Excerpt};
pub use report::{Likeness, Outcome, Report, Strictness, modes};
pub use target_info::{ClockKind, SeedMethod, TargetInfo, TargetKind};
pub use verdict::{Finding, Kind, Verdicts};
