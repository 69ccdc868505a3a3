//! What happens during a check, and what it costs.

pub mod cost;
pub mod event;
