//! Who is asking: the modes of AUTH_TYPE, the gate, and what identifies a user.

mod basic;
mod cookie;
mod gate;
mod password;
mod session;

pub use basic::credentials;
pub use cookie::cookie;
pub use gate::{Auth, requires_auth};
pub use password::PasswordHash;
pub use session::{Lifetime, Session, SessionId};
