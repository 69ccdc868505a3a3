//! The thread that changes the database.
//!
//! It takes all changes that wait, runs them in one transaction, commits, and only then answers. So one fsync serves many
//! callers, a single caller waits for one fsync, and no two changes overlap.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::open::Lock;
use super::transaction::{Statements, Transaction};
use crate::store::contract::StoreError;

/// Changes that wait in the queue; callers wait for a place beyond that.
const QUEUE: usize = 1024;

/// A change that waits for the writer. It returns what is to be done once it is durable: the answer to its caller.
type QueuedChange = Box<dyn FnOnce(&Transaction<'_, '_>) -> rusqlite::Result<Answer> + Send>;

type Answer = Box<dyn FnOnce() + Send>;

/// The handle of the writer thread. To drop it waits until the thread has made all changes in the queue.
pub struct Writer {
    // `None` only during drop: to close the queue ends the thread.
    queue: Option<mpsc::Sender<QueuedChange>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It owns the connection, and holds the lock until that is closed.
    pub fn start(connection: Connection, lock: Arc<Lock>) -> io::Result<Self> {
        let (queue, changes) = mpsc::channel(QUEUE);
        // One message: the result of preparing the statements.
        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            match Statements::prepare(&connection) {
                Ok(statements) => {
                    // Whoever starts the thread waits for it.
                    let _ = ready.send(Ok(()));
                    write(&connection, &statements, changes);
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            }
            drop(connection);
            drop(lock);
        })?;
        let is_ready = is_ready.recv().map_err(io::Error::other)?;
        is_ready.map_err(io::Error::other)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `change` and, when it is durable, `then`; returns the result of the change. A caller that stops waiting does not
    /// stop the change.
    pub async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_, '_>) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let change: QueuedChange = Box::new(move |transaction| {
            let value = change(transaction)?;
            Ok(Box::new(move || {
                then(&value);
                // The caller may be gone; the change stands.
                let _ = answer.send(value);
            }))
        });
        let queue = self.queue.as_ref().expect("the queue is open until the writer is dropped");
        queue.send(change).await.map_err(|_| StoreError::Write)?;
        // A change that failed drops its answer.
        answered.await.map_err(|_| StoreError::Write)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has printed that already.
            let _ = thread.join();
        }
    }
}

fn write(connection: &Connection, statements: &Statements<'_>, mut changes: mpsc::Receiver<QueuedChange>) {
    let mut group = Vec::new();
    while changes.blocking_recv_many(&mut group, QUEUE) > 0 {
        let failure = match commit(statements, group.drain(..)) {
            Ok(answers) => {
                answers.into_iter().for_each(|answer| answer());
                continue;
            }
            // With the changes their answers were dropped, and so their callers hear of the failure.
            Err(failure) => failure,
        };
        error!("failed to write the database: {failure}");
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            error!("failed to undo a failed write: {error}");
            return;
        }
        // After a failed fsync the contents of the disk are unknown, and a second fsync would hide it ("fsyncgate"): every
        // later change is refused. Reads go on.
        if let Some(SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC) =
            failure.sqlite_error().map(|error| error.extended_code)
        {
            error!("no more writes until a restart: the disk failed to confirm one");
            return;
        }
    }
}

/// Makes changes in one transaction; returns their answers once that is durable.
fn commit(
    statements: &Statements<'_>,
    changes: impl Iterator<Item = QueuedChange>,
) -> rusqlite::Result<Vec<Answer>> {
    let transaction = Transaction::begin(statements)?;
    let answers = changes.map(|change| change(&transaction)).collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(answers)
}
