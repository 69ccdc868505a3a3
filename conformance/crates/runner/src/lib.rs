//! Replays scenarios on a target and judges the answers.
//!
//! - [`check`] is the main job: every scenario of every mode on one target, to a report.
//! - [`prepare`] stores the users that scenarios start with, and proves that the clock driver moves the server's time.
//! - [`replay`] carries out the steps of one scenario; [`normalize`] writes their answers in canonical form.
//! - [`judge`] compares these with the accepted transcript; [`attribution`] says which requirement a difference is
//!   charged to.
//! - [`interruption`] is a signal that ends a run.
//!
//! `a → b`: a imports b. `check` → `prepare`; `check` → `replay` → `normalize`; `check` → `judge` → `attribution`; and
//! `check` → `attribution`, for what only a whole mode shows.

pub mod attribution;
pub mod check;
pub mod interruption;
pub mod judge;
pub mod normalize;
pub mod prepare;
pub mod replay;
