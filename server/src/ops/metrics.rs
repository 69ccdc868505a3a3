//! Counts of requests and connections, for Prometheus.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The counts of one server.
pub struct Metrics {
    /// The connections that are open.
    pub connections: Gauge,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    registry: Registry,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

/// A connection that is counted as open until this is dropped.
pub struct OpenConnection(Gauge);

impl Metrics {
    /// Counts a connection.
    pub fn connection_opens(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Counts an answer. No client can add labels.
    pub fn count(&self, method: &'static str, route: &'static str, status: u16, duration: Duration) {
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
    }

    /// Returns the counts as text (OpenMetrics 1.0).
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to memory cannot fail");
        text
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let connections = Gauge::default();
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> _);
        let mut registry = Registry::default();
        registry.register("connections", "Connections that are open", connections.clone());
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from the end of a request's head to its answer",
            Unit::Seconds,
            durations.clone(),
        );
        Self { connections, requests, durations, registry }
    }
}

/// Makes a histogram from 16 µs to 4 s.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(16e-6, 4.0, 10))
}
