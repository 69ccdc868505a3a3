//! A spawned program: its process group, its output, its ports, its end.

pub mod child;
pub mod limits;
pub mod listeners;
pub mod output_tail;
pub mod port;
pub mod process_tag;
pub mod reaper;
pub mod start;

pub use process_tag::{ProcessTag, Running};
