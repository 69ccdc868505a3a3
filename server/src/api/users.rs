//! The users routes.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;

use super::input::JsonBody;
use super::service::Service;
use crate::accounts::{Names, User};
use crate::http::json;
use crate::http::limits::EMAIL_BYTES;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;

/// GET /api/v1/users
pub async fn list(service: &Service) -> Result<Reply, Refusal> {
    let users = service.store().users().await?;
    Ok(Reply::written(StatusCode::OK, users.json(json::body)))
}

/// GET /api/v1/users/me
pub fn me(user: Option<Arc<User>>) -> Result<Reply, Refusal> {
    user.map(|user| shown(&user)).ok_or(Refusal::NotFound)
}

/// GET /api/v1/users/ID
pub async fn show(service: &Service, id: &str) -> Result<Reply, Refusal> {
    let user = service.store().user(id).await?;
    user.map(|user| shown(&user)).ok_or(Refusal::NotFound)
}

/// POST /api/v1/users
pub async fn create(service: &Service, headers: &HeaderMap, body: &[u8]) -> Result<Reply, Refusal> {
    let mut body = JsonBody::read(headers, body)?;
    let email = body.required("email", Refusal::EmailMissing)?;
    let password = body.required("password", Refusal::PasswordMissing)?;
    let names = names(&mut body)?;
    if email.len() > EMAIL_BYTES {
        return Err(Refusal::EmailTooLong);
    }
    let user = service.create_user(email, &password, names).await?.ok_or(Refusal::EmailTaken)?;
    Ok(Reply::written(StatusCode::CREATED, json(&user)))
}

/// PUT /api/v1/users/ID
pub async fn update(service: &Service, id: &str, headers: &HeaderMap, body: &[u8]) -> Result<Reply, Refusal> {
    // The user is looked for first, as in the documents' API: 404 comes before 400.
    service.store().user(id).await?.ok_or(Refusal::NotFound)?;
    let names = names(&mut JsonBody::read(headers, body)?)?;
    let user = service.store().rename_user(id, names, service.now()).await?.ok_or(Refusal::NotFound)?;
    Ok(shown(&user))
}

/// DELETE /api/v1/users/ID
pub async fn delete(service: &Service, id: &str) -> Result<Reply, Refusal> {
    if service.store().remove_user(id).await? {
        Ok(Reply::empty_dictionary())
    } else {
        Err(Refusal::NotFound)
    }
}

fn shown(user: &User) -> Reply {
    Reply::written(StatusCode::OK, json(user))
}

/// Returns the JSON of a user, which is rendered once.
pub fn json(user: &User) -> Bytes {
    user.json(json::body)
}

fn names(body: &mut JsonBody) -> Result<Names, Refusal> {
    Ok(Names { first: body.text("first_name")?, last: body.text("last_name")? })
}
