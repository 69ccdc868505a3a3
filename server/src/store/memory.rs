//! Sessions in memory, over users in another store: gone after a restart, as the documents have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::contract::{PURGED_AT_ONCE, Store, StoreError};
use super::index::{Index, Key};
use super::lookup::Lookup;
use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};

/// Sessions by ID, in the order of their making: the documents' dictionary `user_id_by_session_id`.
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

    /// The session with this ID.
    pub fn find(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id)
    }

    /// Every session with its ID, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Session)> {
        self.in_order.iter().map(|id| (&**id, &self.by_id[id]))
    }
}

/// A store whose sessions are in memory and whose users are in another store. A session takes what it does in
/// [`Index`] and some forty bytes for its order: a million take 150 MB.
pub struct MemorySessions {
    index: Index,
    // Taken by logins and logouts only, for one operation; never across an await.
    order: Mutex<Order>,
    users: Arc<dyn Store>,
}

/// The sessions in the order of their making. The place of one is its number.
#[derive(Default)]
struct Order {
    made: i64,
    keys: BTreeMap<i64, Key>,
}

impl MemorySessions {
    /// No sessions yet, and the users of `users`.
    pub fn over(users: Arc<dyn Store>) -> Self {
        Self { index: Index::new(), order: Mutex::default(), users }
    }

    /// Adds a session; forgets a few of the oldest that were made before `forget_before`.
    fn add(&self, key: Key, session: Session, forget_before: Option<DateTime<Utc>>) {
        let mut order = self.order();
        if let Some(before) = forget_before {
            for _ in 0..PURGED_AT_ONCE {
                let Some(oldest) = order.keys.first_entry() else { break };
                if !self.index.forget(*oldest.get(), before) {
                    break;
                }
                oldest.remove();
            }
        }
        order.made += 1;
        let place = order.made;
        order.keys.insert(place, key);
        // Before the order is given back: whoever finds a key there that is not in the index drops it.
        self.index.add(key, session, place);
    }

    /// Ends a session; whether it was there.
    fn end(&self, key: Key) -> bool {
        let place = self.index.remove(key);
        if let Some(place) = place {
            self.order().keys.remove(&place);
        }
        place.is_some()
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
            for (key, _) in self.index.of_user(id) {
                self.end(key);
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
        let (key, user_id) = (Key::of(id.as_str()), session.user_id.clone());
        let forget_before = lifetime.forget_before(session.created_at);
        self.add(key, session, forget_before);
        // Only now: where the user is still there, the removal that is yet to come finds the session.
        let user = self.users.user(user_id.as_str()).await;
        if !matches!(user, Ok(Some(_))) {
            self.end(key);
        }
        Ok(user?.is_some())
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        let key = Key::of(id);
        let Some(Session { user_id, created_at }) = self.index.find(key) else {
            return Lookup::ready(Ok(None));
        };
        self.users.user(user_id.as_str()).map(move |user| {
            if user.is_none() {
                // Another server has removed the user, and could not end what is here.
                self.end(key);
            }
            user.map(|user| UserSession { user, created_at })
        })
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.end(Key::of(id)))
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
        let bob = Arc::new(User::new("bob@h".to_owned(), PasswordHash::of("x"), Names::default(), now));
        assert_eq!(store.add_user(Arc::clone(&bob)).await, Ok(true));
        let (id, session) = (SessionId::random(), Session { user_id: bob.id.clone(), created_at: now });
        assert_eq!(store.add_session(id.clone(), session, Lifetime::UNLIMITED).await, Ok(true));
        assert!(store.session(id.as_str()).await.expect("a read").is_some());
        assert_eq!(users.remove_user(bob.id.as_str()).await, Ok(true));
        assert!(store.index.find(Key::of(id.as_str())).is_some());
        assert!(store.session(id.as_str()).await.expect("a read").is_none());
        assert!(store.index.find(Key::of(id.as_str())).is_none() && store.order().keys.is_empty());
    }
}
