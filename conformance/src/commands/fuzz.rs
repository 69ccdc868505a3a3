//! The subcommand `fuzz`: its arguments, and what it does with them.

use std::cell::RefCell;
use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Runtime;

use crate::commands::fuzz_report::{Found, Report};
use crate::commands::walks;
use crate::console;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::reference::Reference;
use model::Deviation;
use search::fuzz::Property;
use search::fuzz::saved;
use search::fuzz::{Ground, NoGround, Recorder};
use search::fuzz::{Hunt, Known, SHRINKS};
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::known::KnownList;
use spec::scenario::{Scenario, Settings};
use spec::suite::Suite;
use targets::detect;
use targets::instance::Stage;
use targets::url::Url;
use targets::{NewUser, Target};

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

impl Tried {
    /// Gives its name, and the modes in which it says something.
    fn modes(self) -> (&'static str, &'static [Mode]) {
        match self {
            Self::Walks(property) => walks::of_property(property),
            Self::AtOnce => (AT_ONCE, &Mode::SESSIONS),
        }
    }
}

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
    let runtime = walks::runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let chosen = runtime.block_on(stop.or(choose(arguments)));
    let chosen = chosen.map_err(|signal| Failure::interrupted(signal, ""))??;
    let asked: Vec<_> = chosen.tried.iter().map(|tried| tried.modes()).collect();
    if saved.is_empty() {
        walks::says_something(&asked, &chosen.modes)?;
    }
    let recorder = Recorder::new(&suite.catalogue);
    let given = arguments.user.as_ref();
    let ground = walks::ground(&runtime, &chosen.targets, &recorder, &chosen.modes, given, &stop)?;
    let ground = RefCell::new(ground);
    let fuzz = Fuzz { arguments, known: &known, chosen: &chosen, runtime: &runtime, ground: &ground };
    let report = fuzz.run(&saved);
    let left = runtime.block_on(ground.borrow_mut().leave(chosen.modes[0]));
    if left > 0 {
        anstream::eprintln!("conformance: {left} of the users that this run stored could not be deleted");
    }
    let name = ground.borrow().name();
    let report = report.map_err(|none| walks::failure(none, &name))?;
    if let Some(folder) = &arguments.save {
        saved::write(folder, &report.scenarios()).map_err(Failure::usage)?;
    }
    if !files.take_stdout() {
        console::print(&report.text(&suite.catalogue, arguments.save.as_deref()));
    }
    files.write(Format::Json, || report.json(), console::print).map_err(Failure::usage)?;
    Ok(if report.is_clean() { Exit::Met } else { Exit::NotMet })
}

/// What the arguments name.
struct Chosen {
    /// The same implementation with each clock driver, the best first.
    targets: Vec<Box<dyn Target>>,
    modes: Vec<Mode>,
    tried: Vec<Tried>,
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
    Ok(Chosen { targets: vec![Box::new(at(mode))], modes: vec![mode], tried })
}

/// A fuzz run under way.
struct Fuzz<'f, 'a> {
    arguments: &'f Arguments,
    known: &'f Known,
    chosen: &'f Chosen,
    runtime: &'f Runtime,
    ground: &'f RefCell<Ground<'a>>,
}

impl Fuzz<'_, '_> {
    fn run(&self, saved: &[Scenario]) -> Result<Report, NoGround> {
        let (runtime, ground, modes) = (self.runtime, self.ground, &self.chosen.modes);
        let seed = walks::seed(self.arguments.seed);
        let mut report = Report { name: ground.borrow().name(), seed, ..Report::default() };
        // What is found once need not be found again.
        let mut known = self.known.clone();
        for scenario in saved {
            report.replayed += 1;
            let of_api = scenario.modes.iter().filter_map(|subject| subject.api_mode());
            for mode in of_api.filter(|mode| modes.contains(mode)) {
                let is_known = |deviation: &Deviation| self.known.has(deviation);
                let played = runtime.block_on(ground.borrow_mut().play(scenario, mode, &is_known))?;
                if let Some(surprise) = played {
                    known.find(surprise.requirement());
                    let scenario = scenario.clone();
                    let deviation = surprise.deviation;
                    report.still.push(Found { scenario, mode, deviation, told: "kept".to_owned() });
                }
            }
        }
        let default = if ground.borrow().is_in_process() { CASES } else { CASES_OF_PROGRAMS };
        let cases = self.arguments.cases.unwrap_or(default);
        let bar = walks::bar(u64::from(cases) * self.chosen.tried.len() as u64);
        for tried in &self.chosen.tried {
            bar.set_message(tried.modes().0);
            match tried {
                Tried::Walks(property) => {
                    let hunt = Hunt { property: *property, modes, cases, seed, shrinks: SHRINKS };
                    let catch = hunt.run(runtime, ground, &known, &|| bar.inc(1))?;
                    catch.counterexamples.iter().for_each(|one| known.find(one.deviation.requirements[0]));
                    report.catches.push((*property, catch));
                }
                // A plan takes several requests at once, and the same are tried in every mode.
                Tried::AtOnce => {
                    for mode in modes.iter().filter(|mode| mode.is_session()) {
                        let plans = (cases / 4).max(1);
                        let mut bag = runtime.block_on(ground.borrow().at_once(*mode, plans, seed))?;
                        bag.violations.retain(|one| !known.holds(one.requirements[0]));
                        bag.violations.iter().for_each(|one| known.find(one.requirements[0]));
                        report.races.push((*mode, bag));
                    }
                }
            }
        }
        bar.finish_and_clear();
        report.requests = ground.borrow().requests();
        Ok(report)
    }
}
