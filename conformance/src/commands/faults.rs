//! The subcommand `faults`: the kill matrix, for people and for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::console;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use model::faults::{Fault, all};
use search::audit::Audit;
use search::audit::campaigns;
use search::audit::campaigns::FaultCampaigns;
use search::signature;
use spec::catalogue::nearest;
use spec::suite::Suite;

/// The text below the options in `conformance faults --help`.
pub const HELP: &str = "\
A fault is the model of the requirements with one mistake. Every scenario runs against every fault. A fault is found
if a requirement that it breaks is not met. The suite has a hole if nothing finds a fault, no fault breaks a
requirement, no fault changes an answer below a heading of a scenario, or `check` would not name a fault. The symptoms
of each fault are kept in scenarios/faults.txt, from which `check` writes the lines \"behaves like\".

Exit codes:
  0  there are no holes
  1  there are holes
  2  wrong usage";

/// The arguments of `faults`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Run only this fault; repeatable
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Run only the faults that break this requirement; repeatable
    #[arg(long, value_name = "R")]
    requirement: Vec<String>,
    /// Look for each fault with this many walks of every property of `fuzz` as well
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    walks: Option<u32>,
    /// The seed of the random walks
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Write the matrix as JSON to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
    /// Write the matrix as CSV to this file (- for standard output): a row per fault, a column per requirement
    #[arg(long, value_name = "F")]
    csv: Option<PathBuf>,
    /// Write the symptoms of each fault to this file (- for standard output), in the form of scenarios/faults.txt
    #[arg(long, value_name = "F", conflicts_with_all = ["fault", "requirement"])]
    patterns: Option<PathBuf>,
}

/// Runs every scenario against the faults of the arguments, prints the matrix, and writes the files.
///
/// # Errors
///
/// When the arguments are wrong, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let files = Files::new([
        (Format::Json, &arguments.json),
        (Format::Csv, &arguments.csv),
        (Format::Patterns, &arguments.patterns),
    ])?;
    let chosen = chosen(suite, arguments)?;
    let audit = played(suite, &chosen)?;
    let hunted = match arguments.walks {
        Some(walks) => hunted(suite, &chosen, walks, arguments.seed)?,
        None => Vec::new(),
    };
    let holes = arguments.holes(&audit);
    if !files.take_stdout() {
        console::print(&table(suite, &audit, &hunted, &holes));
    }
    let write = |format, text: &dyn Fn() -> String| files.write(format, text, console::print);
    write(Format::Json, &|| json_of(suite, &audit, &hunted))?;
    write(Format::Csv, &|| csv(suite, &audit))?;
    write(Format::Patterns, &|| signature::write(&audit.patterns()))?;
    Ok(if holes.is_empty() { Exit::Met } else { Exit::NotMet })
}

impl Arguments {
    fn is_whole(&self) -> bool {
        self.fault.is_empty() && self.requirement.is_empty()
    }

