//! Who is asking: the modes of AUTH_TYPE, the gate, and what identifies a user.

mod basic;
mod cookie;
mod gate;
#[cfg(feature = "hardened")]
mod hardened;
mod session_cookie;
#[cfg(feature = "hardened")]
mod throttle;
mod verifier;

pub use basic::credentials;
pub use cookie::cookie;
pub use gate::{Auth, Gate, requires_auth};
pub use session_cookie::SessionCookie;
#[cfg(feature = "hardened")]
pub use throttle::{Limit, PER_ADDRESS, PER_EMAIL};
pub use verifier::{Attempt, Guard};

use crate::http::refusal::Refusal;
use crate::store::StoreError;

/// Here, as the gate is the lowest floor on which a store that fails becomes an answer.
impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}
