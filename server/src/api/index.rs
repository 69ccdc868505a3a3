//! The routes about the API itself.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::service::Service;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;

/// GET /api/v1/status
pub fn status() -> Reply {
    Reply::written(StatusCode::OK, Bytes::from_static(b"{\n  \"status\": \"OK\"\n}\n"))
}

/// GET /api/v1/stats
pub async fn stats(service: &Service) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Stats {
        users: u64,
    }
    Ok(Reply::json(&Stats { users: service.store().user_count().await? }))
}
