//! Grading: many implementations in one run, each within bounds, none of them able to change the result of another.
//!
//! - An [`Entry`] is an implementation to grade, [`Graded`] its result, [`Class`] the kind of submission.
//! - [`one`] judges a single implementation within [`Bounds`], which [`resource_monitor`] measures.
//! - [`pool`] judges many side by side. [`state`] keeps results by [`fingerprint`], so that an interrupted run can go on.
//! - [`table`] and [`progress`] show the results.

mod bounds;
mod class;
mod entry;
mod workdir;

pub mod fingerprint;
pub mod one;
pub mod pool;
pub mod progress;
pub mod resource_monitor;
pub mod state;
pub mod table;

pub use bounds::{Bound, Bounds};
pub use class::Class;
pub use entry::{Entry, Graded, entries};
pub use workdir::Workdir;
