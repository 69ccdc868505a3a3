//! Operations: the log and the counts, and what they record of a request.

pub mod log;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "metrics")]
pub mod metrics_page;
pub mod observe;
