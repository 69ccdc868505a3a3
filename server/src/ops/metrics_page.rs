//! The page that Prometheus reads.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response};

use super::metrics::Metrics;
use crate::http::framing::RequestBody;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::http::respond::Respond;

/// The media type of the page (OpenMetrics 1.0).
const MEDIA_TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Serves GET `/metrics`.
pub struct MetricsPage(pub Arc<Metrics>);

impl MetricsPage {
    fn answer(&self, head: &Parts) -> Result<Reply, Refusal> {
        match (head.uri.path(), &head.method) {
            ("/metrics", &Method::GET | &Method::HEAD) => {
                Ok(Reply::of_type(MEDIA_TYPE, self.0.text().into()))
            }
            ("/metrics", _) => Err(Refusal::MethodNotAllowed("GET, HEAD")),
            _ => Err(Refusal::NotFound),
        }
    }
}

impl Respond for MetricsPage {
    async fn respond(&self, head: &Parts, _: &mut RequestBody, _: IpAddr) -> Response<Bytes> {
        self.answer(head).unwrap_or_else(Reply::from).into_response(false)
    }
}
