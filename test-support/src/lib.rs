//! Helpers that several test binaries share.
//!
//! - [`skip`]: tests that need a program which this machine lacks, and the summary of them.
//! - [`program`]: the programs of this workspace, run as their users run them.
//! - [`schema`]: the schemas of JUnit files.
//!
//! With the feature `suite`, for the tests of `conformance`:
//!
//! - [`suite`]: the scenarios in the working tree.
//! - [`implementations`]: our Flask project, to be started as another implementation.
//! - [`broken`]: the reference server with one fault.

pub mod program;
pub mod schema;
pub mod skip;

#[cfg(feature = "suite")]
pub mod broken;
#[cfg(feature = "suite")]
pub mod implementations;
#[cfg(feature = "suite")]
pub mod suite;
