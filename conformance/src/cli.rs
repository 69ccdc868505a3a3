//! The command line: what can be asked, and the exit codes. It builds nothing itself.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::check::{Check, ClockUnproved, Plan};
use crate::clock::{self, ClockKind};
use crate::compare::CompareArguments;
use crate::coverage::Coverage;
use crate::coverage_page::CoverageArguments;
use crate::detect;
use crate::doctor;
use crate::exit::Exit;
use crate::explain;
use crate::files::{Files, Format};
use crate::grade;
use crate::known::KnownArguments;
use crate::mode::Mode;
use crate::report::{self, Entry, Progress, Report, Strictness};
use crate::requirements::nearest;
use crate::scenario::{Settings, script};
use crate::seed::{self, Way};
use crate::stage::Stage;
use crate::suite::Suite;
use crate::target::{Command, NewUser, Reference, Target, Url};

/// Checks an implementation of the session-authentication API, requirement by requirement.
#[derive(Debug, Parser)]
#[command(name = "conformance", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  every must that was checked is met, and at least one was checked
  1  some must is not met or blocked, or a known failure is met, or a comparison is worse
  2  wrong usage, or a scenario that cannot be read
  3  the target could not be started or reached, or nothing could be checked";

const CHECK_HELP: &str = "\
Examples:
  conformance check                              the reference server, in process
  conformance check .                            the Flask project in this folder, in every mode
  conformance check . --mode session_auth        in one mode
  conformance check . --requirement login.ok     what bears on one requirement
  conformance check api --command \"node app.js\"  any program that reads API_HOST, API_PORT, AUTH_TYPE,
                                                 SESSION_NAME and SESSION_DURATION
  conformance check http://127.0.0.1:5000 --mode session_auth --user bob@hbtn.io:secret
                                                 something that runs already

A folder is copied, and the copy is started as often as needed on a free port; the folder itself is never
written to. A URL is only asked: what needs a restart, a clock or a program there is not checked.
The users that a check stores at a URL have addresses of their own and are deleted at its end.";

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Check an implementation: a folder, a URL, or the reference server
    #[command(after_help = CHECK_HELP)]
    Check(Box<CheckArguments>),
    /// Check many implementations side by side
    #[command(after_help = grade::command::HELP)]
    Grade(grade::command::Arguments),
    /// List the scenarios
    List,
    /// Show a scenario's steps with their accepted answers
    Show {
        /// The scenario's name, as `list` gives it
        name: String,
        /// As a bash script with real curl, to run against a server
        #[arg(long)]
        sh: bool,
    },
    /// Explain a requirement: what it asks, what checks it, and what usually goes wrong
    Explain {
        /// The requirement's id, as `coverage` gives it
        requirement: String,
    },
    /// Show which steps check each requirement, and what is missing
    Coverage(CoverageArguments),
    /// Show what got better and what got worse between two JSON reports; exit 1 where something got worse
    Compare(CompareArguments),
    /// Show what this machine can check, and how to get what is missing
    Doctor,
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// A folder with an implementation, or the URL of a running one [default: the reference server]
    target: Option<String>,
    /// How to start it; run by words, not by a shell [default: found by looking; python3 -m api.v1.app]
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Check this mode only: off, auth, basic_auth, session_auth, session_exp_auth, session_db_auth; repeatable
    #[arg(long, value_name = "M", value_parser = detect::mode_argument)]
    mode: Vec<Mode>,
    /// Run this scenario only; repeatable
    #[arg(long, value_name = "S")]
    scenario: Vec<String>,
    /// Judge this requirement only; repeatable
    #[arg(long, value_name = "R")]
    requirement: Vec<String>,
    /// A user that is stored at the URL
    #[arg(long, value_name = "EMAIL:PASSWORD", value_parser = detect::user)]
    user: Option<NewUser>,
    /// The SESSION_NAME of the server at the URL
    #[arg(long, value_name = "N", default_value = "_my_session_id")]
    session_name: String,
    /// The SESSION_DURATION of the server at the URL, in seconds
    #[arg(long, value_name = "S")]
    session_duration: Option<u64>,
    /// What makes time pass
    #[arg(long, value_enum, default_value = "auto")]
    clock: ClockArgument,
    /// How the first users get in
    #[arg(long, value_enum, default_value = "auto")]
    seed: SeedArgument,
    /// Write the JSON report to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
    /// Write the JUnit report to this file (- for standard output)
    #[arg(long, value_name = "F")]
    junit: Option<PathBuf>,
    /// Write the HTML report, one page complete in itself, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    html: Option<PathBuf>,
    #[command(flatten)]
    known: KnownArguments,
    /// Shoulds decide the outcome too
    #[arg(long)]
    strict: bool,
    /// Exacts decide the outcome too
    #[arg(long)]
    exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClockArgument {
    /// faketime where it works, else wall
    Auto,
    /// libfaketime: time is moved, nothing sleeps
    Faketime,
    /// Real sleeping, with durations scaled down
    Wall,
    /// Leave time alone
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeedArgument {
    /// Every way in order, until one works
    Auto,
    /// POST /api/v1/users with AUTH_TYPE unset
    Api,
    /// .db_User.json of Flask projects
    File,
    /// The implementation's main_0
    Program,
}

/// An error that ends the program, with its exit code.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Makes an error of wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    fn not_checked(message: impl Into<String>) -> Self {
        Self { exit: Exit::NotChecked, message: message.into() }
    }
}

