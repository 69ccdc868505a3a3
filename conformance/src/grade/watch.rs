//! The watch over one implementation: it resolves when a bound is exceeded.

use std::time::Duration;

use super::{Bound, Bounds, Room};
use targets::process::{ProcessTag, Running};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);

/// Waits until the processes with this mark, or the room, exceed a bound; the time is not counted here.
pub async fn exceeded(marker: &ProcessTag, room: &Room, bounds: &Bounds) -> Bound {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let processes = marker.processes();
        if processes.len() > bounds.processes {
            return Bound::Processes;
        }
        if processes.iter().map(Running::resident_kib).sum::<u64>() > bounds.memory_kib {
            return Bound::Memory;
        }
        if room.size_kib(bounds.disk_kib) > bounds.disk_kib {
            return Bound::Disk;
        }
    }
}
