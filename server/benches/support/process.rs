//! A measured server: a process of its own, its CPU time and its memory.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use super::peer::{self, Peer};

/// A server on a free port of the loopback address; killed when dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// Our own binary in `folder`, on the database `server.db` there.
    pub fn ours(folder: &Path, mode: &str) -> Self {
        Self::start(Self::serving(mode), folder)
    }

    /// Our own binary in session_db_auth on the Redis at `url`.
    pub fn on_redis(folder: &Path, url: &str) -> Self {
        let mut command = Self::serving("session_db_auth");
        command.env("DATABASE_URL", url);
        Self::start(command, folder)
    }

    fn serving(mode: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command.env("API_HOST", "127.0.0.1").env("API_PORT", "0");
        command.env("AUTH_TYPE", mode).env("SESSION_DURATION", "86400");
        command
    }

    /// A peer: this program again.
    pub fn peer(folder: &Path, peer: Peer) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the system tells"));
        command.env(peer::VARIABLE, peer.to_string());
        Self::start(command, folder)
    }

    fn start(mut command: Command, folder: &Path) -> Self {
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.strip_prefix(" * Running on http://").and_then(|rest| rest.split_once('/'));
        let (address, _) = address.expect("every server says where it listens");
        Self { child, address: address.parse().expect("an address") }
    }

    /// The CPU time that all of its threads have used.
    pub fn cpu(&self) -> Duration {
        cpu_of(Pid::from_raw(self.child.id().try_into().expect("a process ID")))
    }

    /// What it holds in memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is in memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

/// The CPU time that all threads of a process have used.
pub fn cpu_of(pid: Pid) -> Duration {
    // Nanoseconds, where /proc/PID/stat has hundredths of a second.
    Duration::from(clock_getcpuclockid(pid).and_then(clock_gettime).expect("a process"))
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("a process");
    }
}
