//! Reports on one implementation or on many, for people and for programs.
//!
//! - [`terminal`] is for a person at a terminal, [`fn@html`] a page, [`fn@json`], [`fn@junit`] and [`fn@csv`] are for programs.
//! - An [`Entry`] is one implementation among many; [`Weights`] turn verdicts into scores.
//! - [`compare`] puts two reports side by side; [`coverage`] shows which scenario checks which requirement.
//! - [`style`] holds the colours of everything that is printed; [`Error`] says why a file that was handed in cannot be used.
//!
//! The crate renders data of `spec` and knows neither targets nor the runner.

pub mod compare;
pub mod coverage;
mod csv;
mod entry;
mod error;
mod html;
mod json;
mod junit;
#[cfg(test)]
mod samples;
pub mod style;
mod terminal;
mod weights;
mod xml;

pub use csv::{csv, scores};
pub use entry::{Entry, Unjudged};
pub use error::{Error, NoReport};
pub use html::html;
pub use json::{json, json_of_all};
pub use junit::{junit, junit_of_all};
pub use terminal::terminal;
pub use weights::Weights;
