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

use super::limits::Limits;
use super::marker::{self, Marker, Running};

/// How much of a program's output is kept, in bytes; the rest is read and dropped.
const KEPT: usize = 16 * 1024;

/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// How long the pipes of a program that has ended are read on.
const DRAIN: Duration = Duration::from_millis(500);

/// How much output is taken in as fast as it comes, in bytes; no server of this API prints as much.
const HEARD: usize = 4 * 1024 * 1024;

/// How long a noisy program waits after each buffer of output beyond that; its pipe is full meanwhile.
const HUSH: Duration = Duration::from_millis(10);

/// Locks, whatever a thread that panicked has left behind: no invariant spans two statements here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What becomes of a program's two streams of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// They are one, so that what was printed first stands first.
    Together,
    /// What is printed on standard output can be had alone; which of the two was written to first is not known.
    Apart,
}

/// A running program with all that it starts.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Pid,
    marker: Marker,
    printed: Tail,
    complained: Tail,
    readers: Vec<JoinHandle<()>>,
    ended: Option<ExitStatus>,
    killed: bool,
}

impl Process {
    /// Starts `words` in `folder`, with `environment` in the place of the documents' variables of this process.
    ///
    /// It is marked below `marker`, and held within `limits`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started at all.
    pub fn spawn(
        words: &[String],
        folder: &Path,
        environment: &[(String, String)],
        limits: Limits,
        marker: &Marker,
        streams: Streams,
    ) -> std::io::Result<Self> {
        let marker = marker.below();
        // The shell sets the limits and becomes the program: no code of ours runs between fork and exec.
        let limits = limits.as_shell();
        let merge = if streams == Streams::Together { " 2>&1" } else { "" };
        let mut command = tokio::process::Command::new("/bin/sh");
        command
            .args(["-c", &format!("{limits}exec \"$@\"{merge}"), "sh"])
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
        command.env(marker::VARIABLE, marker.as_str());
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut child = command.spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| std::io::Error::other("the program ended at once"))?);
        let (printed, complained) = (Tail::default(), Tail::default());
        let mut readers = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            readers.push(tokio::spawn(keep_tail(pipe, printed.clone())));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.push(tokio::spawn(keep_tail(pipe, complained.clone())));
        }
        Ok(Self { child, group, marker, printed, complained, readers, ended: None, killed: false })
    }

    /// Gives the process that was started, which may have started others.
    pub fn first(&self) -> Running {
        Running::new(self.group)
    }

    /// Lists its processes: those of its group, and those that have left it.
    pub fn all(&self) -> Vec<Running> {
        let mut all = marker::group(self.group);
        all.extend(self.marker.processes());
        all
    }

    /// Gives the last output: both streams as they came, or standard output first where they are apart.
    pub fn output(&self) -> String {
        self.printed.text() + &self.complained.text()
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
        self.marker.kill_all();
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

/// The last lines of a stream. Its reader task adds to it, reports read it; each holds the lock for one copy.
#[derive(Clone, Debug, Default)]
struct Tail(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    /// Whether something before them was dropped.
    cut: bool,
}

impl Tail {
    fn add(&self, bytes: &[u8]) {
        let mut kept = lock(&self.0);
        kept.bytes.extend(bytes);
        let surplus = kept.bytes.len().saturating_sub(KEPT);
        kept.bytes.drain(..surplus);
        kept.cut |= surplus > 0;
    }

    fn text(&self) -> String {
        let mut kept = lock(&self.0);
        // Of a line that was cut nobody knows what it says; one line that fills it all is better than none.
        let end = kept.bytes.iter().position(|byte| *byte == b'\n').filter(|_| kept.cut);
        let bytes = kept.bytes.make_contiguous();
        String::from_utf8_lossy(&bytes[end.map_or(0, |end| end + 1)..]).into_owned()
    }
}

/// Reads a pipe to its end and keeps the tail; it ends when the last holder of the pipe has ended.
async fn keep_tail(mut pipe: impl AsyncRead + Unpin, tail: Tail) {
    let mut buffer = [0; 4096];
    let mut heard = 0_usize;
    while let Ok(count) = pipe.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        heard = heard.saturating_add(count);
        if heard > HEARD {
            // Endless output would take a core of its own to read, and the programs beside it would wait.
            tokio::time::sleep(HUSH).await;
        }
        tail.add(&buffer[..count]);
    }
}
