//! A disk that fails while the server runs: what cannot be stored is refused, reads go on, and nothing that
//! was acknowledged is lost.

use std::fs;
use std::time::Instant;

use crate::disk::is_clear_refusal;
use crate::ground::{Ground, stop};
use crate::limit::limit;
use crate::strace::{Injection, from_the_start};
use crate::support::http::ask;
use crate::support::ledger::{Act, Heard};
use crate::support::{PATIENCE, Process, serving};
use crate::tamper::prepare;
use crate::totals::{FAULTS, judge};

/// A fault of system calls, as strace words it, and what is expected of the five changes that meet it.
#[derive(Clone, Copy)]
pub struct Fault {
    pub injection: &'static str,
    /// How many are refused, of [`CHANGES`].
    refused: usize,
    /// Whether changes are made again once the fault is lifted, without a restart.
    recovers: bool,
}

const CHANGES: [Act; 5] = [Act::Create, Act::Rename(0), Act::LogIn(0), Act::LogOut(0), Act::Remove(1)];

const fn passing(injection: &'static str, refused: usize) -> Fault {
    Fault { injection, refused, recovers: true }
}

/// A failed fsync leaves nobody sure of what the disk holds: no more changes until a restart.
const fn lasting(injection: &'static str, refused: usize) -> Fault {
    Fault { injection, refused, recovers: false }
}

pub const FAULTS_OF_CALLS: [Fault; 18] = [
    passing("pwrite64:error=EIO", 5),
    passing("pwrite64:error=ENOSPC", 5),
    passing("pwrite64:error=EDQUOT", 5),
    passing("pwrite64:error=EFBIG", 5),
    passing("pwrite64:error=EROFS", 5),
    passing("pwrite64:retval=0", 5),
    passing("pwrite64:error=EIO:when=1", 1),
    passing("pwrite64:error=EIO:when=2", 1),
    passing("pwrite64:error=ENOSPC:when=3", 1),
    passing("pwrite64:error=EINTR:when=1+2", 0),
    passing("openat:error=EMFILE", 0),
    passing("ftruncate:error=EIO", 0),
    lasting("fsync,fdatasync:error=EIO", 5),
    lasting("fsync,fdatasync:error=EIO:when=1", 5),
    lasting("fsync,fdatasync:error=EIO:when=2", 4),
    lasting("fsync,fdatasync:error=ENOSPC:when=1", 5),
    lasting("fsync,fdatasync:error=EDQUOT:when=3", 3),
    lasting("fsync,fdatasync:error=EROFS:when=5", 1),
];

pub fn survives(fault: Fault) -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, mut ground) = prepare();
        let process = started(&mut ground)?;
        let injection = Injection::of(&process, fault.injection);
        let mut refused = 0;
        for act in CHANGES {
            match ground.perform(act, process.address)? {
                Heard::Acknowledged => {}
                Heard::Refused => refused += 1,
                Heard::Nothing => return Err(format!("{act:?} was not answered")),
            }
            ground.compare_running(&process).map_err(|wrong| format!("after {act:?}: {wrong}"))?;
            if fault.recovers {
                ground.forget_refusals();
            }
        }
        injection.lift();
        if refused != fault.refused {
            return Err(format!("{refused} changes were refused"));
        }
        come_and_go(&mut ground, &process, fault.recovers)?;
        let said = process.kill_and_read();
        check_words(&said, refused, !fault.recovers)?;
        restart(&mut ground)
    })
}

/// The operator is told once of each failure, and nothing twice.
fn check_words(said: &str, refused: usize, for_good: bool) -> Result<(), String> {
    let failures = said.lines().filter(|line| line.contains(": failed to write the database: ")).count();
    let farewells = said.lines().filter(|line| line.contains(": no more writes until a restart: ")).count();
    let expected = if for_good { (1, 1) } else { (refused, 0) };
    if (failures, farewells) == expected && said.lines().count() == failures + farewells {
        Ok(())
    } else {
        Err(format!("it said {said:?}"))
    }
}

/// A server that has made changes, so that its log and its caches are in use.
fn started(ground: &mut Ground) -> Result<Process, String> {
    let process = ground.start();
    come_and_go(ground, &process, true)?;
    ground.compare_running(&process)?;
    Ok(process)
}

