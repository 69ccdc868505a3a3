//! The options about known failures, and the files that they name.

use std::path::PathBuf;

use clap::Args;

use crate::error::Error;
use crate::exit::Failure;
use spec::catalogue::Catalogue;
use spec::results::known::KnownFailing;

/// The options of `check`: the list to read, and the list to write.
#[derive(Debug, Args)]
pub struct KnownArguments {
    #[command(flatten)]
    list: KnownList,
    /// Write the failures of this run as a list of known failures to this file (- for standard output)
    #[arg(long = "write-known-failing", value_name = "FILE")]
    write: Option<PathBuf>,
}

/// The option that names a list of known failures.
#[derive(Debug, Args)]
pub struct KnownList {
    /// A list of known failures, one `REQUIREMENT [in MODE]` a line, where * matches any letters; each must fail
    #[arg(long = "known-failing", value_name = "FILE")]
    list: Option<PathBuf>,
}

impl KnownArguments {
    /// Returns the file that the present failures go to, if one is named.
    pub fn write(&self) -> &Option<PathBuf> {
        &self.write
    }

    /// Reads the list, as [`KnownList::read`] does.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn read(&self, catalogue: &Catalogue) -> Result<KnownFailing, Failure> {
        self.list.read(catalogue)
    }
}

impl KnownList {
    /// Reads the list; without one no failure is known.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or one of its lines names nothing; the text says what to write.
    pub fn read(&self, catalogue: &Catalogue) -> Result<KnownFailing, Failure> {
        let Some(path) = &self.list else { return Ok(KnownFailing::default()) };
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        KnownFailing::parse(&path.display().to_string(), &text, catalogue).map_err(Failure::usage)
    }
}
