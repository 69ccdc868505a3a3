//! The store in an SQLite file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::params;

use super::open::{self, Lock, OpenError};
use super::readers::Readers;
use super::rows::{USER, find_user, user};
use super::transaction::Transaction;
use super::writer::Writer;
use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};
use crate::store::cache::Cache;
use crate::store::contract::{PURGED_AT_ONCE, Store, StoreError};
use crate::store::index::{Index, Key};
use crate::store::lookup::Lookup;

/// Users cached, twice over and by both ID and email. One takes about a kilobyte with its JSON.
const CACHED_USERS: usize = 128 * 1024;

/// The key of the one list there is.
const ALL: &str = "";

/// A store in an SQLite file.
pub struct Sqlite {
    shared: Arc<Shared>,
    // Dropped after this process's readers, so that the last connection to close can write: SQLite then moves
    // the log into the file.
    writer: Writer,
}

/// What requests and the writer thread share.
struct Shared {
    readers: Readers,
    user_count: AtomicU64,
    users: Cache<Arc<User>>,
    users_by_email: Cache<Arc<User>>,
    /// The list of all users since the last change of any, under [`ALL`].
    lists: Cache<Arc<UserList>>,
    listing: tokio::sync::Mutex<()>,
    sessions: Index,
    /// The time of the first session on disk when that was last looked at: until it is to be forgotten, a login
    /// need not look.
    first_session_micros: AtomicI64,
    /// Held until the last connection is closed.
    _lock: Arc<Lock>,
}

impl Sqlite {
    /// Opens the database at `path`, or makes it where there is none.
    ///
    /// # Errors
    ///
    /// Where the file cannot be used: it is not ours, damaged, in use, or cannot be written. It is untouched
    /// then.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let opened = open::open(path)?;
        let shared = Arc::new(Shared {
            readers: opened.readers,
            user_count: AtomicU64::new(opened.user_count),
            users: Cache::new(CACHED_USERS),
            users_by_email: Cache::new(CACHED_USERS),
            lists: Cache::new(1),
            listing: tokio::sync::Mutex::default(),
            sessions: opened.sessions,
            first_session_micros: AtomicI64::new(i64::MIN),
            _lock: Arc::clone(&opened.lock),
        });
        let writer =
            Writer::start(opened.writer, opened.lock).map_err(|error| OpenError::new(path, error))?;
        Ok(Self { shared, writer })
    }

    /// Runs a change in a transaction and, when it is durable, `then` with what it gave.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_, '_>) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(&Shared, &T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.writer.run(change, move |value| then(&shared, value)).await
    }
}

impl Shared {
    /// Deletes a few of the oldest sessions if they were made before `before`; their keys.
    fn forget_sessions(
        &self,
        transaction: &Transaction<'_, '_>,
        before: DateTime<Utc>,
    ) -> rusqlite::Result<Vec<Key>> {
        let before = before.timestamp_micros();
        if self.first_session_micros.load(Ordering::Relaxed) >= before {
            return Ok(Vec::new());
        }
        let mut first = transaction
            .prepare_cached("SELECT rowid, key, created_at FROM sessions ORDER BY rowid LIMIT ?1")?;
        let first = first.query_map([PURGED_AT_ONCE], |row| {
            Ok((row.get(0)?, Key::from(row.get::<_, [u8; 16]>(1)?), row.get(2)?))
        })?;
        let first: Vec<(i64, Key, i64)> = first.collect::<Result<_, _>>()?;
        let mut forgotten = Vec::new();
        for (place, key, created_at) in first {
            if created_at >= before {
                // Should the transaction fail, those before it are looked at when this one's time has come.
                self.first_session_micros.store(created_at, Ordering::Relaxed);
                break;
            }
            transaction.end_session(key, place)?;
            forgotten.push(key);
        }
        Ok(forgotten)
    }

    /// Finds a user in the cache of its unique column, or in the file.
    fn find_user(
        &self,
        cache: &Cache<Arc<User>>,
        column: &str,
        value: &str,
    ) -> Result<Option<Arc<User>>, StoreError> {
        if let Some(user) = cache.find(value) {
            return Ok(Some(user));
        }
        let epochs = [cache.epoch(), self.users.epoch()];
        let found = self.readers.row(|connection| find_user(connection, column, value))?;
        if let Some(user) = &found {
            cache.fill(epochs[0], value, Arc::clone(user));
            // Who logs in by email is asked for by ID right after.
            self.users.fill(epochs[1], user.id.as_str(), Arc::clone(user));
        }
        Ok(found)
    }

