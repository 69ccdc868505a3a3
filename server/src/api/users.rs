//! The users routes.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};

use super::input::JsonBody;
use crate::app::App;
use crate::limits::EMAIL_BYTES;
use crate::reply::{Refusal, Reply};
use crate::user::{Names, User};

/// GET /api/v1/users
pub async fn list(app: &App) -> Result<Reply, Refusal> {
    Ok(Reply::written(StatusCode::OK, app.store().users().await?.body()))
}

/// GET /api/v1/users/me
pub fn me(user: Option<Arc<User>>) -> Result<Reply, Refusal> {
    user.map(|user| shown(&user)).ok_or(Refusal::NotFound)
}

/// GET /api/v1/users/ID
pub async fn show(app: &App, id: &str) -> Result<Reply, Refusal> {
    let user = app.store().user(id).await?;
    user.map(|user| shown(&user)).ok_or(Refusal::NotFound)
}

/// POST /api/v1/users
pub async fn create(app: &App, request: &Request<Bytes>) -> Result<Reply, Refusal> {
    let mut body = JsonBody::read(request)?;
    let email = body.required("email", Refusal::EmailMissing)?;
    let password = body.required("password", Refusal::PasswordMissing)?;
    let names = names(&mut body)?;
    if email.len() > EMAIL_BYTES {
        return Err(Refusal::EmailTooLong);
    }
    let user = app.create_user(email, &password, names).await?.ok_or(Refusal::EmailTaken)?;
    Ok(Reply::written(StatusCode::CREATED, user.body()))
}

/// PUT /api/v1/users/ID
pub async fn update(app: &App, id: &str, request: &Request<Bytes>) -> Result<Reply, Refusal> {
    // Who is looked for first, as in the documents' API: 404 comes before 400.
    app.store().user(id).await?.ok_or(Refusal::NotFound)?;
    let names = names(&mut JsonBody::read(request)?)?;
    let user = app.store().rename_user(id, names, app.now()).await?.ok_or(Refusal::NotFound)?;
    Ok(shown(&user))
}

/// DELETE /api/v1/users/ID
pub async fn delete(app: &App, id: &str) -> Result<Reply, Refusal> {
    if app.store().remove_user(id).await? { Ok(Reply::empty_dictionary()) } else { Err(Refusal::NotFound) }
}

fn shown(user: &User) -> Reply {
    Reply::written(StatusCode::OK, user.body())
}

fn names(body: &mut JsonBody) -> Result<Names, Refusal> {
    Ok(Names { first: body.text("first_name")?, last: body.text("last_name")? })
}
