//! Bounds: the resources that all processes of one implementation together may use while it is graded.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The resources that one implementation may use.
///
/// They contain programs that go wrong, not hostile ones: a program may still write outside its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The time until it must be judged.
    pub time: Duration,
    /// The memory that its processes may hold at once, in KiB.
    pub memory_kib: u64,
    /// The size of its folders, in KiB.
    pub disk_kib: u64,
    /// The number of processes at once.
    pub processes: usize,
    /// The size of one file, in KiB.
    pub file_kib: u64,
    /// The CPU time of one process, in seconds.
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

/// A bound that an implementation exceeded.
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
    /// Returns the class of implementations that exceed the bound.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Time => "takes-too-long",
            Self::Memory => "takes-too-much-memory",
            Self::Disk => "fills-the-disk",
            Self::Processes => "starts-too-many-processes",
        }
    }

    /// Returns what happened, as a sentence.
    pub fn sentence(self, bounds: &Bounds) -> String {
        match self {
            Self::Time => format!("it was not judged within {} s", bounds.time.as_secs()),
            Self::Memory => format!("its processes held more than {} MiB", bounds.memory_kib / 1024),
            Self::Disk => format!("its folders held more than {} MiB", bounds.disk_kib / 1024),
            Self::Processes => format!("it ran more than {} processes at once", bounds.processes),
        }
    }
}