/// Runs the command line of this process to its end and gives its exit.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; a broken pipe while printing them is nobody's concern.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Met };
        }
    };
    let suite = match Suite::built_in() {
        Ok(suite) => suite,
        Err(error) => return fail(&Failure::usage(error.to_string())),
    };
    let ended = match cli.command {
        Subcommands::Check(arguments) => check(&suite, &arguments),
        Subcommands::Grade(arguments) => grade::command::run(&suite, &arguments),
        Subcommands::List => Ok(list(&suite)),
        Subcommands::Show { name, sh } => show(&suite, &name, sh),
        Subcommands::Explain { requirement } => explained(&suite, &requirement),
        Subcommands::Doctor => {
            print(&doctor::this_machine());
            Ok(Exit::Met)
        }
        Subcommands::Coverage(arguments) => Ok(coverage(&suite, arguments)),
        Subcommands::Compare(arguments) => compare(&arguments),
    };
    ended.unwrap_or_else(|failure| fail(&failure))
}

fn fail(failure: &Failure) -> Exit {
    anstream::eprintln!("conformance: {}", failure.message);
    failure.exit
}

/// Prints to standard output; a reader that has gone away is nobody's concern.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn list(suite: &Suite) -> Exit {
    let width = suite.scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    let lines: String = suite
        .scenarios
        .iter()
        .map(|scenario| format!("{:<width$}  {}\n", scenario.name, scenario.title))
        .collect();
    print(&lines);
    Exit::Met
}

fn show(suite: &Suite, name: &str, sh: bool) -> Result<Exit, Failure> {
    let name = known_scenario(suite, name)?;
    if let Some(scenario) = suite.scenario(&name).filter(|_| sh) {
        print(&script::script(scenario, suite.accepted(&name)));
        return Ok(Exit::Met);
    }
    match suite.accepted(&name) {
        Some(transcript) => print(&transcript.to_string()),
        None => {
            return Err(Failure::usage(format!(
                "no transcript of {name} was ever accepted; run `just review`"
            )));
        }
    }
    Ok(Exit::Met)
}

fn explained(suite: &Suite, id: &str) -> Result<Exit, Failure> {
    let row = suite.catalogue.find(id).ok_or_else(|| unknown_requirement(suite, id))?;
    print(&explain::explain(suite, row));
    Ok(Exit::Met)
}

fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let (text, exit) = arguments.compare().map_err(Failure::usage)?;
    print(&text);
    Ok(exit)
}

fn coverage(suite: &Suite, arguments: CoverageArguments) -> Exit {
    let coverage = Coverage::of(suite);
    print(&arguments.page(&coverage, suite));
    if coverage.is_whole() { Exit::Met } else { Exit::NotMet }
}

