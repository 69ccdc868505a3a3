//! The subcommand `fuzz`: its arguments, and what it does with them.

use std::path::PathBuf;

use clap::Args;

use super::fuzz_report::{Found, Report};
use super::known::KnownList;
use super::target::{UrlArguments, refuse};
use super::walks;
use crate::console;
use crate::error::Error;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::reference::Reference;
use model::Deviation;
use search::fuzz::Harness;
use search::fuzz::Property;
use search::fuzz::saved;
use search::fuzz::{Campaign, Known, SHRINKS};
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::scenario::Scenario;
use spec::suite::Suite;
use targets::Target;
use targets::detect;
use targets::progress::cost::Costs;
use targets::progress::event::Work;
use targets::url::Url;

/// The text below the options in `conformance fuzz --help`.
pub const HELP: &str = "\
Examples:
  conformance fuzz                             the reference server, in process
  conformance fuzz .                           the Flask project here
  conformance fuzz . --property expiry --cases 500
  conformance fuzz . --save counterexamples    keep counterexamples; the next run starts with them
  conformance check . --write-known-failing known.txt
  conformance fuzz . --known-failing known.txt look for failures that the scenarios do not find
  conformance check . --scenario counterexamples/expiry-expiry-not-sliding.md
                                               run one of them again, as a scenario

Each walk is a random sequence of requests, logins, restarts and waits, run on a fresh copy of the project. The \
model of the requirements judges every answer. A walk with a wrong answer is run again to confirm it, and then made \
as short as possible.

Properties:
  sessions    session IDs are unique, and never what a client chose
  expiry      a session lives as long as SESSION_DURATION says, whatever happens meanwhile
  logout      a logout ends one session, and no other
  gate        only live credentials open a protected path, however it is spelled
  users       users are returned as they were stored, for any text
  walk        any sequence of all these is answered as the model answers it
  concurrent  requests at once are answered as if they had come one after another

Exit codes:
  0  every answer to every walk meets the requirements
  1  some answer does not
  2  wrong usage
  3  the target could not be started or reached";

/// The arguments of `fuzz`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder with an implementation, or the URL of a running one [default: the reference server]
    target: Option<String>,
    /// The command that starts it, without a shell [default: detected; python3 -m api.v1.app]
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Try only these properties, separated by commas or repeated
    #[arg(long, value_parser = tried, value_name = "P", value_delimiter = ',')]
    property: Vec<Tried>,
    /// Run in only these modes, separated by commas or repeated
    #[arg(long, value_name = "M", value_parser = detect::mode_argument, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// How many walks of each property [default: 256, or 32 if each starts a program]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    cases: Option<u32>,
    /// The seed of the random walks [default: a new one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    known: KnownList,
    /// Keep counterexamples in this folder, as scenarios; those of earlier runs are tried first
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[command(flatten)]
    url: UrlArguments,
    /// Write the results as JSON to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
}

/// A value of `--property`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// Walks of a property.
    Walks(Property),
    /// Requests at once.
    AtOnce,
}

const AT_ONCE: &str = "concurrent";

impl Tried {
    /// Returns the name of the value, and the modes in which it applies.
    fn modes(self) -> (&'static str, &'static [Mode]) {
        match self {
            Self::Walks(property) => walks::of_property(property),
            Self::AtOnce => (AT_ONCE, &Mode::SESSIONS),
        }
    }
}

fn tried(text: &str) -> Result<Tried, Error> {
    match Property::ALL.into_iter().find(|property| property.as_str() == text) {
        Some(property) => Ok(Tried::Walks(property)),
        None if text == AT_ONCE => Ok(Tried::AtOnce),
        None => {
            let names: Vec<&str> = Property::ALL.iter().map(|property| property.as_str()).collect();
            Err(Error::UnknownProperty(format!("{} and {AT_ONCE}", names.join(", "))))
        }
    }
}

/// The number of walks of a property, if the command line gives none.
const CASES: u32 = 256;

/// The same number for targets where each walk starts a program.
const CASES_OF_PROGRAMS: u32 = 32;

/// Fuzzes the target of the arguments, prints the report, and writes the files.
///
/// # Errors
///
/// When the arguments are wrong, the target cannot be used, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let known = arguments.known.read(&suite.catalogue)?;
    let known = Known::listed(known.requirements());
    let files = Files::new([(Format::Json, &arguments.json)])?;
    let saved = match &arguments.save {
        Some(folder) => saved::read(folder).map_err(Failure::usage)?,
        None => Vec::new(),
    };
    let runtime = walks::runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let chosen = runtime.block_on(stop.or(choose(arguments)));
    let chosen = chosen.map_err(|signal| Failure::interrupted(signal, ""))??;
    let asked: Vec<_> = chosen.tried.iter().map(|tried| tried.modes()).collect();
    if saved.is_empty() {
        walks::says_something(&asked, &chosen.modes)?;
    }
    let (costs, given) = (Costs::default(), arguments.url.user.as_ref());
    let (catalogue, modes) = (&suite.catalogue, &chosen.modes);
    let mut harness = walks::harness(&runtime, &chosen.targets, catalogue, &costs, modes, given, &stop)?;
    let fuzz = Fuzz { arguments, known: &known, chosen: &chosen, costs: &costs };
    let report = runtime.block_on(fuzz.run(&mut harness, &saved));
    let left = runtime.block_on(harness.leave(modes[0]));
    if left > 0 {
        anstream::eprintln!("conformance: {left} of the users that this run stored could not be deleted");
    }
    let name = harness.name();
    let report = report.map_err(|none| walks::failure(none, &name))?;
    if let Some(folder) = &arguments.save {
        saved::write(folder, &report.scenarios()).map_err(Failure::usage)?;
    }
    if !files.take_stdout() {
        console::print(&report.text(&suite.catalogue, arguments.save.as_deref()));
    }
    files.write(Format::Json, || report.json(), console::print)?;
    Ok(if report.is_clean() { Exit::Met } else { Exit::NotMet })
}

