//! Markers: what we started is known by a variable in its environment, wherever it went.
//!
//! Only Linux tells another process's environment; elsewhere no process is found, and the process group is
//! all that is known of a program.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The environment variable that carries the process_tag.
pub const VARIABLE: &str = "CONFORMANCE_SITE";

/// How often survivors are looked for: one that forks while it is looked for shows up in the next round.
const ROUNDS: usize = 50;

/// A mark on everything that one target starts, or on one program of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessTag(String);

impl Default for ProcessTag {
    /// Makes a mark that nothing carries yet.
    fn default() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }
}

impl ProcessTag {
    /// Makes a mark below this one: who looks for this one finds it too.
    pub fn below(&self) -> Self {
        Self(format!("{}.{}", self.0, uuid::Uuid::new_v4()))
    }

    /// Gives the value of the variable.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Lists the running processes that carry the mark; one that has ended and waits for its parent is none.
    pub fn processes(&self) -> Vec<Running> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let mut buffer = vec![0; 16 * 1024];
        entries
            .flatten()
            .filter_map(|entry| Running::of(entry.path()))
            .filter(|one| self.marks(one.environment(&mut buffer)))
            .collect()
    }

    fn marks(&self, environment: &[u8]) -> bool {
        environment.split(|byte| *byte == 0).any(|variable| {
            let value = variable.strip_prefix(VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            let rest = value.and_then(|value| value.strip_prefix(self.0.as_bytes()));
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
        })
    }

    /// Kills every process that carries the mark, and those that they start meanwhile.
    pub fn kill_all(&self) {
        for _ in 0..ROUNDS {
            let processes = self.processes();
            if processes.is_empty() {
                return;
            }
            // Stopped first: what is stopped forks no more while its siblings are killed.
            for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
                for process in &processes {
                    let _ = kill(process.id, signal);
                }
            }
            std::thread::yield_now();
        }
    }
}

/// A running process.
#[derive(Clone, Debug)]
pub struct Running {
    id: Pid,
    folder: PathBuf,
}

impl Running {
    /// Takes the process with this id, which runs.
    pub fn new(id: Pid) -> Self {
        Self { id, folder: PathBuf::from(format!("/proc/{id}")) }
    }

    fn of(folder: PathBuf) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        Some(Self { id: Pid::from_raw(id), folder })
    }

    /// Reads its environment; empty where that may not be read.
    ///
    /// Every process of the machine is asked for it after each stop, so this asks the system no more than it must:
    /// the size of such a file is not known before it is read.
    fn environment<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8] {
        let Ok(mut file) = File::open(self.folder.join("environ")) else { return &[] };
        let mut length = 0;
        while let Ok(count @ 1..) = file.read(&mut buffer[length..]) {
            length += count;
            if length == buffer.len() {
                buffer.resize(2 * length, 0);
            }
        }
        &buffer[..length]
    }

    /// Gives the memory that it holds, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(self.folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    /// Tells whether one of its open sockets has this inode.
    pub fn holds_socket(&self, inode: u64) -> bool {
        let Ok(entries) = std::fs::read_dir(self.folder.join("fd")) else { return false };
        let socket = PathBuf::from(format!("socket:[{inode}]"));
        entries.flatten().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|link| link == socket))
    }
}

/// Lists the processes of a group; the ones that carry no mark among them too.
pub fn group(group: Pid) -> Vec<Running> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let all = entries.flatten().filter_map(|entry| Running::of(entry.path()));
    all.filter(|process| group_of(&process.folder) == Some(group)).collect()
}

/// Reads a process's group: the third field after the name, which alone may hold spaces and parentheses.
fn group_of(folder: &Path) -> Option<Pid> {
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(2)?.parse().ok().map(Pid::from_raw)
}
