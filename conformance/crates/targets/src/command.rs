//! The target `command`: a program in a folder, started by the suite as often as it needs.

mod copy;
mod find;
pub mod patience;
mod programs;
mod start;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tempfile::TempDir;

use self::patience::{Hung, Patience};
use self::programs::Programs;
use self::start::{NotReady, wait_until_ready};
use crate::clock;
use crate::clock::{ClockDriver, Faketime, NoClock, Wall};
use crate::process::child::{GRACE, Process, Streams};
use crate::process::limits::Limits;
use crate::process::port;
use crate::process::process_tag::Marker;
use crate::start_failure::{StartFailure, last_line};
use crate::{Launch, Program, ProgramServer, Site, SiteError, Stop, Target};
use spec::results::ClockKind;
use spec::results::TargetKind;
use spec::transcript::placeholders::Placeholders;
use spec::transcript::redact;
use spec::transcript::redact::Redactions;

pub use self::copy::copy;
pub use self::find::CommandError;

/// How much address space a Python program may take, in KiB: one request can make Werkzeug's server want it all.
///
/// Other runtimes reserve far more than they use, so that nothing can be said of theirs.
const PYTHON_MEMORY_KIB: u64 = 2 * 1024 * 1024;

/// How much of a program's output is shown, in bytes; less than is kept of it.
const SHOWN: usize = 8 * 1024;

/// How often a start is tried where the port was taken by someone else in between.
const PORT_TRIES: usize = 6;

/// A program in a folder.
#[derive(Clone, Debug)]
pub struct Command {
    folder: PathBuf,
    name: String,
    words: Vec<String>,
    flask: bool,
    clock: ClockKind,
    marker: Marker,
    limits: Limits,
    patience: Patience,
    /// Where the copies are made; `None` for the system's temporary folder.
    room: Option<PathBuf>,
}

impl Command {
    /// Finds out how to start what is in `folder`, unless `command` says so.
    ///
    /// # Errors
    ///
    /// When there is no such folder, nothing or more than one thing in it to start, or no command in
    /// `command`.
    pub fn new(folder: &Path, command: Option<&str>, clock: ClockKind) -> Result<Self, CommandError> {
        let shown = folder.display().to_string();
        let folder = std::fs::canonicalize(folder).map_err(|_| CommandError::NoFolder(shown.clone()))?;
        if !folder.is_dir() {
            return Err(find::part(&folder, &shown).unwrap_or(CommandError::File(shown)));
        }
        let (folder, words) = match command {
            Some(line) => {
                let words = shlex::split(line).filter(|words| !words.is_empty());
                (folder, words.ok_or_else(|| CommandError::Words(line.to_owned()))?)
            }
            None => {
                (find::flask(&folder, &shown)?, ["python3", "-m", "api.v1.app"].map(str::to_owned).to_vec())
            }
        };
        let flask = find::is_flask(&folder);
        let name = folder.file_name().map_or_else(|| shown, |name| name.to_string_lossy().into_owned());
        let limits = Limits { address_space_kib: flask.then_some(PYTHON_MEMORY_KIB), ..Limits::default() };
        let patience = Patience::new(patience::FULL);
        Ok(Self {
            folder,
            name,
            words,
            flask,
            clock,
            marker: Marker::default(),
            limits,
            patience,
            room: None,
        })
    }

    /// The same program, which may take this long to start, or to end where it is one of the documents'; fifteen
    /// seconds otherwise.
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience: Patience::new(patience), ..self.clone() }
    }

    /// The same program under another clock driver.
    pub fn with_clock(&self, clock: ClockKind) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The same program with its copies in the folder `room`, and held within these limits too.
    pub fn confined(&self, room: &Path, file_kib: u64, cpu_seconds: u64) -> Self {
        let limits = Limits { file_kib: Some(file_kib), cpu_seconds: Some(cpu_seconds), ..self.limits };
        Self { limits, room: Some(room.to_owned()), ..self.clone() }
    }

    /// Gives the folder where the copies are made.
    fn room(&self) -> PathBuf {
        self.room.clone().unwrap_or_else(std::env::temp_dir)
    }

    /// Gives the mark of every process that this target starts.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }
}

