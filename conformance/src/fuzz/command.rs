//! The subcommand `fuzz`: its arguments, and what it does with them.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;
use tokio::runtime::Runtime;

use super::ground::{Ground, NoGround, Recorder};
use super::hunt::{self, Hunt, Known};
use super::property::Property;
use super::report::{Found, Report};
use super::saved;
use crate::clock::{self, ClockKind};
use crate::console::{self, Interruption};
use crate::detect;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::known::KnownList;
use crate::mode::Mode;
use crate::model::Deviation;
use crate::scenario::{Scenario, Settings};
use crate::seed::Way;
use crate::stage::Stage;
use crate::suite::Suite;
use crate::target::{Command, NewUser, Reference, Target, TargetKind, Url};

/// What `conformance fuzz --help` adds.
pub const HELP: &str = "\
Examples:
  conformance fuzz                             the reference server, in process
  conformance fuzz .                           the Flask project here
  conformance fuzz . --property expiry --cases 500
  conformance fuzz . --save counterexamples    keep what is found; it is played first the next time
  conformance check . --write-known-failing known.txt
  conformance fuzz . --known-failing known.txt look for what the scenarios do not find
  conformance check . --scenario counterexamples/expiry-expiry-not-sliding.md
                                               play one of them again, as a scenario

Each walk is a sequence of requests, logins, restarts and time, drawn at random, on a fresh copy of the project. The \
model of the requirements judges every answer. What is answered wrongly is played a second time before it is believed, \
and made as short as it can be.

Properties:
  sessions    session IDs are unique, and never what a client chose
  expiry      a session lives as long as SESSION_DURATION says, whatever happens meanwhile
  logout      a logout ends one session, and no other
  gate        nothing but live credentials opens a protected path, however it is spelled
  users       users are what was stored of them, for any text
  walk        any sequence of all this is answered as the model has it
  concurrent  requests at once are answered as if they had come one after another

Exit codes:
  0  every walk was answered as the requirements have it
  1  some walk was not
  2  wrong usage
  3  the target could not be started or reached";

/// The arguments of `fuzz`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder with an implementation, or the URL of a running one [default: the reference server]
    target: Option<String>,
    /// How to start it; run by words, not by a shell [default: found by looking; python3 -m api.v1.app]
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Try these properties only, with commas or repeated
    #[arg(long, value_parser = tried, value_name = "P", value_delimiter = ',')]
    property: Vec<Tried>,
    /// In these modes only, with commas or repeated
    #[arg(long, value_name = "M", value_parser = detect::mode_argument, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// How many walks of each property [default: 256, or 32 where each starts a program]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    cases: Option<u32>,
    /// Draw the walks that this number gives [default: others each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    known: KnownList,
    /// Keep counterexamples in this folder, as scenarios; those that are there are played first
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// A user that is stored at the URL
    #[arg(long, value_name = "EMAIL:PASSWORD", value_parser = detect::user)]
    user: Option<NewUser>,
    /// The SESSION_NAME of the server at the URL
    #[arg(long, value_name = "N", default_value = "_my_session_id")]
    session_name: String,
    /// Write what was found as JSON to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
}

/// What `--property` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// Walks of a property.
    Walks(Property),
    /// Requests at once.
    AtOnce,
}

const AT_ONCE: &str = "concurrent";

fn tried(text: &str) -> Result<Tried, String> {
    match Property::ALL.into_iter().find(|property| property.as_str() == text) {
        Some(property) => Ok(Tried::Walks(property)),
        None if text == AT_ONCE => Ok(Tried::AtOnce),
        None => {
            let names: Vec<&str> = Property::ALL.iter().map(|property| property.as_str()).collect();
            Err(format!("the properties are {} and {AT_ONCE}", names.join(", ")))
        }
    }
}

/// How many walks of a property are played where no number is given.
const CASES: u32 = 256;

/// The same, where each walk starts a program.
const CASES_OF_PROGRAMS: u32 = 32;

