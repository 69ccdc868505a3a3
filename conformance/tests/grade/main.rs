//! Grading many submissions, and checks of hostile programs.
//!
//! They are a binary of their own, which Cargo runs alone: their submissions take ports, processes and the processor from
//! whatever runs beside them.

mod classes;
mod same_bytes;
