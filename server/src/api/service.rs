//! The service behind the routes: the gate, the store and the clock, and what handlers do with them.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::header::HeaderMap;

use crate::accounts::{Names, Session, SessionId, User, UserId};
use crate::auth::{Attempt, Gate, SessionCookie};
use crate::clock::Clock;
use crate::http::refusal::Refusal;
use crate::store::{Store, StoreError};

/// Users and sessions, and who may use them.
pub struct Service {
    gate: Gate,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Service {
    /// Makes a service of its parts.
    pub fn new(gate: Gate, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { gate, store, clock }
    }

    /// Creates a user; returns `None` if another has this email.
    ///
    /// # Errors
    ///
    /// If the store cannot be written, or too many passwords wait to be hashed.
    pub async fn create_user(
        &self,
        email: String,
        password: &str,
        names: Names,
    ) -> Result<Option<Arc<User>>, Refusal> {
        let password = self.gate.verifier.hash(password).await?;
        let user = Arc::new(User::new(email, password, names, self.now()));
        Ok(self.store.add_user(Arc::clone(&user)).await?.then_some(user))
    }

    /// Finds the user with this email and password, which came from `address`.
    ///
    /// # Errors
    ///
    /// Those of [`PasswordVerifier::identify`](crate::auth::PasswordVerifier::identify).
    pub async fn identify(&self, email: &str, password: &str, address: IpAddr) -> Result<Arc<User>, Refusal> {
        let attempt = Attempt { email, password, address, now: self.now() };
        self.gate.verifier.identify(&attempt, self.store()).await
    }

    /// Creates a session of a user; returns `None` if the user was deleted.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn create_session(&self, user_id: &UserId) -> Result<Option<SessionId>, StoreError> {
        let (id, now) = (SessionId::random(), self.now());
        let session = Session { user_id: user_id.clone(), created_at: now };
        let added = self.store.add_session(id.clone(), session, self.gate.auth.lifetime()).await?;
        Ok(added.then_some(id))
    }

    /// Finds the user whose live session the cookie names.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn session_user(&self, headers: &HeaderMap) -> Result<Option<Arc<User>>, StoreError> {
        self.gate.session_user(self.gate.cookie.find(headers), self.store(), self.now()).await
    }

    /// Returns the gate.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns the session cookie.
    pub fn session_cookie(&self) -> &SessionCookie {
        &self.gate.cookie
    }

    /// Returns the store of users and sessions.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Returns the time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
