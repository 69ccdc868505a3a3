//! The model: the requirements of the catalogue as a pure state machine, without a socket, a clock or a file.
//! Requests, answers and the time are arguments. Source: `scenarios/requirements.toml`, except the `redis.*` rows.
//!
//! - [`State`] is the data that a correct server stores; [`Rules`] are its settings.
//! - [`allowed_responses`] lists the correct responses to a [`ParsedRequest`] in a state. The first one is the
//!   documented response; where the documents leave a choice, each other one names its [`Unspecified`] reason.
//! - [`apply`] changes a state by a response that was given. [`render`] writes a response as HTTP.
//! - [`Machine`] always gives the first response: the model as a second implementation. [`programs`] are the
//!   documents' programs on it.
//! - [`Oracle`] judges the answers of any server: [`compare`] finds how an answer differs from the allowed ones, and
//!   the private modules `attribution` and `history` name the requirements that it breaks, as a [`Deviation`].
//! - [`faults`] are mistakes, and the model that makes one of them.

mod apply;
mod attribution;
pub mod compare;
mod deviation;
pub mod faults;
mod handlers;
mod history;
mod identify;
mod machine;
mod oracle;
mod parsed_request;
pub mod programs;
pub mod render;
mod response;
mod rules;
mod secrets;
mod state;
mod unspecified;

pub use apply::apply;
pub use deviation::Deviation;
pub use handlers::allowed_responses;
pub use machine::Machine;
pub use oracle::Oracle;
pub use parsed_request::{ParsedRequest, Route};
pub use response::{AllowedResponse, Body, Effect, Status, user_json};
pub use rules::Rules;
pub use state::{Age, Second, Session, State, User};
pub use unspecified::Unspecified;
