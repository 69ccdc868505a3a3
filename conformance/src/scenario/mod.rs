//! The text of scenarios: what a file says, and nothing of how it is run. No HTTP is known here.
//!
//! One file: `parse` cuts it into front matter, headings and fenced blocks (`front`, `headings`, `fences`);
//! `words` cuts each step into shell words (`cursor`, `expansion`); `steps` makes them an [`Action`], with
//! `options` and `arguments` for curl, `redis` for redis-cli, `authenticate`, `captures` and `settings`; `variables` checks that every variable is
//! set before it is used. What means another thing in each mode, `plain` writes in the steps of one. What is wrong becomes a [`Diagnostic`], all of a file at once. Filled in, a [`Curl`]
//! becomes the [`Request`](curl::Request) that curl would send (`request`, `url`, `multipart`). Back to text:
//! [`mod@print`] writes the canonical form, [`shell`] what real bash and curl run, `redis_cli` what redis-cli does, [`script`] a whole scenario of it.

pub mod action;
mod arguments;
mod authenticate;
mod captures;
pub mod curl;
mod cursor;
pub mod diagnose;
mod expansion;
mod fences;
mod front;
mod headings;
mod multipart;
mod options;
mod parse;
pub mod path;
mod plain;
pub mod print;
#[cfg(test)]
mod real_curl;
pub mod redis;
pub mod redis_cli;
mod request;
#[cfg(test)]
mod round_trip;
pub mod script;
mod settings;
pub mod shell;
mod steps;
pub mod template;
mod tree;
mod url;
mod variables;
mod words;

pub use action::{
    Action, Authenticate, Capture, CaptureSource, Parallel, Program, RequireAuth, Serve, Setting, Sleep, User,
};
pub use curl::Curl;
pub use diagnose::Diagnostic;
pub use path::JsonPath;
pub use plain::Plain;
pub use redis::Redis;
pub use template::{MissingVariable, Template};
pub use tree::{Scenario, Section, SessionDuration, Settings, Show, Spanned, Step};
