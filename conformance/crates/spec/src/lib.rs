//! The specification as data: what is required, how it is asked for, and what is known of an implementation.
//!
//! - [`catalogue`]: the requirements, the modes, profiles and tasks that they belong to, and hints.
//! - [`scenario`]: the text of a scenario file: its tree, its parser, its printers.
//! - [`http`]: a request as curl would send it, and the exchange that came of it.
//! - [`transcript`]: the canonical text of a run, and how what varies is replaced in it.
//! - [`results`]: the run of a scenario, verdicts, the report of a check, lists of known failures.
//! - [`script`]: a scenario as a bash script with real curl.
//! - [`suite`]: catalogue, scenarios and accepted transcripts read together; [`coverage`]: which scenario checks
//!   which requirement.
//! - [`plain`]: a scenario in one mode, with plain steps in the place of `authenticate`.
//! - [`json`]: JSON in the form of the documents; [`digest`]: SHA-256 as text.
//!
//! The crate imports none of ours. `a ← b`: b imports a. `catalogue` ← `scenario` ← `http` ← `transcript` ← `results` ←
//! `suite` ← `coverage`; `transcript` ← `plain` ← `coverage`; `transcript` ← `script`.

pub mod catalogue;
pub mod coverage;
pub mod digest;
mod error;
pub mod http;
pub mod json;
pub mod plain;
pub mod results;
pub mod scenario;
pub mod script;
pub mod suite;
pub mod transcript;

pub use error::{Advice, EntryError, Error};
