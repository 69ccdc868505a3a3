//! The subcommand `faults`: the kill matrix, for people and for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::matrix::{self, Extent, Row};
use super::{Fault, all};
use crate::console;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::requirements::nearest;
use crate::suite::Suite;

/// What `conformance faults --help` adds.
pub const HELP: &str = "\
A fault is the model of the requirements with one mistake. Every scenario is played against each of them: a fault
is found where a requirement that it breaks is not met. A fault that nothing finds, a requirement that has no
fault, and a scenario that finds none are holes in the suite.

Exit codes:
  0  every fault is found
  1  some fault survives
  2  wrong usage";

/// The arguments of `faults`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this fault; repeatable
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Only the faults that break this requirement; repeatable
    #[arg(long, value_name = "R")]
    requirement: Vec<String>,
    /// Write the matrix as JSON to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
    /// Write the matrix as CSV to this file (- for standard output): a line a fault, a column a requirement
    #[arg(long, value_name = "F")]
    csv: Option<PathBuf>,
}

/// Plays every scenario against the faults that the arguments name, and shows and writes the matrix.
///
/// # Errors
///
/// When something is wrong with the arguments, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let files = Files::new([(Format::Json, &arguments.json), (Format::Csv, &arguments.csv)])
        .map_err(Failure::usage)?;
    let chosen = chosen(suite, arguments)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::not_checked(format!("the runtime cannot start: {error}")))?;
    let rows = runtime.block_on(async {
        tokio::select! {
            rows = played(suite, &chosen) => rows.map_err(Failure::not_checked),
            signal = console::interrupted() => Err(Failure::interrupted(signal, "")),
        }
    })?;
    if !files.take_stdout() {
        console::print(&table(suite, &rows, arguments.is_whole()));
    }
    let write =
        |format, text: &dyn Fn() -> String| files.write(format, text, console::print).map_err(Failure::usage);
    write(Format::Json, &|| json_of(&rows))?;
    write(Format::Csv, &|| csv(suite, &rows))?;
    Ok(if rows.iter().all(Row::is_found) { Exit::Met } else { Exit::NotMet })
}

impl Arguments {
    fn is_whole(&self) -> bool {
        self.fault.is_empty() && self.requirement.is_empty()
    }
}

fn chosen(suite: &Suite, arguments: &Arguments) -> Result<Vec<&'static Fault>, Failure> {
    for name in &arguments.fault {
        if all().all(|fault| fault.name != name) {
            return Err(Failure::usage(match nearest(name, all().map(|fault| fault.name)) {
                Some(near) => format!("there is no fault {name:?}; did you mean {near}?"),
                None => format!("there is no fault {name:?}; `conformance faults` lists them"),
            }));
        }
    }
    for id in &arguments.requirement {
        suite.find_requirement(id).map_err(Failure::usage)?;
    }
    let named = |fault: &&Fault| {
        let by_name = arguments.fault.iter().any(|name| name == fault.name);
        by_name || arguments.requirement.iter().any(|id| fault.requirements.contains(&id.as_str()))
    };
    Ok(all().filter(|fault| arguments.is_whole() || named(fault)).collect())
}

/// Plays the faults, as many side by side as there are cores, with progress.
async fn played(suite: &Suite, faults: &[&'static Fault]) -> Result<Vec<Row>, String> {
    let style = ProgressStyle::with_template("{bar:24} {pos} of {len} faults  {msg}");
    let bar = ProgressBar::new(faults.len() as u64);
    bar.set_style(style.expect("the template is one"));
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let one = |fault: &'static Fault| {
        let bar = bar.clone();
        async move {
            let row = matrix::play(suite, fault, Extent::Whole).await;
            bar.set_message(fault.name);
            bar.inc(1);
            row
        }
    };
    let rows: Vec<Result<Row, String>> =
        stream::iter(faults.iter().copied().map(one)).buffered(cores).collect().await;
    bar.finish_and_clear();
    rows.into_iter().collect()
}

/// Writes the matrix for a person: a block a requirement, a line a fault.
fn table(suite: &Suite, rows: &[Row], whole: bool) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a string cannot fail");
    for requirement in suite.catalogue.rows() {
        let of: Vec<&Row> = rows.iter().filter(|row| row.fault.requirements[0] == requirement.id).collect();
        if of.is_empty() {
            continue;
        }
        line(format!("{}: {}", requirement.id, requirement.text));
        for row in of {
            let sign = if row.is_found() { "✓" } else { "✗" };
            let others = row.not_met.iter().filter(|(id, _)| !row.fault.requirements.contains(&id.as_str()));
            let others: Vec<&str> = others.map(|(id, _)| id.as_str()).collect();
            let others =
                if others.is_empty() { String::new() } else { format!(" (also {})", others.join(", ")) };
            line(format!("  {sign} {:<28} {}{others}", row.fault.name, row.fault.sentence));
        }
    }
    let found = rows.iter().filter(|row| row.is_found()).count();
    line(format!("\n{found} of {} faults are found by the scenarios.", rows.len()));
    if whole {
        let idle = idle(suite, rows);
        if !idle.is_empty() {
            line(format!("Scenarios that find none: {}", idle.join(", ")));
        }
    }
    out
}

/// Lists the scenarios that find no fault.
pub fn idle<'a>(suite: &'a Suite, rows: &[Row]) -> Vec<&'a str> {
    let busy: BTreeSet<&String> = rows.iter().flat_map(|row| &row.scenarios).collect();
    suite
        .scenarios
        .iter()
        .map(|one| &one.name)
        .filter(|name| !busy.contains(name))
        .map(String::as_str)
        .collect()
}

fn json_of(rows: &[Row]) -> String {
    let row = |row: &Row| {
        json!({
            "fault": row.fault.name,
            "sentence": row.fault.sentence,
            "breaks": row.fault.requirements,
            "found": row.is_found(),
            "not_met": row.not_met.iter().map(|(id, modes)| json!({
                "requirement": id,
                "modes": modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "scenarios": row.scenarios,
        })
    };
    let all: Value = rows.iter().map(row).collect();
    format!("{all:#}\n")
}

fn csv(suite: &Suite, rows: &[Row]) -> String {
    let ids: Vec<&str> = suite.catalogue.rows().iter().map(|row| row.id.as_str()).collect();
    let mut out = format!("fault,found,{}\n", ids.join(","));
    for row in rows {
        let cells = ids.iter().map(|id| row.not_met.iter().any(|(not_met, _)| not_met == id));
        let cells: Vec<&str> = cells.map(|not_met| if not_met { "1" } else { "" }).collect();
        writeln!(out, "{},{},{}", row.fault.name, u8::from(row.is_found()), cells.join(","))
            .expect("writing to a string cannot fail");
    }
    out
}
