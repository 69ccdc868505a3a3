//! Where users and sessions are kept.
//!
//! A change is answered when it is durable: what a verb of [`Store`] has returned is there after a crash, for
//! as long as the store promises at all. Sessions of `session_auth` and `session_exp_auth` are kept in memory
//! by documented design ([`MemorySessions`]); everything else is in SQLite ([`Sqlite`]), or in a Redis that several
//! servers share ([`Redis`]).

mod cache;
mod contract;
mod index;
mod lookup;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod sqlite;

use thiserror::Error;

#[cfg(feature = "redis")]
pub use self::redis::{Redis, RedisUrl};
pub use contract::{Store, StoreError};
pub use lookup::Lookup;
pub use memory::{MemorySessions, SessionMap};
pub use sqlite::Sqlite;

/// Why a store cannot be opened: which, and what is wrong with it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A file.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// A Redis.
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Redis(#[from] redis::OpenError),
}
