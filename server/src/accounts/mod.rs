//! Users, sessions and passwords: plain values, which know neither HTTP nor a store.

mod password;
mod session;
mod user;

pub use password::PasswordHash;
pub use session::{Lifetime, Session, SessionId, UserSession};
pub use user::{Names, User, UserId, UserList};
