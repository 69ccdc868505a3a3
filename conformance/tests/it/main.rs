//! The tests of the program from outside, and of its parts together, one module for each subject.
//!
//! They are one binary, since linking the suite takes longer than most of them run. Tests that list their trials
//! themselves, with libtest-mimic, are binaries of their own.

mod broken_servers;
mod canned;
mod cli;
mod coverage;
mod diagnosis;
mod fuzz_cli;
mod grade;
mod guide;
mod junit;
mod known_failing;
mod redis;
mod same_bytes;
mod schema;
mod scripts;
mod standalone;
