//! Concurrency: whether concurrent requests are answered as if they had been sent one after another.
//!
//! - A [`Plan`] lists the [`Operation`]s of several clients. It names users as [`Actor`]s and sessions as
//!   [`SessionRef`]s; `fixtures` writes them as requests.
//! - [`Setup`] prepares a server for a plan, `clients` carry the plan out and record a `history`: the interval
//!   between the invocation and the return of each request.
//! - `linearizability` searches for an order of the requests that respects these intervals and in which every answer
//!   is allowed by the `specification`, which is the model. The search is stateright's.
//! - A history without such an order is a [`Violation`]. It is shown as a `timeline`, and as a `scenario` where the
//!   format can express it.
//! - [`Trials`] run plans on forks of one server. A [`Campaign`] draws plans, and shrinks those that fail.

mod actor;
mod campaign;
mod clients;
mod fixtures;
mod history;
mod linearizability;
mod operation;
mod plan;
mod scenario;
mod session_ref;
mod setup;
mod specification;
mod timeline;
mod trial;
mod violation;

pub use actor::Actor;
pub use campaign::{Campaign, CampaignResult};
pub use operation::{Operation, OperationKind};
pub use plan::{Pace, Plan, plans};
pub use session_ref::SessionRef;
pub use setup::{Setup, SetupError};
pub use trial::Trials;
pub use violation::{Recurrence, Violation};
