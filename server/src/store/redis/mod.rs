//! Users and sessions in one Redis, which any number of servers share.
//!
//! Nothing is kept in this process, so that a login at one server is valid at all of them, and a logout ends it at all of
//! them at once: each lookup asks Redis, and costs one round trip. Each lookup and each change is one script, whatever
//! number of keys it touches. `README.md` beside this folder describes the keys, the losses that Redis allows, and the
//! cost of a million logins a minute.

mod client_id;
mod connection;
mod script;
mod store;
mod url;

pub use store::{OpenError, Redis};
pub use url::RedisUrl;