#[async_trait]
impl Target for Command {
    fn kind(&self) -> TargetKind {
        TargetKind::Command
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn command(&self) -> Option<String> {
        Some(self.words.join(" "))
    }

    fn public_url(&self) -> String {
        "http://127.0.0.1:5000".to_owned()
    }

    fn keeps_data(&self) -> bool {
        // Flask projects store in the folder that they run in, which is a copy; others may have a database.
        !self.flask
    }

    async fn open(&self) -> Result<Box<dyn Site>, SiteError> {
        // A project's own stored users and sessions are not part of what is checked.
        let keep = |name: &str| !(name.starts_with(".db_") && name.ends_with(".json"));
        let programs = Arc::new(Programs::unpack(&self.room()).map_err(uncopied)?);
        let opened_at = if self.clock.stands_still() { clock::START } else { Utc::now() };
        Ok(Box::new(CommandSite::copy_of(self, &self.folder, &keep, opened_at, programs)?))
    }
}

/// A copy of the folder, its clock, and at most one running program.
struct CommandSite {
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

impl CommandSite {
    fn copy_of(
        target: &Command,
        from: &Path,
        keep: &dyn Fn(&str) -> bool,
        opened_at: DateTime<Utc>,
        programs: Arc<Programs>,
    ) -> Result<Self, SiteError> {
        let folder =
            tempfile::Builder::new().prefix("conformance-").tempdir_in(target.room()).map_err(uncopied)?;
        std::fs::create_dir(folder.path().join("tmp")).map_err(uncopied)?;
        let project = folder.path().join("project");
        std::fs::create_dir(&project).map_err(uncopied)?;
        copy(from, &project, keep).map_err(uncopied)?;
        let clock: Box<dyn ClockDriver> = match target.clock {
            ClockKind::Faketime => {
                let library = clock::library().ok_or_else(|| {
                    SiteError::NotPossible(
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

    fn needs_flask(&self) -> Result<(), SiteError> {
        if self.target.flask {
            return Ok(());
        }
        let why = "needs a program of the implementation: only Flask projects with api/v1/app.py have them";
        Err(SiteError::NotPossible(why.to_owned()))
    }

    fn environment(&self, launch: &Launch, port: u16) -> Vec<(String, String)> {
        let mut python_path = self.programs.path().display().to_string();
        if let Some(inherited) = std::env::var_os("PYTHONPATH") {
            python_path = format!("{python_path}:{}", inherited.to_string_lossy());
        }
        let mut variables: Vec<(String, String)> = launch
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

    /// Starts `words` as the server, on another port where the first was snatched away.
    async fn start_words(
        &mut self,
        launch: &Launch,
        words: &[String],
        streams: Streams,
    ) -> Result<(), StartFailure> {
        let mut tries = PORT_TRIES;
        loop {
            tries -= 1;
            let cannot_run = |why: String| StartFailure::CannotRun { program: words[0].clone(), why };
            self.port = port::free().map_err(|error| cannot_run(format!("no free port: {error}")))?;
            let spawned = self.spawn(words, launch, self.port, streams);
            let mut process = spawned.map_err(|error| cannot_run(error.to_string()))?;
            let failure = match wait_until_ready(&mut process, self.port, &self.target.patience).await {
                Ok(()) => {
                    self.running = Some(process);
                    return Ok(());
                }
                Err(NotReady::PortTaken) if tries > 0 => continue,
                Err(NotReady::PortTaken) => StartFailure::PortInUse,
                Err(NotReady::Failed(failure)) => failure,
            };
            self.last_output = process.output();
            process.kill().await;
            return Err(failure.map_output(|text| self.steady(text)));
        }
    }

    fn spawn(
        &self,
        words: &[String],
        launch: &Launch,
        port: u16,
        streams: Streams,
    ) -> std::io::Result<Process> {
        let environment = self.environment(launch, port);
        Process::spawn(words, &self.project, &environment, self.target.limits, &self.target.marker, streams)
    }

    /// Takes what varies out of a text of the program, so that reports of equal runs are equal.
    fn steady(&self, text: &str) -> String {
        Placeholders::default().in_text(&self.places().hide(text))
    }
}

#[async_trait]
impl Site for CommandSite {
    async fn start(&mut self, launch: &Launch) -> Result<(), SiteError> {
        if let Some(Hung { failure, output, .. }) = self.target.patience.known(launch) {
            self.last_output = output;
            return Err(failure.into());
        }
        self.stop(Stop::Kill).await?;
        let words = self.target.words.clone();
        let started = self.start_words(launch, &words, Streams::Together).await;
        if let Err(failure) = &started
            && failure.is_slow()
        {
            // Kept as it may be shown: another site does not know this one's places.
            self.target.patience.in_vain(launch, failure.clone(), self.output());
        }
        Ok(started?)
    }

    fn patience(&self) -> Option<Duration> {
        Some(self.target.patience.left())
    }

    async fn stop(&mut self, how: Stop) -> Result<(), SiteError> {
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

    async fn fork(&self) -> Result<Box<dyn Site>, SiteError> {
        let programs = Arc::clone(&self.programs);
        Ok(Box::new(Self::copy_of(&self.target, &self.project, &|_| true, self.opened_at, programs)?))
    }

    async fn program(&mut self, program: &Program) -> Result<String, SiteError> {
        self.needs_flask()?;
        let words = self.programs.words(program);
        let launch = Launch::documented(programs::mode(program));
        let mut process = self
            .spawn(&words, &launch, 0, Streams::Apart)
            .map_err(|error| SiteError::NotPossible(format!("python3 cannot be started: {error}")))?;
        let patience = self.target.patience.left();
        let status = process.wait(patience).await;
        process.drain().await;
        self.last_output = process.output();
        let printed = process.printed();
        process.kill().await;
        match status {
            Some(status) if status.success() => Ok(printed),
            Some(_) => Err(SiteError::Failed(self.steady(last_line(&self.last_output)))),
            None => Err(SiteError::Failed(format!("did not end within {} s", patience.as_secs_f32()))),
        }
    }

    async fn serve_program(&mut self, launch: &Launch, program: &ProgramServer) -> Result<String, SiteError> {
        self.needs_flask()?;
        self.stop(Stop::Kill).await?;
        let words = self.programs.server_words(program);
        self.start_words(launch, &words, Streams::Apart).await?;
        Ok(self.running.as_ref().map(Process::printed).unwrap_or_default())
    }

    fn data_folder(&self) -> Option<&Path> {
        self.target.flask.then_some(self.project.as_path())
    }
}

fn uncopied(error: std::io::Error) -> SiteError {
    SiteError::Failed(format!("the folder cannot be copied: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_flask_project_is_known_to_store_in_its_own_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let keeps =
            || Command::new(folder.path(), Some("node app.js"), ClockKind::Wall).map(|it| it.keeps_data());
        assert!(keeps().expect("the command is given"));
        std::fs::create_dir_all(folder.path().join("api/v1")).expect("a folder can be made");
        std::fs::write(folder.path().join("api/v1/app.py"), "").expect("a file can be written");
        assert!(!keeps().expect("the command is given"));
    }
}
