//! The target `reference`: the reference server in this process, on a database and a clock of its own.
//!
//! This file alone knows the reference server.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use server::{App, Clock as _, Config, ManualClock, programs, requires_auth};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::{SeedMethod, TargetKind};
use spec::transcript::redact::Redactions;
use targets::clock;
use targets::clock::ClockDriver;
use targets::command::copy;
use targets::{
    Isolation, NewUser, Program, ProgramServer, Sandbox, SandboxError, ServerSettings, Stop, Target,
};

/// The reference server.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

#[async_trait]
impl Target for Reference {
    fn kind(&self) -> TargetKind {
        TargetKind::Reference
    }

    fn name(&self) -> String {
        "reference".to_owned()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        "http://127.0.0.1:5000".to_owned()
    }

    fn isolation(&self) -> Isolation {
        Isolation::PerScenario
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[SeedMethod::Api]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let folder = tempfile::Builder::new().prefix("conformance-").tempdir().map_err(failed)?;
        let opened_at = clock::START;
        let clock = Manual(Arc::new(ManualClock::new(opened_at)));
        Ok(Box::new(ReferenceSandbox { running: None, clock, opened_at, folder }))
    }
}

/// The reference server's own clock, moved by hand.
struct Manual(Arc<ManualClock>);

#[async_trait]
impl ClockDriver for Manual {
    fn kind(&self) -> ClockKind {
        ClockKind::Manual
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    async fn advance(&mut self, seconds: u64) -> Result<(), targets::Error> {
        let step = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
        self.0.advance(step.ok_or(targets::Error::NoDate(seconds))?);
        Ok(())
    }
}

/// A database in a temporary folder, and at most one serving task.
struct ReferenceSandbox {
    // Declared before the folder: the task ends before its database goes.
    running: Option<Running>,
    clock: Manual,
    opened_at: DateTime<Utc>,
    folder: TempDir,
}

/// A serving task; dropping it ends it as `kill -9` would end a process.
struct Running {
    task: JoinHandle<io::Result<()>>,
    stop: Option<oneshot::Sender<()>>,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ReferenceSandbox {
    fn config(&self, settings: &ServerSettings) -> Result<Config, SandboxError> {
        let variables = settings.environment(&self.clock);
        let lookup = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone())
        };
        Config::from_lookup(lookup).map_err(|error| SandboxError::Failed(error.to_string()))
    }

    async fn app(&self, settings: &ServerSettings) -> Result<App, SandboxError> {
        let clock = Arc::clone(&self.clock.0);
        App::open(&self.config(settings)?, self.folder.path(), clock)
            .await
            .map_err(|error| SandboxError::Failed(error.to_string()))
    }

    /// Runs what serves on a fresh port of the loopback interface, until it is stopped.
    async fn run<S>(
        &mut self,
        server: impl FnOnce(TcpListener, oneshot::Receiver<()>) -> S,
    ) -> Result<(), SandboxError>
    where
        S: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server(listener, stopped));
        self.running = Some(Running { task, stop: Some(stop), url });
        Ok(())
    }
}

#[async_trait]
impl Sandbox for ReferenceSandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        let app = Arc::new(self.app(settings).await?);
        self.run(|listener, stopped| server::serve(listener, app, until(stopped))).await
    }

    async fn stop(&mut self, how: Stop) -> Result<(), SandboxError> {
        if let Some(mut running) = self.running.take() {
            match how {
                Stop::Polite => drop(running.stop.take()),
                Stop::Kill => running.task.abort(),
            }
            // An aborted task is an error here, and just what was asked for.
            let _ = (&mut running.task).await;
        }
        Ok(())
    }

    fn base_url(&self) -> String {
        self.running.as_ref().map(|running| running.url.clone()).unwrap_or_default()
    }

    fn ended(&mut self) -> Option<String> {
        let running = self.running.as_ref()?;
        running.task.is_finished().then(|| "the serving task ended".to_owned())
    }

    fn places(&self) -> Redactions {
        let url = self.base_url();
        Redactions::default().with(url.rsplit(':').next().unwrap_or_default(), "API_PORT")
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let folder = tempfile::Builder::new().prefix("conformance-").tempdir().map_err(failed)?;
        copy(self.folder.path(), folder.path(), &|_| true).map_err(failed)?;
        let clock = Manual(Arc::new(ManualClock::new(self.clock.now())));
        Ok(Box::new(Self { running: None, clock, opened_at: self.opened_at, folder }))
    }

    async fn program(&mut self, program: &Program) -> Result<String, SandboxError> {
        let mut out = Vec::new();
        match program {
            Program::Main0(users) => {
                let app = self.app(&ServerSettings::documented(Mode::BasicAuth)).await?;
                for NewUser { email, password } in users {
                    programs::main_0(&mut out, &app, email, password).await.map_err(failed)?;
                }
            }
            Program::Main1 => programs::main_1(&mut out).map_err(failed)?,
            Program::Main2 => programs::main_2(&mut out).map_err(failed)?,
            Program::RequireAuth { excluded, paths } => {
                for path in paths {
                    let answer = if requires_auth(path, &[excluded]) { "True" } else { "False" };
                    out.extend(format!("{path} => {answer}\n").into_bytes());
                }
            }
        }
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    async fn serve_program(
        &mut self,
        settings: &ServerSettings,
        program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        let out = Output::default();
        let mut writer = out.clone();
        match program.clone() {
            ProgramServer::Main3 => {
                let name = settings.session_name.clone();
                self.run(|listener, stopped| async move {
                    programs::main_3(&mut writer, listener, &name, until(stopped)).await
                })
                .await?;
            }
            ProgramServer::Main4(NewUser { email, password }) => {
                let app = Arc::new(self.app(settings).await?);
                self.run(|listener, stopped| async move {
                    programs::main_4(&mut writer, app, listener, &email, &password, until(stopped)).await
                })
                .await?;
            }
        }
        let Some(running) = &mut self.running else { return Ok(String::new()) };
        tokio::select! {
            () = out.flushed.notified() => Ok(out.text()),
            ended = &mut running.task => Err(SandboxError::Failed(format!("the program ended: {ended:?}"))),
        }
    }
}

/// Resolves when the sender is used or dropped.
async fn until(stopped: oneshot::Receiver<()>) {
    let _ = stopped.await;
}

fn failed(error: io::Error) -> SandboxError {
    SandboxError::Failed(error.to_string())
}

/// What a serving program prints: the program writes, the sandbox reads once it has been flushed.
#[derive(Clone, Default)]
struct Output {
    text: Arc<Mutex<Vec<u8>>>,
    flushed: Arc<Notify>,
}

impl Output {
    fn text(&self) -> String {
        let bytes = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed.notify_one();
        Ok(())
    }
}
