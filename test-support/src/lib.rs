//! Helpers that the tests of several packages share.
//!
//! [`skip`]: tests that need something which this machine lacks, and the summary of them.

pub mod skip;