/// Makes a user, who logs in, changes, logs out and goes; or only tries, where all changes are refused.
pub fn come_and_go(ground: &mut Ground, process: &Process, possible: bool) -> Result<(), String> {
    let (user, session) = ground.ledgers[0].next();
    let acts = [Act::Create, Act::LogIn(user), Act::Rename(user), Act::LogOut(session), Act::Remove(user)];
    let (acts, expected) =
        if possible { (&acts[..], Heard::Acknowledged) } else { (&acts[..1], Heard::Refused) };
    for &act in acts {
        let heard = ground.perform(act, process.address)?;
        if heard != expected {
            return Err(format!("{act:?}: {heard:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

/// Starts without the fault: all is as it was acknowledged, and goes on.
pub fn restart(ground: &mut Ground) -> Result<(), String> {
    let process = ground.start();
    ground.compare(&process).map_err(|wrong| format!("after a restart: {wrong}"))?;
    come_and_go(ground, &process, true)?;
    stop(process);
    let process = ground.start();
    ground.compare(&process).map_err(|wrong| format!("after an orderly stop: {wrong}"))
}

/// A stop that cannot move the log into the file leaves the log.
pub fn stops_under(injection: &str) -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, mut ground) = prepare();
        let process = started(&mut ground)?;
        let injection = Injection::of(&process, injection);
        stop(process);
        injection.lift();
        if !ground.log().exists() {
            return Err("the log is gone".to_owned());
        }
        restart(&mut ground)
    })
}

/// A server that cannot write at its start says so and ends, whether it has data or none; the next one starts.
pub fn refuses_to_start(injection: &str) -> Result<(), String> {
    let (_folder, mut ground) = prepare();
    let process = started(&mut ground)?;
    process.kill();
    let empty = tempfile::tempdir().expect("a folder");
    for command in [ground.serving(), serving(empty.path(), "")] {
        judge(FAULTS, || match Process::spawn(from_the_start(&command, injection)) {
            Ok(_) => Err(format!("it started: {command:?}")),
            Err(output) => is_clear_refusal(&output),
        })?;
    }
    restart(&mut Ground::new(empty.path(), 1))?;
    restart(&mut ground)
}

/// Reads that fail say so: they never take a user or a session for absent.
pub fn unreadable() -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, mut ground) = prepare();
        let process = ground.start();
        let injection = Injection::of(&process, "pread64:error=EIO");
        for (path, headers) in
            [("/api/v1/users/me", ground.ledgers[0].live_cookie()), ("/api/v1/users", ground.gate())]
        {
            let answer = ask(process.address, "GET", path, headers, "").ok_or("no answer")?;
            if answer.status != 503 {
                return Err(format!("{path} is {answer:?}"));
            }
        }
        injection.lift();
        ground.compare_running(&process)?;
        come_and_go(&mut ground, &process, true)?;
        let said = process.kill_and_read();
        if said.lines().count() != 2 || !said.contains(": failed to read the database: ") {
            return Err(format!("it said {said:?}"));
        }
        restart(&mut ground)
    })
}

/// A disk that takes its time keeps back the answer to a change, and nothing else.
pub fn slow() -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, mut ground) = prepare();
        let process = started(&mut ground)?;
        // Longer than any test: it lasts until it is lifted.
        let injection = Injection::of(&process, "fsync,fdatasync:delay_enter=1000000000");
        let mut before = ground.clone();
        std::thread::scope(|scope| {
            let change = scope.spawn(|| ground.perform(Act::LogOut(0), process.address));
            wait_for_stopped_writer(&process);
            let compared = before.compare(&process);
            let answered_early = change.is_finished();
            injection.lift();
            let heard = change.join().expect("no panic")?;
            compared?;
            if answered_early || heard != Heard::Acknowledged {
                return Err(format!("{heard:?}, early: {answered_early}"));
            }
            Ok(())
        })?;
        process.kill();
        restart(&mut ground)
    })
}

/// Waits until strace holds the thread that writes.
fn wait_for_stopped_writer(process: &Process) {
    let deadline = Instant::now() + PATIENCE;
    let is_held = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", process.pid())).expect("a process");
        let stats = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("stat")).ok());
        stats.into_iter().any(|stat| stat.contains(" (writer) t "))
    };
    while !is_held() {
        assert!(Instant::now() < deadline, "nothing is written");
        std::thread::yield_now();
    }
}

/// A log at the largest size that the process may write: a write that ends in the middle, and SIGXFSZ.
pub fn file_size_limit() -> Result<(), String> {
    judge(FAULTS, || {
        let (_folder, mut ground) = prepare();
        let process = started(&mut ground)?;
        let length = fs::metadata(ground.log()).expect("a log").len();
        limit(&process, &format!("--fsize={}:", length + 100))?;
        for act in CHANGES {
            let heard = ground.perform(act, process.address)?;
            if heard != Heard::Refused {
                return Err(format!("{act:?}: {heard:?}"));
            }
            ground.compare_running(&process)?;
            ground.forget_refusals();
        }
        limit(&process, "--fsize=unlimited:")?;
        come_and_go(&mut ground, &process, true)?;
        check_words(&process.kill_and_read(), CHANGES.len(), false)?;
        restart(&mut ground)
    })
}
