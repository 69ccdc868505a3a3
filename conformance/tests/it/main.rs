//! The tests of the program from outside, and of its parts together, one module for each subject.
//!
//! They are one binary, since linking the suite takes longer than most of them run. The tests of `grade`, which disturb
//! others, and those that list their trials themselves, with libtest-mimic, are binaries of their own.

mod broken_servers;
mod canned;
mod cli;
mod coverage;
mod diagnosis;
mod fuzz_cli;
mod guide;
mod junit;
mod known_failing;
mod redis;
mod scripts;
mod standalone;
