//! The app: its parts wired together, and the answer to one request.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, DATE, HeaderMap, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::api;
use crate::auth::{Gate, Session, SessionCookie, SessionId};
use crate::clock::{Clock, date_header};
use crate::config::{Config, Database, Mode};
use crate::metrics::Metrics;
use crate::observe::Observer;
use crate::path::CanonicalPath;
use crate::reply::{Refusal, Reply, forbid_keeping};
use crate::router::route;
use crate::serve::Respond;
pub use crate::store::OpenError;
use crate::store::{MemorySessions, Redis, Sqlite, Store, StoreError};
use crate::user::{Names, User, UserId};

/// A server without its socket.
pub struct App {
    gate: Gate,
    hardened: bool,
    observer: Arc<Observer>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl App {
    /// Opens the app that the settings ask for, its database in `folder` if it is a file with a relative path.
    ///
    /// # Errors
    ///
    /// Where the database cannot be used.
    pub async fn open(config: &Config, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let database: Arc<dyn Store> = match &config.database {
            Database::Sqlite(path) => Arc::new(Sqlite::open(&folder.join(path))?),
            Database::Redis(url) => Arc::new(Redis::open(url).await?),
        };
        let store: Arc<dyn Store> = match config.mode {
            Mode::SessionAuth | Mode::SessionExpAuth => Arc::new(MemorySessions::over(database)),
            Mode::Off | Mode::Auth | Mode::BasicAuth | Mode::SessionDbAuth => database,
        };
        Ok(Self::with_store(config, store, clock))
    }

    /// The app that the settings ask for, on a store of the caller's.
    pub fn with_store(config: &Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            gate: Gate::of(config),
            hardened: config.hardened,
            observer: Arc::new(Observer::of(config)),
            store,
            clock,
        }
    }

    /// Answers a request that came from `address`. A panic on the way is answered 500, and nothing else happens.
    pub async fn respond(&self, request: &Request<Bytes>, address: IpAddr) -> Response<Bytes> {
        let now = self.now();
        let any_origin = any_origin(request.uri().path());
        let is_head = request.method() == Method::HEAD;
        let answer = AssertUnwindSafe(self.answer(request, address, now)).catch_unwind().await;
        let reply = answer.unwrap_or(Err(Refusal::Internal)).unwrap_or_else(Reply::from);
        let mut response = reply.into_response(any_origin);
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(self.gate.auth.challenge());
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if self.hardened {
            forbid_keeping(response.headers_mut());
        }
        response.headers_mut().insert(DATE, date_header(now));
        if is_head {
            response.body_mut().clear();
        }
        response
    }

    async fn answer(
        &self,
        request: &Request<Bytes>,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Reply, Refusal> {
        let path = CanonicalPath::parse(request.uri().path()).ok_or(Refusal::BadRequest)?;
        if is_preflight(request) {
            return Ok(Reply::preflight());
        }
        let user = self.gate.admit(&path, request.headers(), address, self.store(), now).await?;
        let route = route(request.method(), &path, self.gate.auth.has_sessions())?;
        api::answer(self, route, user, request, address).await
    }

    /// Stores a new user; `None` if another has this email.
    pub async fn create_user(
        &self,
        email: String,
        password: &str,
        names: Names,
    ) -> Result<Option<Arc<User>>, Refusal> {
        let password = self.gate.guard.hash(password).await?;
        let user = Arc::new(User::new(email, password, names, self.now()));
        Ok(self.store.add_user(Arc::clone(&user)).await?.then_some(user))
    }

    /// Finds the user with this email and password, of which a request from `address` speaks.
    ///
    /// # Errors
    ///
    /// Those of [`Guard::identify`](crate::auth::Guard::identify).
    pub async fn identify(&self, email: &str, password: &str, address: IpAddr) -> Result<Arc<User>, Refusal> {
        self.gate.guard.identify(email, password, address, self.store(), self.now()).await
    }

    /// Makes a session of a user; `None` if the user is gone.
    pub async fn create_session(&self, user_id: &UserId) -> Result<Option<SessionId>, StoreError> {
        let (id, now) = (SessionId::random(), self.now());
        let session = Session { user_id: user_id.clone(), created_at: now };
        let added = self.store.add_session(id.clone(), session, self.gate.auth.lifetime()).await?;
        Ok(added.then_some(id))
    }

    /// The user whose live session the cookie names.
    pub async fn session_user(&self, headers: &HeaderMap) -> Result<Option<Arc<User>>, StoreError> {
        let session_id = self.gate.cookie.find(headers);
        self.gate.auth.lifetime().user(session_id, self.store(), self.now()).await
    }

    /// The session cookie.
    pub fn session_cookie(&self) -> &SessionCookie {
        &self.gate.cookie
    }

    /// The counts of requests, where the settings ask for them.
    pub fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.observer.metrics()
    }

    /// Where users and sessions are.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Respond for App {
    fn respond(
        &self,
        request: &Request<Bytes>,
        address: IpAddr,
    ) -> impl Future<Output = Response<Bytes>> + Send {
        // The method of the app itself, not this one.
        App::respond(self, request, address)
    }

    fn observer(&self) -> Option<Arc<Observer>> {
        Some(Arc::clone(&self.observer))
    }
}

/// Whether scripts of any origin may read the answer: under /api/v1/, as the transcripts show it.
pub fn any_origin(path: &str) -> bool {
    path.starts_with("/api/v1/")
}

/// A browser's question before a request with credentials, which it sends without them (Fetch, CORS
/// protocol).
fn is_preflight(request: &Request<Bytes>) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_any_origin_may_read_what_is_below_the_api() {
        assert!(any_origin("/api/v1/users") && any_origin("/api/v1/"));
        for path in ["/", "", "/api/v1", "/api/v2/users", "/x/api/v1/users"] {
            assert!(!any_origin(path), "{path}");
        }
    }
}
