//! The subcommand `check`: its arguments, and what it does with them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::redis;
use crate::commands::progress::Progress;
use crate::console;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::reference::Reference;
use report::Entry;
use runner::check::{Check, ClockUnproved, Plan};
use search::{adopt, diagnosis};
use spec::catalogue::{Mode, Subject};
use spec::results;
use spec::results::ClockKind;
use spec::results::Way;
use spec::results::known;
use spec::results::known::KnownArguments;
use spec::results::{Report, Strictness};
use spec::scenario::Settings;
use spec::suite::Suite;
use targets::clock;
use targets::command::Command;
use targets::detect;
use targets::instance::Stage;
use targets::progress::cost::Costs;
use targets::seed;
use targets::url::Url;
use targets::{NewUser, Target};

/// What `conformance check --help` adds.
pub const HELP: &str = "\
Examples:
  conformance check                            the reference server, in process
  conformance check .                          the Flask project here
  conformance check . --mode session_auth      in one mode
  conformance check . --requirement login.ok   what bears on one requirement
  conformance check . --command \"node app.js\"  any program
  conformance check . --profile hardened       with HARDENED=1 and what that changes
  conformance check http://127.0.0.1:5000 --user bob@hbtn.io:secret
                                               something that runs already
  conformance check redis-server               the Redis part, on a server of its own
  conformance check redis://127.0.0.1:6379     on one that runs already

A program is given API_HOST, API_PORT, AUTH_TYPE, SESSION_NAME and SESSION_DURATION, and must listen there. \
Its folder is copied, and the copy is started as often as needed on a free port; the folder itself is never \
written to.

A URL is only asked: what needs a restart, a clock or a program there is not checked. The users that a check \
stores at a URL have addresses of their own and are deleted at its end.

The Redis part is asked of a Redis server. `redis-server` is started in a temporary folder on a free port. At a \
redis:// address no keys are written but the documents' own: Holberton, HolbertonSanFrancisco and HolbertonSchools; \
they are removed at the end, and what was there before is put back (where the server has no DUMP, nothing may be there). \
The documents' client programs (0-redis_client.js …) are the suite's own: those of Node connect to port 6379 alone.

Below what is not met, \"behaves like\" names a known mistake that would show just so: the same steps answered in \
the same way. Where nothing is near, nothing is named; `conformance faults --help` tells where they are from.

The exit codes stand in `conformance --help`.";

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder with an implementation, or the URL of a running one; redis-server or redis://HOST:PORT for the
    /// Redis part [default: the reference server]
    target: Option<String>,
    /// How to start it; run by words, not by a shell [default: found by looking; python3 -m api.v1.app]
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Check these modes only, with commas or repeated: off, auth, basic_auth, session_auth, session_exp_auth,
    /// session_db_auth
    #[arg(long, value_name = "M", value_parser = detect::mode_argument, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// Run these scenarios only, with commas or repeated; `conformance list` lists them. A file FILE.md, such as
    /// `conformance fuzz --save` writes, is judged by what the model of the requirements answers
    #[arg(long, value_name = "S", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Judge these requirements only, with commas or repeated; `conformance coverage` lists them
    #[arg(long, value_name = "R", value_delimiter = ',')]
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
    /// How many modes are checked side by side [default: two for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
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

