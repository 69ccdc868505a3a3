//! Operations: the log and the counts, and what they record of a request.

pub mod log;
pub mod metrics;
pub mod metrics_page;
pub mod observe;
