//! Power cuts: of a file system of its own, only what its disk holds is left.
//!
//! The disk is a file. The server is stopped, not killed, while that file is copied: what the system still
//! keeps in memory is not in the copy. The copy is mounted, which plays back the journal as after a real cut,
//! and the next server starts on it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::disk::Mount;
use crate::ground::Ground;
use crate::kills::{CLIENTS, load};
use crate::support::{PATIENCE, Process};
use crate::totals::{CUTS, judge};

const DISK_BYTES: u64 = 24 * 1024 * 1024;

/// Why the power cannot be cut here, if so.
pub fn missing() -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    let why = make(&disk).and_then(|()| Mount::of_file(&disk)).err()?;
    Some(format!("no disk in a file: {why} (Debian: apt-get install e2fsprogs; run the tests as root)"))
}

/// Cuts the power so often, and compares after each.
pub fn survives(seed: u64, cuts: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let [mut disk, mut copy] = ["a", "b"].map(|name| folder.path().join(name));
    make(&disk)?;
    let mut mount = Mount::of_file(&disk)?;
    let mut ground = Ground::new(mount.path(), CLIENTS);
    let mut process = ground.start();
    for cut in 0..cuts {
        process = judge(CUTS, || {
            load(&mut ground, process, &mut random, |process| {
                stand_still(process);
                fs::copy(&disk, &copy).expect("a copy");
            })?;
            mount = Mount::of_file(&copy)?;
            ground = ground.moved_to(mount.path());
            let process = ground.start();
            ground.compare(&process)?;
            Ok(process)
        })
        .map_err(|wrong| format!("cut {cut} of {cuts}: {wrong}"))?;
        std::mem::swap(&mut disk, &mut copy);
    }
    Ok(())
}

/// Stops every thread of a process; none is in a system call then.
fn stand_still(process: &Process) {
    process.signal(Signal::SIGSTOP);
    let deadline = Instant::now() + PATIENCE;
    let stands = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", process.pid())).expect("a process");
        let mut stats = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("stat")).ok());
        stats.all(|stat| stat.contains(") T "))
    };
    while !stands() {
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::yield_now();
    }
}

/// Makes a disk that is empty.
fn make(disk: &Path) -> Result<(), String> {
    let file = fs::File::create(disk).map_err(|error| error.to_string())?;
    file.set_len(DISK_BYTES).map_err(|error| error.to_string())?;
    // Nothing is left to be written later, behind the tests' back.
    let options = ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
    let made = Command::new("mkfs.ext4").args(options).arg(disk).stdin(Stdio::null()).output();
    match made {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()),
        Err(error) => Err(format!("mkfs.ext4: {error}")),
    }
}
