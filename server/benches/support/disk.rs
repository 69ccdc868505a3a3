//! What the disk itself can do: lines appended to a file, each on disk before the next.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// A line of a log of logins, as long as one with a session ID, a user ID and a time.
pub const LINE: [u8; 96] = {
    let mut line = [b'-'; 96];
    line[95] = b'\n';
    line
};

/// How many times a second a line can be written and synchronized (fdatasync), in a file in `folder`.
pub fn rate(folder: &Path, time: Duration) -> f64 {
    let mut file = File::create(folder.join("disk")).expect("a file");
    let since = Instant::now();
    let mut count = 0;
    while since.elapsed() < time {
        file.write_all(&LINE).and_then(|()| file.sync_data()).expect("a disk");
        count += 1;
    }
    f64::from(count) / since.elapsed().as_secs_f64()
}
