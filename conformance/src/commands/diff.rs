//! The subcommand `diff`: its arguments, and what it does with them.

use std::fmt::Write as _;

use clap::Args;

use crate::commands::walks;
use crate::console;
use crate::exit::{Exit, Failure};
use crate::reference::Reference;
use report::style::{BOLD, DIM, GOOD, NOTE};
use search::fuzz::Property;
use search::fuzz::{Diff, Divergence};
use search::served_model::Model;
use spec::catalogue::Mode;
use spec::suite::Suite;
use targets::Target;
use targets::detect;
use targets::progress::event::NoListener;

/// The text below the options in `conformance diff --help`.
pub const HELP: &str = "\
Examples:
  conformance diff . reference                 this project and the reference server
  conformance diff old new --property expiry   two versions, by walks about the expiry of sessions
  conformance diff . model --documented        ignore differences that the documents leave open

The same random walks are run on fresh copies of both, and both clocks are moved alike; ids, cookies and times are \
equal if they stand for the same thing. The first walk with different answers is made as short as possible, and the \
model of the requirements says which side breaks the documents, or that they leave it open.

Exit codes:
  0  both answered every walk alike
  1  they answered some walk differently
  2  wrong usage
  3  one of the two could not be started";

/// The arguments of `diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder with an implementation, or `reference`, or `model`
    left: String,
    /// The implementation to compare it with, named in the same way
    right: String,
    /// The command that starts the first, without a shell
    #[arg(long, value_name = "CMD")]
    left_command: Option<String>,
    /// The command that starts the second
    #[arg(long, value_name = "CMD")]
    right_command: Option<String>,
    /// Run the walks of only these properties, separated by commas or repeated
    #[arg(long, value_enum, value_name = "P", value_delimiter = ',')]
    property: Vec<Property>,
    /// Run in only these modes, separated by commas or repeated
    #[arg(long, value_name = "M", value_parser = detect::mode_argument, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// How many walks of each property
    #[arg(long, value_name = "N", default_value = "32", value_parser = clap::value_parser!(u32).range(1..))]
    cases: u32,
    /// The seed of the random walks [default: a new one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Ignore differences that the documents leave open
    #[arg(long)]
    documented: bool,
}

/// Compares the two targets of the arguments, and prints the first difference.
///
/// # Errors
///
/// When the arguments are wrong, or one of the two targets cannot be used.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let left = targets(&arguments.left, arguments.left_command.as_deref(), "--left-command")?;
    let right = targets(&arguments.right, arguments.right_command.as_deref(), "--right-command")?;
    let properties = match arguments.property.as_slice() {
        [] => Property::ALL.to_vec(),
        some => some.to_vec(),
    };
    let modes = walks::modes(&arguments.mode);
    walks::says_something(&properties.iter().copied().map(walks::of_property).collect::<Vec<_>>(), &modes)?;
    let runtime = walks::runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let harness =
        |targets| walks::harness(&runtime, targets, &suite.catalogue, &NoListener, &modes, None, &stop);
    let (mut left, mut right) = (harness(&left)?, harness(&right)?);
    let seed = walks::seed(arguments.seed);
    let bar = walks::bar(u64::from(arguments.cases) * properties.len() as u64);
    let mut walks = 0;
    for property in properties {
        bar.set_message(property.as_str());
        let diff =
            Diff { property, modes: &modes, cases: arguments.cases, seed, documented: arguments.documented };
        let found = runtime.block_on(diff.run([&mut left, &mut right], &|| bar.inc(1)));
        let (divergence, played) = found.map_err(|none| walks::failure(none, "one of the two"))?;
        walks += played;
        if let Some(divergence) = divergence {
            bar.finish_and_clear();
            console::print(&text(&divergence, &arguments.left, &arguments.right, walks, seed));
            return Ok(Exit::NotMet);
        }
    }
    bar.finish_and_clear();
    let (left, right) = (&arguments.left, &arguments.right);
    console::print(&format!(
        "{GOOD}✓{GOOD:#} {left} and {right} answered {walks} walks alike (--seed {seed}).\n"
    ));
    Ok(Exit::Met)
}

/// Returns the targets that a name stands for: one for each clock driver, the best first.
fn targets(name: &str, command: Option<&str>, option: &str) -> Result<Vec<Box<dyn Target>>, Failure> {
    let built_in: Option<Box<dyn Target>> = match name {
        "reference" => Some(Box::new(Reference)),
        "model" => Some(Box::new(Model::default())),
        _ => None,
    };
    if let Some(target) = built_in {
        if command.is_some() {
            return Err(Failure::usage(format!("{option} goes with a folder, and {name} is none")));
        }
        return Ok(vec![target]);
    }
    if name.contains("://") {
        return Err(Failure::usage(format!(
            "{name}: a running server cannot be started afresh for each walk; name a folder, reference or model"
        )));
    }
    walks::folder(name, command)
}

fn text(found: &Divergence, left: &str, right: &str, walks: u32, seed: u64) -> String {
    let mut out = format!(
        "{BOLD}{left} and {right} differ{BOLD:#} in walk {walks} (--seed {seed}), in {}:\n\n",
        found.mode
    );
    for step in found.scenario.steps() {
        let _ = writeln!(out, "  {NOTE}$ {}{NOTE:#}", step.text);
    }
    for (name, lines) in [left, right].into_iter().zip(&found.answers) {
        let _ = writeln!(out, "\n  {BOLD}{name}{BOLD:#}");
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    }
    out.push('\n');
    let mut silent = true;
    for (name, deviation) in [left, right].into_iter().zip(&found.deviations) {
        let Some(deviation) = deviation else { continue };
        silent = false;
        let ids = deviation.requirements.join(", or ");
        let _ = writeln!(out, "{name} breaks the documents: {ids}; they demand {}", deviation.expected);
    }
    if silent {
        let _ = writeln!(out, "The documents leave this open: both are right.");
        for open in &found.freedoms {
            let _ = writeln!(out, "  {DIM}{}{DIM:#}", open.reason());
        }
    }
    out
}
