//! The app: its parts wired together, and the answer to one request.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use http::header::{DATE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::api::router::{Route, route};
use crate::api::{self, Service};
use crate::auth::Gate;
use crate::clock::Clock;
use crate::config::{Config, Database, Mode};
use crate::http::cors::{any_origin, is_preflight};
use crate::http::date::date_header;
use crate::http::framing::RequestBody;
use crate::http::path::CanonicalPath;
use crate::http::refusal::Refusal;
use crate::http::reply::{Reply, set_no_store};
use crate::http::respond::Respond;
#[cfg(feature = "metrics")]
use crate::ops::metrics::Metrics;
use crate::ops::observe::Observer;
pub use crate::store::OpenError;
#[cfg(feature = "redis")]
use crate::store::Redis;
use crate::store::{MemorySessions, Sqlite, Store};

/// A server without its socket.
pub struct App {
    service: Service,
    hardened: bool,
    observer: Observer,
}

impl App {
    /// Opens the app that the settings ask for. If its database is a file with a relative path, that is in `folder`.
    ///
    /// # Errors
    ///
    /// If the database cannot be used.
    pub async fn open(config: &Config, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let database: Arc<dyn Store> = match &config.database {
            Database::Sqlite(path) => Arc::new(Sqlite::open(&folder.join(path))?),
            #[cfg(feature = "redis")]
            Database::Redis(url) => Arc::new(Redis::open(url).await?),
        };
        let store: Arc<dyn Store> = match config.mode {
            Mode::SessionAuth | Mode::SessionExpAuth => Arc::new(MemorySessions::over(database)),
            Mode::Off | Mode::Auth | Mode::BasicAuth | Mode::SessionDbAuth => database,
        };
        Ok(Self::with_store(config, store, clock))
    }

    /// Makes the app that the settings ask for, on the caller's store.
    pub fn with_store(config: &Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            service: Service::new(Gate::new(config), store, clock),
            hardened: config.hardened,
            observer: Observer::new(config),
        }
    }

    /// Returns the users and sessions, and who may use them.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Returns the store of users and sessions.
    pub fn store(&self) -> &dyn Store {
        self.service.store()
    }

    /// Returns the counts of requests, if the settings ask for them.
    #[cfg(feature = "metrics")]
    pub fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.observer.metrics()
    }

    async fn answer(
        &self,
        head: &Parts,
        path: Option<&CanonicalPath<'_>>,
        route: Result<Route<'_>, Refusal>,
        body: &mut RequestBody,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Reply, Refusal> {
        let path = path.ok_or(Refusal::BadRequest)?;
        if is_preflight(head) {
            return Ok(Reply::preflight());
        }
        let user = self.service.gate().admit(path, &head.headers, address, self.store(), now).await?;
        let route = route?;
        // Not earlier: no client is asked for the body of a request that is refused by its head.
        let body = body.read(&head.headers).await?;
        api::answer(&self.service, route, user, &head.headers, &body, address).await
    }

    /// Makes the response to a request: the reply, with what the settings add to it.
    fn response(&self, reply: Reply, head: &Parts, now: DateTime<Utc>) -> Response<Bytes> {
        let mut response = reply.into_response(any_origin(head.uri.path()));
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(self.service.gate().auth.challenge());
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if self.hardened {
            set_no_store(response.headers_mut());
        }
        response.headers_mut().insert(DATE, date_header(now));
        if head.method == Method::HEAD {
            response.body_mut().clear();
        }
        response
    }
}

impl Respond for App {
    /// Answers 500 if a handler panics; other requests are not affected.
    async fn respond(&self, head: &Parts, body: &mut RequestBody, address: IpAddr) -> Response<Bytes> {
        let now = self.service.now();
        let path = CanonicalPath::parse(head.uri.path());
        let route = match &path {
            Some(path) => route(&head.method, path, self.service.gate().auth.has_sessions()),
            None => Err(Refusal::BadRequest),
        };
        let observation = self.observer.request_begins(&head.method, label(&route));
        let answer = self.answer(head, path.as_ref(), route, body, address, now);
        let answer = AssertUnwindSafe(answer).catch_unwind().await;
        let reply = answer.unwrap_or(Err(Refusal::Internal)).unwrap_or_else(Reply::from);
        let response = self.response(reply, head, now);
        if let Some(observation) = observation {
            observation.ends(response.status());
        }
        response
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Response<Bytes> {
        let path = CanonicalPath::parse(head.uri.path());
        let route = path.as_ref().ok_or(Refusal::BadRequest).and_then(|path| route(&head.method, path, true));
        let observation = self.observer.request_begins(&head.method, label(&route));
        let response = self.response(refusal.into(), head, self.service.now());
        if let Some(observation) = observation {
            observation.ends(response.status());
        }
        response
    }

    #[cfg(feature = "metrics")]
    fn connection_opens(&self) -> impl Send + 'static {
        self.metrics().map(|metrics| metrics.connection_opens())
    }
}

/// Returns the name of a route for the log and the counts.
fn label(route: &Result<Route<'_>, Refusal>) -> &'static str {
    route.as_ref().map_or("other", |route| route.template())
}