/// Fuzzes what the arguments name, and shows and writes what was found.
///
/// # Errors
///
/// When something is wrong with the arguments, the target cannot be used, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let known = arguments.known.read(&suite.catalogue).map_err(Failure::usage)?;
    let known = Known::listed(known.requirements());
    let files = Files::new([(Format::Json, &arguments.json)]).map_err(Failure::usage)?;
    let saved = match &arguments.save {
        Some(folder) => saved::read(folder).map_err(Failure::usage)?,
        None => Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_checked(format!("the runtime cannot start: {error}")))?;
    let stop = runtime.block_on(async { Interruption::listen() });
    let chosen = runtime.block_on(stop.or(choose(arguments))).map_err(interrupted)??;
    let mut report = Err(NoGround::Clock);
    for target in &chosen.targets {
        let fuzz = Fuzz { suite, arguments, known: &known, chosen: &chosen, runtime: &runtime, stop: &stop };
        report = fuzz.run(target.as_ref(), &saved);
        // Only another clock driver is worth another try.
        if !matches!(report, Err(NoGround::Clock)) {
            break;
        }
    }
    let report = report.map_err(|none| match none {
        NoGround::Interrupted(signal) => interrupted(signal),
        other => Failure::not_checked(other.to_string()),
    })?;
    if let Some(folder) = &arguments.save {
        saved::write(folder, &report.scenarios()).map_err(Failure::usage)?;
    }
    if !files.take_stdout() {
        console::print(&report.text(&suite.catalogue, arguments.save.as_deref()));
    }
    files.write(Format::Json, || report.json(), console::print).map_err(Failure::usage)?;
    Ok(if report.is_clean() { Exit::Met } else { Exit::NotMet })
}

fn interrupted(signal: Signal) -> Failure {
    Failure::interrupted(signal, "")
}

/// What the arguments name.
struct Chosen {
    /// The same implementation with each clock driver, the best first.
    targets: Vec<Box<dyn Target>>,
    modes: Vec<Mode>,
}

async fn choose(arguments: &Arguments) -> Result<Chosen, Failure> {
    let refuse = |given: bool, option: &str, kind: &str| {
        if given { Err(Failure::usage(format!("{option} goes with {kind} as the target"))) } else { Ok(()) }
    };
    let url = arguments.target.as_deref().filter(|target| target.contains("://"));
    refuse(url.is_none() && arguments.user.is_some(), "--user", "a URL")?;
    refuse(url.is_none() && arguments.session_name != Settings::SESSION_NAME, "--session-name", "a URL")?;
    let is_folder = arguments.target.is_some() && url.is_none();
    refuse(!is_folder && arguments.command.is_some(), "--command", "a folder")?;
    let modes = if arguments.mode.is_empty() { Mode::ALL.to_vec() } else { arguments.mode.clone() };
    if let Some(given) = url {
        return running(arguments, given).await;
    }
    let Some(folder) = &arguments.target else {
        return Ok(Chosen { targets: vec![Box::new(Reference)], modes });
    };
    let command = Command::new(Path::new(folder), arguments.command.as_deref(), ClockKind::Wall)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let mut targets: Vec<Box<dyn Target>> = Vec::new();
    if clock::library().is_some() {
        targets.push(Box::new(command.with_clock(ClockKind::Faketime)));
    }
    targets.push(Box::new(command));
    Ok(Chosen { targets, modes })
}

async fn running(arguments: &Arguments, given: &str) -> Result<Chosen, Failure> {
    let base = detect::base_url(given).map_err(Failure::usage)?;
    let at = |mode| Url::new(&base, mode, &arguments.session_name, None, ClockKind::None);
    let mode = match arguments.mode.as_slice() {
        [] => {
            let site = at(Mode::Off).open().await.map_err(|error| Failure::not_checked(error.to_string()))?;
            let mut stage = Stage::new(site);
            detect::reach(&mut stage).await.map_err(Failure::not_checked)?;
            detect::mode(&mut stage, arguments.user.as_ref()).await.map_err(Failure::not_checked)?
        }
        [mode] => *mode,
        _ => return Err(Failure::usage("a running server is in one mode: give --mode once")),
    };
    Ok(Chosen { targets: vec![Box::new(at(mode))], modes: vec![mode] })
}

