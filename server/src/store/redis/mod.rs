//! Users and sessions in one Redis, which any number of servers share.
//!
//! Nothing is kept in this process, so that a login at one server is valid at all, and a logout at one ends it at all
//! at once: each look asks Redis, and costs one round trip. Each look and each change is one script ([`script`]),
//! whatever number of keys it touches. `README.md` beside this folder says what the keys are, what Redis can lose, and
//! what a million logins a minute would take.

mod link;
mod peer;
mod script;
mod store;
mod url;

pub use store::{OpenError, Redis};
pub use url::RedisUrl;
