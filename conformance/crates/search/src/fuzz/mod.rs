//! Fuzzing: made-up sequences of requests, logins, restarts and time, each answer judged by the model.
//!
//! - A [`Property`] says what is drawn, and how often: [`op`] lists what can be done, `strategy` draws it.
//! - A [`World`] is what a walk has done until now, played on the model; it writes the walk as a scenario.
//! - [`Harness`] replays a scenario on a fresh fork of a target; its [`Verifier`] asks the [`Oracle`](model::Oracle) about
//!   each answer.
//! - A [`Campaign`] draws sequences until one is answered wrongly, and shrinks it to a [`Counterexample`].
//!
//! A counterexample is a scenario as any other: it prints, is kept in a file, and is played again from it.

mod campaign;
mod credential;
mod diff;
mod harness;
mod op;
mod property;
pub mod saved;
mod search;
mod spelling;
mod strategy;
mod verifier;
mod words;
mod world;

pub use campaign::{Campaign, CampaignResult, Counterexample, Known, SHRINKS};
pub use credential::Credential;
pub use diff::{Diff, Divergence};
pub use harness::{Harness, Setup};
pub use op::Op;
pub use property::Property;
pub use strategy::{Walks, walks};
pub use verifier::{Mismatch, Verifier};
pub use world::{Abilities, World};
