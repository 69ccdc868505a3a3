//! The API: its routes, and one handler for each.

mod index;
pub mod input;
pub mod router;
mod service;
mod sessions;
mod users;

use std::net::IpAddr;
use std::sync::Arc;

use http::header::HeaderMap;

pub use service::Service;

use self::router::Route;
use crate::accounts::User;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;

/// Calls the handler of a route. `user` is the authenticated user, `address` the client's.
pub async fn answer(
    service: &Service,
    route: Route<'_>,
    user: Option<Arc<User>>,
    headers: &HeaderMap,
    body: &[u8],
    address: IpAddr,
) -> Result<Reply, Refusal> {
    match route {
        Route::Status => Ok(index::status()),
        Route::Stats => index::stats(service).await,
        Route::Unauthorized => Err(Refusal::Unauthorized),
        Route::Forbidden => Err(Refusal::Forbidden),
        Route::ListUsers => users::list(service).await,
        // Boxed: the future of every request would be as large as these are.
        Route::CreateUser => Box::pin(users::create(service, headers, body)).await,
        Route::Me => users::me(user),
        Route::ShowUser(id) => users::show(service, id).await,
        Route::UpdateUser(id) => users::update(service, id, headers, body).await,
        Route::DeleteUser(id) => users::delete(service, id).await,
        Route::Login => Box::pin(sessions::login(service, headers, body, address)).await,
        Route::Logout => sessions::logout(service, headers).await,
    }
}
