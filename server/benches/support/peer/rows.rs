//! Sessions in SQLite for tower-sessions, as its stores of that kind do it: a row and a commit for each.
//!
//! Theirs cannot be linked beside ours, as each brings an SQLite of its own.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The store: one connection, used on the threads for work that blocks.
#[derive(Clone)]
pub struct Rows(Arc<Mutex<Connection>>);

impl Rows {
    /// Makes the database `rows.db`, which syncs every commit.
    pub fn open() -> Self {
        let connection = Connection::open("rows.db").expect("a database");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID;",
            )
            .expect("a table");
        Self(Arc::new(Mutex::new(connection)))
    }

    async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            query(&connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let done = done.await.map_err(|error| Error::Backend(error.to_string()))?;
        done.map_err(|error| Error::Backend(error.to_string()))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

#[async_trait]
impl SessionStore for Rows {
    async fn save(&self, record: &Record) -> Result<()> {
        let id = record.id.to_string();
        let data = serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?;
        self.run(move |connection| {
            let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO sessions VALUES (?1, ?2)")?;
            insert.execute(params![id, data]).map(|_| ())
        })
        .await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let id = id.to_string();
        let found: Option<String> = self
            .run(move |connection| {
                let mut find = connection.prepare_cached("SELECT data FROM sessions WHERE id = ?1")?;
                find.query_row([id], |row| row.get(0)).optional()
            })
            .await?;
        let record = found.map(|data| serde_json::from_str(&data)).transpose();
        record.map_err(|error| Error::Decode(error.to_string()))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let id = id.to_string();
        self.run(move |connection| {
            connection.prepare_cached("DELETE FROM sessions WHERE id = ?1")?.execute([id]).map(|_| ())
        })
        .await
    }
}
