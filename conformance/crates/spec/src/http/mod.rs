//! HTTP as the suite speaks it: the request that curl would send, and the exchange that came of it.

mod exchange;
mod multipart;
#[cfg(test)]
mod real_curl;
mod request;
mod url;

pub use exchange::{Answer, Exchange, NoAnswer};
pub use request::{Request, USER_AGENT};
