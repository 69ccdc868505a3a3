//! Rows of the tables, and their conversion to users and times.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::ffi::{Error as SqliteError, SQLITE_CORRUPT};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::accounts::{Names, PasswordHash, User};

/// Selects users; a condition or an order may follow.
pub const USER: &str = "SELECT id, email, password, first_name, last_name, created_at, updated_at FROM users";

/// Finds the user whose `column`, one of the two unique ones, has this value.
pub fn find_user(connection: &Connection, column: &str, value: &str) -> rusqlite::Result<Option<Arc<User>>> {
    let by_row = format!("{USER} WHERE rowid = (SELECT rowid FROM users WHERE {column} = ?1)");
    let mut find = connection.prepare_cached(&by_row)?;
    let found = find.query_row([value], |row| {
        ensure_row_is(row.get_ref(column)?.as_bytes()?, value.as_bytes())?;
        user(row)
    });
    found.map(Arc::new).optional()
}

/// Checks that a row is the one that was looked for. A damaged index may lead to another row, whose user would be taken for
/// this one. The row is selected by its number, as SQLite would otherwise read the value from the index.
pub fn ensure_row_is(found: &[u8], sought: &[u8]) -> rusqlite::Result<()> {
    if found == sought {
        return Ok(());
    }
    Err(corrupt("an index names the wrong row; restore a copy"))
}

/// Makes the error of a file that has contents that nothing wrote.
pub fn corrupt(how: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(SqliteError::new(SQLITE_CORRUPT), Some(how.to_owned()))
}

/// Reads a row that [`USER`] has selected.
pub fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let id = row.get_ref(0)?.as_str()?.into();
    let names = Names { first: row.get(3)?, last: row.get(4)? };
    let unknown = || rusqlite::Error::InvalidColumnType(2, "password".to_owned(), Type::Blob);
    let password = PasswordHash::from_bytes(row.get_ref(2)?.as_blob()?).ok_or_else(unknown)?;
    Ok(User::stored(id, row.get(1)?, password, names, [time(row, 5)?, time(row, 6)?]))
}

/// Reads a time.
pub fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    let micros = row.get(column)?;
    DateTime::from_timestamp_micros(micros).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_not_looked_for_is_an_error() {
        assert!(ensure_row_is(b"kim", b"kim").is_ok());
        for found in [&b"lee"[..], b"", b"kimm", b"Kim"] {
            assert!(ensure_row_is(found, b"kim").is_err());
        }
    }
}
