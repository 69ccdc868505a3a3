//! The implementations under test behind one interface, and what it takes to run them.
//!
//! - [`Target`] and [`Sandbox`] are the interface; [`command`] spawns a program, [`url`] asks what runs already,
//!   [`redis`] starts or asks a Redis server.
//! - [`process`] is a spawned program with its group, output, ports and end; [`clock`] makes its time pass.
//! - [`client`] sends one request as curl does; [`seed`] gets first users in; [`detect`] finds out what runs at a URL.
//! - [`error`] lists what may go wrong with a target.
//! - [`instance`] is a sandbox with what is known of its running server; [`observation`] is what happened to that
//!   server, and [`progress`] what a person who waits is shown.

pub mod client;
pub mod clock;
pub mod command;
pub mod detect;
pub mod error;
pub mod instance;
pub mod observation;
pub mod process;
pub mod progress;
pub mod redis;
pub mod seed;
mod start_failure;
mod target;
pub mod url;

pub use error::{Error, SandboxError};
pub use start_failure::{StartClass, StartFailure};
pub use target::{Isolation, NewUser, Program, ProgramServer, Sandbox, ServerSettings, Stop, Target};
