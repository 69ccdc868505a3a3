//! Child processes: in a group of their own, with their last output kept, killed with all they started.
//!
//! Dropping a [`Process`] kills it: whatever ends a check, Ctrl-C and a panic among them, drops what it holds.
//! A program that leaves its group is found by the tag in its environment.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStderr, ChildStdout};

use super::limits::Limits;
use crate::process::output_tail::OutputTail;
use crate::process::process_tag;
use crate::process::process_tag::{ProcessTag, Running};

/// The time that a program may take to end when it is asked to, unless it writes data then.
pub const GRACE: Duration = Duration::from_secs(3);

/// The time for which the pipes of a program that has ended are read on.
const DRAIN: Duration = Duration::from_millis(500);

/// How a program's two streams of output are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// As one, in the order in which the program printed.
    Together,
    /// Apart, so that standard output is known alone. The order between the two is lost.
    Apart,
}

/// A running program with every process that it has started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Pid,
    process_tag: ProcessTag,
    printed: Arc<OutputTail>,
    complained: Arc<OutputTail>,
    ended: Option<ExitStatus>,
    killed: bool,
}

impl Process {
    /// Starts `words` in `folder`, with `environment` in the place of the documents' variables of this process.
    ///
    /// Its environment carries a tag below `process_tag`, and the kernel enforces `limits`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started at all.
    pub fn spawn(
        words: &[String],
        folder: &Path,
        environment: &[(String, String)],
        limits: Limits,
        process_tag: &ProcessTag,
        streams: Streams,
    ) -> std::io::Result<Self> {
        let process_tag = process_tag.below();
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
        command.env(process_tag::VARIABLE, process_tag.as_str());
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut child = command.spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| std::io::Error::other("the program ended at once"))?);
        let open = |end: Option<std::io::Result<OwnedFd>>| {
            OutputTail::open(end.ok_or_else(|| std::io::Error::other("it has no output"))??)
        };
        let printed = open(child.stdout.take().map(ChildStdout::into_owned_fd))?;
        let complained = open(child.stderr.take().map(ChildStderr::into_owned_fd))?;
        Ok(Self { child, group, process_tag, printed, complained, ended: None, killed: false })
    }

    /// Returns the process that was started, which may have started others.
    pub fn first(&self) -> Running {
        Running::new(self.group)
    }

    /// Returns its processes: those of its group, and those that have left it.
    pub fn all(&self) -> Vec<Running> {
        let mut all = process_tag::group(self.group);
        all.extend(self.process_tag.processes());
        all
    }

    /// Returns the last output: both streams as they came, or standard output first where they are apart.
    pub fn output(&self) -> String {
        self.printed.text() + &self.complained.text()
    }

    /// Returns the last output on standard output alone.
    pub fn printed(&self) -> String {
        self.printed.text()
    }

    /// Returns the whole output of a program that has ended, once its pipes are read to their end.
    ///
    /// A child that it left behind may hold the pipes open. Then they are read for a moment only.
    pub async fn drain(&self) {
        for pipe in [&self.printed, &self.complained] {
            let _ = tokio::time::timeout(DRAIN, pipe.to_end()).await;
        }
    }

    /// Returns how the program ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Waits for the end of a program that ends by itself, at most `timeout`.
    pub async fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = tokio::time::timeout(timeout, self.child.wait()).await.ok().and_then(Result::ok);
        }
        self.ended
    }

    /// Asks the whole group to end, and kills what is left of it after `timeout`.
    ///
    /// Returns whether the program ended by itself.
    pub async fn terminate(mut self, timeout: Duration) -> bool {
        let _ = killpg(self.group, Signal::SIGTERM);
        let ended = self.wait(timeout).await.is_some();
        self.kill().await;
        ended
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
        self.process_tag.kill_all();
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
