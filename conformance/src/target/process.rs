//! Child processes: in a group of their own, with their last output kept, killed with all they started.
//!
//! Dropping a [`Process`] kills it: whatever ends a check, Ctrl-C and a panic among them, drops what it holds.
//! A program that leaves its group is found by the marker in its environment.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::task::JoinHandle;

/// How much of a program's output is kept, in bytes; the rest is read and dropped.
const KEPT: usize = 16 * 1024;

/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// How long the pipes of a program that has ended are read on.
const DRAIN: Duration = Duration::from_millis(500);

/// The environment variable that marks what we started.
const MARKER: &str = "CONFORMANCE_SITE";

/// Locks, whatever a thread that panicked has left behind: no invariant spans two statements here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A running program with all that it starts.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Pid,
    marker: String,
    output: Tail,
    printed: Tail,
    readers: Vec<JoinHandle<()>>,
    ended: Option<ExitStatus>,
    killed: bool,
}

impl Process {
    /// Starts `words` in `folder`, with `environment` in the place of the documents' variables of this process.
    ///
    /// `memory_kib` limits the address space of the program and of each that it starts.
    ///
    /// # Errors
    ///
    /// When the program cannot be started at all.
    pub fn spawn(
        words: &[String],
        folder: &Path,
        environment: &[(String, String)],
        memory_kib: Option<u64>,
    ) -> std::io::Result<Self> {
        let marker = uuid::Uuid::new_v4().to_string();
        // The shell sets the limits and becomes the program: no code of ours runs between fork and exec.
        let limit = memory_kib.map(|kib| format!("ulimit -v {kib}; ")).unwrap_or_default();
        let mut command = tokio::process::Command::new("/bin/sh");
        command
            .args(["-c", &format!("{limit}ulimit -c 0; exec \"$@\""), "sh"])
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in
            ["AUTH_TYPE", "SESSION_NAME", "SESSION_DURATION", "API_HOST", "API_PORT", "DATABASE_URL", "TZ"]
        {
            command.env_remove(name);
        }
        command.env(MARKER, &marker);
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut child = command.spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| std::io::Error::other("the program ended at once"))?);
        let (output, printed) = (Tail::default(), Tail::default());
        let mut readers = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            readers.push(tokio::spawn(keep_tail(pipe, vec![output.clone(), printed.clone()])));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.push(tokio::spawn(keep_tail(pipe, vec![output.clone()])));
        }
        Ok(Self { child, group, marker, output, printed, readers, ended: None, killed: false })
    }

    /// Gives the last output, both streams as they came.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// Gives the last that it printed on its standard output alone.
    pub fn printed(&self) -> String {
        self.printed.text()
    }

    /// Gives the whole output of a program that has ended, once its pipes are read to their end.
    ///
    /// A child that it left behind may hold the pipes open: then what is there after a moment counts.
    pub async fn drain(&mut self) {
        for reader in &mut self.readers {
            let _ = tokio::time::timeout(DRAIN, reader).await;
        }
        self.readers.clear();
    }

    /// Tells how the program ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Waits for the end of a program that ends by itself, at most `patience`.
    pub async fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = tokio::time::timeout(patience, self.child.wait()).await.ok().and_then(Result::ok);
        }
        self.ended
    }

    /// Asks the whole group to end, and kills what is left of it after a while.
    pub async fn terminate(mut self) {
        let _ = killpg(self.group, Signal::SIGTERM);
        self.wait(GRACE).await;
        self.kill().await;
    }

    /// Kills the whole group, and what has left it, at once.
    pub async fn kill(mut self) {
        self.end();
        let _ = self.child.wait().await;
    }

    fn end(&mut self) {
        // Once: a group's id may be given to another when it has gone.
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        let _ = killpg(self.group, Signal::SIGKILL);
        kill_marked(&self.marker);
        // libfaketime shares its memory by the first process's id, and leaves it behind when killed.
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            let _ = std::fs::remove_file(format!("/dev/shm/{name}{}", self.group));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Kills the processes that carry our marker in their environment, wherever they went.
///
/// Only Linux tells another process's environment; elsewhere the group is all that is known.
fn kill_marked(marker: &str) {
    let needle = format!("{MARKER}={marker}");
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(environment) = std::fs::read(process.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|variable| variable == needle.as_bytes()) {
            let _ = nix::sys::signal::kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// The last bytes of a stream. Its reader task adds to it, reports read it; each holds the lock for one copy.
#[derive(Clone, Debug, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn add(&self, bytes: &[u8]) {
        let mut kept = lock(&self.0);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(lock(&self.0).make_contiguous()).into_owned()
    }
}

/// Reads a pipe to its end and keeps the tail; it ends when the last holder of the pipe has ended.
async fn keep_tail(mut pipe: impl AsyncRead + Unpin, tails: Vec<Tail>) {
    let mut buffer = [0; 4096];
    while let Ok(count) = pipe.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        for tail in &tails {
            tail.add(&buffer[..count]);
        }
    }
}
