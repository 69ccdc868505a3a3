//! Authentication: the gate, and the credentials by which it identifies a user.

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
pub use verifier::{Attempt, PasswordVerifier};

use crate::http::refusal::Refusal;
use crate::store::StoreError;

/// Here, because the gate is the lowest module that answers for a store that fails.
impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}
