//! Users and sessions in one SQLite file, which belongs to one process.
//!
//! Reads come from bounded caches in front of a few read connections. Changes go through one writer thread,
//! which commits many in one transaction and answers each when that is durable; then, and before the answer,
//! the caches follow. Nothing is loaded at start.
//!
//! What a broken disk can do: a change that cannot be written is refused and undone, and after a failed fsync
//! all are, until a restart; reads go on. A file or a log that was damaged is refused at start (`open`, `log`),
//! except for what nothing can tell: a bit of a name, a time or a password's hash, and the end of a log that a
//! crash may have left so. `tests/crash.rs` tries it all.

mod log;
mod open;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::ffi::{Error as SqliteError, SQLITE_CORRUPT_INDEX};
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use tracing::error;

use self::open::Lock;
use self::writer::Writer;
use super::cache::Cache;
use super::{Store, StoreError};
use crate::auth::{PasswordHash, Session, SessionId};
use crate::user::{Names, User};

pub use self::open::OpenError;

/// Users cached, twice over and twice, by ID and by email.
const CACHED_USERS: usize = 8 * 1024;

/// Sessions cached, twice over.
const CACHED_SESSIONS: usize = 64 * 1024;

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
    sessions: Cache<Session>,
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
            sessions: Cache::new(CACHED_SESSIONS),
            _lock: Arc::clone(&opened.lock),
        });
        let writer =
            Writer::start(opened.writer, opened.lock).map_err(|error| OpenError::new(path, error))?;
        Ok(Self { shared, writer })
    }

    /// Runs a change in a transaction and, when it is durable, `then` with what it gave.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
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

    fn keep_user(&self, user: &Arc<User>) {
        self.users.put(user.id.as_str(), Arc::clone(user));
        self.users_by_email.put(&user.email, Arc::clone(user));
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn users(&self) -> Result<Vec<Arc<User>>, StoreError> {
        let shared = Arc::clone(&self.shared);
        // The one read whose length grows with the data: not on a thread that serves others.
        let list = tokio::task::spawn_blocking(move || {
            shared.read(|connection| {
                let mut all = connection.prepare_cached(&format!("{USER} ORDER BY rowid"))?;
                all.query_map([], user)?.map(|row| row.map(Arc::new)).collect()
            })
        });
        list.await.map_err(|_| StoreError::Read)?
    }

    async fn user_count(&self) -> Result<u64, StoreError> {
        Ok(self.shared.user_count.load(Ordering::Acquire))
    }

    async fn user(&self, id: &str) -> Result<Option<Arc<User>>, StoreError> {
        let cache = &self.shared.users;
        if let Some(user) = cache.find(id) {
            return Ok(Some(user));
        }
        let epoch = cache.epoch();
        let found = self.shared.read(|connection| find_user(connection, "id", id))?;
        found.iter().for_each(|user| cache.fill(epoch, id, Arc::clone(user)));
        Ok(found)
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<Arc<User>>, StoreError> {
        let cache = &self.shared.users_by_email;
        if let Some(user) = cache.find(email) {
            return Ok(Some(user));
        }
        let epoch = cache.epoch();
        let found = self.shared.read(|connection| find_user(connection, "email", email))?;
        found.iter().for_each(|user| cache.fill(epoch, email, Arc::clone(user)));
        Ok(found)
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        let added = Arc::clone(&user);
        self.change(
            move |connection| insert_user(connection, &user),
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
        let removed = self
            .change(
                move |connection| {
                    connection.prepare_cached("DELETE FROM sessions WHERE user_id = ?1")?.execute([&id])?;
                    connection
                        .prepare_cached(
                            "DELETE FROM users WHERE rowid = (SELECT rowid FROM users WHERE id = ?1)
                             RETURNING email, id",
                        )?
                        .query_row([&id], |row| {
                            agree(row.get_ref(1)?.as_bytes()?, id.as_bytes())?;
                            row.get(0)
                        })
                        .optional()
                        .map(|email: Option<String>| email.map(|email| (id, email)))
                },
                |shared, removed| {
                    // Sessions of the user that are still cached lead to no user: IDs are never used again.
                    if let Some((id, email)) = removed {
                        shared.user_count.fetch_sub(1, Ordering::AcqRel);
                        shared.users.remove(id);
                        shared.users_by_email.remove(email);
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
        forget_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let (digest, added) = (digest(id.as_str()), session.clone());
        self.change(
            move |connection| {
                if let Some(before) = forget_before {
                    forget_sessions(connection, before)?;
                }
                let made = connection
                    .prepare_cached(
                        "INSERT INTO sessions (digest, user_id, created_at)
                         SELECT ?1, id, ?3 FROM users WHERE id = ?2",
                    )?
                    .execute(params![
                        digest,
                        session.user_id.as_str(),
                        session.created_at.timestamp_micros()
                    ])?;
                Ok(made == 1)
            },
            move |shared, &is_made| {
                if is_made {
                    shared.sessions.put(id.as_str(), added);
                }
            },
        )
        .await
    }

    async fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        let cache = &self.shared.sessions;
        if let Some(session) = cache.find(id) {
            return Ok(Some(session));
        }
        let epoch = cache.epoch();
        let found = self.shared.read(|connection| {
            let digest = digest(id);
            connection
                .prepare_cached(
                    "SELECT user_id, created_at, digest FROM sessions
                     WHERE rowid = (SELECT rowid FROM sessions WHERE digest = ?1)",
                )?
                .query_row([digest], |row| {
                    agree(row.get_ref(2)?.as_bytes()?, &digest)?;
                    Ok(Session { user_id: row.get_ref(0)?.as_str()?.into(), created_at: time(row, 1)? })
                })
                .optional()
        })?;
        found.iter().for_each(|session| cache.fill(epoch, id, session.clone()));
        Ok(found)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let (digest, id) = (digest(id), id.to_owned());
        self.change(
            move |connection| {
                let mut delete = connection.prepare_cached("DELETE FROM sessions WHERE digest = ?1")?;
                Ok(delete.execute([digest])? == 1)
            },
            move |shared, _| shared.sessions.remove(&id),
        )
        .await
    }
}

/// The key of a session: nothing reads the ID itself, so it is not at rest; and how long a lookup takes tells
/// nothing about the IDs there are.
fn digest(session_id: &str) -> [u8; 32] {
    Sha256::digest(session_id).into()
}

fn insert_user(connection: &Connection, user: &User) -> rusqlite::Result<bool> {
    let insert = "INSERT INTO users (id, email, password, first_name, last_name, created_at, updated_at)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let inserted = connection.prepare_cached(insert)?.execute(params![
        user.id.as_str(),
        user.email,
        user.password.as_bytes(),
        user.names.first,
        user.names.last,
        user.created_at.timestamp_micros(),
        user.updated_at.timestamp_micros(),
    ]);
    match inserted {
        // UNIQUE(email), in the transaction that would add the second: the transaction itself goes on.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
        inserted => inserted.map(|_| true),
    }
}

/// Forgets a few of the oldest sessions if they are over: each login pays for more than it adds.
fn forget_sessions(connection: &Connection, before: DateTime<Utc>) -> rusqlite::Result<usize> {
    let forget = "DELETE FROM sessions WHERE created_at < ?1
                  AND rowid IN (SELECT rowid FROM sessions ORDER BY rowid LIMIT 4)";
    connection.prepare_cached(forget)?.execute([before.timestamp_micros()])
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
    let damaged = "an index names the wrong row; restore a copy".to_owned();
    Err(rusqlite::Error::SqliteFailure(SqliteError::new(SQLITE_CORRUPT_INDEX), Some(damaged)))
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
