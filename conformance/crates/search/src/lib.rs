//! Looks for faults beyond the scenarios: in an implementation, and in the suite itself.
//!
//! - [`fuzz`] draws sequences of requests that the model judges; [`concurrency`] sends requests at once and asks
//!   whether any order of them explains the answers.
//! - [`served_model`] is the model, faulty or not, as a target; [`audit`] plays every scenario and property against
//!   each faulty one.
//! - [`signature`] is what a faulty model shows; [`diagnosis`] says which of them an implementation behaves like.
//! - [`error`] lists what may go wrong; [`parallel`] works on many things at once.
//! - [`adopt`] takes a scenario of the user's into the suite; [`served`] reads and writes HTTP in this process.

pub mod adopt;
pub mod audit;
pub mod concurrency;
pub mod diagnosis;
pub mod error;
pub mod fuzz;
pub mod parallel;
pub mod served;
pub mod served_model;
pub mod signature;

pub use error::Error;