fn check(suite: &Suite, arguments: &CheckArguments) -> Result<Exit, Failure> {
    let scenarios =
        arguments.scenario.iter().map(|name| known_scenario(suite, name)).collect::<Result<Vec<_>, _>>()?;
    let requirements =
        arguments.requirement.iter().map(|id| known_requirement(suite, id)).collect::<Result<Vec<_>, _>>()?;
    let asked =
        [(Format::Json, &arguments.json), (Format::Junit, &arguments.junit), (Format::Html, &arguments.html)];
    let files = Files::new(asked).map_err(Failure::usage)?;
    let known = arguments.known.read(&suite.catalogue).map_err(Failure::usage)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::not_checked(format!("the runtime cannot start: {error}")))?;
    let report = runtime.block_on(async {
        let request = Asked { suite, arguments, scenarios, requirements };
        request.run().await
    })?;
    let Some(mut report) = report else { return Ok(Exit::Interrupted) };
    known.mark(&mut report.verdicts);
    arguments.known.write(&report.verdicts, &suite.catalogue).map_err(Failure::usage)?;
    let strictness = Strictness { strict: arguments.strict, exact: arguments.exact };
    if !files.take_stdout() {
        print(&report::terminal(&report, &suite.catalogue, strictness));
    }
    let text = |format| match format {
        Format::Json => report::json(&report, &suite.catalogue),
        Format::Junit => report::junit(&report, &suite.catalogue, strictness),
        Format::Html => report::html(&[Entry::of(report.clone())], &suite.catalogue),
        Format::Csv | Format::Scores => report::csv(&[Entry::of(report.clone())], &suite.catalogue),
    };
    files.write(text, print).map_err(Failure::usage)?;
    Ok(report.exit(&suite.catalogue, strictness))
}

/// A check as asked for on the command line.
struct Asked<'a> {
    suite: &'a Suite,
    arguments: &'a CheckArguments,
    scenarios: Vec<String>,
    requirements: Vec<String>,
}