/// A fuzz run under way.
struct Fuzz<'f> {
    suite: &'f Suite,
    arguments: &'f Arguments,
    known: &'f Known,
    chosen: &'f Chosen,
    runtime: &'f Runtime,
    stop: &'f Interruption,
}

impl Fuzz<'_> {
    fn run(&self, target: &dyn Target, saved: &[Scenario]) -> Result<Report, NoGround> {
        let recorder = Recorder::new(&self.suite.catalogue);
        let ways: &[Way] = if target.kind() == TargetKind::Url { &[Way::Given] } else { &Way::UNAIDED };
        let (modes, given) = (&self.chosen.modes, self.arguments.user.as_ref());
        let prepared = Ground::prepare(target, &recorder, modes, ways, given, self.stop.clone());
        let prepared = self.runtime.block_on(self.stop.or(prepared));
        let ground = RefCell::new(prepared.map_err(NoGround::Interrupted)??);
        let report = self.hunts(target, &ground, saved);
        let left = self.runtime.block_on(ground.borrow_mut().leave(modes[0]));
        if left > 0 {
            anstream::eprintln!("conformance: {left} of the users that this run stored could not be deleted");
        }
        report
    }

    fn hunts(
        &self,
        target: &dyn Target,
        ground: &RefCell<Ground<'_>>,
        saved: &[Scenario],
    ) -> Result<Report, NoGround> {
        let seed = self.arguments.seed.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
        let mut report = Report { name: target.name(), seed, ..Report::default() };
        // What is found once need not be found again.
        let mut known = self.known.clone();
        for scenario in saved {
            report.replayed += 1;
            for mode in scenario.modes.iter().filter(|mode| self.chosen.modes.contains(mode)) {
                let is_known = |deviation: &Deviation| self.known.has(deviation);
                let played = self.runtime.block_on(ground.borrow_mut().play(scenario, *mode, &is_known))?;
                if let Some(surprise) = played {
                    known.find(surprise.requirement());
                    let scenario = scenario.clone();
                    let (mode, deviation) = (*mode, surprise.deviation);
                    report.still.push(Found { scenario, mode, deviation, told: "kept".to_owned() });
                }
            }
        }
        let tried = match self.arguments.property.as_slice() {
            [] => Property::ALL.map(Tried::Walks).into_iter().chain([Tried::AtOnce]).collect(),
            some => some.to_vec(),
        };
        let properties: Vec<Property> = tried
            .iter()
            .filter_map(|one| match one {
                Tried::Walks(property) => Some(*property),
                Tried::AtOnce => None,
            })
            .collect();
        let default = if target.kind() == TargetKind::Reference { CASES } else { CASES_OF_PROGRAMS };
        let cases = self.arguments.cases.unwrap_or(default);
        let bar = bar(u64::from(cases) * properties.len() as u64);
        for property in properties {
            bar.set_message(property.as_str());
            let hunt = Hunt { property, modes: &self.chosen.modes, cases, seed, shrinks: hunt::SHRINKS };
            let catch = hunt.run(self.runtime, ground, &known, &|| bar.inc(1))?;
            catch.counterexamples.iter().for_each(|one| known.find(one.deviation.requirements[0]));
            report.catches.push((property, catch));
        }
        // Each plan needs a fork with nobody else on it, and in every mode the same plans.
        if tried.contains(&Tried::AtOnce) && target.kind() != TargetKind::Url {
            bar.set_message(AT_ONCE);
            for mode in self.chosen.modes.iter().filter(|mode| mode.is_session()) {
                let plans = (cases / 4).max(1);
                let mut bag = self.runtime.block_on(ground.borrow().at_once(*mode, plans, seed))?;
                bag.violations.retain(|one| !known.holds(one.requirements[0]));
                bag.violations.iter().for_each(|one| known.find(one.requirements[0]));
                report.races.push((*mode, bag));
            }
        }
        bar.finish_and_clear();
        report.requests = ground.borrow().requests();
        Ok(report)
    }
}

/// A bar of all walks, on a terminal.
pub(super) fn bar(walks: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} walks, {eta} left: {msg}");
    ProgressBar::new(walks).with_style(style.expect("the template is well-formed"))
}
