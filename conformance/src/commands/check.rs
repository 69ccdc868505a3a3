//! The subcommand `check`: its arguments, and what it does with them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::known::KnownArguments;
use super::progress::Progress;
use super::redis;
use super::target::{UrlArguments, refuse};
use crate::console;
use crate::error::Error;
use crate::exit::{Exit, Failure};
use crate::files::{Files, Format};
use crate::reference::Reference;
use report::Entry;
use runner::check::{Check, Plan};
use runner::prepare::ClockUnproved;
use search::{adopt, diagnosis};
use spec::catalogue::{Mode, Subject};
use spec::results;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::known;
use spec::results::{Report, Strictness};
use spec::suite::Suite;
use targets::Target;
use targets::clock;
use targets::command::Command;
use targets::detect;
use targets::instance::Instance;
use targets::progress::cost::Costs;
use targets::seed;
use targets::url::Url;

/// The text below the options in `conformance check --help`.
pub const HELP: &str = "\
Examples:
  conformance check                            the reference server, in process
  conformance check .                          the Flask project here
  conformance check . --mode session_auth      in one mode
  conformance check . --requirement login.ok   one requirement
  conformance check . --command \"node app.js\"  any program
  conformance check . --profile hardened       started with HARDENED=1, by the requirements of that profile
  conformance check http://127.0.0.1:5000 --user bob@hbtn.io:secret
                                               a server that runs already
  conformance check redis-server               the Redis part, on a new Redis server
  conformance check redis://127.0.0.1:6379     the Redis part, on a Redis server that runs already

A program gets API_HOST, API_PORT, AUTH_TYPE, SESSION_NAME and SESSION_DURATION, and must listen there. \
The check works on a copy of the folder, which it starts as often as needed on a free port; the folder itself is never \
written to.

A server at a URL only gets requests: requirements that need a restart, a moved clock or a program are not checked. \
The check stores users under email addresses of its own, and deletes them at the end.

The Redis part is checked on a Redis server. `redis-server` is started in a temporary folder on a free port. At a \
redis:// address the check writes only the documents' keys: Holberton, HolbertonSanFrancisco and HolbertonSchools. \
It removes them at the end and restores their old values; if the server has no DUMP, the keys must not exist. \
The suite has its own versions of the documents' client programs (0-redis_client.js …), which connect to port 6379 only.

Below a requirement that is not met, \"behaves like\" names a known mistake that makes the same steps fail in the \
same way, if there is one; see `conformance faults --help`.

