//! Limits of a process, set from outside.

use std::process::{Command, Stdio};

use crate::disk::is_clear_refusal;
use crate::faults::restart;
use crate::ground::run_by;
use crate::support::Process;
use crate::tamper::prepare;
use crate::totals::{FAULTS, judge};

/// Why limits cannot be set here, if so.
pub fn missing() -> Option<String> {
    let tried = Command::new("prlimit").arg("--version").stdout(Stdio::null()).status();
    let has = tried.is_ok_and(|status| status.success());
    (!has).then(|| "limits of file sizes and descriptors: no prlimit; apt-get install util-linux".to_owned())
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
    // Enough for the runtime and its socket: the database is what lacks some.
    for descriptors in 10.. {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--nofile={descriptors}"));
        match Process::spawn(run_by(prlimit, &ground.serving())) {
            Ok(process) => {
                process.kill();
                break;
            }
            Err(output) => judge(FAULTS, || is_clear_refusal(&output))?,
        }
        refused += 1;
    }
    if refused == 0 {
        return Err("ten descriptors were enough".to_owned());
    }
    restart(&mut ground)
}
