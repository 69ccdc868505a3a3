//! Concurrency: whether requests at once are answered as if they had come one after another.
//!
//! A [`Plan`] says what each of several clients does; [`clients`] do it at once and note a [`history`], in which each
//! request has a beginning and an end. The [`judgement`] asks stateright's checker for an order of the requests that
//! respects these and in which every answer is right by the [`specification`], which is the model. Where there is
//! none the history is no accident of timing but a [`Violation`]: it is told by a [`timeline`] and, where the format
//! can say it, as a scenario ([`written`]).
//!
//! [`Keeper`] is a user who lets trials in; [`Trials`] carry out plans on its forks; a [`Hunt`] draws
//! them and makes small what was found.

mod cast;
mod clients;
mod history;
mod hunt;
mod judgement;
mod keeper;
mod plan;
mod specification;
mod timeline;
mod trial;
mod violation;
mod written;

pub use hunt::{Bag, Hunt};
pub use keeper::{Keeper, Untried};
pub use plan::{Kind, Operation, Pace, Person, Plan, Whose, plans};
pub use trial::Trials;
pub use violation::{Again, Violation};
