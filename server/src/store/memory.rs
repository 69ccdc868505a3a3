//! Sessions in memory, with the users of another store. A restart ends them, as the documents have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::Either;
use futures_util::{FutureExt as _, TryFutureExt as _};

use super::contract::{Lookup, PURGED_AT_ONCE, Store, StoreError, found};
use super::digest::SessionDigest;
use super::index::Index;
use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};

/// Sessions by ID, in the order of their creation: the documents' dictionary `user_id_by_session_id`.
#[derive(Default)]
pub struct SessionMap {
    by_id: HashMap<Arc<str>, Session>,
    in_order: Vec<Arc<str>>,
}

impl SessionMap {
    /// Adds a session.
    pub fn add(&mut self, id: &SessionId, session: Session) {
        let id: Arc<str> = id.as_str().into();
        self.in_order.push(Arc::clone(&id));
        self.by_id.insert(id, session);
    }

    /// Finds the session with this ID.
    pub fn find(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id)
    }

    /// Returns all sessions with their IDs, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Session)> {
        self.in_order.iter().map(|id| (&**id, &self.by_id[id]))
    }
}

/// A store whose sessions are in memory and whose users are in another store. A session takes its share of [`Index`] and
/// some forty bytes for its order: a million take 150 MB.
pub struct MemorySessions {
    index: Index,
    // Taken by logins and logouts only, for one operation; never across an await.
    order: Mutex<Order>,
    users: Arc<dyn Store>,
}

/// The sessions in the order of their creation. The row ID of each is its number.
#[derive(Default)]
struct Order {
    made: i64,
    digests: BTreeMap<i64, SessionDigest>,
}

impl MemorySessions {
    /// Makes a store without sessions, over the users of `users`.
    pub fn over(users: Arc<dyn Store>) -> Self {
        Self { index: Index::new(), order: Mutex::default(), users }
    }

    /// Adds a session, and purges a few of the oldest if they were created before `purge_before`.
    fn add(&self, digest: SessionDigest, session: Session, purge_before: Option<DateTime<Utc>>) {
        let mut order = self.order();
        if let Some(before) = purge_before {
            for _ in 0..PURGED_AT_ONCE {
                let Some(oldest) = order.digests.first_entry() else { break };
                if !self.index.remove_if_before(*oldest.get(), before) {
                    break;
                }
                oldest.remove();
            }
        }
        order.made += 1;
        let rowid = order.made;
        order.digests.insert(rowid, digest);
        // Before the order is unlocked: a digest in it that is not in the index is dropped.
        self.index.add(digest, session, rowid);
    }

    /// Ends a session; returns whether it was there.
    fn end(&self, digest: SessionDigest) -> bool {
        let rowid = self.index.remove(digest);
        if let Some(rowid) = rowid {
            self.order().digests.remove(&rowid);
        }
        rowid.is_some()
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemorySessions {
    async fn users(&self) -> Result<Arc<UserList>, StoreError> {
        self.users.users().await
    }

    fn user_count(&self) -> Lookup<'_, u64> {
        self.users.user_count()
    }

    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>> {
        self.users.user(id)
    }

    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>> {
        self.users.user_by_email(email)
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
            for (digest, _) in self.index.of_user(id) {
                self.end(digest);
            }
        }
        Ok(removed)
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError> {
        let (digest, user_id) = (SessionDigest::new(id.as_str()), session.user_id.clone());
        let purge_before = lifetime.purge_before(session.created_at);
        self.add(digest, session, purge_before);
        // After the session is added: if the user is there now, a later removal of the user finds the session.
        let user = self.users.user(user_id.as_str()).await;
        if !matches!(user, Ok(Some(_))) {
            self.end(digest);
        }
        Ok(user?.is_some())
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        let digest = SessionDigest::new(id);
        let Some(Session { user_id, created_at }) = self.index.find(digest) else {
            return found(Ok(None));
        };
        let with_user = move |user: Option<_>| {
            if user.is_none() {
                // Another server has removed the user, and could not end the sessions here.
                self.end(digest);
            }
            user.map(|user| UserSession { user, created_at })
        };
        match self.users.user(user_id.as_str()) {
            Either::Left(user) => found(user.into_inner().map(with_user)),
            Either::Right(user) => Either::Right(user.map_ok(with_user).boxed()),
        }
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.end(SessionDigest::new(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sqlite;
    use super::*;

    #[tokio::test]
    async fn a_session_whose_user_was_removed_elsewhere_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let users = Arc::new(Sqlite::open(&folder.path().join("a.db")).expect("a database"));
        let store = MemorySessions::over(users.clone());
        let now = DateTime::UNIX_EPOCH;
        let bob = Arc::new(User::new("bob@h".to_owned(), PasswordHash::sha256("x"), Names::default(), now));
        assert_eq!(store.add_user(Arc::clone(&bob)).await, Ok(true));
        let (id, session) = (SessionId::random(), Session { user_id: bob.id.clone(), created_at: now });
        assert_eq!(store.add_session(id.clone(), session, Lifetime::UNLIMITED).await, Ok(true));
        assert!(store.session(id.as_str()).await.expect("a read").is_some());
        assert_eq!(users.remove_user(bob.id.as_str()).await, Ok(true));
        assert!(store.index.find(SessionDigest::new(id.as_str())).is_some());
        assert!(store.session(id.as_str()).await.expect("a read").is_none());
        assert!(
            store.index.find(SessionDigest::new(id.as_str())).is_none() && store.order().digests.is_empty()
        );
    }
}
