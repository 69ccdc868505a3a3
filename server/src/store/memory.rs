//! Sessions in memory, over users in another store: gone after a restart, as the documents have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Store, StoreError};
use crate::auth::{PasswordHash, Session, SessionId};
use crate::user::{Names, User};

/// Sessions by ID, in the order of their making: the documents' dictionary `user_id_by_session_id`.
#[derive(Default)]
pub struct SessionMap {
    // The map's own hash is keyed at random, so a lookup's time tells nothing about the IDs in it.
    by_id: HashMap<SessionIdKey, (u64, Session)>,
    in_order: BTreeMap<u64, SessionIdKey>,
    made: u64,
}

type SessionIdKey = Arc<str>;

impl SessionMap {
    /// Adds a session.
    pub fn add(&mut self, id: &SessionId, session: Session) {
        let id: SessionIdKey = id.as_str().into();
        self.made += 1;
        self.in_order.insert(self.made, Arc::clone(&id));
        self.by_id.insert(id, (self.made, session));
    }

    /// The session with this ID.
    pub fn find(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id).map(|(_, session)| session)
    }

    /// Removes a session; whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let removed = self.by_id.remove(id);
        removed.is_some_and(|(number, _)| self.in_order.remove(&number).is_some())
    }

    /// Every session with its ID, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Session)> {
        self.in_order.values().map(|id| (&**id, &self.by_id[id].1))
    }

    fn remove_of_user(&mut self, user_id: &str) {
        self.by_id.retain(|_, (number, session)| {
            let keep = session.user_id.as_str() != user_id;
            if !keep {
                self.in_order.remove(number);
            }
            keep
        });
    }

    fn forget(&mut self, before: DateTime<Utc>) {
        while let Some(oldest) = self.in_order.first_entry() {
            match self.by_id.get(oldest.get()) {
                Some((_, session)) if session.created_at >= before => return,
                _ => self.by_id.remove(&oldest.remove()),
            };
        }
    }
}

/// A store whose sessions are in memory and whose users are in another store.
pub struct MemorySessions {
    // Shared by all requests; held for one operation on the map, never across an await.
    sessions: RwLock<SessionMap>,
    users: Arc<dyn Store>,
}

impl MemorySessions {
    /// No sessions yet, and the users of `users`.
    pub fn over(users: Arc<dyn Store>) -> Self {
        Self { sessions: RwLock::default(), users }
    }

    fn read(&self) -> RwLockReadGuard<'_, SessionMap> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, SessionMap> {
        self.sessions.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemorySessions {
    async fn users(&self) -> Result<Vec<Arc<User>>, StoreError> {
        self.users.users().await
    }

    async fn user_count(&self) -> Result<u64, StoreError> {
        self.users.user_count().await
    }

    async fn user(&self, id: &str) -> Result<Option<Arc<User>>, StoreError> {
        self.users.user(id).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<Arc<User>>, StoreError> {
        self.users.user_by_email(email).await
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        self.users.add_user(user).await
    }

    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        self.users.rename_user(id, names, now).await
    }

    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError> {
        self.users.rehash_user(id, password).await
    }

    async fn remove_user(&self, id: &str) -> Result<bool, StoreError> {
        let removed = self.users.remove_user(id).await?;
        if removed {
            self.write().remove_of_user(id);
        }
        Ok(removed)
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        forget_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        if self.users.user(session.user_id.as_str()).await?.is_none() {
            return Ok(false);
        }
        let mut sessions = self.write();
        if let Some(before) = forget_before {
            sessions.forget(before);
        }
        sessions.add(&id, session);
        Ok(true)
    }

    async fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        Ok(self.read().find(id).cloned())
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.write().remove(id))
    }
}
