//! The program: its command line, and how it ends.
//!
//! - [`cli`] reads the command line; [`commands`] holds the subcommands; [`grade`] judges many implementations
//!   in one run.
//! - [`reference`] is the reference server as a target, in this process: the only file that names `server`.
//! - [`console`] prints and listens for signals, [`files`] writes reports, [`error`] is the error of these parts, and
//!   [`exit`] holds the exit codes and the failure that ends the program with one.
//!
//! The other crates, from the lowest to the highest: `spec` (the specification as data); `targets` (implementations under
//! test), `model` (the requirements as a state machine) and `report`, each on `spec` alone; `runner` (replays and
//! judges) on `targets`; `search` (fuzzing, concurrency, faults) on `runner` and `model`. This package is on all of them.
//!
//! The path of one step: file → `spec::scenario` → `runner::replay` fills in captured values → `targets` acts →
//! `spec::http::exchange` → `runner::normalize` → `runner::judge`, beside the accepted transcript → `spec::results` →
//! `report`.

pub mod cli;
pub mod commands;
pub mod console;
pub mod error;
pub mod exit;
pub mod files;
pub mod grade;
pub mod reference;
