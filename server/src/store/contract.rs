//! The contract of every store.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::lookup::Lookup;
use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};

/// Expired sessions that one login purges at most: more than it adds, and never so many that others wait.
pub const PURGED_AT_ONCE: u32 = 4;

/// Keeps users and sessions.
///
/// Reads of one thing are answered by a [`Lookup`]: from memory, or at worst by one look into a file, a future of
/// each in a box would be three allocations on the way of nearly every request. A list of all users takes its time,
/// and changes wait for the disk.
///
/// Nothing here assumes that this process is the only one. IDs and emails are compared octet by octet. An
/// implementation joins the contract suite in `tests/store.rs` by one line.
#[async_trait]
pub trait Store: Send + Sync {
    /// Every user, in the order of their creation.
    async fn users(&self) -> Result<Arc<UserList>, StoreError>;

    /// How many users there are.
    fn user_count(&self) -> Lookup<'_, u64>;

    /// The user with this ID.
    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>>;

    /// The user with this email.
    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>>;

    /// Adds a user; `false`, and no change, if another has this email.
    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError>;

    /// Sets the names that are `Some`, and `updated_at`; the user as it is now, or `None` if there is no
    /// such.
    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError>;

    /// Replaces what is kept of a user's password, and nothing else; `false` if there is no such user.
    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError>;

    /// Removes a user and ends all of its sessions; `false` if there is no such user.
    async fn remove_user(&self, id: &str) -> Result<bool, StoreError>;

    /// Adds a session; `false`, and no change, if its user is gone. May forget it, and others, once sessions of
    /// this lifetime [may be forgotten](Lifetime::forget_before).
    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError>;

    /// The session with this ID, expired or not, and its user: both at once, as nobody needs the one alone, and a
    /// store beyond a network is asked but once. A session whose user is gone is none.
    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>>;

    /// Ends a session: `true` for exactly one of any number of callers.
    async fn end_session(&self, id: &str) -> Result<bool, StoreError>;
}

/// What a store could not do. The cause has been told to the operator, in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A read failed.
    #[error("the store could not be read")]
    Read,
    /// A change failed, wholly; or, where the store broke at that very moment, it may be there after a
    /// restart.
    #[error("the change could not be made durable")]
    Write,
}
