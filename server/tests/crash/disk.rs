//! Disks of the tests' own: one that fills, and one that becomes read-only.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::faults::{come_and_go, restart};
use crate::ground::{Ground, stop};
use crate::support::Process;
use crate::support::ledger::{Act, Heard};
use crate::tamper::prepare;
use crate::totals::{FAULTS, judge};

/// A mounted folder, unmounted when dropped.
pub struct Mount {
    // Removed after the unmounting.
    folder: TempDir,
}

impl Mount {
    fn of_memory(size: &str) -> Result<Self, String> {
        Self::new(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
    }

    /// A file with a file system in it, which writes nothing of its own accord.
    pub fn of_file(disk: &Path) -> Result<Self, String> {
        Self::new(&["-o", "loop,commit=600", &disk.display().to_string()])
    }

    fn new(options: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a folder");
        mount(options, folder.path())?;
        Ok(Self { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a process that a failed test has left may still use it.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn mount(options: &[&str], folder: &Path) -> Result<(), String> {
    let run = Command::new("mount").args(options).arg(folder).stdin(Stdio::null()).output();
    match run {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Why nothing can be mounted here, if so.
pub fn missing() -> Option<String> {
    let why = Mount::of_memory("64k").err()?;
    Some(format!("no disk that can be mounted: {why} (run the tests as root)"))
}

/// A full disk refuses changes until there is room again, also to a server that starts.
pub fn full() -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, prepared) = prepare();
        let disk = Mount::of_memory("512k")?;
        let mut ground = prepared.copied_to(disk.path());
        let process = ground.start();
        come_and_go(&mut ground, &process, true)?;
        for _ in 0..2 {
            let filler = fill(disk.path());
            refuses_changes(&mut ground, &process)?;
            fs::remove_file(filler).expect("a file");
            come_and_go(&mut ground, &process, true)?;
        }
        let filler = fill(disk.path());
        // The log finds no room in the file; it stays.
        stop(process);
        refuses_or_starts(&mut ground)?;
        fs::remove_file(filler).expect("a file");
        restart(&mut ground)
    })
}

/// The log finds room for no change, of any kind, however often it is tried.
fn refuses_changes(ground: &mut Ground, process: &Process) -> Result<(), String> {
    for _ in 0..3 {
        for act in [Act::Create, Act::Rename(0), Act::LogIn(0), Act::LogOut(0), Act::Remove(1)] {
            if ground.perform(act, process.address)? != Heard::Refused {
                return Err(format!("{act:?} found room"));
            }
            ground.compare_running(process)?;
            ground.forget_refusals();
        }
    }
    Ok(())
}

fn refuses_or_starts(ground: &mut Ground) -> Result<(), String> {
    match Process::spawn(ground.serving()) {
        Ok(process) => ground.compare_running(&process),
        Err(output) => is_clear_refusal(&output),
    }
}

/// One line, but for what a large file has it say before, and the exit code of a failure.
pub fn is_clear_refusal(output: &Output) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines =
        said.lines().skip_while(|line| line.contains(" WARN ") && line.contains("checking and reading "));
    let is_line = lines.next().is_some_and(|line| line.starts_with("server: ")) && lines.next().is_none();
    if output.status.code() == Some(1) && is_line {
        Ok(())
    } else {
        Err(format!("{}: {said:?}", output.status))
    }
}

/// Fills a disk to the last byte.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = File::create(&path).expect("a file");
    for size in [4096, 1] {
        loop {
            match file.write_all(&vec![0; size]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    path
}

/// A folder that cannot be written is refused at start; nothing is lost in it.
pub fn read_only() -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, prepared) = prepare();
        let disk = Mount::of_memory("1m")?;
        let mut ground = prepared.copied_to(disk.path());
        // Killed, so that there is a log, too.
        let process = ground.start();
        come_and_go(&mut ground, &process, true)?;
        process.kill();
        mount(&["-o", "remount,ro"], disk.path())?;
        match Process::spawn(ground.serving()) {
            Ok(_) => return Err("it started".to_owned()),
            Err(output) => {
                is_clear_refusal(&output)?;
                if !String::from_utf8_lossy(&output.stderr).contains("cannot be written") {
                    return Err(format!("{output:?}"));
                }
            }
        }
        mount(&["-o", "remount,rw"], disk.path())?;
        restart(&mut ground)
    })
}