/// Checks what the arguments name, and shows and writes the report.
///
/// # Errors
///
/// When something is wrong with the arguments, nothing could be checked, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let requirement = |id: &String| suite.find_requirement(id).map(|row| row.id.clone());
    let requirements =
        arguments.requirement.iter().map(requirement).collect::<Result<_, _>>().map_err(Failure::usage)?;
    let files = Files::new([
        (Format::Json, &arguments.json),
        (Format::Junit, &arguments.junit),
        (Format::Html, &arguments.html),
        (Format::KnownFailing, arguments.known.write()),
    ])
    .map_err(Failure::usage)?;
    let known_failing = arguments.known.read(&suite.catalogue).map_err(Failure::usage)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_checked(format!("the runtime cannot start: {error}")))?;
    let mut with_files = None;
    let mut scenarios = Vec::new();
    for name in &arguments.scenario {
        let suite = with_files.as_ref().unwrap_or(suite);
        if adopt::is_meant(suite, name) {
            let (wider, name) = runtime.block_on(adopt::add(suite, name)).map_err(Failure::usage)?;
            with_files = Some(wider);
            scenarios.push(name);
        } else {
            scenarios.push(find(suite, name)?);
        }
    }
    let suite = with_files.as_ref().unwrap_or(suite);
    let (since, costs) = (Instant::now(), Costs::default());
    let mut report = runtime.block_on(async {
        let request = Asked { suite, arguments, scenarios, requirements, costs: &costs };
        request.run().await
    })?;
    known_failing.mark(&mut report.verdicts);
    diagnosis::attach(&mut report, &suite.catalogue);
    let strictness = Strictness { strict: arguments.strict, exact: arguments.exact };
    let catalogue = &suite.catalogue;
    if !files.take_stdout() {
        console::print(&report::terminal(&report, catalogue, strictness));
    }
    let write =
        |format, text: &dyn Fn() -> String| files.write(format, text, console::print).map_err(Failure::usage);
    write(Format::Json, &|| report::json(&report, catalogue))?;
    write(Format::Junit, &|| report::junit(&report, catalogue, strictness))?;
    write(Format::Html, &|| report::html(&[Entry::of(report.clone())], catalogue))?;
    write(Format::KnownFailing, &|| known::present(&report.verdicts, catalogue))?;
    console::tell(&costs.summary(since.elapsed()));
    Ok(report.outcome(catalogue, strictness).into())
}

fn find(suite: &Suite, name: &str) -> Result<String, Failure> {
    let found = suite.find_scenario(name).map(|scenario| scenario.name.clone());
    found.map_err(|error| Failure::usage(adopt::or_file(error.into(), name)))
}

/// A check as asked for on the command line.
struct Asked<'a> {
    suite: &'a Suite,
    arguments: &'a Arguments,
    scenarios: Vec<String>,
    requirements: Vec<String>,
    costs: &'a Costs,
}

