//! HTTP: listening, connections, and the reading of requests and writing of answers, whatever the API.

pub mod connection;
pub mod cors;
pub mod date;
pub mod framing;
pub mod json;
pub mod limits;
pub mod path;
pub mod refusal;
pub mod reply;
pub mod respond;
pub mod serve;
mod timeouts;
