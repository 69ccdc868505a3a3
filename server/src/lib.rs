//! The reference server of the session-authentication API: a library, and the binary `server`.
//!
//! The map, in which each line imports only lines above it:
//!
//! - [`http`](crate::http): listening, connections, framing, canonical paths, replies and refusals, and every limit.
//! - [`accounts`]: users, sessions and passwords, as values; [`clock`]: the time, which tests move.
//! - [`store`]: the trait [`Store`](store::Store) of users and sessions, in SQLite, in Redis, or in memory.
//! - [`config`]: the settings, read from the environment.
//! - [`auth`]: the gate, Basic credentials, cookies, and the verification of passwords.
//! - [`api`]: the routes, and one handler for each; [`ops`]: the log and the counts.
//! - [`app`]: all of it wired together, callable without a socket.
//! - [`cli`]: the command line, and the documents' [`programs`].
//!
//! The path of one request: `http::serve` accepts a connection; hyper parses the head; `http::connection` has
//! `http::framing` check it and hands it to the [`App`], with the body unread. The app makes the path canonical, finds
//! the route, asks the gate, reads the body, and calls the handler, which reads the store from memory, asks Redis, or
//! waits until its change is durable. The reply, or the refusal, becomes headers and JSON.
//!
//! Only [`cli`] reads the environment and writes to standard output, and only [`clock::SystemClock`] reads the time of
//! day: they are parameters of everything else.

pub mod accounts;
pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod ops;
pub mod store;

pub use self::http::respond::Respond;
pub use self::http::serve::{bind, serve};
pub use accounts::{User, UserId};
pub use app::{App, OpenError};
pub use auth::requires_auth;
#[cfg(feature = "programs")]
pub use cli::programs;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{Config, ConfigError, Mode};
