//! Limits of a process, set from outside.

use std::process::{Command, Output};

use crate::disk::is_clear_refusal;
use crate::faults::restart;
use crate::ground::run_by;
use crate::support::Process;
use crate::tamper::prepare;
use crate::totals::{FAULTS, judge};

/// Why limits cannot be set here, if so.
pub fn missing() -> Option<String> {
    test_support::skip::missing("prlimit", "util-linux")
}

/// Sets a limit of a process that runs.
pub fn limit(process: &Process, option: &str) -> Result<(), String> {
    let set = Command::new("prlimit").args(["--pid", &process.pid().to_string(), option]).status();
    if set.is_ok_and(|status| status.success()) { Ok(()) } else { Err(format!("prlimit {option} failed")) }
}

/// A server that may open too few files does not start, and says so; whatever it had begun is in no one's way.
pub fn few_descriptors() -> Result<(), String> {
    let (_folder, mut ground) = prepare();
    let mut refused = 0;
    // The runtime lacks some, then the database.
    for descriptors in 4.. {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--nofile={descriptors}"));
        match Process::spawn(run_by(prlimit, &ground.serving())) {
            Ok(process) => {
                process.kill();
                break;
            }
            // Whoever started this test has left it some that are open, too.
            Err(output) if cannot_be_loaded(&output) => continue,
            Err(output) => {
                judge(FAULTS, || is_clear_refusal(&output).and_then(|()| blames_no_file(&output)))?;
            }
        }
        refused += 1;
    }
    if refused == 0 {
        return Err("four descriptors were enough".to_owned());
    }
    restart(&mut ground)
}

/// Whether the system lacked a descriptor for a library of the program's.
fn cannot_be_loaded(output: &Output) -> bool {
    output.status.code() == Some(127) && output.stderr.windows(16).any(|part| part == b"shared libraries")
}

/// A file that could not be opened has not been read.
fn blames_no_file(output: &Output) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("damaged") { Err(said.into_owned()) } else { Ok(()) }
}
