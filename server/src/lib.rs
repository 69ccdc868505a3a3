//! The reference server of the session-authentication API: a library, and the binary `server`.
//!
//! The map:
//!
//! - [`Config`]: what the environment asks for; [`cli`] is all that stands between `main` and the library.
//! - [`serve`](fn@serve): accepts connections within [`limits`], counts their seconds, drains at the end;
//!   `connection` speaks HTTP/1 on one of them.
//! - [`App`]: answers one request; callable without a socket.
//! - [`auth`]: the gate, Basic credentials, cookies, sessions, passwords.
//! - [`api`]: one handler per route; [`router`] chooses it.
//! - [`store`]: the trait [`Store`](store::Store) of users and sessions, in SQLite, in Redis, or in memory.
//! - [`observe`]: what the log and the counts see of a request; [`metrics`] shows these to Prometheus.
//! - [`Clock`]: what time it is; tests move a [`ManualClock`].
//! - [`programs`]: the documents' programs `main_0` to `main_4`.
//!
//! The path of one request: a connection is accepted ([`serve`](fn@serve)) and watched for idleness
//! (`watch`); hyper parses the head (`connection`); `wire` checks the Host and reads the body up to a limit;
//! [`App::respond`] makes the path canonical ([`path`]), asks the gate ([`auth`]), which speaks before
//! routing, finds the route ([`router`]) and calls its handler ([`api`]); the handler reads the store from
//! memory, or asks Redis, or waits until its write is durable; the reply, or the refusal, becomes headers and JSON to the
//! byte ([`reply`], [`json`]).
//!
//! Nothing below [`cli`] reads the environment, the system's clock or standard output: they are parameters.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
mod connection;
pub mod json;
pub mod limits;
mod log;
pub mod metrics;
pub mod observe;
pub mod path;
pub mod programs;
pub mod reply;
pub mod router;
pub mod serve;
pub mod store;
pub mod user;
mod watch;
pub mod wire;

pub use app::{App, OpenError};
pub use auth::requires_auth;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{Config, ConfigError, Mode};
pub use serve::{Respond, bind, serve};
pub use user::{User, UserId};
