//! The contract of every store.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::{BoxFuture, Either, Ready, ready};
use thiserror::Error;

use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};

/// The result of a lookup: at once, from a store in this process, or later, from a store beyond a network. A boxed future
/// for each would be three allocations in nearly every request.
pub type Lookup<'a, T> = Either<Ready<Result<T, StoreError>>, BoxFuture<'a, Result<T, StoreError>>>;

/// Returns a lookup that has been made.
pub fn found<'a, T>(found: Result<T, StoreError>) -> Lookup<'a, T> {
    Either::Left(ready(found))
}

/// Expired sessions that one login purges at most: more than it adds, and never so many that others wait.
pub const PURGED_AT_ONCE: u32 = 4;

/// A store of users and sessions.
///
/// A lookup of one thing is answered from memory, or at worst by one row of a file, on the thread that asks: that takes
/// microseconds, but on a cold disk milliseconds, in which the thread serves nobody else. The list of all users takes its
/// time, and changes wait for the disk: both are futures.
///
/// Nothing here assumes that this process is the only one. IDs and emails are compared octet by octet. A new
/// implementation joins the contract suite in `tests/it/store.rs` with one line.
#[async_trait]
pub trait Store: Send + Sync {
    /// Returns all users, in the order of their creation.
    async fn users(&self) -> Result<Arc<UserList>, StoreError>;

    /// Returns the number of users.
    fn user_count(&self) -> Lookup<'_, u64>;

    /// Finds the user with this ID.
    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>>;

    /// Finds the user with this email.
    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>>;

    /// Adds a user; returns `false`, and changes nothing, if another has this email.
    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError>;

    /// Sets the names that are `Some`, and `updated_at`. Returns the changed user, or `None` if there is none with this ID.
    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError>;

    /// Replaces the hash of a user's password, and nothing else; returns `false` if there is no such user.
    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError>;

    /// Removes a user and ends all of its sessions; returns `false` if there is no such user.
    async fn remove_user(&self, id: &str) -> Result<bool, StoreError>;

    /// Adds a session; returns `false`, and changes nothing, if its user is gone. The store may purge it, and others, when
    /// [their time has come](Lifetime::purge_before).
    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError>;

    /// Finds the session with this ID, expired or not, and its user: both at once, as no caller needs only one of them,
    /// and a store beyond a network is asked once. A session whose user is gone does not exist.
    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>>;

    /// Ends a session; returns `true` to exactly one of any number of callers.
    async fn end_session(&self, id: &str) -> Result<bool, StoreError>;
}

/// The failure of a store. The log has the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A read failed.
    #[error("the store could not be read")]
    Read,
    /// A change failed as a whole. If the store broke at that very moment, the change may be there after a restart.
    #[error("the change could not be made durable")]
    Write,
}
