//! What the API says about itself.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use crate::app::App;
use crate::reply::{Refusal, Reply};

/// GET /api/v1/status
pub fn status() -> Reply {
    Reply::written(StatusCode::OK, Bytes::from_static(b"{\n  \"status\": \"OK\"\n}\n"))
}

/// GET /api/v1/stats
pub async fn stats(app: &App) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Stats {
        users: u64,
    }
    Ok(Reply::json(&Stats { users: app.store().user_count().await? }))
}
