//! Fuzzing: made-up sequences of requests, logins, restarts and time, each answer judged by the model.
//!
//! - A [`Property`] says what is drawn, and how often: `transition` lists what can be done, `strategy` draws it.
//! - A [`ReferenceState`] is what a sequence has done until now, played on the model; it writes the sequence as a
//!   scenario.
//! - [`Harness`] replays a scenario on a fresh fork of a target; its [`Verifier`] asks the [`Oracle`](model::Oracle)
//!   about each answer.
//! - A [`Campaign`] draws sequences until one is answered wrongly, and shrinks it to a [`Counterexample`].
//!
//! A counterexample is a scenario as any other: it prints, is kept in a file, and is replayed from it.

mod accounts;
mod campaign;
mod credential;
mod diff;
mod harness;
mod property;
mod reference_state;
pub mod saved;
mod search;
mod spelling;
mod strategy;
mod transition;
mod verifier;
mod words;

pub use campaign::{Campaign, CampaignResult, Counterexample, Known, SHRINKS};
pub use credential::Credential;
pub use diff::{Diff, Divergence};
pub use harness::{Harness, Setup};
pub use property::Property;
pub use reference_state::ReferenceState;
pub use strategy::{Sequences, sequences};
pub use transition::{Capabilities, Transition};
pub use verifier::{Mismatch, Verifier};
