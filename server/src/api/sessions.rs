//! Login and logout.

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Request, StatusCode};

use super::input::form_field;
use crate::app::App;
use crate::auth::cookie;
use crate::reply::{Refusal, Reply};

/// POST /api/v1/auth_session/login
pub async fn login(app: &App, request: &Request<Bytes>) -> Result<Reply, Refusal> {
    let email = form_field(request, "email", Refusal::EmailMissing)?;
    let password = form_field(request, "password", Refusal::PasswordMissing)?;
    let user = app.store().user_by_email(&email).await?.ok_or(Refusal::NoUserForEmail)?;
    if !user.password.is_of(&password) {
        return Err(Refusal::WrongPassword);
    }
    // The user may have been deleted since it was found.
    let session_id = app.create_session(&user.id).await?.ok_or(Refusal::NoUserForEmail)?;
    Ok(Reply::written(StatusCode::OK, user.body()).with_cookie(app.session_name(), session_id.as_str()))
}

/// DELETE /api/v1/auth_session/logout
pub async fn logout(app: &App, headers: &HeaderMap) -> Result<Reply, Refusal> {
    let session_id = cookie(headers, app.session_name()).and_then(|id| str::from_utf8(id).ok());
    let session_id = session_id.ok_or(Refusal::NotFound)?;
    // The gate has seen it live. Who finds it gone comes after another logout, and is told what the gate
    // tells those who come later still (`security.logout-once`).
    if app.store().end_session(session_id).await? {
        Ok(Reply::empty_dictionary())
    } else {
        Err(Refusal::Forbidden)
    }
}
