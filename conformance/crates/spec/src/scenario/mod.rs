//! The text of scenarios: what a file says, and nothing of how it is run. No HTTP is known here.
//!
//! One file: `parse` cuts it into front matter, headings and fenced blocks (`front`, `headings`, `fences`);
//! `words` cuts each step into shell words (`cursor`, `expansion`); `steps` makes them an [`Action`], with
//! `options` and `arguments` for curl, `redis` for redis-cli, `authenticate`,
//! `captures` and `settings`; `variables` checks that every variable is
//! set before it is used. What is wrong becomes a [`Diagnostic`], all of a file at once. Back to text: [`mod@print`]
//! writes the canonical form, [`print::shell`] what real bash and curl run, [`print::redis_cli`] what redis-cli does.

pub mod action;
pub mod curl;
pub mod diagnose;
pub(crate) mod parse;
pub mod path;
pub mod print;
pub mod redis;
#[cfg(test)]
pub(crate) mod round_trip;
pub mod template;
mod tree;

pub use action::{
    Action, Authenticate, Capture, CaptureSource, Parallel, Program, RequireAuth, Serve, Setting, Sleep, User,
};
pub use curl::Curl;
pub use diagnose::Diagnostic;
pub use path::JsonPath;
pub use redis::Redis;
pub use template::{MissingVariable, Template};
pub use tree::{Scenario, Section, SessionDuration, Settings, Show, Spanned, Step};
