//! What is seen of requests from outside: a line in the log and a count for each, and no secret in either.
//!
//! Both are of the route, never of the path, a header or a body: these may hold what must not be read.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request, StatusCode};
use tracing::{Level, enabled, info};

use crate::config::{Config, Mode};
use crate::metrics::Metrics;
use crate::path::CanonicalPath;
use crate::router::route;

/// Watches the requests of one server.
pub struct Observer {
    mode: Mode,
    metrics: Option<Arc<Metrics>>,
}

/// A request that is being answered.
pub struct Observation<'a> {
    observer: &'a Observer,
    method: &'static str,
    route: &'static str,
    began: Instant,
}

/// A connection that is open until this is dropped.
pub struct Open(Option<Arc<Metrics>>);

impl Observer {
    /// Counts if the settings ask for it.
    pub fn of(config: &Config) -> Self {
        Self { mode: config.mode, metrics: config.metrics.is_some().then(Arc::default) }
    }

    /// The counts, where they are kept.
    pub fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.metrics.as_ref()
    }

    /// A connection has been accepted.
    pub fn connection_opens(&self) -> Open {
        if let Some(metrics) = &self.metrics {
            metrics.connections.inc();
        }
        Open(self.metrics.clone())
    }

    /// A request's head has arrived; `None` where nobody looks, which costs next to nothing.
    pub fn request_begins<B>(&self, request: &Request<B>) -> Option<Observation<'_>> {
        if self.metrics.is_none() && !enabled!(Level::INFO) {
            return None;
        }
        let path = CanonicalPath::parse(request.uri().path());
        let route = path.as_ref().map_or("other", |path| match route(request.method(), path, true) {
            Ok(route) => route.template(),
            Err(_) => "other",
        });
        Some(Observation { observer: self, method: method(request.method()), route, began: Instant::now() })
    }
}

impl Observation<'_> {
    /// Its answer is ready to be sent.
    pub fn ends(self, status: StatusCode) {
        let Self { observer, method, route, began } = self;
        let (status, duration) = (status.as_u16(), began.elapsed());
        if let Some(metrics) = &observer.metrics {
            metrics.count(method, route, status, duration);
        }
        info!(method, route, mode = observer.mode.as_str(), status, micros = duration.as_micros() as u64);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(metrics) = &self.0 {
            metrics.connections.dec();
        }
    }
}

/// The methods there are: what a client makes up is no label.
fn method(method: &Method) -> &'static str {
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
            assert_eq!(method(&Method::from_bytes(name.as_bytes()).expect("a method")), name);
        }
        for name in ["TRACE", "get", "BOBSESSION"] {
            assert_eq!(method(&Method::from_bytes(name.as_bytes()).expect("a method")), "other");
        }
    }
}