`conformance --help` lists the exit codes.";

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder with an implementation, or the URL of a running one; redis-server or redis://HOST:PORT for the
    /// Redis part [default: the reference server]
    target: Option<String>,
    /// The command that starts it, without a shell [default: detected; python3 -m api.v1.app]
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Check only these modes, separated by commas or repeated: off, auth, basic_auth, session_auth,
    /// session_exp_auth, session_db_auth
    #[arg(long, value_name = "M", value_parser = detect::mode_argument, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// Run only these scenarios, separated by commas or repeated; `conformance list` lists them. A file FILE.md,
    /// such as `conformance fuzz --save` writes, is judged by the answers of the model of the requirements
    #[arg(long, value_name = "S", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Judge only these requirements, separated by commas or repeated; `conformance coverage` lists them
    #[arg(long, value_name = "R", value_delimiter = ',')]
    requirement: Vec<String>,
    #[command(flatten)]
    url: UrlArguments,
    /// The SESSION_DURATION of the server at the URL, in seconds
    #[arg(long, value_name = "S")]
    session_duration: Option<u64>,
    /// How the check makes time pass
    #[arg(long, value_enum, default_value = "auto")]
    clock: ClockArgument,
    /// How the first users are stored
    #[arg(long, value_enum, default_value = "auto")]
    seed: SeedArgument,
    /// How many modes are checked in parallel [default: two for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Write the JSON report to this file (- for standard output)
    #[arg(long, value_name = "F")]
    json: Option<PathBuf>,
    /// Write the JUnit report to this file (- for standard output)
    #[arg(long, value_name = "F")]
    junit: Option<PathBuf>,
    /// Write the HTML report, a single page that loads nothing, to this file (- for standard output)
    #[arg(long, value_name = "F")]
    html: Option<PathBuf>,
    #[command(flatten)]
    known: KnownArguments,
    /// Let requirements of the weight should decide the outcome too
    #[arg(long)]
    strict: bool,
    /// Let requirements of the weight exact decide the outcome too
    #[arg(long)]
    exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClockArgument {
    /// faketime if it works, else wall
    Auto,
    /// libfaketime: the time of the program is moved, nothing sleeps
    Faketime,
    /// Real waiting, with shorter durations
    Wall,
    /// Do not move time
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeedArgument {
    /// Each method in this order, until one works
    Auto,
    /// POST /api/v1/users with AUTH_TYPE unset
    Api,
    /// The file .db_User.json of Flask projects
    File,
    /// The program main_0 of the implementation
    Program,
}

/// Checks the target of the arguments, prints the report, and writes the report files.
///
/// # Errors
///
/// When the arguments are wrong, nothing could be checked, or a file cannot be written.
pub fn run(suite: &Suite, arguments: &Arguments) -> Result<Exit, Failure> {
    let requirement = |id: &String| suite.find_requirement(id).map(|row| row.id.clone());
    let requirements =
        arguments.requirement.iter().map(requirement).collect::<Result<_, _>>().map_err(Failure::usage)?;
    let files = Files::new([
        (Format::Json, &arguments.json),
        (Format::Junit, &arguments.junit),
        (Format::Html, &arguments.html),
        (Format::KnownFailing, arguments.known.write()),
    ])?;
    let known_failing = arguments.known.read(&suite.catalogue)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
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
        let check = RequestedCheck { suite, arguments, scenarios, requirements, costs: &costs };
        check.run().await
    })?;
    known_failing.mark(&mut report.verdicts);
    diagnosis::attach(&mut report, &suite.catalogue);
    let strictness = Strictness { strict: arguments.strict, exact: arguments.exact };
    let catalogue = &suite.catalogue;
    if !files.take_stdout() {
        console::print(&report::terminal(&report, catalogue, strictness));
    }
    let write = |format, text: &dyn Fn() -> String| files.write(format, text, console::print);
    write(Format::Json, &|| report::json(&report, catalogue))?;
    write(Format::Junit, &|| report::junit(&report, catalogue, strictness))?;
    write(Format::Html, &|| report::html(&[Entry::judged(report.clone())], catalogue))?;
    write(Format::KnownFailing, &|| known::present(&report.verdicts, catalogue))?;
    console::remark(&costs.summary(since.elapsed()));
    Ok(report.outcome(catalogue, strictness).into())
}

fn find(suite: &Suite, name: &str) -> Result<String, Failure> {
    let found = suite.find_scenario(name).map(|scenario| scenario.name.clone());
    found.map_err(|error| Failure::usage(adopt::or_file(error.into(), name)))
}

/// A check as the command line asks for it.
struct RequestedCheck<'a> {
    suite: &'a Suite,
    arguments: &'a Arguments,
    scenarios: Vec<String>,
    requirements: Vec<String>,
    costs: &'a Costs,
}

