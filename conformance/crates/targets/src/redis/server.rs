//! The target `redis-server`: a Redis server of the suite's own, in a temporary folder on a free port.
//!
//! It is started as often as a scenario says, and ended with its folder whatever ends the check.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tempfile::TempDir;

use crate::clock::{ClockDriver, NoClock};
use crate::process::child::{Process, Streams};
use crate::process::limits::Limits;
use crate::process::port;
use crate::process::process_tag::ProcessTag;
use crate::process::start::{NotReady, NotStarted, Server, start};
use crate::redis::{Address, Connection, NoReply, Reply};
use crate::start_failure::last_line;
use crate::{Isolation, Sandbox, SandboxError, ServerSettings, Stop, Target};
use spec::results::{SeedMethod, TargetKind};
use spec::transcript::redact::Redactions;

/// The time that a start or an end may take: the data is read and written then.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The time between two attempts to reach a server that is starting.
const POLL: Duration = Duration::from_millis(5);

/// The file in which a Redis server keeps its data when it ends.
const DUMP: &str = "dump.rdb";

/// A Redis server of the suite's own.
#[derive(Clone, Debug)]
pub struct RedisServer {
    program: String,
    process_tag: ProcessTag,
}

impl RedisServer {
    /// The program, as it is called on a machine that has it.
    pub const PROGRAM: &str = "redis-server";

    /// Describes the server that `program` is: a path, or a name to be found as the shell does.
    pub fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), process_tag: ProcessTag::default() }
    }

    /// Returns whether the program is there and runs.
    pub async fn is_installed(&self) -> bool {
        let mut version = tokio::process::Command::new(&self.program);
        version.arg("--version").kill_on_drop(true);
        version.output().await.is_ok_and(|output| output.status.success())
    }

    /// Returns the tag of every process that this target starts.
    pub fn process_tag(&self) -> &ProcessTag {
        &self.process_tag
    }

    fn sandbox(&self) -> Result<RedisSandbox, SandboxError> {
        let folder = tempfile::Builder::new().prefix("conformance-").tempdir().map_err(no_folder)?;
        let last_output = String::new();
        Ok(RedisSandbox {
            target: self.clone(),
            running: None,
            port: 0,
            last_output,
            clock: NoClock,
            opened_at: Utc::now(),
            folder,
        })
    }
}

#[async_trait]
impl Target for RedisServer {
    fn kind(&self) -> TargetKind {
        TargetKind::Command
    }

    fn name(&self) -> String {
        Self::PROGRAM.to_owned()
    }

    fn command(&self) -> Option<String> {
        Some(Self::PROGRAM.to_owned())
    }

    fn public_url(&self) -> String {
        Address::here(6379).to_string()
    }

    fn keeps_data(&self) -> bool {
        false
    }

    fn isolation(&self) -> Isolation {
        Isolation::ForkPerBatch
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(self.sandbox()?))
    }
}

/// A folder for its data, and at most one running server.
struct RedisSandbox {
    target: RedisServer,
    // Declared before the folder: the program ends before it goes.
    running: Option<Process>,
    port: u16,
    last_output: String,
    clock: NoClock,
    opened_at: DateTime<Utc>,
    folder: TempDir,
}

impl RedisSandbox {
    fn spawn_here(&self) -> std::io::Result<Process> {
        let port = self.port.to_string();
        let options = [
            ["--port", &port],
            ["--bind", "127.0.0.1"],
            ["--dir", "."],
            ["--daemonize", "no"],
            // What a server without a configuration does anyway: it keeps its data in the dump file when it ends.
            ["--save", "3600 1"],
            ["--appendonly", "no"],
        ];
        let words: Vec<String> = [self.target.program.as_str()]
            .into_iter()
            .chain(options.into_iter().flatten())
            .map(str::to_owned)
            .collect();
        let process_tag = &self.target.process_tag;
        Process::spawn(&words, self.folder.path(), &[], Limits::default(), process_tag, Streams::Together)
    }
}

#[async_trait]
impl Server for RedisSandbox {
    type Failure = SandboxError;

    fn spawn(&mut self, port: u16) -> std::io::Result<Process> {
        self.port = port;
        self.spawn_here()
    }

