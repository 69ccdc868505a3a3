//! Login and logout.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Request, StatusCode};

use super::input::form_fields;
use crate::app::App;
use crate::reply::{Refusal, Reply};

/// POST /api/v1/auth_session/login
pub async fn login(app: &App, request: &Request<Bytes>, address: IpAddr) -> Result<Reply, Refusal> {
    let [email, password] = form_fields(request, ["email", "password"]);
    let email = email.ok_or(Refusal::EmailMissing)?;
    let password = password.ok_or(Refusal::PasswordMissing)?;
    let user = app.identify(&email, &password, address).await?;
    // The user may have been deleted since it was found.
    let session_id = app.create_session(&user.id).await?.ok_or(Refusal::NoUserForEmail)?;
    Ok(Reply::written(StatusCode::OK, user.body()).with_cookie(app.session_cookie().set(&session_id)))
}

/// DELETE /api/v1/auth_session/logout
pub async fn logout(app: &App, headers: &HeaderMap) -> Result<Reply, Refusal> {
    let session_id = app.session_cookie().find(headers).and_then(|id| str::from_utf8(id).ok());
    let session_id = session_id.ok_or(Refusal::NotFound)?;
    // The gate has seen it live. Who finds it gone comes after another logout, and is told what the gate
    // tells those who come later still (`security.logout-once`).
    if app.store().end_session(session_id).await? {
        let reply = Reply::empty_dictionary();
        Ok(match app.session_cookie().clear() {
            Some(cookie) => reply.with_cookie(cookie),
            None => reply,
        })
    } else {
        Err(Refusal::Forbidden)
    }
}
