//! Faults of the system calls of one process, injected by strace.
//!
//! It counts the calls of each thread apart. So `when=N` is exact for the database: one thread opens it, and
//! one other writes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ground::run_by;
use crate::support::Process;

/// Why strace cannot be used here, if so.
pub fn missing() -> Option<String> {
    // Waits for input that does not come.
    let mut idle = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
    let attached = attach(idle.id(), "pwrite64:error=EIO");
    drop(idle.stdin.take());
    let why = match attached {
        Ok(injection) => {
            injection.lift();
            None
        }
        Err(why) => Some(format!(
            "no strace that may be used: {why} (Debian: apt-get install strace; run the tests as root)"
        )),
    };
    idle.wait().expect("an end");
    why
}

/// The same command under a fault from its first call on. The process stays ours: strace is not its parent.
pub fn from_the_start(command: &Command, injection: &str) -> Command {
    let mut strace = Command::new("strace");
    strace.args(options(injection)).args(["-D", "-qq"]);
    run_by(strace, command)
}

/// A fault of a process that runs; lifted when dropped.
pub struct Injection {
    strace: Child,
}

impl Injection {
    /// Makes the system calls of `process` fail.
    pub fn of(process: &Process, injection: &str) -> Self {
        let pid = process.pid().as_raw().try_into().expect("a process ID");
        attach(pid, injection).expect("strace can be used")
    }

    /// Lets the system calls be what they are.
    pub fn lift(self) {}
}

impl Drop for Injection {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.strace.id().try_into().expect("a process ID"));
        // It lets go of the process before it ends.
        let _ = kill(pid, Signal::SIGINT);
        let _ = self.strace.wait();
    }
}

fn attach(pid: u32, injection: &str) -> Result<Injection, String> {
    let mut command = Command::new("strace");
    command.args(options(injection)).args(["-p", &pid.to_string()]).stderr(Stdio::piped());
    let mut strace = command.spawn().map_err(|error| error.to_string())?;
    let said = strace.stderr.take().expect("piped");
    let injection = Injection { strace };
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line).expect("a line");
    if line.contains("attached") { Ok(injection) } else { Err(line.trim_end().to_owned()) }
}

fn options(injection: &str) -> [String; 5] {
    let calls = injection.split(':').next().expect("system calls");
    let [trace, inject] = [format!("--trace={calls}"), format!("--inject={injection}")];
    ["-f".to_owned(), "-o".to_owned(), "/dev/null".to_owned(), trace, inject]
}
