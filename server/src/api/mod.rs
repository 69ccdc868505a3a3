//! The routes: one handler each.

mod index;
pub mod input;
mod sessions;
mod users;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use crate::app::App;
use crate::reply::{Refusal, Reply};
use crate::router::Route;
use crate::user::User;

/// Calls the route's handler; `user` is who was authenticated, `address` where the request came from.
pub async fn answer(
    app: &App,
    route: Route<'_>,
    user: Option<Arc<User>>,
    request: &Request<Bytes>,
    address: IpAddr,
) -> Result<Reply, Refusal> {
    match route {
        Route::Status => Ok(index::status()),
        Route::Stats => index::stats(app).await,
        Route::Unauthorized => Err(Refusal::Unauthorized),
        Route::Forbidden => Err(Refusal::Forbidden),
        Route::ListUsers => users::list(app).await,
        // Boxed: the future of every request would be as large as these are.
        Route::CreateUser => Box::pin(users::create(app, request)).await,
        Route::Me => users::me(user),
        Route::ShowUser(id) => users::show(app, id).await,
        Route::UpdateUser(id) => users::update(app, id, request).await,
        Route::DeleteUser(id) => users::delete(app, id).await,
        Route::Login => Box::pin(sessions::login(app, request, address)).await,
        Route::Logout => sessions::logout(app, request.headers()).await,
    }
}