impl RequestedCheck<'_> {
    /// Runs the check.
    async fn run(&self) -> Result<Report, Failure> {
        match self.arguments.target.as_deref() {
            None => {
                self.refuse_what_goes_with_either()?;
                if Path::new("api/v1/app.py").is_file() {
                    anstream::eprintln!(
                        "conformance: this checks the reference server; `conformance check .` checks the project here"
                    );
                }
                self.checked(&Reference, &self.plan(self.modes(), Reference.seed_methods())?).await
            }
            Some(target) if redis::is_meant(target) => {
                self.refuse_what_goes_with_either()?;
                refuse(!self.arguments.mode.is_empty(), "--mode", "the API")?;
                let plan = self.plan(vec![Subject::Redis], &[])?;
                let meant = redis::server(target).await?;
                if meant.kept.is_some() {
                    redis::warn_of_restarts(&plan.scenarios(self.suite, Subject::Redis));
                }
                let report = self.checked(&*meant.target, &plan).await;
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

    fn refuse_what_goes_with_a_folder(&self) -> Result<(), Error> {
        refuse(self.arguments.command.is_some(), "--command", "a folder")?;
        refuse(self.arguments.seed != SeedArgument::Auto, "--seed", "a folder")
    }

    fn refuse_what_goes_with_a_url(&self) -> Result<(), Error> {
        refuse(self.arguments.session_duration.is_some(), "--session-duration", "a URL")?;
        self.arguments.url.refuse()
    }

    fn refuse_what_goes_with_either(&self) -> Result<(), Error> {
        self.refuse_what_goes_with_a_folder()?;
        self.refuse_what_goes_with_a_url()?;
        refuse(self.arguments.clock != ClockArgument::Auto, "--clock", "a folder or a URL")
    }

    async fn folder(&self, folder: &Path) -> Result<Report, Failure> {
        self.refuse_what_goes_with_a_url()?;
        let shown = folder.display().to_string();
        if let Some(url) = detect::url_meant(&shown).filter(|_| !folder.exists()) {
            return Err(Failure::usage(format!("there is no folder {shown}; did you mean {url}?")));
        }
        let first = match self.arguments.clock {
            ClockArgument::Auto if clock::library().is_some() => ClockKind::Faketime,
            ClockArgument::Auto | ClockArgument::Wall => ClockKind::Wall,
            ClockArgument::Faketime => ClockKind::Faketime,
            ClockArgument::None => ClockKind::None,
        };
        let command =
            Command::new(folder, self.arguments.command.as_deref(), first).map_err(Failure::usage)?;
        let seed_methods: &[SeedMethod] = match self.arguments.seed {
            SeedArgument::Auto => command.seed_methods(),
            SeedArgument::Api => &[SeedMethod::Api],
            SeedArgument::File => &[SeedMethod::File],
            SeedArgument::Program => &[SeedMethod::Program],
        };
        let plan = self.plan(self.modes(), seed_methods)?;
        match self.unless_unproved(&command, &plan).await? {
            Ok(report) => Ok(report),
            Err(ClockUnproved) if self.arguments.clock == ClockArgument::Auto => {
                self.checked(&command.with_clock(ClockKind::Wall), &plan).await
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
            Url::new(base, mode, &arguments.url.session_name, arguments.session_duration, kind)
        };
        let only = UrlArguments::only_mode(&self.arguments.mode)?;
        let plan = |mode: Mode| self.plan(vec![mode.into()], &[SeedMethod::Given]);
        // What is wrong with the arguments is said whether or not somebody answers there.
        let asked = only.map(plan).transpose()?;
        let mut instance = self.arguments.url.reach(&url(Mode::Off)).await?;
        let mode = match only {
            Some(Mode::Off) => {
                detect::is_off(&mut instance).await.map_err(Failure::not_checked)?;
                Mode::Off
            }
            Some(mode) => mode,
            None => self.arguments.url.detect_mode(&mut instance).await?,
        };
        let target = url(mode);
        if let Some(user) = &self.arguments.url.user {
            let sandbox = target.open().await.map_err(Failure::not_checked)?;
            seed::lets_in(&mut Instance::new(sandbox), mode, user).await.map_err(|why| {
                Failure::not_checked(format!(
                    "--user {} --mode {mode}: {why}; is it the right user and mode?",
                    user.email
                ))
            })?;
        }
        let plan = asked.map_or_else(|| plan(mode), Ok)?;
        self.checked(&target, &plan).await
    }

    async fn checked(&self, target: &dyn Target, plan: &Plan) -> Result<Report, Failure> {
        self.unless_unproved(target, plan).await?.map_err(|ClockUnproved| unproved())
    }

    /// Returns the plan of a check in these modes, if it leaves anything to check.
    fn plan(&self, modes: Vec<Subject>, seed_methods: &[SeedMethod]) -> Result<Plan, Failure> {
        let plan = Plan {
            modes,
            scenarios: self.scenarios.clone(),
            requirements: self.requirements.clone(),
            seed_methods: seed_methods.to_vec(),
            given: self.arguments.url.user.clone(),
            jobs: self.arguments.jobs.map_or_else(runner::check::side_by_side, usize::from),
        };
        if plan.modes.iter().all(|mode| plan.scenarios(self.suite, *mode).is_empty()) {
            return Err(Failure::usage(self.nothing_left(&plan.modes)));
        }
        Ok(plan)
    }

    /// Runs one check with its progress shown, and cleans up behind it, interrupted or not.
    async fn unless_unproved(
        &self,
        target: &dyn Target,
        plan: &Plan,
    ) -> Result<Result<Report, ClockUnproved>, Failure> {
        let progress = Progress::on_terminal();
        let listener = (&progress, self.costs);
        let check = Check::new(self.suite, target, plan, &listener);
        // Dropping the check ends every program that it has started and removes its folders.
        let report = tokio::select! {
            // First the signals, so that none is missed once anything runs.
            biased;
            signal = console::interrupted() => Err(Failure::interrupted(signal, "")),
            checked = check.run() => Ok(checked.map(|checked| checked.report)),
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

    /// Returns why no scenario is left to run in these modes.
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