    /// Returns the holes that the audit shows, except those of the patterns if these are written anew.
    fn holes(&self, audit: &Audit<'_>) -> Vec<String> {
        let mut holes = audit.surviving();
        if self.is_whole() {
            holes.extend(audit.idle());
        }
        if self.patterns.is_none() {
            holes.extend(audit.stale());
            holes.extend(audit.misnamed());
        }
        holes
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

/// Runs every scenario against the faults, with a progress bar.
fn played<'a>(suite: &'a Suite, faults: &[&'static Fault]) -> Result<Audit<'a>, Failure> {
    let bar = bar(faults.len());
    let audit = Audit::run(suite, faults, &|fault| {
        bar.set_message(fault.name);
        bar.inc(1);
    });
    bar.finish_and_clear();
    audit.map_err(Failure::not_checked)
}

/// Hunts for the faults, with progress.
fn hunted(
    suite: &Suite,
    faults: &[&'static Fault],
    walks: u32,
    seed: u64,
) -> Result<Vec<FaultCampaigns>, Failure> {
    let bar = bar(faults.len());
    let tell = |fault: &Fault| {
        bar.set_message(fault.name);
        bar.inc(1);
    };
    let hunted = campaigns::run_all(&suite.catalogue, faults, walks, seed, &tell, &console::listen);
    bar.finish_and_clear();
    hunted.map_err(|none| match none {
        search::Error::Interrupted(signal) => Failure::interrupted(signal, ""),
        other => Failure::not_checked(other.to_string()),
    })
}

fn bar(faults: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {pos} of {len} faults  {msg}");
    ProgressBar::new(faults as u64).with_style(style.expect("the template is one"))
}

/// Returns the properties that find a fault; `None` if no sequences were run against it.
fn properties(hunted: &[FaultCampaigns], fault: &Fault) -> Option<Vec<&'static str>> {
    let one = hunted.iter().find(|one| one.fault.name == fault.name)?;
    Some(one.found_by.iter().map(|property| property.as_str()).collect())
}

/// Writes the matrix for a person: a block a requirement, a line a fault; then the holes.
fn table(suite: &Suite, audit: &Audit<'_>, hunted: &[FaultCampaigns], holes: &[String]) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a string cannot fail");
    for requirement in suite.catalogue.rows() {
        let mut of = audit.rows.iter().filter(|row| row.fault.requirements[0] == requirement.id).peekable();
        if of.peek().is_none() {
            continue;
        }
        line(format!("{}: {}", requirement.id, requirement.text));
        for row in of {
            let sign = if audit.finds(row) { "✓" } else { "✗" };
            let not_met = row.not_met(&suite.catalogue).into_iter().map(|(id, _)| id);
            let others: Vec<&str> = not_met.filter(|id| !row.fault.requirements.contains(id)).collect();
            let others = match others.is_empty() {
                true => String::new(),
                false if row.is_found() => format!(" (also {})", others.join(", ")),
                // A check of everything charges it to what explains more.
                false => format!(" (in a check of everything: {})", others.join(", ")),
            };
            let walks = match properties(hunted, row.fault) {
                Some(none) if none.is_empty() => "; no walk finds it".to_owned(),
                Some(some) => format!("; walks of {} find it", some.join(", ")),
                None => String::new(),
            };
            line(format!("  {sign} {:<28} {}{others}{walks}", row.fault.name, row.fault.sentence));
        }
    }
    let found = audit.rows.iter().filter(|row| audit.finds(row)).count();
    line(format!("\n{found} of {} faults are found by the scenarios.", audit.rows.len()));
    if !hunted.is_empty() {
        let by_walks = hunted.iter().filter(|one| !one.found_by.is_empty());
        let names: BTreeSet<&str> = by_walks.map(|one| one.fault.name).collect();
        let either =
            audit.rows.iter().filter(|row| audit.finds(row) || names.contains(row.fault.name)).count();
        line(format!("{} by the properties of fuzz; {either} by either.", names.len()));
    }
    for hole in holes {
        line(format!("✗ {hole}"));
    }
    out
}

fn json_of(suite: &Suite, audit: &Audit<'_>, hunted: &[FaultCampaigns]) -> String {
    let row = |row: &search::audit::matrix::Row| {
        json!({
            "fault": row.fault.name,
            "sentence": row.fault.sentence,
            "breaks": row.fault.requirements,
            "found": audit.finds(row),
            "not_met": row.not_met(&suite.catalogue).into_iter().map(|(id, modes)| json!({
                "requirement": id,
                "modes": modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "properties": properties(hunted, row.fault),
            "scenarios": row.differing.keys().collect::<BTreeSet<_>>(),
        })
    };
    let all: Value = audit.rows.iter().map(row).collect();
    format!("{all:#}\n")
}

fn csv(suite: &Suite, audit: &Audit<'_>) -> String {
    let ids: Vec<&str> = suite.catalogue.rows().iter().map(|row| row.id.as_str()).collect();
    let mut out = format!("fault,found,{}\n", ids.join(","));
    for row in &audit.rows {
        let not_met = row.not_met(&suite.catalogue);
        let cells = ids.iter().map(|id| not_met.iter().any(|(not_met, _)| not_met == id));
        let cells: Vec<&str> = cells.map(|not_met| if not_met { "1" } else { "" }).collect();
        writeln!(out, "{},{},{}", row.fault.name, u8::from(audit.finds(row)), cells.join(","))
            .expect("writing to a string cannot fail");
    }
    out
}
