//! The stores of users and sessions.
//!
//! A change is answered when it is durable: a change that a method of [`Store`] has returned from survives a crash, as far
//! as the store promises that at all. Sessions of `session_auth` and `session_exp_auth` are in memory, as the documents
//! have it ([`MemorySessions`]); everything else is in SQLite ([`Sqlite`]), or in a Redis that several servers share.

mod cache;
mod contract;
mod digest;
mod index;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod sqlite;

use thiserror::Error;

#[cfg(feature = "redis")]
pub use self::redis::{Redis, RedisUrl};
pub use contract::{Lookup, Store, StoreError, found};
pub use memory::{MemorySessions, SessionMap};
pub use sqlite::Sqlite;

/// The error of a store that cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Of a file.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// Of a Redis.
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Redis(#[from] redis::OpenError),
}