    fn keep_user(&self, user: &Arc<User>) {
        self.users.put(user.id.as_str(), Arc::clone(user));
        self.users_by_email.put(&user.email, Arc::clone(user));
        self.lists.remove(ALL);
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn users(&self) -> Result<Arc<UserList>, StoreError> {
        if let Some(list) = self.shared.lists.find(ALL) {
            return Ok(list);
        }
        // After a change one reads the list, and the others who ask for it wait for that.
        let _turn = self.shared.listing.lock().await;
        if let Some(list) = self.shared.lists.find(ALL) {
            return Ok(list);
        }
        let shared = Arc::clone(&self.shared);
        // The one read whose length grows with the data: not on a thread that serves others.
        let list = tokio::task::spawn_blocking(move || {
            let epoch = shared.lists.epoch();
            let users = shared.readers.list(|connection| {
                let mut all = connection.prepare_cached(&format!("{USER} ORDER BY rowid"))?;
                all.query_map([], user)?.map(|row| row.map(Arc::new)).collect()
            })?;
            let list = Arc::new(UserList::new(users));
            shared.lists.fill(epoch, ALL, Arc::clone(&list));
            Ok(list)
        });
        list.await.map_err(|_| StoreError::Read)?
    }

    fn user_count(&self) -> Lookup<'_, u64> {
        Lookup::ready(Ok(self.shared.user_count.load(Ordering::Acquire)))
    }

    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>> {
        Lookup::ready(self.shared.find_user(&self.shared.users, "id", id))
    }

    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>> {
        Lookup::ready(self.shared.find_user(&self.shared.users_by_email, "email", email))
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        let added = Arc::clone(&user);
        self.change(
            move |transaction| transaction.add_user(&user),
            move |shared, &is_new| {
                if is_new {
                    shared.user_count.fetch_add(1, Ordering::AcqRel);
                    shared.keep_user(&added);
                }
            },
        )
        .await
    }

    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        let id = id.to_owned();
        self.change(
            move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE users SET first_name = coalesce(?2, first_name),
                         last_name = coalesce(?3, last_name), updated_at = ?4 WHERE id = ?1",
                    )?
                    .execute(params![id, names.first, names.last, now.timestamp_micros()])?;
                find_user(connection, "id", &id)
            },
            |shared, user| user.iter().for_each(|user| shared.keep_user(user)),
        )
        .await
    }

    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError> {
        let id = id.to_owned();
        let rehashed = self
            .change(
                move |connection| {
                    connection
                        .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?
                        .execute(params![id, password.as_bytes()])?;
                    find_user(connection, "id", &id)
                },
                |shared, user| user.iter().for_each(|user| shared.keep_user(user)),
            )
            .await?;
        Ok(rehashed.is_some())
    }

    async fn remove_user(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        let shared = Arc::clone(&self.shared);
        let removed = self
            .change(
                move |transaction| {
                    let removed = transaction.remove_user(&id)?;
                    if removed.is_some() {
                        // Memory lacks those that were made in this transaction.
                        let made = transaction.made_for(&id);
                        for (key, place) in shared.sessions.of_user(&id).into_iter().chain(made) {
                            transaction.end_session(key, place)?;
                        }
                    }
                    Ok(removed.map(|email| (id, email)))
                },
                |shared, removed| {
                    if let Some((id, email)) = removed {
                        shared.user_count.fetch_sub(1, Ordering::AcqRel);
                        shared.users.remove(id);
                        shared.users_by_email.remove(email);
                        shared.lists.remove(ALL);
                        // Those that were made in the same transaction are among them by now.
                        for (key, _) in shared.sessions.of_user(id) {
                            shared.sessions.remove(key);
                        }
                    }
                },
            )
            .await?;
        Ok(removed.is_some())
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError> {
        let (key, added) = (Key::of(id.as_str()), session.clone());
        let forget_before = lifetime.forget_before(session.created_at);
        let shared = Arc::clone(&self.shared);
        self.change(
            move |transaction| {
                let forgotten = match forget_before {
                    Some(before) => shared.forget_sessions(transaction, before)?,
                    None => Vec::new(),
                };
                // The caches follow each transaction before the next begins.
                let user_is_kept = shared.users.has(session.user_id.as_str());
                Ok((transaction.add_session(key, session, user_is_kept)?, forgotten))
            },
            move |shared, (place, forgotten)| {
                for &key in forgotten {
                    shared.sessions.remove(key);
                }
                if let Some(place) = *place {
                    shared.sessions.add(key, added, place);
                }
            },
        )
        .await
        .map(|(place, _)| place.is_some())
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        let Some(Session { user_id, created_at }) = self.shared.sessions.find(Key::of(id)) else {
            return Lookup::ready(Ok(None));
        };
        self.user(user_id.as_str()).map(move |user| user.map(|user| UserSession { user, created_at }))
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let key = Key::of(id);
        let Some(place) = self.shared.sessions.place(key) else {
            return Ok(false);
        };
        self.change(
            move |transaction| transaction.end_session(key, place),
            move |shared, _| {
                shared.sessions.remove(key);
            },
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_user_who_was_found_by_email_is_in_memory_by_id() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let store = Sqlite::open(&path).expect("a database");
        let (password, now) = (PasswordHash::of("x"), DateTime::UNIX_EPOCH);
        let kim = Arc::new(User::new("kim@h".to_owned(), password, Names::default(), now));
        assert_eq!(store.add_user(Arc::clone(&kim)).await, Ok(true));
        drop(store);
        let store = Sqlite::open(&path).expect("a database");
        assert!(!store.shared.users.has(kim.id.as_str()));
        assert!(store.user_by_email("kim@h").await.expect("a read").is_some());
        assert!(store.shared.users.has(kim.id.as_str()));
    }
}