    /// Waits until the server answers, and nobody else in its place.
    async fn wait_until_ready(&self, process: &mut Process, port: u16) -> Result<(), NotReady<SandboxError>> {
        let since = tokio::time::Instant::now();
        let address = Address::here(port);
        let failed = |why: String| Err(NotReady::Failed(SandboxError::Failed(why)));
        loop {
            tokio::time::sleep(POLL).await;
            if let Some(status) = process.ended() {
                process.drain().await;
                let output = process.output();
                if output.contains("Address already in use") {
                    return Err(NotReady::PortTaken);
                }
                let said = self.places().hide(last_line(&output));
                // What a shell says of a program that is not there, or may not be run.
                if matches!(status.code(), Some(126 | 127)) {
                    return Err(NotReady::Failed(hindered(said)));
                }
                return failed(format!("{} ended at once ({status}): {said}", RedisServer::PROGRAM));
            }
            // One that is still reading its data answers too, and serves nobody.
            let said = match ping(&address).await {
                Ok(Reply::Status(word)) if word == "PONG" => {
                    return match port::belongs_to(port, &process.all()) {
                        Some(false) => Err(NotReady::PortTaken),
                        _ => Ok(()),
                    };
                }
                Ok(reply) => format!("a ping is answered with {reply}"),
                Err(none) => none.to_string(),
            };
            if since.elapsed() > TIMEOUT {
                let seconds = TIMEOUT.as_secs();
                return failed(format!("{} does not serve within {seconds} s: {said}", RedisServer::PROGRAM));
            }
        }
    }

    fn cannot_run(&self, why: String) -> SandboxError {
        hindered(why)
    }

    fn port_in_use(&self) -> SandboxError {
        SandboxError::Hindered("every port that was free was taken by somebody else".to_owned())
    }
}

#[async_trait]
impl Sandbox for RedisSandbox {
    async fn start(&mut self, _launch: &ServerSettings) -> Result<(), SandboxError> {
        self.stop(Stop::Kill).await?;
        match start(self).await {
            Ok(process) => {
                self.running = Some(process);
                Ok(())
            }
            Err(NotStarted { failure, output }) => {
                self.last_output = output.unwrap_or_else(|| std::mem::take(&mut self.last_output));
                Err(failure)
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    async fn stop(&mut self, how: Stop) -> Result<(), SandboxError> {
        if let Some(process) = self.running.take() {
            self.last_output = process.output();
            let ended = match how {
                Stop::Polite => process.terminate(TIMEOUT).await,
                Stop::Kill => {
                    process.kill().await;
                    true
                }
            };
            if !ended {
                let seconds = TIMEOUT.as_secs();
                return Err(SandboxError::Hindered(format!(
                    "{} did not end within {seconds} s: it was killed, and what it kept is not known",
                    RedisServer::PROGRAM
                )));
            }
        }
        Ok(())
    }

    fn base_url(&self) -> String {
        Address::here(self.port).to_string()
    }

    fn ended(&mut self) -> Option<String> {
        let status = self.running.as_mut()?.ended()?;
        Some(status.to_string())
    }

    fn output(&self) -> String {
        let raw = self.running.as_ref().map_or_else(|| self.last_output.clone(), Process::output);
        self.places().hide(&raw)
    }

    fn places(&self) -> Redactions {
        let folder = |path: &Path| path.display().to_string();
        Redactions::default().with(folder(self.folder.path()), ".").with(self.port.to_string(), "PORT")
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let fork = self.target.sandbox()?;
        let dump = self.folder.path().join(DUMP);
        if dump.exists() {
            std::fs::copy(dump, fork.folder.path().join(DUMP)).map_err(no_folder)?;
        }
        Ok(Box::new(fork))
    }
}

async fn ping(address: &Address) -> Result<Reply, NoReply> {
    Connection::open(address, TIMEOUT).await?.ask(&["PING"]).await
}

fn no_folder(error: std::io::Error) -> SandboxError {
    SandboxError::Hindered(format!("there is no room for the data of {}: {error}", RedisServer::PROGRAM))
}

fn hindered(error: impl Display) -> SandboxError {
    SandboxError::Hindered(format!("{} cannot be started: {error}", RedisServer::PROGRAM))
}
