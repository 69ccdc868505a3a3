//! Who is asking: the modes of AUTH_TYPE, the gate, and what identifies a user.

mod basic;
mod cookie;
mod gate;
mod guard;
mod password;
mod session;
mod session_cookie;
mod throttle;

pub use basic::credentials;
pub use cookie::cookie;
pub use gate::{Auth, Gate, requires_auth};
pub use guard::Guard;
pub use password::PasswordHash;
pub use session::{Lifetime, Session, SessionId, UserSession};
pub use session_cookie::SessionCookie;
pub use throttle::{Limit, PER_ADDRESS, PER_EMAIL};
