//! A transaction that a group of changes shares.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Params, PrepFlags, Statement, params};

use super::rows::ensure_row_is;
use crate::accounts::{Session, User, UserId};
use crate::store::digest::SessionDigest;

/// The statements of every login and logout, prepared once: to look one up in a cache takes a third of its time.
pub struct Statements<'a> {
    connection: &'a Connection,
    begin: Prepared<'a>,
    commit: Prepared<'a>,
    add_session: Prepared<'a>,
    end_session: Prepared<'a>,
}

/// A statement that its thread runs, one at a time.
struct Prepared<'a>(RefCell<Statement<'a>>);

impl Prepared<'_> {
    /// Runs the statement; returns the number of changed rows.
    fn execute(&self, parameters: impl Params) -> rusqlite::Result<usize> {
        self.0.borrow_mut().execute(parameters)
    }
}

impl<'a> Statements<'a> {
    /// Prepares the statements, for transactions on `connection`.
    pub fn prepare(connection: &'a Connection) -> rusqlite::Result<Self> {
        let prepare = |text| {
            let statement = connection.prepare_with_flags(text, PrepFlags::SQLITE_PREPARE_PERSISTENT)?;
            Ok::<_, rusqlite::Error>(Prepared(RefCell::new(statement)))
        };
        Ok(Self {
            connection,
            begin: prepare("BEGIN IMMEDIATE")?,
            commit: prepare("COMMIT")?,
            add_session: prepare("INSERT INTO sessions (key, user_id, created_at) VALUES (?1, ?2, ?3)")?,
            // The row ID alone does not identify a session: SQLite may reuse that of a session that has just ended.
            end_session: prepare("DELETE FROM sessions WHERE rowid = ?1 AND key = ?2")?,
        })
    }
}

/// A transaction, with the changes that memory does not have before they are durable: the sessions that were added, which
/// a later change of the same transaction may end, and the users that were removed.
pub struct Transaction<'a, 'c> {
    statements: &'a Statements<'c>,
    made: RefCell<Vec<(UserId, SessionDigest, i64)>>,
    removed: RefCell<Vec<String>>,
}

impl<'a, 'c> Transaction<'a, 'c> {
    /// Begins a transaction on the connection of these statements.
    pub fn begin(statements: &'a Statements<'c>) -> rusqlite::Result<Self> {
        statements.begin.execute([])?;
        Ok(Self { statements, made: RefCell::default(), removed: RefCell::default() })
    }

    /// Makes the changes durable.
    pub fn commit(self) -> rusqlite::Result<()> {
        self.statements.commit.execute([]).map(|_| ())
    }

    /// Adds a user; returns `false` if another has the email.
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

    /// Removes a user; returns the email, or `None` if there is no such user.
    pub fn remove_user(&self, id: &str) -> rusqlite::Result<Option<String>> {
        let mut delete = self.prepare_cached(
            "DELETE FROM users WHERE rowid = (SELECT rowid FROM users WHERE id = ?1) RETURNING email, id",
        )?;
        let removed = delete.query_row([id], |row| {
            ensure_row_is(row.get_ref(1)?.as_bytes()?, id.as_bytes())?;
            row.get(0)
        });
        let removed = removed.optional()?;
        if removed.is_some() {
            self.removed.borrow_mut().push(id.to_owned());
        }
        Ok(removed)
    }

    /// Adds a session; returns its row ID, or `None` if its user is gone. `user_is_cached` says that the user was there when
    /// the transaction began, which saves half of the work.
    pub fn add_session(
        &self,
        digest: SessionDigest,
        session: Session,
        user_is_cached: bool,
    ) -> rusqlite::Result<Option<i64>> {
        let user_id = session.user_id.as_str();
        let is_known = user_is_cached && !self.removed.borrow().iter().any(|removed| removed == user_id);
        let is_there =
            is_known || self.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([user_id])?;
        if !is_there {
            return Ok(None);
        }
        let created_at = session.created_at.timestamp_micros();
        self.statements.add_session.execute(params![digest.as_bytes(), user_id, created_at])?;
        let rowid = self.last_insert_rowid();
        self.made.borrow_mut().push((session.user_id, digest, rowid));
        Ok(Some(rowid))
    }

    /// Deletes a session; returns whether it was there.
    pub fn end_session(&self, digest: SessionDigest, rowid: i64) -> rusqlite::Result<bool> {
        Ok(self.statements.end_session.execute(params![rowid, digest.as_bytes()])? == 1)
    }

    /// Returns the sessions of a user that were added in this transaction, with their row IDs.
    pub fn made_for(&self, user_id: &str) -> Vec<(SessionDigest, i64)> {
        let made = self.made.borrow();
        let of_user = made.iter().filter(|(of, ..)| of.as_str() == user_id);
        of_user.map(|&(_, digest, rowid)| (digest, rowid)).collect()
    }
}

impl Deref for Transaction<'_, '_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.statements.connection
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::accounts::Names;
    use crate::accounts::PasswordHash;

    #[test]
    fn only_a_second_user_of_an_email_is_refused_and_all_else_is_a_failure() {
        let connection = Connection::open_in_memory().expect("a database");
        let tables = "CREATE TABLE sessions (key, user_id, created_at);
                      CREATE TABLE users (id, email UNIQUE, password, first_name, last_name, created_at, updated_at);";
        connection.execute_batch(tables).expect("tables");
        let statements = Statements::prepare(&connection).expect("statements");
        let transaction = Transaction::begin(&statements).expect("a transaction");
        let user = |id: &str| {
            let (id, password) = (id.into(), PasswordHash::sha256("x"));
            User::stored(id, "kim@h".to_owned(), password, Names::default(), [DateTime::UNIX_EPOCH; 2])
        };
        assert_eq!(transaction.add_user(&user("1")), Ok(true));
        assert_eq!(transaction.add_user(&user("2")), Ok(false));
        connection.execute_batch("DROP TABLE users").expect("a table");
        assert!(transaction.add_user(&user("3")).is_err());
    }

    #[test]
    fn a_session_is_of_a_user_who_is_there_at_that_moment() {
        let connection = Connection::open_in_memory().expect("a database");
        let tables = "CREATE TABLE sessions (key, user_id, created_at);
                      CREATE TABLE users (id, email); INSERT INTO users VALUES ('kim', 'kim@h');";
        connection.execute_batch(tables).expect("tables");
        let statements = Statements::prepare(&connection).expect("statements");
        let transaction = Transaction::begin(&statements).expect("a transaction");
        let is_added = |is_kept| {
            let session = Session { user_id: "kim".into(), created_at: DateTime::UNIX_EPOCH };
            transaction.add_session(SessionDigest::new("x"), session, is_kept).expect("a write").is_some()
        };
        assert_eq!([is_added(true), is_added(false)], [true, true]);
        assert_eq!(transaction.remove_user("lee"), Ok(None));
        assert!(is_added(true));
        assert_eq!(transaction.remove_user("kim"), Ok(Some("kim@h".to_owned())));
        assert_eq!([is_added(true), is_added(false)], [false, false]);
        transaction.execute_batch("INSERT INTO users VALUES ('kim', 'kim@h')").expect("a row");
        assert_eq!([is_added(true), is_added(false)], [true, true], "she is back");
    }
}
