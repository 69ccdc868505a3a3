//! The errors of this crate. Each text is fit for a person at the command line.

use std::io;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use runner::prepare::ClockUnproved;
use spec::catalogue::Subject;
use targets::SandboxError;

use crate::concurrency::SetupError;

/// The reason why a search could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The clock of a target does not follow its driver; another driver may do.
    #[error(transparent)]
    ClockUnproved(#[from] ClockUnproved),
    /// A signal ended it.
    #[error("{0} came")]
    Interrupted(Signal),
    /// The target has no place for it, or does not serve.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The first users could not be stored.
    #[error(transparent)]
    Target(#[from] targets::Error),
    /// Several plans of requests at once could not be tried.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The clock of the model does not follow: a fault of the suite.
    #[error("the model's clock does not follow")]
    ModelClock,
    /// The system has no room for a runtime.
    #[error("the runtime cannot start: {0}")]
    Runtime(#[source] io::Error),
    /// A file of the user's cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the user's cannot be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file stands where counterexamples are to be kept.
    #[error("{} is a file: name a folder to keep counterexamples in", .0.display())]
    NoFolder(PathBuf),
    /// A file holds no scenario.
    #[error("{} is no scenario:\n{diagnosis}", .path.display())]
    NoScenario {
        /// The file.
        path: PathBuf,
        /// Each place with what is wrong there.
        diagnosis: String,
    },
    /// A scenario names requirements that do not exist; the text shows each place.
    #[error(transparent)]
    UnknownRequirements(spec::Error),
    /// A scenario has nothing to replay.
    #[error("{0} has no step to play")]
    NoStep(String),
    /// The model answers a scenario differently in two of its modes.
    #[error("{file} is answered otherwise in {first} than in {other}; make it one scenario for each")]
    ModesDiffer {
        /// The scenario's file.
        file: String,
        /// A mode.
        first: Subject,
        /// Another mode.
        other: Subject,
    },
}
