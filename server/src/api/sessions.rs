//! Login and logout.

use std::net::IpAddr;

use http::StatusCode;
use http::header::HeaderMap;

use super::input::form_fields;
use super::service::Service;
use super::users::json;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;

/// POST /api/v1/auth_session/login
pub async fn login(
    service: &Service,
    headers: &HeaderMap,
    body: &[u8],
    address: IpAddr,
) -> Result<Reply, Refusal> {
    let [email, password] = form_fields(headers, body, ["email", "password"]);
    let email = email.ok_or(Refusal::EmailMissing)?;
    let password = password.ok_or(Refusal::PasswordMissing)?;
    let user = service.identify(&email, &password, address).await?;
    // The user may have been deleted since it was found.
    let session_id = service.create_session(&user.id).await?.ok_or(Refusal::NoUserForEmail)?;
    Ok(Reply::written(StatusCode::OK, json(&user)).with_cookie(service.session_cookie().set(&session_id)))
}

/// DELETE /api/v1/auth_session/logout
pub async fn logout(service: &Service, headers: &HeaderMap) -> Result<Reply, Refusal> {
    let session_id = service.session_cookie().find(headers).and_then(|id| str::from_utf8(id).ok());
    let session_id = session_id.ok_or(Refusal::NotFound)?;
    // The gate has found the session alive. If it is gone now, another logout came first, and the answer is the one that
    // the gate would give from now on (`security.logout-once`).
    if service.store().end_session(session_id).await? {
        let reply = Reply::empty_dictionary();
        Ok(match service.session_cookie().clear() {
            Some(cookie) => reply.with_cookie(cookie),
            None => reply,
        })
    } else {
        Err(Refusal::Forbidden)
    }
}
