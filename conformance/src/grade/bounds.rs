//! Bounds: what one implementation may take while it is graded, all of its processes together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one implementation may take.
///
/// They hold what goes wrong, not what means harm: a program may still write outside its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long it may take to be judged.
    pub time: Duration,
    /// How much memory its processes may hold at once, in KiB.
    pub memory_kib: u64,
    /// How much its folders may hold, in KiB.
    pub disk_kib: u64,
    /// How many processes it may run at once.
    pub processes: usize,
    /// How large one file may become, in KiB.
    pub file_kib: u64,
    /// How much time of a core one process may use, in seconds.
    pub cpu_seconds: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(180),
            memory_kib: 2 * 1024 * 1024,
            disk_kib: 1024 * 1024,
            processes: 64,
            file_kib: 64 * 1024,
            cpu_seconds: 60,
        }
    }
}

/// A bound that an implementation went beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Bound {
    /// It was not judged in time.
    #[serde(rename = "takes-too-long")]
    Time,
    /// Its processes held too much memory.
    #[serde(rename = "takes-too-much-memory")]
    Memory,
    /// Its folders held too much.
    #[serde(rename = "fills-the-disk")]
    Disk,
    /// It ran too many processes.
    #[serde(rename = "starts-too-many-processes")]
    Processes,
}

impl Bound {
    /// Names the class of implementations that go beyond it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Time => "takes-too-long",
            Self::Memory => "takes-too-much-memory",
            Self::Disk => "fills-the-disk",
            Self::Processes => "starts-too-many-processes",
        }
    }

    /// Says what happened.
    pub fn sentence(self, bounds: &Bounds) -> String {
        match self {
            Self::Time => format!("it was not judged within {} s", bounds.time.as_secs()),
            Self::Memory => format!("its processes held more than {} MiB", bounds.memory_kib / 1024),
            Self::Disk => format!("its folders held more than {} MiB", bounds.disk_kib / 1024),
            Self::Processes => format!("it ran more than {} processes at once", bounds.processes),
        }
    }
}
