//! The tests of the server from outside, but for crashes (`tests/crash`) and hostile input (`tests/hostile`).

mod connections;
mod flood;
mod gate;
#[cfg(feature = "hardened")]
mod hardened;
#[cfg(feature = "metrics")]
mod metrics;
mod observe;
mod process;
#[cfg(feature = "programs")]
mod programs;
#[cfg(feature = "redis")]
mod redis;
mod sessions;
mod store;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tests of crashes use the rest of it")]
mod support;
mod transcripts;
mod users;
