//! The errors of the program's own parts: output files, folders to grade, Redis servers, the runtime.

use std::io;
use std::path::PathBuf;

use targets::redis::{Address, NoReply};

/// Why a part of the program cannot do what the command line asks for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is given that goes with another kind of target.
    #[error("{option} goes with {kind} as the target")]
    OptionOfOtherTarget {
        /// The option.
        option: &'static str,
        /// The kind of target that it goes with, with its article.
        kind: &'static str,
    },
    /// Several modes are named for a running server.
    #[error("a running server is in one mode: give --mode once")]
    ModesOfOneServer,
    /// `--property` names none.
    #[error("the properties are {0}")]
    UnknownProperty(String),
    /// Two options name the same file.
    #[error("{option} {}: {other} writes there; name another file", path.display())]
    OutputShared {
        /// The later option.
        option: &'static str,
        /// The path that the later option names.
        path: PathBuf,
        /// The option that writes there already.
        other: &'static str,
    },
    /// An option names a folder where a file belongs.
    #[error("{option} {}: this is a folder; name a file in it", path.display())]
    OutputIsFolder {
        /// The option.
        option: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// An option names a file in a folder that does not exist.
    #[error("{option} {}: there is no folder {}; make it first", path.display(), folder.display())]
    OutputHasNoFolder {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The missing folder.
        folder: PathBuf,
    },
    /// A file cannot be made, which was tried before the run.
    #[error("{option} {} cannot be written: {source}", path.display())]
    OutputRefused {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it cannot be made.
        source: io::Error,
    },
    /// A report cannot be written at the end of the run.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why it cannot be written.
        source: io::Error,
    },
    /// A file that the command line names cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// A folder to grade does not exist, or cannot be looked into.
    #[error("there is no folder {}", path.display())]
    NoFolder {
        /// The path as the user wrote it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is named where folders are graded.
    #[error("{} is a file: name folders alone, as */ does", .0.display())]
    FileForFolder(PathBuf),
    /// Nobody answers at the address of a Redis server.
    #[error(
        "{address} cannot be reached: {source}; is a Redis server running there? `redis-server --port PORT`"
    )]
    RedisUnreachable {
        /// The address.
        address: Address,
        /// What came instead of an answer.
        source: NoReply,
    },
    /// A Redis server lets nobody check it.
    #[error("{address} cannot be checked: {advice} (it said: {reply})")]
    RedisRefuses {
        /// The address.
        address: Address,
        /// What the user can do about it.
        advice: &'static str,
        /// The error that the server replied.
        reply: String,
    },
    /// The system has no room for a runtime.
    #[error("the runtime cannot start: {0}")]
    Runtime(#[source] io::Error),
    /// Judging one implementation panicked.
    #[error("the suite panicked; standard error says where")]
    Panic,
}

impl Error {
    /// Tells whether the user has to write something else; otherwise the machine or the target is at fault.
    pub fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::RedisUnreachable { .. } | Self::RedisRefuses { .. } | Self::Runtime(_) | Self::Panic
        )
    }
}
