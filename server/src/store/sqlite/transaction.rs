//! A transaction that a group of changes shares.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{Connection, ErrorCode, params};

use crate::auth::Session;
use crate::store::index::Key;
use crate::user::{User, UserId};

/// The connection in a transaction, and the sessions that were made in it: memory has them only when it is
/// durable, and a change in the same transaction may end them.
pub struct Transaction<'a> {
    connection: &'a Connection,
    made: RefCell<Vec<(UserId, Key, i64)>>,
}

impl<'a> Transaction<'a> {
    /// The transaction that has just begun on `connection`.
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection, made: RefCell::default() }
    }

    /// Adds a user; `false` if another has the email.
    pub fn add_user(&self, user: &User) -> rusqlite::Result<bool> {
        let mut insert = self.prepare_cached(
            "INSERT INTO users (id, email, password, first_name, last_name, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let inserted = insert.execute(params![
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

    /// Adds a session; its place, or `None` if its user is gone.
    pub fn add_session(&self, key: Key, session: Session) -> rusqlite::Result<Option<i64>> {
        let mut insert = self.prepare_cached(
            "INSERT INTO sessions (key, user_id, created_at) SELECT ?1, id, ?3 FROM users WHERE id = ?2",
        )?;
        let created_at = session.created_at.timestamp_micros();
        if insert.execute(params![key.as_bytes(), session.user_id.as_str(), created_at])? == 0 {
            return Ok(None);
        }
        let place = self.last_insert_rowid();
        self.made.borrow_mut().push((session.user_id, key, place));
        Ok(Some(place))
    }

    /// Deletes a session; whether it was there. The place alone does not name it: SQLite may give the place of a
    /// session that has just ended to a new one.
    pub fn end_session(&self, key: Key, place: i64) -> rusqlite::Result<bool> {
        let mut delete = self.prepare_cached("DELETE FROM sessions WHERE rowid = ?1 AND key = ?2")?;
        Ok(delete.execute(params![place, key.as_bytes()])? == 1)
    }

    /// The sessions of a user that were made in this transaction, and their places.
    pub fn made_for(&self, user_id: &str) -> Vec<(Key, i64)> {
        let made = self.made.borrow();
        let of_user = made.iter().filter(|(of, ..)| of.as_str() == user_id);
        of_user.map(|&(_, key, place)| (key, place)).collect()
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
