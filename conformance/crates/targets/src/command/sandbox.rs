//! A copy of a program's folder, in which it is started, stopped and asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::programs::{self, Programs};
use super::ready::wait_until_ready;
use super::start_timeout::Hung;
use super::{Command, copy};
use crate::clock;
use crate::clock::{ClockDriver, Faketime, NoClock, Wall};
use crate::process::child::{GRACE, Process, Streams};
use crate::process::start::{NotReady, NotStarted, Server, start};
use crate::start_failure::{StartFailure, last_line};
use crate::{Program, ProgramServer, Sandbox, SandboxError, ServerSettings, Stop};
use spec::results::ClockKind;
use spec::transcript::placeholders::Placeholders;
use spec::transcript::redact;
use spec::transcript::redact::Redactions;

/// How much of a program's output is shown, in bytes; less than is kept of it.
const SHOWN: usize = 8 * 1024;

/// A copy of the folder, its clock, and at most one running program.
pub struct CommandSandbox {
    target: Command,
    // Declared before the folders: the program ends before they go.
    running: Option<Process>,
    port: u16,
    last_output: String,
    clock: Box<dyn ClockDriver>,
    opened_at: DateTime<Utc>,
    project: PathBuf,
    folder: TempDir,
    /// Every fork uses the same.
    programs: Arc<Programs>,
}

impl CommandSandbox {
    /// Copies a folder, but for the files whose names `keep` refuses.
    pub fn copy_of(
        target: &Command,
        from: &Path,
        keep: &dyn Fn(&str) -> bool,
        opened_at: DateTime<Utc>,
        programs: Arc<Programs>,
    ) -> Result<Self, SandboxError> {
        let folder =
            tempfile::Builder::new().prefix("conformance-").tempdir_in(target.room()).map_err(uncopied)?;
        std::fs::create_dir(folder.path().join("tmp")).map_err(uncopied)?;
        let project = folder.path().join("project");
        std::fs::create_dir(&project).map_err(uncopied)?;
        copy(from, &project, keep).map_err(uncopied)?;
        let clock: Box<dyn ClockDriver> = match target.clock {
            ClockKind::Faketime => {
                let library = clock::library().ok_or_else(|| {
                    SandboxError::NotPossible(
                        "libfaketime is not installed (Debian: apt-get install faketime)".into(),
                    )
                })?;
                Box::new(Faketime::new(library, folder.path().join("clock"), opened_at).map_err(uncopied)?)
            }
            ClockKind::Wall => Box::new(Wall::new()),
            ClockKind::Manual | ClockKind::None => Box::new(NoClock),
        };
        Ok(Self {
            target: target.clone(),
            running: None,
            port: 0,
            last_output: String::new(),
            clock,
            opened_at,
            project,
            folder,
            programs,
        })
    }

    fn needs_flask(&self) -> Result<(), SandboxError> {
        if self.target.flask {
            return Ok(());
        }
        let why = "needs a program of the implementation: only Flask projects with api/v1/app.py have them";
        Err(SandboxError::NotPossible(why.to_owned()))
    }

    fn environment(&self, settings: &ServerSettings, port: u16) -> Vec<(String, String)> {
        let mut python_path = self.programs.path().display().to_string();
        if let Some(inherited) = std::env::var_os("PYTHONPATH") {
            python_path = format!("{python_path}:{}", inherited.to_string_lossy());
        }
        let mut variables: Vec<(String, String)> = settings
            .environment(&*self.clock)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        variables.push(("API_HOST".to_owned(), "127.0.0.1".to_owned()));
        variables.push(("API_PORT".to_owned(), port.to_string()));
        // What it leaves there goes with the folder.
        variables.push(("TMPDIR".to_owned(), self.folder.path().join("tmp").display().to_string()));
        variables.push(("PYTHONUNBUFFERED".to_owned(), "1".to_owned()));
        variables.push(("PYTHONPATH".to_owned(), python_path));
        variables.extend(self.clock.environment());
        variables
    }

    /// Starts `words` as the server.
    async fn start_words(
        &mut self,
        settings: &ServerSettings,
        words: &[String],
        streams: Streams,
    ) -> Result<(), StartFailure> {
        let mut server = WordsServer { sandbox: self, settings, words, streams };
        match start(&mut server).await {
            Ok(process) => {
                self.running = Some(process);
                Ok(())
            }
            Err(NotStarted { failure, output }) => {
                self.last_output = output.unwrap_or_else(|| std::mem::take(&mut self.last_output));
                Err(failure.map_output(|text| self.steady(text)))
            }
        }
    }

    fn spawn(
        &self,
        words: &[String],
        settings: &ServerSettings,
        port: u16,
        streams: Streams,
    ) -> std::io::Result<Process> {
        let environment = self.environment(settings, port);
        Process::spawn(
            words,
            &self.project,
            &environment,
            self.target.limits,
            &self.target.process_tag,
            streams,
        )
    }

