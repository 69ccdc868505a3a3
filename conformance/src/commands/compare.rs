//! The subcommand `compare`: two JSON reports side by side.

use std::path::PathBuf;

use clap::Args;

use crate::console::print;
use crate::exit::{Exit, Failure};

/// The files to compare.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The older JSON report, as `check --json` writes it
    #[arg(value_name = "OLD.json")]
    old: PathBuf,
    /// The newer JSON report
    #[arg(value_name = "NEW.json")]
    new: PathBuf,
}

/// Prints what got better and what got worse.
///
/// # Errors
///
/// When a file cannot be read or is no report.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let (text, outcome) = report::compare::compare(&arguments.old, &arguments.new).map_err(Failure::usage)?;
    print(&text);
    Ok(outcome.into())
}
