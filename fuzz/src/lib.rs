//! Fuzz targets for the parsers of the server (`requests`) and of the suite (`scenarios`).
//!
//! They are tests: `cargo test` runs them on the inputs in `__fuzz__` beside this file, then on random bytes.
//! `just fuzz-parsers SECONDS` searches with libFuzzer, and adds each input that fails to `__fuzz__`.

#[cfg(test)]
mod requests;
#[cfg(test)]
mod scenarios;
