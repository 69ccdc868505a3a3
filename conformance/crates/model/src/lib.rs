//! The model: the requirements of the catalogue as a pure state machine.
//!
//! [`choices`] lists the right answers to a request; what is right in more than one way is [`open`], with the
//! reason. [`State`] is what a correct server remembers, [`Rules`] are its settings. [`Machine`] serves the first
//! choice, and so is a second implementation; the same [`apply`] takes over what an answer has changed, whoever
//! gave it. [`Oracle`] judges a server by it: whatever was answered, and whatever that has changed. It knows no socket, no clock and no file: requests, answers and the time are arguments.
//!
//! Source: `scenarios/requirements.toml`, but for the `redis.*` rows.

mod apply;
mod asked;
mod blame;
mod choices;
mod expected;
pub mod faults;
pub mod fits;
mod history;
mod identify;
mod machine;
mod open;
mod oracle;
pub mod programs;
mod rules;
mod secrets;
pub mod serve;
mod state;

pub use apply::apply;
pub use asked::{Asked, Route};
pub use choices::choices;
pub use expected::{Body, Choice, Effect, Status, user_json};
pub use machine::Machine;
pub use open::Open;
pub use oracle::{Deviation, Oracle};
pub use rules::Rules;
pub use state::{Age, Second, Session, State, User};
