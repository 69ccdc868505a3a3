//! The one thread that changes the database.
//!
//! It takes every change that waits, runs them in one transaction, commits, and only then answers. So one
//! fsync serves many callers, a caller alone waits for one fsync, and no two changes overlap.

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

/// Changes that may wait before callers do.
const QUEUE: usize = 1024;

/// A change on its way through the writer: one box for both of its steps.
trait Change: Send {
    /// Makes the change.
    fn make(&mut self, transaction: &Transaction<'_, '_>) -> rusqlite::Result<()>;

    /// Does what is to be done once it is durable.
    fn answer(&mut self);
}

/// What a caller has handed over, and what came of it.
struct Handed<C, T, F> {
    // Each is taken once: `make` takes the first and leaves the value, `answer` takes the rest.
    change: Option<C>,
    value: Option<T>,
    then: Option<(F, oneshot::Sender<T>)>,
}

impl<C, T, F> Change for Handed<C, T, F>
where
    C: FnOnce(&Transaction<'_, '_>) -> rusqlite::Result<T> + Send,
    T: Send,
    F: FnOnce(&T) + Send,
{
    fn make(&mut self, transaction: &Transaction<'_, '_>) -> rusqlite::Result<()> {
        if let Some(change) = self.change.take() {
            self.value = Some(change(transaction)?);
        }
        Ok(())
    }

    fn answer(&mut self) {
        if let (Some(value), Some((then, answer))) = (self.value.take(), self.then.take()) {
            then(&value);
            // The caller may be gone; the change stands.
            let _ = answer.send(value);
        }
    }
}

/// The handle of the writer thread; dropping it waits for the thread, which first finishes what it was given.
pub struct Writer {
    // `None` only while it is dropped: closing the queue ends the thread.
    queue: Option<mpsc::Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It owns the connection, and holds the lock until that is closed.
    pub fn start(connection: Connection, lock: Arc<Lock>) -> io::Result<Self> {
        let (queue, changes) = mpsc::channel(QUEUE);
        // One message: whether it can write at all.
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

    /// Runs `change` and, when it is durable, `then`; returns what the change gave. A caller that stops
    /// waiting does not stop the change.
    pub async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_, '_>) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let handed = Handed { change: Some(change), value: None, then: Some((then, answer)) };
        let queue = self.queue.as_ref().expect("the queue is open until the writer is dropped");
        queue.send(Box::new(handed)).await.map_err(|_| StoreError::Write)?;
        // A change that failed drops its answer.
        answered.await.map_err(|_| StoreError::Write)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It panicked only if it has said so already.
            let _ = thread.join();
        }
    }
}

fn write(connection: &Connection, statements: &Statements<'_>, mut changes: mpsc::Receiver<Box<dyn Change>>) {
    let mut group = Vec::new();
    while changes.blocking_recv_many(&mut group, QUEUE) > 0 {
        let Err(failure) = commit(statements, &mut group) else {
            group.drain(..).for_each(|mut change| change.answer());
            continue;
        };
        // With its change each answer is dropped, and so its caller hears of the failure.
        group.clear();
        error!("failed to write the database: {failure}");
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            error!("failed to undo a failed write: {error}");
            return;
        }
        // After a failed fsync nobody knows what the disk holds, and a second one would lie ("fsyncgate"):
        // from here on every change is refused. Reads go on.
        if let Some(SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC) =
            failure.sqlite_error().map(|error| error.extended_code)
        {
            error!("no more writes until a restart: the disk failed to confirm one");
            return;
        }
    }
}

fn commit(statements: &Statements<'_>, group: &mut [Box<dyn Change>]) -> rusqlite::Result<()> {
    let transaction = Transaction::begin(statements)?;
    group.iter_mut().try_for_each(|change| change.make(&transaction))?;
    transaction.commit()
}
