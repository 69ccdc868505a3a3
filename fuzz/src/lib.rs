//! Targets for a fuzzer: what the server reads (`requests`), and what the suite reads (`scenarios`).
//!
//! They are tests: `cargo test` plays what was found once and is kept in `__fuzz__` beside this file, then
//! random bytes; `just fuzz-parsers SECONDS` searches with libFuzzer, and writes what it finds there.

#[cfg(test)]
mod requests;
#[cfg(test)]
mod scenarios;
