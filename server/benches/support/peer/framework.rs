//! The same API on axum with tower-sessions, as well as can be done with them in a day.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Form, Router};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use server::User;
use server::http::json;
use tokio::net::TcpListener;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::rows::Rows;
use crate::support::people;

const USER_ID: &str = "user_id";

/// The users, who do not change.
struct Users {
    all: Vec<Arc<User>>,
    by_id: HashMap<String, Arc<User>>,
    by_email: HashMap<String, Arc<User>>,
}

type Shared = State<Arc<Users>>;

/// Serves so many users, who are known by a session in memory, a session in SQLite, or their password.
pub async fn serve(listener: TcpListener, kind: &str, user_count: usize) {
    let all = people::users(user_count);
    let by =
        |key: fn(&User) -> &str| all.iter().map(|user| (key(user).to_owned(), Arc::clone(user))).collect();
    let users = Users { by_id: by(|user| user.id.as_str()), by_email: by(|user| &user.email), all };
    let router = Router::new().route("/api/v1/status", get(status)).route("/api/v1/users", get(list));
    let sessions =
        || Router::new().route("/api/v1/auth_session/login", post(log_in)).route("/api/v1/users/me", get(me));
    // What needs no session goes round the layer.
    let router = match kind {
        "memory" => router
            .merge(sessions().layer(SessionManagerLayer::new(MemoryStore::default()).with_secure(false))),
        "rows" => router.merge(sessions().layer(SessionManagerLayer::new(Rows::open()).with_secure(false))),
        _ => router.route("/api/v1/users/me", get(me_by_password)),
    };
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a connection"));
    axum::serve(listener, router.with_state(Arc::new(users))).await.expect("a server that does not end");
}

fn written(body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}

async fn status() -> impl IntoResponse {
    written(Bytes::from_static(b"{\n  \"status\": \"OK\"\n}\n"))
}

async fn list(State(users): Shared) -> impl IntoResponse {
    written(json::body(&users.all.iter().map(Arc::as_ref).collect::<Vec<&User>>()))
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn log_in(
    State(users): Shared,
    session: Session,
    Form(login): Form<Login>,
) -> Result<impl IntoResponse, StatusCode> {
    let user = users.by_email.get(&login.email).ok_or(StatusCode::NOT_FOUND)?;
    if !user.password.verify(&login.password) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let inserted = session.insert(USER_ID, user.id.as_str()).await;
    inserted.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(written(user.json(json::body)))
}

async fn me(State(users): Shared, session: Session) -> Result<impl IntoResponse, StatusCode> {
    let id: Option<String> = session.get(USER_ID).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let user = id.and_then(|id| users.by_id.get(&id)).ok_or(StatusCode::FORBIDDEN)?;
    Ok(written(user.json(json::body)))
}

async fn me_by_password(State(users): Shared, headers: HeaderMap) -> Result<impl IntoResponse, StatusCode> {
    let (email, password) = server::auth::credentials(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let user = users.by_email.get(&email).filter(|user| user.password.verify(&password));
    Ok(written(user.ok_or(StatusCode::FORBIDDEN)?.json(json::body)))
}
