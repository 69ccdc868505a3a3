//! The subcommand `grade`: its arguments, and what it does with them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::console;
use crate::error::Error;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::grade::progress::Progress;
use crate::grade::state::State;
use crate::grade::{Bounds, Entry, Graded, entries, fingerprint, pool, table};
use report::Weights;
use search::diagnosis;
use spec::results::{Report, Strictness};
use spec::suite::Suite;

/// The text below the options in `conformance grade --help`.
pub const HELP: &str = "\
Examples:
  conformance grade submissions/*/ --html grades.html
  conformance grade --list class.txt --state class.state --scores scores.csv

In each folder a Flask project is looked for (api/v1/app.py there, or one or two folders below), copied, and \
checked in every mode, as `conformance check FOLDER` does. A submission that crashes, hangs, forks, prints without \
end or fills its folder is stopped at its limits and reported so; it cannot change the result of another.

Classes: judged, no-program, import-error, does-not-start, ignores-port, hangs, crashes-on-first-request, \
not-http, takes-too-long, takes-too-much-memory, fills-the-disk, starts-too-many-processes, suite-failed. \
In the report of a submission that could not be judged every verdict is an error whose reason begins with the class.

With --state, each result is kept at once, and a run that was interrupted can go on: a folder is not judged again \
while its files and the suite are the same.

In the JUnit report each implementation has a suite for each mode, `NAME / MODE`; an implementation that could not be
judged has one suite with one error.

Exit codes:
  0    every implementation was judged and meets every must
  1    some implementation was not judged, or does not meet a must
  2    wrong usage
  130  interrupted by Ctrl-C, 143 by SIGTERM; nothing that it started is left";

/// The arguments of `grade`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders with implementations
    #[arg(value_name = "DIR", required_unless_present = "list")]
    folders: Vec<PathBuf>,
    /// A file that lists more folders, one a line; # begins a comment
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How many implementations are judged in parallel [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How long one implementation may take, in seconds
    #[arg(long, value_name = "S", default_value = "180", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// How much memory the processes of one implementation may hold at once, in MiB
    #[arg(long, value_name = "MIB", default_value = "2048", value_parser = clap::value_parser!(u64).range(1..))]
    memory: u64,
    /// How much the folders of one implementation may hold, in MiB
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = clap::value_parser!(u64).range(1..))]
    disk: u64,
    /// Keep results in this file, or in a file in this folder, and judge only what it does not hold
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Write the JSON reports, as an array, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
    /// Write one JUnit report on all implementations to this file (- for standard output)
    #[arg(long, value_name = "F")]
    junit: Option<PathBuf>,
    /// Write one HTML page, a table of implementations and requirements, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    html: Option<PathBuf>,
    /// Write every verdict, as CSV, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    csv: Option<PathBuf>,
    /// Write a score per task, as CSV, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    scores: Option<PathBuf>,
    /// How much each task and weight counts in the scores: a TOML file with [tasks] and [weights] [default: 1 each]
    #[arg(long, value_name = "FILE", requires = "scores")]
    weights: Option<PathBuf>,
}

/// Grades the folders of the arguments, prints the table, and writes the report files.
///
/// # Errors
///
/// When the arguments are wrong, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let files = Files::new([
        (Format::Json, &arguments.json),
        (Format::Junit, &arguments.junit),
        (Format::Html, &arguments.html),
        (Format::Csv, &arguments.csv),
        (Format::Scores, &arguments.scores),
    ])?;
    let weights = weights(suite, arguments)?;
    let entries = entries(&folders(arguments)?)?;
    if entries.is_empty() {
        return Err(Failure::usage("there is nothing to grade: no folder is named"));
    }
    let graded = grade(suite, arguments, &entries)?;
    if !files.take_stdout() {
        console::print(&table::table(&graded, &suite.catalogue));
    }
    let good = graded.iter().all(|one| table::meets(one, &suite.catalogue));
    let catalogue = &suite.catalogue;
    let mut entries: Vec<report::Entry> = graded.iter().map(Graded::entry).collect();
    for report in entries.iter_mut().filter_map(|entry| entry.result.as_mut().ok()) {
        diagnosis::attach(report, catalogue);
    }
    let reports: Vec<Report> = graded.into_iter().map(|one| one.report).collect();
    let write = |format, text: &dyn Fn() -> String| files.write(format, text, console::print);
    write(Format::Json, &|| report::json_of_all(&reports, catalogue))?;
    write(Format::Junit, &|| report::junit_of_all(&entries, catalogue, Strictness::default()))?;
    write(Format::Html, &|| report::html(&entries, catalogue))?;
    write(Format::Csv, &|| report::csv(&entries, catalogue))?;
    write(Format::Scores, &|| report::scores(&entries, catalogue, &weights))?;
    Ok(if good { Exit::Met } else { Exit::NotMet })
}

/// Reads the weights of the scores.
fn weights(suite: &Suite, arguments: &Arguments) -> Result<Weights, Failure> {
    let Some(path) = &arguments.weights else { return Ok(Weights::default()) };
    let failed = |why: String| Failure::usage(format!("--weights {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Weights::from_toml(&text, &suite.catalogue).map_err(|error| failed(error.to_string()))
}

/// Returns the folders of the command line, then those of the list.
fn folders(arguments: &Arguments) -> Result<Vec<PathBuf>, Error> {
    let mut folders = arguments.folders.clone();
    if let Some(list) = &arguments.list {
        let text =
            std::fs::read_to_string(list).map_err(|source| Error::Read { path: list.clone(), source })?;
        let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
        folders.extend(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(PathBuf::from));
    }
    Ok(folders)
}

/// Grades the submissions whose results the state does not hold.
fn grade(suite: &Suite, arguments: &Arguments, entries: &[Entry]) -> Result<Vec<Graded>, Failure> {
    let state_failed = |error: std::io::Error| {
        let path = arguments.state.as_deref().unwrap_or(std::path::Path::new("--state"));
        Failure::usage(format!("--state {}: {error}", path.display()))
    };
    let mut state = State::open(arguments.state.as_deref(), suite).map_err(state_failed)?;
    let prints: Vec<String> =
        entries.iter().map(|entry| fingerprint::folder_fingerprint(&entry.folder)).collect();
    let mut graded: Vec<Option<Graded>> =
        entries.iter().zip(&prints).map(|(entry, print)| state.find(entry, print)).collect();
    let open: Vec<usize> = (0..entries.len()).filter(|index| graded[*index].is_none()).collect();
    let left: Vec<&Entry> = open.iter().map(|index| &entries[*index]).collect();
    let progress = Progress::on_terminal(entries.len(), entries.len() - left.len());
    let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let jobs = arguments.jobs.map_or_else(cores, usize::from);
    let bounds = Bounds {
        time: Duration::from_secs(arguments.timeout),
        memory_kib: arguments.memory.saturating_mul(1024),
        disk_kib: arguments.disk.saturating_mul(1024),
        ..Bounds::default()
    };
    let mut kept = Ok(());
    let ended = pool::grade(suite, &left, jobs, &bounds, console::interrupted(), |place, one| {
        let index = open[place];
        progress.done(&entries[index].name);
        if kept.is_ok() {
            kept = state.add(&entries[index], &prints[index], &one);
        }
        graded[index] = Some(one);
    });
    drop(progress);
    kept.map_err(state_failed)?;
    match ended.map_err(|error| Failure::usage(format!("no thread can be started: {error}")))? {
        pool::Ended::Whole => Ok(graded.into_iter().flatten().collect()),
        pool::Ended::Interrupted(signal) => {
            let kept = "; what was graded is kept in --state: the same command goes on from there";
            Err(Failure::interrupted(signal, if arguments.state.is_some() { kept } else { "" }))
        }
    }
}
