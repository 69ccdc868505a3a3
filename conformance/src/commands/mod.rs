//! The subcommands: a file for each (`list` and `show` share one), and what several of them share (`known`, `target`,
//! `walks`, `progress`).

pub mod check;
pub mod compare;
pub mod coverage;
pub mod diff;
pub mod doctor;
pub mod explain;
pub mod faults;
pub mod fuzz;
mod fuzz_report;
pub mod grade;
mod known;
mod progress;
mod redis;
pub mod show;
mod target;
mod walks;
