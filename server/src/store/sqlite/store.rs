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
use crate::http::json;
use crate::store::cache::Cache;
use crate::store::contract::{Lookup, PURGED_AT_ONCE, Store, StoreError, found};
use crate::store::digest::SessionDigest;
use crate::store::index::Index;

/// Users in a generation of each cache, by ID and by email. One takes about a kilobyte with its JSON.
const CACHED_USERS: usize = 128 * 1024;

/// The key of the only list.
const ALL: &str = "";

/// A store in an SQLite file.
pub struct Sqlite {
    shared: Arc<Shared>,
    // Dropped after the readers, so that the last connection to close can write: SQLite then moves the log into the file.
    writer: Writer,
}

/// The state that requests and the writer thread share.
struct Shared {
    readers: Readers,
    user_count: AtomicU64,
    users: Cache<Arc<User>>,
    users_by_email: Cache<Arc<User>>,
    /// The list of all users since the last change of a user, under [`ALL`].
    lists: Cache<Arc<UserList>>,
    listing: tokio::sync::Mutex<()>,
    sessions: Index,
    /// The time of the first session on disk when it was last looked at. Until that may be purged, a login need not look.
    first_session_micros: AtomicI64,
    /// Held until the last connection is closed.
    _lock: Arc<Lock>,
}

impl Sqlite {
    /// Opens the database at `path`, or creates it if there is none.
    ///
    /// # Errors
    ///
    /// If the file is not ours, damaged, in use, or cannot be written. It is not changed then.
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

    /// Runs a change in a transaction and, when it is durable, `then` with its result.
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
    /// Deletes a few of the oldest sessions if they were created before `before`; returns their digests.
    fn purge_sessions(
        &self,
        transaction: &Transaction<'_, '_>,
        before: DateTime<Utc>,
    ) -> rusqlite::Result<Vec<SessionDigest>> {
        let before = before.timestamp_micros();
        if self.first_session_micros.load(Ordering::Relaxed) >= before {
            return Ok(Vec::new());
        }
        let mut first = transaction
            .prepare_cached("SELECT rowid, key, created_at FROM sessions ORDER BY rowid LIMIT ?1")?;
        let first = first.query_map([PURGED_AT_ONCE], |row| {
            Ok((row.get(0)?, SessionDigest::from(row.get::<_, [u8; 16]>(1)?), row.get(2)?))
        })?;
        let first: Vec<(i64, SessionDigest, i64)> = first.collect::<Result<_, _>>()?;
        let mut purged = Vec::new();
        for (rowid, digest, created_at) in first {
            if created_at >= before {
                // If the transaction fails, those before it are looked at when the time of this one has come.
                self.first_session_micros.store(created_at, Ordering::Relaxed);
                break;
            }
            transaction.end_session(digest, rowid)?;
            purged.push(digest);
        }
        Ok(purged)
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
            // A user who logs in by email is looked up by ID right after.
            self.users.fill(epochs[1], user.id.as_str(), Arc::clone(user));
        }
        Ok(found)
    }

    fn cache_user(&self, user: &Arc<User>) {
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
        // After a change one request reads the list, and the others wait for it.
        let _turn = self.shared.listing.lock().await;
        if let Some(list) = self.shared.lists.find(ALL) {
            return Ok(list);
        }
        let shared = Arc::clone(&self.shared);
        // The only read whose time grows with the data: not on a thread that serves requests.
        let list = tokio::task::spawn_blocking(move || {
            let epoch = shared.lists.epoch();
            let users = shared.readers.list(|connection| {
                let mut all = connection.prepare_cached(&format!("{USER} ORDER BY rowid"))?;
                all.query_map([], user)?.map(|row| row.map(Arc::new)).collect()
            })?;
            let list = Arc::new(UserList::new(users));
            // Rendered here for the same reason.
            list.json(json::body);
            shared.lists.fill(epoch, ALL, Arc::clone(&list));
            Ok(list)
        });
        list.await.map_err(|_| StoreError::Read)?
    }

    fn user_count(&self) -> Lookup<'_, u64> {
        found(Ok(self.shared.user_count.load(Ordering::Acquire)))
    }

    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>> {
        found(self.shared.find_user(&self.shared.users, "id", id))
    }

    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>> {
        found(self.shared.find_user(&self.shared.users_by_email, "email", email))
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        let added = Arc::clone(&user);
        self.change(
            move |transaction| transaction.add_user(&user),
            move |shared, &is_new| {
                if is_new {
                    shared.user_count.fetch_add(1, Ordering::AcqRel);
                    shared.cache_user(&added);
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
            |shared, user| user.iter().for_each(|user| shared.cache_user(user)),
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
                |shared, user| user.iter().for_each(|user| shared.cache_user(user)),
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
                        // Memory lacks the sessions of this transaction.
                        let made = transaction.made_for(&id);
                        for (digest, rowid) in shared.sessions.of_user(&id).into_iter().chain(made) {
                            transaction.end_session(digest, rowid)?;
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
                        // Those of the same transaction are among them by now.
                        for (digest, _) in shared.sessions.of_user(id) {
                            shared.sessions.remove(digest);
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
        let (digest, added) = (SessionDigest::new(id.as_str()), session.clone());
        let purge_before = lifetime.purge_before(session.created_at);
        let shared = Arc::clone(&self.shared);
        self.change(
            move |transaction| {
                let purged = match purge_before {
                    Some(before) => shared.purge_sessions(transaction, before)?,
                    None => Vec::new(),
                };
                // The caches follow each transaction before the next begins.
                let user_is_cached = shared.users.has(session.user_id.as_str());
                Ok((transaction.add_session(digest, session, user_is_cached)?, purged))
            },
            move |shared, (rowid, purged)| {
                for &digest in purged {
                    shared.sessions.remove(digest);
                }
                if let Some(rowid) = *rowid {
                    shared.sessions.add(digest, added, rowid);
                }
            },
        )
        .await
        .map(|(rowid, _)| rowid.is_some())
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        let Some(Session { user_id, created_at }) = self.shared.sessions.find(SessionDigest::new(id)) else {
            return found(Ok(None));
        };
        let user = self.shared.find_user(&self.shared.users, "id", user_id.as_str());
        found(user.map(|user| user.map(|user| UserSession { user, created_at })))
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let digest = SessionDigest::new(id);
        let Some(rowid) = self.shared.sessions.rowid(digest) else {
            return Ok(false);
        };
        self.change(
            move |transaction| transaction.end_session(digest, rowid),
            move |shared, _| {
                shared.sessions.remove(digest);
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
        let (password, now) = (PasswordHash::sha256("x"), DateTime::UNIX_EPOCH);
        let kim = Arc::new(User::new("kim@h".to_owned(), password, Names::default(), now));
        assert_eq!(store.add_user(Arc::clone(&kim)).await, Ok(true));
        drop(store);
        let store = Sqlite::open(&path).expect("a database");
        assert!(!store.shared.users.has(kim.id.as_str()));
        assert!(store.user_by_email("kim@h").await.expect("a read").is_some());
        assert!(store.shared.users.has(kim.id.as_str()));
    }
}
