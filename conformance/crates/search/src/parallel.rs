//! Work on many things at once, each on a thread with a runtime of its own.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::Error;

/// Returns the number of cores of this machine; 2 where it is not known.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Creates a runtime for one thread.
///
/// # Errors
///
/// When the system has no room for it.
pub fn runtime() -> Result<Runtime, Error> {
    Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)
}

/// Does `work` on every item, on `threads` threads at most, and returns the results in the order of the items.
///
/// Each thread takes the next item until there is none, on a runtime of its own: what one waits for is its own server,
/// and threads that share a runtime wake each other up for every request. Once the work on an item has failed no other
/// is begun. A panic of the work is passed on.
///
/// # Errors
///
/// The first error of the work in the order of the items, or that the system has no room for a runtime.
pub fn run_in_parallel<I: Sync, O: Send, E: Send + From<Error>>(
    items: &[I],
    threads: usize,
    work: impl Fn(&Runtime, usize, &I) -> Result<O, E> + Sync,
) -> Result<Vec<O>, E> {
    let next = AtomicUsize::new(0);
    let one_thread = || -> Vec<(usize, Result<O, E>)> {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return vec![(next.swap(items.len(), Ordering::Relaxed), Err(error.into()))],
        };
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return results };
            let result = work(&runtime, index, item);
            if result.is_err() {
                next.store(items.len(), Ordering::Relaxed);
            }
            results.push((index, result));
        }
    };
    let mut results: Vec<(usize, Result<O, E>)> = thread::scope(|scope| {
        let count = threads.clamp(1, items.len().max(1));
        let running: Vec<_> = (0..count).map(|_| scope.spawn(one_thread)).collect();
        let ended = running.into_iter().map(|thread| thread.join());
        ended.flat_map(|results| results.unwrap_or_else(|panicked| panic::resume_unwind(panicked))).collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_results_are_in_the_order_of_the_items_however_many_threads_there_are() {
        let items: Vec<u64> = (0..20).collect();
        for threads in [1, 3, 50] {
            let doubled = run_in_parallel(&items, threads, |runtime, index, item| {
                runtime.block_on(async { tokio::time::sleep(Duration::from_millis(item % 3)).await });
                assert_eq!(index as u64, *item);
                Ok::<_, Error>(item * 2)
            });
            let expected: Vec<u64> = items.iter().map(|item| item * 2).collect();
            assert_eq!(doubled.expect("nothing fails"), expected);
        }
    }

    #[test]
    fn after_a_failure_nothing_is_begun() {
        let begun = AtomicUsize::new(0);
        let failed = run_in_parallel(&[1, 2, 3, 4], 1, |_, _, item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item == 2 { Err(Error::ModelClock) } else { Ok(()) }
        });
        assert!(matches!(failed, Err(Error::ModelClock)), "{failed:?}");
        assert_eq!(begun.into_inner(), 2);
    }
}
