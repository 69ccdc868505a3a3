//! The pool judges implementations in parallel, each on a thread and a runtime of its own.
//!
//! It is not `search::parallel`, whose threads keep one runtime each and end at the first failure: here a panic must
//! not reach the next implementation, each result is told at once, and a signal ends what runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use super::{Bounds, Entry, Graded, one};
use crate::error::Error;
use spec::suite::Suite;
use targets::process::reaper;

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every implementation has been graded.
    Whole,
    /// A signal interrupted it; the results until then were handed over.
    Interrupted(Signal),
}

/// Grades `entries`, `jobs` at once, and hands each result to `on_graded`, with the entry's index.
///
/// When `interrupt` resolves, running implementations are stopped and cleaned up. At the end every child of this
/// process is killed, so the caller must not have children of its own.
///
/// # Errors
///
/// When the system has no thread or runtime left.
pub fn grade(
    suite: &Suite,
    entries: &[&Entry],
    jobs: usize,
    bounds: &Bounds,
    interrupt: impl Future<Output = Signal>,
    mut on_graded: impl FnMut(usize, Graded),
) -> std::io::Result<Ended> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // The index of the next entry; every worker takes one after another until none is left.
    let next = AtomicUsize::new(0);
    // This thread sets it to true, once, to end the workers; `stop` outlives them.
    let (stop, stopped) = watch::channel(false);
    // At most one message an entry; it closes when the last worker ends.
    let (sender, mut done) = mpsc::unbounded_channel();
    reaper::adopt();
    let ended = thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, entries.len().max(1)) {
            let (sender, stopped, next) = (sender.clone(), stopped.clone(), &next);
            thread::Builder::new().spawn_scoped(scope, move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(index) else { return };
                    let Some(graded) = isolated(suite, entry, bounds, stopped.clone()) else { return };
                    // The receiver is gone only if `on_graded` panicked.
                    let _ = sender.send((index, graded));
                }
            })?;
        }
        drop(sender);
        Ok(runtime.block_on(async {
            tokio::pin!(interrupt);
            let mut ended = Ended::Whole;
            loop {
                tokio::select! {
                    graded = done.recv() => match graded {
                        Some((index, graded)) => on_graded(index, graded),
                        None => return ended,
                    },
                    signal = &mut interrupt, if ended == Ended::Whole => {
                        ended = Ended::Interrupted(signal);
                        stop.send_replace(true);
                    }
                }
            }
        }))
    });
    reaper::kill_all();
    ended
}

/// Judges one entry; even a panic does not reach the others.
fn isolated(
    suite: &Suite,
    entry: &Entry,
    bounds: &Bounds,
    mut stopped: watch::Receiver<bool>,
) -> Option<Graded> {
    let judged = catch_unwind(AssertUnwindSafe(|| {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
        Ok(runtime.block_on(one::judge(suite, entry, bounds, async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        })))
    }));
    let judged = judged.unwrap_or(Err(Error::Panic));
    judged.unwrap_or_else(|error| Some(one::failed(suite, entry, &error.to_string())))
}
