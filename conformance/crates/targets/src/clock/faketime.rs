//! The driver `faketime`: libfaketime in a spawned program, told the time by a file.
//!
//! The file holds an absolute time in epoch seconds, so that the clock stands still between steps and the
//! program's time zone is irrelevant. Monotonic time stays real: with it faked, timed waits hang.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::ClockDriver;
use crate::Error;
use spec::results::ClockKind;

/// The folders in which Debian, Fedora, Arch, Alpine and Homebrew install the library.
const FOLDERS: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
    "/opt/homebrew/lib/faketime",
];

/// Its names, the one for threads first.
///
/// In the other, a thread that asks for the time while another one does may get the real time, about once in 50,000
/// times on a busy machine. A session that is created at such a moment lives as long as the two times are apart.
const NAMES: [&str; 4] =
    ["libfaketimeMT.so.1", "libfaketimeMT.1.dylib", "libfaketime.so.1", "libfaketime.1.dylib"];

/// Returns the path of libfaketime on this machine; `None` where it is not installed.
pub fn library() -> Option<&'static Path> {
    static LIBRARY: LazyLock<Option<PathBuf>> = LazyLock::new(|| find(&FOLDERS.map(Path::new)));
    LIBRARY.as_deref()
}

fn find(folders: &[&Path]) -> Option<PathBuf> {
    let mut places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.find(|place| place.exists())
}

/// The clock of one sandbox that runs under libfaketime.
#[derive(Debug)]
pub struct Faketime {
    library: PathBuf,
    file: PathBuf,
    now: DateTime<Utc>,
}

impl Faketime {
    /// Sets a clock to the whole second of `now`, kept in `file`, which this driver alone writes.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn new(library: &Path, file: PathBuf, now: DateTime<Utc>) -> std::io::Result<Self> {
        let clock = Self { library: library.to_owned(), file, now };
        clock.write()?;
        Ok(clock)
    }

    /// Replaces the file in one step, since the program may read it at any moment.
    fn write(&self) -> std::io::Result<()> {
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, format!("{}\n", self.now.timestamp()))?;
        fs::rename(fresh, &self.file)
    }
}

#[async_trait]
impl ClockDriver for Faketime {
    fn kind(&self) -> ClockKind {
        ClockKind::Faketime
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    async fn advance(&mut self, seconds: u64) -> Result<(), Error> {
        let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
        let moved = delta.and_then(|delta| self.now.checked_add_signed(delta));
        self.now = moved.ok_or(Error::NoDate(seconds))?;
        self.write().map_err(|error| Error::ClockFile(Arc::new(error)))
    }

    fn environment(&self) -> Vec<(String, String)> {
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_FMT", "%s".to_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            // Its fix for waits on a faked monotonic clock has nothing to fix, and takes 19 ms of every request.
            ("FAKETIME_FORCE_MONOTONIC_FIX", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_for_threads_is_preferred_wherever_it_is() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder can be made"));
        let folders = [one.path(), other.path()];
        assert_eq!(find(&folders), None);
        let plain = one.path().join("libfaketime.so.1");
        fs::write(&plain, "").expect("a file can be written");
        assert_eq!(find(&folders), Some(plain));
        let threads = other.path().join("libfaketimeMT.so.1");
        fs::write(&threads, "").expect("a file can be written");
        assert_eq!(find(&folders), Some(threads));
    }
}