impl Asked<'_> {
    /// Runs the check; gives nothing where it was interrupted.
    async fn run(&self) -> Result<Option<Report>, Failure> {
        match self.arguments.target.as_deref() {
            None => {
                self.refuse_unless("a folder", self.arguments.command.is_some(), "--command")?;
                self.refuse_unless("a URL", self.arguments.user.is_some(), "--user")?;
                self.checked(&Reference, self.modes(), &[Way::Api]).await
            }
            Some(target) if target.contains("://") => self.url(target).await,
            Some(folder) => self.folder(Path::new(folder)).await,
        }
    }

    fn refuse_unless(&self, kind: &str, given: bool, option: &str) -> Result<(), Failure> {
        if given { Err(Failure::usage(format!("{option} goes with {kind} as the target"))) } else { Ok(()) }
    }

    async fn folder(&self, folder: &Path) -> Result<Option<Report>, Failure> {
        self.refuse_unless("a URL", self.arguments.user.is_some(), "--user")?;
        self.refuse_unless("a URL", self.arguments.session_duration.is_some(), "--session-duration")?;
        self.refuse_unless("a URL", self.arguments.session_name != Settings::SESSION_NAME, "--session-name")?;
        let shown = folder.display().to_string();
        if !folder.exists() && shown.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            return Err(Failure::usage(format!("{shown} is not a folder; did you mean http://{shown}?")));
        }
        let ways: &[Way] = match self.arguments.seed {
            SeedArgument::Auto => &Way::UNAIDED,
            SeedArgument::Api => &[Way::Api],
            SeedArgument::File => &[Way::File],
            SeedArgument::Program => &[Way::Program],
        };
        let first = match self.arguments.clock {
            ClockArgument::Auto if clock::library().is_some() => ClockKind::Faketime,
            ClockArgument::Auto | ClockArgument::Wall => ClockKind::Wall,
            ClockArgument::Faketime => ClockKind::Faketime,
            ClockArgument::None => ClockKind::None,
        };
        let command = Command::new(folder, self.arguments.command.as_deref(), first)
            .map_err(|error| Failure::usage(error.to_string()))?;
        match self.unless_unproved(&command, self.modes(), ways).await? {
            Ok(report) => Ok(report),
            Err(ClockUnproved) if self.arguments.clock == ClockArgument::Auto => {
                self.checked(&command.with_clock(ClockKind::Wall), self.modes(), ways).await
            }
            Err(ClockUnproved) => Err(unproved()),
        }
    }

    async fn url(&self, base: &str) -> Result<Option<Report>, Failure> {
        if !base.starts_with("http://") {
            return Err(Failure::usage(format!(
                "{base:?} is no URL that can be checked: write http://HOST:PORT"
            )));
        }
        let rest = base.trim_start_matches("http://").trim_end_matches('/');
        if rest.is_empty() {
            return Err(Failure::usage(format!("{base:?} has no host: write http://HOST:PORT")));
        }
        if rest.contains(['/', '?', '#', '@', ' ']) {
            return Err(Failure::usage(format!(
                "{base:?} has more than a host and a port: write http://HOST:PORT"
            )));
        }
        self.refuse_unless("a folder", self.arguments.command.is_some(), "--command")?;
        let kind = match self.arguments.clock {
            ClockArgument::Wall if self.arguments.session_duration.is_none() => {
                return Err(Failure::usage("--clock wall at a URL needs the server's --session-duration S"));
            }
            ClockArgument::Faketime => {
                return Err(Failure::usage("--clock faketime goes with a folder as the target"));
            }
            ClockArgument::Wall => ClockKind::Wall,
            ClockArgument::Auto | ClockArgument::None => ClockKind::None,
        };
        let url = |mode| {
            let arguments = self.arguments;
            Url::new(base, mode, &arguments.session_name, arguments.session_duration, kind)
        };
        let mode = match self.arguments.mode.as_slice() {
            [mode] => *mode,
            [] => {
                let site =
                    url(Mode::Off).open().await.map_err(|error| Failure::not_checked(error.to_string()))?;
                let found = detect::mode(&mut Stage::new(site), self.arguments.user.as_ref()).await;
                found.map_err(Failure::not_checked)?
            }
            _ => return Err(Failure::usage("a running server is in one mode: give --mode once")),
        };
        let target = url(mode);
        if let Some(user) = &self.arguments.user {
            let site = target.open().await.map_err(|error| Failure::not_checked(error.to_string()))?;
            seed::lets_in(&mut Stage::new(site), mode, user).await.map_err(|why| {
                Failure::not_checked(format!(
                    "--user {} --mode {mode}: {why}; is it the right user and mode?",
                    user.email
                ))
            })?;
        }
        self.checked(&target, vec![mode], &[Way::Given]).await
    }

    async fn checked(
        &self,
        target: &dyn Target,
        modes: Vec<Mode>,
        ways: &[Way],
    ) -> Result<Option<Report>, Failure> {
        self.unless_unproved(target, modes, ways).await?.map_err(|ClockUnproved| unproved())
    }

    /// Runs one check with its progress shown, and cleans up behind it, interrupted or not.
    async fn unless_unproved(
        &self,
        target: &dyn Target,
        modes: Vec<Mode>,
        ways: &[Way],
    ) -> Result<Result<Option<Report>, ClockUnproved>, Failure> {
        let plan = Plan {
            modes,
            scenarios: self.scenarios.clone(),
            requirements: self.requirements.clone(),
            ways: ways.to_vec(),
            given: self.arguments.user.clone(),
            jobs: std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2),
        };
        if plan.modes.iter().all(|mode| plan.scenarios(self.suite, *mode).is_empty()) {
            return Err(Failure::usage("no scenario is left: no step checks that in these modes"));
        }
        let progress = Progress::on_terminal();
        let check = Check::new(self.suite, target, &plan, &progress);
        // Dropping the check ends every program that it has started and removes its folders.
        let report = tokio::select! {
            report = check.run() => Some(report),
            () = interrupted() => None,
        };
        progress.clear();
        if self.arguments.target.as_deref().is_some_and(|target| target.contains("://")) {
            let left = check.forget_users().await;
            if left > 0 {
                anstream::eprintln!(
                    "conformance: {left} of the users that this check stored could not be deleted"
                );
            }
        }
        Ok(report.transpose())
    }

    fn modes(&self) -> Vec<Mode> {
        let asked = &self.arguments.mode;
        Mode::ALL.into_iter().filter(|mode| asked.is_empty() || asked.contains(mode)).collect()
    }
}

fn unproved() -> Failure {
    Failure::not_checked(
        "the clock cannot be moved: the server's Date header does not follow it \
         (a static program passes libfaketime by); try --clock wall",
    )
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn known_scenario(suite: &Suite, name: &str) -> Result<String, Failure> {
    let name = name.trim_end_matches(".md");
    if suite.scenario(name).is_some() {
        return Ok(name.to_owned());
    }
    let names = suite.scenarios.iter().map(|scenario| scenario.name.as_str());
    Err(Failure::usage(match nearest(name, names) {
        Some(near) => format!("there is no scenario {name:?}; did you mean {near}?"),
        None => format!("there is no scenario {name:?}; `conformance list` lists them"),
    }))
}

fn known_requirement(suite: &Suite, id: &str) -> Result<String, Failure> {
    if suite.catalogue.find(id).is_some() {
        return Ok(id.to_owned());
    }
    Err(unknown_requirement(suite, id))
}

fn unknown_requirement(suite: &Suite, id: &str) -> Failure {
    Failure::usage(match suite.catalogue.nearest(id) {
        Some(near) => format!("there is no requirement {id:?}; did you mean {near}?"),
        None => format!("there is no requirement {id:?}; `conformance coverage` lists them"),
    })
}
