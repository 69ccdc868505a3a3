//! The resource monitor of one implementation: a future that resolves when a bound is exceeded.

use std::time::Duration;

use super::{Bound, Bounds, Workdir};
use targets::process::{ProcessTag, Running};

/// The time between two measurements.
const INTERVAL: Duration = Duration::from_millis(500);

/// Waits until the processes with this mark, or the working folder, exceed a bound. The time limit is the caller's.
pub async fn exceeded_bound(process_tag: &ProcessTag, workdir: &Workdir, bounds: &Bounds) -> Bound {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let processes = process_tag.processes();
        if processes.len() > bounds.processes {
            return Bound::Processes;
        }
        if processes.iter().map(Running::resident_kib).sum::<u64>() > bounds.memory_kib {
            return Bound::Memory;
        }
        if workdir.size_kib(bounds.disk_kib) > bounds.disk_kib {
            return Bound::Disk;
        }
    }
}
