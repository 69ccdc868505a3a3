//! The interface between a connection and what answers its requests.

use std::net::IpAddr;

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::cors::any_origin;
use super::framing::RequestBody;
use super::refusal::Refusal;
use super::reply::Reply;

/// Answers requests.
pub trait Respond: Send + Sync + 'static {
    /// Returns the answer to a request from `address`. A body that it does not read is discarded after the answer, or
    /// the connection is closed.
    fn respond(
        &self,
        head: &Parts,
        body: &mut RequestBody,
        address: IpAddr,
    ) -> impl Future<Output = Response<Bytes>> + Send;

    /// Returns the answer to a request that breaks HTTP's rules.
    fn refuse(&self, head: &Parts, refusal: Refusal) -> Response<Bytes> {
        Reply::from(refusal).into_response(any_origin(head.uri.path()))
    }

    /// Called when a connection has been accepted. The value that it returns is dropped when the connection ends.
    fn connection_opens(&self) -> impl Send + 'static {}
}
