//! Attribution: which requirement a difference is charged to.

pub mod causes;
pub mod resolve;
