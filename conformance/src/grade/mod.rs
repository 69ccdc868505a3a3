//! Grading: many implementations in one run, each bounded, none of them of consequence to another.
//!
//! - [`Entry`] is what is to be graded, [`Graded`] what came of it, [`Class`] the sort of it;
//! - [`one`] judges a single implementation within [`Bounds`], which [`watch`] watches over;
//! - [`pool`] does that for many, side by side; [`state`] keeps what is known, by [`fingerprint`], so that an
//!   interrupted run goes on where it was;
//! - [`table`] and [`progress`] show it.

mod bounds;
mod class;
mod entry;
mod room;

pub mod fingerprint;
pub mod one;
pub mod pool;
pub mod progress;
pub mod state;
pub mod table;
pub mod watch;

pub use bounds::{Bound, Bounds};
pub use class::Class;
pub use entry::{Entry, Graded, entries};
pub use room::Room;
