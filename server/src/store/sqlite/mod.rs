//! Users and sessions in one SQLite file, which belongs to one process: others may read it meanwhile and not change it,
//! as what this one has in memory would then be wrong.
//!
//! Sessions are read from memory, where all of them are loaded at start; users from bounded caches in front of a
//! few read connections. Changes go through one writer thread, which commits many in one transaction and answers
//! each when that is durable; then, and before the answer, memory follows.
//!
//! What a broken disk can do: a change that cannot be written is refused and undone, and after a failed fsync
//! all are, until a restart; reads go on. A file or a log that was damaged is refused at start (`open`, `log`),
//! except for what nothing can tell: a bit of a name, a time, a password's hash or a session's key, and the end
//! of a log that a crash may have left so. `tests/crash.rs` tries it all.
//!
//! So a damaged row of a session cannot lead to another user: a user ID with a changed bit is nobody's, and such
//! a file is refused. Nor can it let anybody in: a changed key is that of no ID that was ever given out, and a
//! changed time only moves the end of its own session. With its key a session is lost as by a logout that nobody
//! asked for, and its user logs in again; a checksum in each row could tell, and would keep everybody out for one
//! lost login.

mod log;
mod open;
mod transaction;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::ffi::{Error as SqliteError, SQLITE_CORRUPT};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tracing::error;

use self::open::Lock;
use self::transaction::Transaction;
use self::writer::Writer;
use super::cache::Cache;
use super::index::{Index, Key};
use super::{Lookup, Store, StoreError};
use crate::auth::{Lifetime, PasswordHash, Session, SessionId, UserSession};
use crate::user::{Names, User, UserList};

pub use self::open::OpenError;

/// Users cached, twice over and by both ID and email. One takes about a kilobyte with its JSON.
const CACHED_USERS: usize = 128 * 1024;

/// Sessions that one login forgets at most: more than it adds, and never so many that others wait.
const FORGOTTEN_AT_ONCE: u32 = 4;

/// The key of the one list there is.
const ALL: &str = "";

const USER: &str = "SELECT id, email, password, first_name, last_name, created_at, updated_at FROM users";

/// A store in an SQLite file.
pub struct Sqlite {
    shared: Arc<Shared>,
    // Dropped after this process's readers, so that the last connection to close can write: SQLite then moves
    // the log into the file.
    writer: Writer,
}

/// What requests and the writer thread share.
struct Shared {
    // Each held for one query. A list of all users takes one for its while and leaves the others.
    readers: Box<[Mutex<Connection>]>,
    next_reader: AtomicUsize,
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
            readers: opened.readers.into_iter().map(Mutex::new).collect(),
            next_reader: AtomicUsize::new(0),
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
    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let reader = self.readers[turn].lock().unwrap_or_else(PoisonError::into_inner);
        query(&reader).map_err(|error| {
            error!("failed to read the database: {error}");
            StoreError::Read
        })
    }

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
        let first = first.query_map([FORGOTTEN_AT_ONCE], |row| {
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
        let found = self.read(|connection| find_user(connection, column, value))?;
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
            let users = shared.read(|connection| {
                let mut all = connection.prepare_cached(&format!("{USER} ORDER BY rowid"))?;
                all.query_map([], user)?.map(|row| row.map(Arc::new)).collect()
            })?;
            let list = Arc::new(UserList::new(users));
            // Written here for the same reason.
            list.body();
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

/// `column` is one of the two unique ones.
fn find_user(connection: &Connection, column: &str, value: &str) -> rusqlite::Result<Option<Arc<User>>> {
    let by_row = format!("{USER} WHERE rowid = (SELECT rowid FROM users WHERE {column} = ?1)");
    let mut find = connection.prepare_cached(&by_row)?;
    let found = find.query_row([value], |row| {
        agree(row.get_ref(column)?.as_bytes()?, value.as_bytes())?;
        user(row)
    });
    found.map(Arc::new).optional()
}

/// Makes sure that a row is the one that was looked for: a damaged index may name another, whose user would
/// then be taken for this one. The row is asked for by its number, or SQLite would read the key in the index.
fn agree(found: &[u8], sought: &[u8]) -> rusqlite::Result<()> {
    if found == sought {
        return Ok(());
    }
    Err(corrupt("an index names the wrong row; restore a copy"))
}

/// The error of a file that holds what nothing wrote.
fn corrupt(how: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(SqliteError::new(SQLITE_CORRUPT), Some(how.to_owned()))
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let id = row.get_ref(0)?.as_str()?.into();
    let names = Names { first: row.get(3)?, last: row.get(4)? };
    let unknown = || rusqlite::Error::InvalidColumnType(2, "password".to_owned(), Type::Blob);
    let password = PasswordHash::from_bytes(row.get_ref(2)?.as_blob()?).ok_or_else(unknown)?;
    Ok(User::stored(id, row.get(1)?, password, names, [time(row, 5)?, time(row, 6)?]))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    let micros = row.get(column)?;
    DateTime::from_timestamp_micros(micros).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, micros))
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

    #[test]
    fn a_row_that_was_not_looked_for_is_an_error() {
        assert!(agree(b"kim", b"kim").is_ok());
        for found in [&b"lee"[..], b"", b"kimm", b"Kim"] {
            assert!(agree(found, b"kim").is_err());
        }
    }
}
