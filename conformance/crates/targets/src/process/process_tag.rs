//! Process tags: a variable in the environment by which every process that the suite has started is found.
//!
//! Only Linux shows another process's environment. Elsewhere no process is found, and a program is known by its process
//! group alone.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The environment variable that carries the tag.
pub const VARIABLE: &str = "CONFORMANCE_SITE";

/// The number of rounds in which survivors are looked for. A process that is forked in one round shows up in the next.
const ROUNDS: usize = 50;

/// The tag of every process that one target starts, or that one program of it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessTag(String);

impl Default for ProcessTag {
    /// Creates a tag that no process carries yet.
    fn default() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }
}

impl ProcessTag {
    /// Creates a tag below this one. A search for this one finds its processes too.
    pub fn below(&self) -> Self {
        Self(format!("{}.{}", self.0, uuid::Uuid::new_v4()))
    }

    /// Returns the value of the variable.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the running processes that carry the tag, without zombies.
    pub fn processes(&self) -> Vec<Running> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let mut buffer = vec![0; 16 * 1024];
        entries
            .flatten()
            .filter_map(|entry| Running::of(entry.path()))
            .filter(|one| self.is_in(one.environment(&mut buffer)))
            .collect()
    }

    fn is_in(&self, environment: &[u8]) -> bool {
        environment.split(|byte| *byte == 0).any(|variable| {
            let value = variable.strip_prefix(VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            let rest = value.and_then(|value| value.strip_prefix(self.0.as_bytes()));
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
        })
    }

    /// Kills every process that carries the tag, and those that they start meanwhile.
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
    /// Refers to the running process with this id.
    pub fn new(id: Pid) -> Self {
        Self { id, folder: PathBuf::from(format!("/proc/{id}")) }
    }

    fn of(folder: PathBuf) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        Some(Self { id: Pid::from_raw(id), folder })
    }

    /// Reads its environment; empty where that may not be read.
    ///
    /// After each stop every process of the machine is read, so the buffer is used again and no map is built.
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

    /// Returns its resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(self.folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    /// Returns whether one of its open sockets has this inode.
    pub fn holds_socket(&self, inode: u64) -> bool {
        let Ok(entries) = std::fs::read_dir(self.folder.join("fd")) else { return false };
        let socket = PathBuf::from(format!("socket:[{inode}]"));
        entries.flatten().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|link| link == socket))
    }
}

/// Returns the processes of a group, whether they carry a tag or not.
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
