//! Fuzzing: made-up sequences of requests, logins, restarts and time, each answer judged by the model.
//!
//! - A [`Property`] says what is drawn, and how often: [`op`] lists what can be done, `strategy` draws it.
//! - A [`World`] is what a walk has done until now, played on the model; it writes the walk as a scenario.
//! - [`Ground`] plays a scenario on a fresh fork of a target, with the [`Oracle`](model::Oracle) listening.
//! - [`hunt`](fn@hunt::hunt) draws walks until one is answered wrongly, and shrinks it to a [`Counterexample`].
//!
//! A counterexample is a scenario as any other: it prints, is kept in a file, and is played again from it.

mod credential;
mod diff;
mod ground;
mod hunt;
mod op;
mod property;
pub mod saved;
mod search;
mod spelling;
mod strategy;
mod words;
mod world;

pub use credential::Credential;
pub use diff::{Diff, Divergence};
pub use ground::{Ground, NoGround, Recorder, Surprise};
pub use hunt::{Catch, Counterexample, Hunt, Known, SHRINKS};
pub use op::Op;
pub use property::Property;
pub use strategy::{Walks, walks};
pub use world::{Abilities, World};