/// The targets, the modes and the properties of a run.
struct Chosen {
    /// The same implementation with each clock driver, the best first.
    targets: Vec<Box<dyn Target>>,
    modes: Vec<Mode>,
    tried: Vec<Tried>,
}

async fn choose(arguments: &Arguments) -> Result<Chosen, Failure> {
    let url = arguments.target.as_deref().filter(|target| target.contains("://"));
    if url.is_none() {
        arguments.url.refuse()?;
    }
    let is_folder = arguments.target.is_some() && url.is_none();
    refuse(!is_folder && arguments.command.is_some(), "--command", "a folder")?;
    let modes = walks::modes(&arguments.mode);
    let tried = match arguments.property.as_slice() {
        [] => Property::ALL.map(Tried::Walks).into_iter().chain([Tried::AtOnce]).collect(),
        some => some.to_vec(),
    };
    if let Some(given) = url {
        return running(arguments, given, tried).await;
    }
    let targets = match &arguments.target {
        Some(folder) => walks::folder(folder, arguments.command.as_deref())?,
        None => vec![Box::new(Reference) as Box<dyn Target>],
    };
    Ok(Chosen { targets, modes, tried })
}

async fn running(arguments: &Arguments, given: &str, mut tried: Vec<Tried>) -> Result<Chosen, Failure> {
    if tried == [Tried::AtOnce] {
        return Err(Failure::usage(format!(
            "{AT_ONCE} needs a copy for each plan, and a URL has none: name a folder"
        )));
    }
    tried.retain(|one| *one != Tried::AtOnce);
    let base = detect::base_url(given).map_err(Failure::usage)?;
    let at = |mode| Url::new(&base, mode, &arguments.url.session_name, None, ClockKind::None);
    let mode = match UrlArguments::only_mode(&arguments.mode)? {
        Some(mode) => mode,
        None => {
            let mut instance = arguments.url.reach(&at(Mode::Off)).await?;
            arguments.url.detect_mode(&mut instance).await?
        }
    };
    Ok(Chosen { targets: vec![Box::new(at(mode))], modes: vec![mode], tried })
}

/// A fuzz run under way.
struct Fuzz<'f> {
    arguments: &'f Arguments,
    known: &'f Known,
    chosen: &'f Chosen,
    /// Counts the requests.
    costs: &'f Costs,
}

impl Fuzz<'_> {
    async fn run(&self, harness: &mut Harness<'_>, saved: &[Scenario]) -> Result<Report, search::Error> {
        let modes = &self.chosen.modes;
        let seed = walks::seed(self.arguments.seed);
        let mut report = Report { name: harness.name(), seed, ..Report::default() };
        // What is found once need not be found again.
        let mut known = self.known.clone();
        for scenario in saved {
            report.replayed += 1;
            let of_api = scenario.modes.iter().filter_map(|subject| subject.api_mode());
            for mode in of_api.filter(|mode| modes.contains(mode)) {
                let is_known = |deviation: &Deviation| self.known.has(deviation);
                if let Some(mismatch) = harness.find_mismatch(scenario, mode, &is_known).await? {
                    known.find(mismatch.requirement());
                    let scenario = scenario.clone();
                    let deviation = mismatch.deviation;
                    report.still.push(Found { scenario, mode, deviation, told: "kept".to_owned() });
                }
            }
        }
        let default = if harness.is_cheap() { CASES } else { CASES_OF_PROGRAMS };
        let cases = self.arguments.cases.unwrap_or(default);
        let bar = walks::bar(u64::from(cases) * self.chosen.tried.len() as u64);
        for tried in &self.chosen.tried {
            bar.set_message(tried.modes().0);
            match tried {
                Tried::Walks(property) => {
                    let campaign = Campaign { property: *property, modes, cases, seed, shrinks: SHRINKS };
                    let result = campaign.run(harness, &known, &|| bar.inc(1)).await?;
                    result.counterexamples.iter().for_each(|one| known.find(one.deviation.requirements[0]));
                    report.catches.push((*property, result));
                }
                // A plan takes several requests at once, and the same are tried in every mode.
                Tried::AtOnce => {
                    for mode in modes.iter().filter(|mode| mode.is_session()) {
                        let plans = (cases / 4).max(1);
                        let mut bag = harness.at_once(*mode, plans, seed).await?;
                        bag.violations.retain(|one| !known.holds(one.requirements[0]));
                        bag.violations.iter().for_each(|one| known.find(one.requirements[0]));
                        report.races.push((*mode, bag));
                    }
                }
            }
        }
        bar.finish_and_clear();
        report.requests = self.costs.spent_on(Work::Request).count as usize;
        Ok(report)
    }
}
