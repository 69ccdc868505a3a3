//! The target `command`: a program in a folder, started by the suite as often as it needs.

mod copy;
mod find;
mod programs;
mod ready;
mod sandbox;
pub mod start_timeout;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;

use self::programs::Programs;
use self::sandbox::{CommandSandbox, uncopied};
use self::start_timeout::StartTimeout;
use crate::clock;
use crate::process::limits::Limits;
use crate::process::process_tag::ProcessTag;
use crate::{Isolation, Sandbox, SandboxError, Target};
use spec::results::ClockKind;
use spec::results::{SeedMethod, TargetKind};

pub use self::copy::copy;
pub use self::find::CommandError;

/// How much address space a Python program may take, in KiB: one request can make Werkzeug's server want it all.
///
/// Other runtimes reserve far more than they use, so that nothing can be said of theirs.
const PYTHON_MEMORY_KIB: u64 = 2 * 1024 * 1024;

/// A program in a folder.
#[derive(Clone, Debug)]
pub struct Command {
    folder: PathBuf,
    name: String,
    words: Vec<String>,
    flask: bool,
    clock: ClockKind,
    process_tag: ProcessTag,
    limits: Limits,
    timeout: StartTimeout,
    /// Where the copies are made; `None` for the system's temporary folder.
    room: Option<PathBuf>,
}

impl Command {
    /// Describes the program in `folder`, which `command` starts; `None` looks for a Flask project.
    ///
    /// # Errors
    ///
    /// When there is no such folder, when it holds no Flask project or several, or when `command` is no command.
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
        let timeout = StartTimeout::new(start_timeout::FULL);
        Ok(Self {
            folder,
            name,
            words,
            flask,
            clock,
            process_tag: ProcessTag::default(),
            limits,
            timeout,
            room: None,
        })
    }

    /// Returns the same program with another time to start, and for the documents' programs to end. It is fifteen
    /// seconds by default.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout: StartTimeout::new(timeout), ..self.clone() }
    }

    /// Returns the same program under another clock driver.
    pub fn with_clock(&self, clock: ClockKind) -> Self {
        Self { clock, ..self.clone() }
    }

    /// Returns the same program with its copies in the folder `room`, and within these limits.
    pub fn confined(&self, room: &Path, file_kib: u64, cpu_seconds: u64) -> Self {
        let limits = Limits { file_kib: Some(file_kib), cpu_seconds: Some(cpu_seconds), ..self.limits };
        Self { limits, room: Some(room.to_owned()), ..self.clone() }
    }

    /// Returns the folder where the copies are made.
    fn room(&self) -> PathBuf {
        self.room.clone().unwrap_or_else(std::env::temp_dir)
    }

    /// Returns the tag of every process that this target starts.
    pub fn process_tag(&self) -> &ProcessTag {
        &self.process_tag
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

    fn isolation(&self) -> Isolation {
        Isolation::ForkPerBatch
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &SeedMethod::UNAIDED
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        // A project's own stored users and sessions are not part of what is checked.
        let keep = |name: &str| !(name.starts_with(".db_") && name.ends_with(".json"));
        let programs = Arc::new(Programs::unpack(&self.room()).map_err(uncopied)?);
        let opened_at = if self.clock.stands_still() { clock::START } else { Utc::now() };
        Ok(Box::new(CommandSandbox::copy_of(self, &self.folder, &keep, opened_at, programs)?))
    }
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
