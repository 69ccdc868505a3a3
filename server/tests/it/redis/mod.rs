//! The store in a Redis, and the documents' Redis programs.

mod connection;
mod crash;
mod faults;
mod programs;
mod servers;
