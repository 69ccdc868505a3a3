//! Replays scenarios on a target and judges the answers.
//!
//! - [`check`] is the main job: every scenario of every mode on one target, to a report.
//! - [`prepare`] stores the first users and proves the clock.
//! - [`replay`] carries out the steps of one scenario; [`normalize`] writes what came as the canonical text.
//! - [`judge`] compares that text with the accepted transcript; [`attribution`] says which requirement a difference is
//!   charged to.
//! - [`interruption`] is a signal that ends a run.
//!
//! One way: `check` → `prepare`, `check` → `replay` → `normalize`, and `check` → `judge` → `attribution`.

pub mod attribution;
pub mod check;
pub mod interruption;
pub mod judge;
pub mod normalize;
pub mod prepare;
pub mod replay;
