//! SIGKILL at every system call that changes files, of one run.

use std::os::unix::process::ExitStatusExt as _;

use nix::sys::signal::Signal;

use crate::ground::Ground;
use crate::strace::from_the_start;
use crate::support::ledger::{Act, Heard};
use crate::support::{Process, serving};
use crate::tamper::prepare;
use crate::totals::{POINTS, judge};

/// What files are changed with while the server runs and as it stops.
pub const OF_CHANGES: [&str; 5] = ["pwrite64", "fsync", "fdatasync", "ftruncate", "unlink"];

/// What files are changed with when a database is made.
pub const OF_MAKING: [&str; 6] = ["pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "rename"];

/// Every kind of change, and an orderly stop, which moves the log into the file.
pub fn of_changes(call: &str) -> Result<(), String> {
    let (_folder, prepared) = prepare();
    every(call, |injection| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ground = prepared.copied_to(folder.path());
        let killed = run(&mut ground, injection)?;
        ground.compare(&ground.start())?;
        Ok(killed)
    })
}

/// The making of a database: there is a whole one or none, and nobody's help is needed.
pub fn of_making(call: &str) -> Result<(), String> {
    every(call, |injection| {
        let folder = tempfile::tempdir().expect("a folder");
        let killed = match Process::spawn(from_the_start(&serving(folder.path(), ""), injection)) {
            // It is made; its end is another run's.
            Ok(process) => {
                process.kill();
                false
            }
            Err(output) => {
                assert_eq!(output.status.signal(), Some(Signal::SIGKILL as i32), "{output:?}");
                true
            }
        };
        let mut ground = Ground::new(folder.path(), 1);
        let process = ground.start();
        assert_eq!(ground.perform(Act::Create, process.address), Ok(Heard::Acknowledged));
        process.kill();
        ground.compare(&ground.start())?;
        let names = std::fs::read_dir(folder.path()).expect("a folder");
        let names = names.map(|entry| entry.expect("an entry").file_name());
        let leftovers: Vec<_> = names.filter(|name| name.to_string_lossy().contains("-new")).collect();
        if leftovers.is_empty() { Ok(killed) } else { Err(format!("left behind: {leftovers:?}")) }
    })
}

/// Kills at the first such call, at the second, and so on, until there are no more.
fn every(call: &str, mut run: impl FnMut(&str) -> Result<bool, String>) -> Result<(), String> {
    for number in 1.. {
        let injection = format!("{call}:signal=KILL:when={number}");
        let killed = judge_killed(run(&injection)).map_err(|wrong| format!("{injection}: {wrong}"))?;
        if !killed {
            return if number > 1 { Ok(()) } else { Err(format!("{call} is never called")) };
        }
    }
    unreachable!("some run is the last")
}

/// Counts a run as a kill point, if it was killed or went wrong.
fn judge_killed(killed: Result<bool, String>) -> Result<bool, String> {
    if killed == Ok(false) { Ok(false) } else { judge(POINTS, || killed) }
}

/// Starts, changes, and stops; whether it was killed.
fn run(ground: &mut Ground, injection: &str) -> Result<bool, String> {
    let Ok(process) = Process::spawn(from_the_start(&ground.serving(), injection)) else {
        return Ok(true);
    };
    for act in [Act::Create, Act::LogIn(0), Act::Rename(0), Act::LogOut(0), Act::Remove(1)] {
        if ground.perform(act, process.address)? == Heard::Nothing {
            break;
        }
    }
    let _ = nix::sys::signal::kill(process.pid(), Signal::SIGTERM);
    Ok(process.wait().signal() == Some(Signal::SIGKILL as i32))
}
