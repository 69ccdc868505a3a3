//! The read connections: several for single rows, and one for the list of all users.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use rusqlite::Connection;
use tracing::error;

use crate::store::contract::StoreError;

/// Connections for single rows: more than there are processors to use them at once, in most machines.
const ROW_READERS: usize = 4;

/// Read connections, each used by one query at a time.
pub struct Readers {
    // Held for one row, microseconds while the file is in the system's cache: locked on threads that serve requests.
    rows: Box<[Mutex<Connection>]>,
    next: AtomicUsize,
    // Held for as long as a list of all users takes: locked on threads for blocking work only.
    list: Mutex<Connection>,
}

impl Readers {
    /// Opens the connections, by calling `connect` for each.
    ///
    /// # Errors
    ///
    /// The first error of `connect`.
    pub fn open(connect: impl Fn() -> rusqlite::Result<Connection>) -> rusqlite::Result<Self> {
        let rows = (0..ROW_READERS).map(|_| connect().map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self { rows, next: AtomicUsize::new(0), list: Mutex::new(connect()?) })
    }

    /// Runs a query for a single row. It waits for others of its kind only, and only if all connections are in use.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`], after the cause has been logged.
    pub fn row<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut turns = (0..self.rows.len()).map(|turn| &self.rows[(first + turn) % self.rows.len()]);
        let free = turns.find_map(|reader| match reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        let wait = || self.rows[first % self.rows.len()].lock().unwrap_or_else(PoisonError::into_inner);
        logged(query(&free.unwrap_or_else(wait)))
    }

    /// Runs the query for the list of all users, whose time grows with their number: never on a thread that serves
    /// requests.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`], after the cause has been logged.
    pub fn list<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        logged(query(&self.list.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn logged<T>(result: rusqlite::Result<T>) -> Result<T, StoreError> {
    result.map_err(|error| {
        error!("failed to read the database: {error}");
        StoreError::Read
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Longer than any query here takes, and no longer than a test may hang.
    const TIMEOUT: Duration = Duration::from_secs(20);

    fn one(connection: &Connection) -> rusqlite::Result<i64> {
        connection.query_row("SELECT 1", [], |row| row.get(0))
    }

    #[test]
    fn no_query_for_a_row_waits_for_a_long_list_or_for_a_connection_that_is_in_use() {
        let readers = Readers::open(Connection::open_in_memory).expect("connections");
        let (began, has_begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel::<()>();
        // A list that takes until it is told to end; and all row connections but one in use for as long.
        let hold = |connection: &Connection, may_end: &mpsc::Receiver<()>| {
            began.send(()).expect("a test");
            may_end.recv_timeout(TIMEOUT).expect("an end");
            one(connection)
        };
        let (readers, hold) = (&readers, &hold);
        thread::scope(|threads| {
            let list = threads.spawn(move || readers.list(|connection| hold(connection, &may_end)));
            has_begun.recv_timeout(TIMEOUT).expect("a list");
            let mut ends = Vec::new();
            for _ in 1..ROW_READERS {
                let (end, may_end) = mpsc::channel();
                threads.spawn(move || readers.row(|connection| hold(connection, &may_end)).expect("a row"));
                has_begun.recv_timeout(TIMEOUT).expect("a query");
                ends.push(end);
            }
            for _ in 0..3 * ROW_READERS {
                assert_eq!(readers.row(one), Ok(1));
            }
            assert!(!list.is_finished());
            for end in ends.iter().chain([&end]) {
                end.send(()).expect("a query that waits");
            }
            assert_eq!(list.join().expect("no panic"), Ok(1));
        });
        assert_eq!(readers.row(|connection| connection.query_row("", [], |_| Ok(()))), Err(StoreError::Read));
    }
}
