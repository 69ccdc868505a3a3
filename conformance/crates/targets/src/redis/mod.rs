//! Redis as the suite speaks it: an address, replies, a connection, and the documents' client programs.
//!
//! The protocol is RESP2, read here byte by byte: the suite judges what a server writes, so that nothing may repair
//! or hide it in between. The documents' programs are written on it as Node would run them, with their output.

mod address;
mod client;
mod connection;
pub mod kept;
mod programs;
mod reply;
mod server;
mod subscriber;
mod url;

pub use address::Address;
pub use client::NotRun;
pub use connection::{Connection, NoReply};
pub use programs::{Publisher, connect, hash, set_get_awaiting, set_get_calling_back};
pub use reply::Reply;
pub use server::RedisServer;
pub use subscriber::{CHANNEL, Subscriber};
pub use url::RedisUrl;
