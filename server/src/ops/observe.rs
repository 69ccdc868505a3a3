//! Observes requests: each is a line in the log and a count, neither of which holds a secret.
//!
//! Both name the route, never the path, a header or a body, which may hold secrets.

#[cfg(feature = "metrics")]
use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};
use tracing::{Level, enabled, info};

#[cfg(feature = "metrics")]
use super::metrics::Metrics;
use crate::config::{Config, Mode};

/// Observes the requests of one server.
pub struct Observer {
    mode: Mode,
    #[cfg(feature = "metrics")]
    metrics: Option<Arc<Metrics>>,
}

/// A request that is being answered.
pub struct Observation<'a> {
    observer: &'a Observer,
    method: &'static str,
    route: &'static str,
    began: Instant,
}

impl Observer {
    /// Makes an observer that counts if the settings ask for it.
    pub fn new(config: &Config) -> Self {
        Self {
            mode: config.mode,
            #[cfg(feature = "metrics")]
            metrics: config.metrics.is_some().then(Arc::default),
        }
    }

    /// Returns the counts, if they are kept.
    #[cfg(feature = "metrics")]
    pub fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.metrics.as_ref()
    }

    /// Begins to observe a request for a route; returns `None` if there is neither a log nor counts.
    pub fn request_begins(&self, method: &Method, route: &'static str) -> Option<Observation<'_>> {
        #[cfg(feature = "metrics")]
        let is_counted = self.metrics.is_some();
        #[cfg(not(feature = "metrics"))]
        let is_counted = false;
        if !is_counted && !enabled!(Level::INFO) {
            return None;
        }
        Some(Observation { observer: self, method: label(method), route, began: Instant::now() })
    }
}

impl Observation<'_> {
    /// Records the status of the answer, which is ready to be sent.
    pub fn ends(self, status: StatusCode) {
        let Self { observer, method, route, began } = self;
        let (status, duration) = (status.as_u16(), began.elapsed());
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &observer.metrics {
            metrics.count(method, route, status, duration);
        }
        info!(method, route, mode = observer.mode.as_str(), status, micros = duration.as_micros() as u64);
    }
}

/// Returns the label of a method: clients cannot add labels by inventing methods.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_its_own_label_if_it_is_one_that_there_is() {
        for name in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(label(&Method::from_bytes(name.as_bytes()).expect("a method")), name);
        }
        for name in ["TRACE", "get", "BOBSESSION"] {
            assert_eq!(label(&Method::from_bytes(name.as_bytes()).expect("a method")), "other");
        }
    }
}