    /// Takes what varies out of a text of the program, so that reports of equal runs are equal.
    fn steady(&self, text: &str) -> String {
        Placeholders::default().in_text(&self.places().hide(text))
    }
}

/// A command that serves on a sandbox, with these settings.
struct WordsServer<'s> {
    sandbox: &'s mut CommandSandbox,
    settings: &'s ServerSettings,
    words: &'s [String],
    streams: Streams,
}

#[async_trait]
impl Server for WordsServer<'_> {
    type Failure = StartFailure;

    fn spawn(&mut self, port: u16) -> std::io::Result<Process> {
        self.sandbox.port = port;
        self.sandbox.spawn(self.words, self.settings, port, self.streams)
    }

    async fn wait_until_ready(&self, process: &mut Process, port: u16) -> Result<(), NotReady<StartFailure>> {
        wait_until_ready(process, port, &self.sandbox.target.timeout).await
    }

    fn cannot_run(&self, why: String) -> StartFailure {
        StartFailure::CannotRun { program: self.words[0].clone(), why }
    }

    fn port_in_use(&self) -> StartFailure {
        StartFailure::PortInUse
    }
}

#[async_trait]
impl Sandbox for CommandSandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        if let Some(Hung { failure, output, .. }) = self.target.timeout.known(settings) {
            self.last_output = output;
            return Err(failure.into());
        }
        self.stop(Stop::Kill).await?;
        let words = self.target.words.clone();
        let started = self.start_words(settings, &words, Streams::Together).await;
        if let Err(failure) = &started
            && failure.is_slow()
        {
            // Kept as it may be shown: another sandbox does not know this one's places.
            self.target.timeout.timed_out(settings, failure.clone(), self.output());
        }
        Ok(started?)
    }

    fn timeout(&self) -> Option<Duration> {
        Some(self.target.timeout.current())
    }

    async fn stop(&mut self, how: Stop) -> Result<(), SandboxError> {
        if let Some(process) = self.running.take() {
            self.last_output = process.output();
            match how {
                Stop::Polite => {
                    process.terminate(GRACE).await;
                }
                Stop::Kill => process.kill().await,
            }
        }
        Ok(())
    }

    fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn ended(&mut self) -> Option<String> {
        let status = self.running.as_mut()?.ended()?;
        Some(status.to_string())
    }

    fn output(&self) -> String {
        let raw = self.running.as_ref().map_or_else(|| self.last_output.clone(), Process::output);
        // Cut before ids are numbered: where what is kept begins depends on the length of times and ids.
        Placeholders::default().in_text(redact::last_lines(&self.places().hide(&raw), SHOWN))
    }

    fn places(&self) -> Redactions {
        let shown = |path: &Path| path.display().to_string();
        let folder = self.folder.path();
        let mut places = Redactions::default();
        for folder in [Some(folder.to_owned()), std::fs::canonicalize(folder).ok()].into_iter().flatten() {
            places = places.with(shown(&folder.join("project")), ".").with(shown(&folder), "...");
        }
        places = places.with(shown(self.programs.folder()), ".../programs");
        // What is linked to and not copied is there by its own name.
        places.with(shown(&self.target.folder.join("")), "./").with(self.port.to_string(), "API_PORT")
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut *self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let programs = Arc::clone(&self.programs);
        Ok(Box::new(Self::copy_of(&self.target, &self.project, &|_| true, self.opened_at, programs)?))
    }

    async fn program(&mut self, program: &Program) -> Result<String, SandboxError> {
        self.needs_flask()?;
        let words = self.programs.words(program);
        let settings = ServerSettings::documented(programs::mode(program));
        let mut process = self
            .spawn(&words, &settings, 0, Streams::Apart)
            .map_err(|error| SandboxError::NotPossible(format!("python3 cannot be started: {error}")))?;
        let timeout = self.target.timeout.current();
        let status = process.wait(timeout).await;
        process.drain().await;
        self.last_output = process.output();
        let printed = process.printed();
        process.kill().await;
        match status {
            Some(status) if status.success() => Ok(printed),
            Some(_) => Err(SandboxError::Failed(self.steady(last_line(&self.last_output)))),
            None => Err(SandboxError::Failed(format!("did not end within {} s", timeout.as_secs_f32()))),
        }
    }

    async fn serve_program(
        &mut self,
        settings: &ServerSettings,
        program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        self.needs_flask()?;
        self.stop(Stop::Kill).await?;
        let words = self.programs.server_words(program);
        self.start_words(settings, &words, Streams::Apart).await?;
        Ok(self.running.as_ref().map(Process::printed).unwrap_or_default())
    }

    fn data_folder(&self) -> Option<&Path> {
        self.target.flask.then_some(self.project.as_path())
    }
}

pub fn uncopied(error: std::io::Error) -> SandboxError {
    SandboxError::Failed(format!("the folder cannot be copied: {error}"))
}