impl Asked<'_> {
    /// Runs the check.
    async fn run(&self) -> Result<Report, Failure> {
        match self.arguments.target.as_deref() {
            None => {
                self.refuse_what_goes_with_either()?;
                if Path::new("api/v1/app.py").is_file() {
                    anstream::eprintln!(
                        "conformance: this checks the reference server; `conformance check .` the project here"
                    );
                }
                self.checked(&Reference, self.modes(), &[Way::Api]).await
            }
            Some(target) if redis::is_meant(target) => {
                self.refuse_what_goes_with_either()?;
                self.refuse_unless("the API", !self.arguments.mode.is_empty(), "--mode")?;
                let meant = redis::server(target).await?;
                if meant.kept.is_some() {
                    let plan = self.plan(vec![Subject::Redis], &[]);
                    redis::say_what_is_not_checked(&plan.scenarios(self.suite, Subject::Redis));
                }
                let report = self.checked(&*meant.target, vec![Subject::Redis], &[]).await;
                if let Some(kept) = meant.kept {
                    for told in kept.put_back().await {
                        anstream::eprintln!("conformance: {told}");
                    }
                }
                report
            }
            Some(target) if target.contains("://") => self.url(target).await,
            Some(folder) => self.folder(Path::new(folder)).await,
        }
    }

    fn refuse_unless(&self, kind: &str, given: bool, option: &str) -> Result<(), Failure> {
        if given { Err(Failure::usage(format!("{option} goes with {kind} as the target"))) } else { Ok(()) }
    }

    fn refuse_what_goes_with_a_folder(&self) -> Result<(), Failure> {
        self.refuse_unless("a folder", self.arguments.command.is_some(), "--command")?;
        self.refuse_unless("a folder", self.arguments.seed != SeedArgument::Auto, "--seed")
    }

    fn refuse_what_goes_with_a_url(&self) -> Result<(), Failure> {
        self.refuse_unless("a URL", self.arguments.user.is_some(), "--user")?;
        self.refuse_unless("a URL", self.arguments.session_duration.is_some(), "--session-duration")?;
        self.refuse_unless("a URL", self.arguments.session_name != Settings::SESSION_NAME, "--session-name")
    }

    fn refuse_what_goes_with_either(&self) -> Result<(), Failure> {
        self.refuse_what_goes_with_a_folder()?;
        self.refuse_what_goes_with_a_url()?;
        self.refuse_unless("a folder or a URL", self.arguments.clock != ClockArgument::Auto, "--clock")
    }

    async fn folder(&self, folder: &Path) -> Result<Report, Failure> {
        self.refuse_what_goes_with_a_url()?;
        let shown = folder.display().to_string();
        if let Some(url) = detect::url_meant(&shown).filter(|_| !folder.exists()) {
            return Err(Failure::usage(format!("there is no folder {shown}; did you mean {url}?")));
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

    async fn url(&self, given: &str) -> Result<Report, Failure> {
        let base = &detect::base_url(given).map_err(Failure::usage)?;
        self.refuse_what_goes_with_a_folder()?;
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
        if self.arguments.mode.len() > 1 {
            return Err(Failure::usage("a running server is in one mode: give --mode once"));
        }
        let site = url(Mode::Off).open().await.map_err(|error| Failure::not_checked(error.to_string()))?;
        let mut stage = Stage::new(site);
        detect::reach(&mut stage).await.map_err(Failure::not_checked)?;
        let mode = match self.arguments.mode.first() {
            Some(Mode::Off) => {
                detect::is_off(&mut stage).await.map_err(Failure::not_checked)?;
                Mode::Off
            }
            Some(mode) => *mode,
            None => {
                let found = detect::mode(&mut stage, self.arguments.user.as_ref()).await;
                found.map_err(Failure::not_checked)?
            }
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
        self.checked(&target, vec![mode.into()], &[Way::Given]).await
    }

    async fn checked(
        &self,
        target: &dyn Target,
        modes: Vec<Subject>,
        ways: &[Way],
    ) -> Result<Report, Failure> {
        self.unless_unproved(target, modes, ways).await?.map_err(|ClockUnproved| unproved())
    }

    fn plan(&self, modes: Vec<Subject>, ways: &[Way]) -> Plan {
        Plan {
            modes,
            scenarios: self.scenarios.clone(),
            requirements: self.requirements.clone(),
            ways: ways.to_vec(),
            given: self.arguments.user.clone(),
            jobs: self.arguments.jobs.map_or_else(runner::check::side_by_side, usize::from),
        }
    }

    /// Runs one check with its progress shown, and cleans up behind it, interrupted or not.
    async fn unless_unproved(
        &self,
        target: &dyn Target,
        modes: Vec<Subject>,
        ways: &[Way],
    ) -> Result<Result<Report, ClockUnproved>, Failure> {
        let plan = self.plan(modes, ways);
        if plan.modes.iter().all(|mode| plan.scenarios(self.suite, *mode).is_empty()) {
            return Err(Failure::usage(self.nothing_left(&plan.modes)));
        }
        let progress = Progress::on_terminal();
        let listener = (&progress, self.costs);
        let check = Check::new(self.suite, target, &plan, &listener);
        // Dropping the check ends every program that it has started and removes its folders.
        let report = tokio::select! {
            // First the signals, so that none is missed once anything runs.
            biased;
            signal = console::interrupted() => Err(Failure::interrupted(signal, "")),
            report = check.run() => Ok(report),
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
        report
    }

    /// Says why no scenario is left to run in these modes.
    fn nothing_left(&self, modes: &[Subject]) -> String {
        let rows = self.requirements.iter().filter_map(|id| self.suite.catalogue.find(id));
        let elsewhere = rows.filter(|row| !row.modes.iter().any(|mode| modes.contains(mode))).map(|row| {
            if row.is_of_redis() {
                return format!("{} is asked of a Redis server: conformance check redis-server", row.id);
            }
            format!("{} applies in {} alone", row.id, results::modes(&row.modes))
        });
        let why: Vec<String> = elsewhere.collect();
        let why = if why.is_empty() { "no step of these checks that".to_owned() } else { why.join("; ") };
        format!("nothing is left to check in {}: {why}", results::modes(modes))
    }

    fn modes(&self) -> Vec<Subject> {
        let asked = &self.arguments.mode;
        let modes = Mode::ALL.into_iter().filter(|mode| asked.is_empty() || asked.contains(mode));
        modes.map(Subject::Api).collect()
    }
}

fn unproved() -> Failure {
    Failure::not_checked(
        "the clock cannot be moved: the server's Date header does not follow it \
         (a static program passes libfaketime by); try --clock wall",
    )
}
