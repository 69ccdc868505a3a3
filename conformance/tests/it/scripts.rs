//! The scripts of `show --sh`, run by bash and curl against the reference server, compared with the native run.
//!
//! A control socket does what a script asks a person for: it moves the clock, restarts the server, and knows
//! the ids of stored users. Scenarios that run the documents' programs are left out.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use conformance::reference::Reference;
use futures_util::{StreamExt as _, stream};
use runner::replay;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::scenario::{Action, Scenario};
use spec::script;
use spec::transcript::aliases::EmailAliases;
use spec::transcript::{Block, Transcript};
use targets::instance::Instance;
use targets::seed;
use targets::seed::Seeds;
use targets::{NewUser, ServerSettings, Stop, Target as _};
use test_support::skip::{missing, say_skipped};
use test_support::suite::suite;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

/// Stands in for the person; PORT is that of the control socket.
const HOOKS: &str = r#"
control() {
    exec 9<>/dev/tcp/127.0.0.1/PORT
    printf '%s\n' "$*" >&9
    IFS= read -r REPLY <&9
    exec 9>&-
}
user() { control user "$1"; USER=$REPLY; }
sleep() { control sleep "$1"; }
restart() { control restart; URL=$REPLY; }
kill_server() { control kill; URL=$REPLY; }
serve() { control serve "$*"; URL=$REPLY; }
"#;

#[test]
fn every_scenario_without_programs_prints_the_same_statuses_as_a_script() {
    if is_skipped(&["bash", "curl", "python3"]) {
        return;
    }
    let programs = |scenario: &&Scenario| {
        scenario.steps().any(|step| matches!(step.action, Action::Main(_) | Action::RequireAuth(_)))
    };
    // Those of a Redis server have a test of their own.
    let scenarios =
        suite().scenarios.iter().filter(|scenario| !programs(scenario) && !scenario.is_of_redis());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let differences: Vec<String> = runtime.block_on(async {
        let runs = stream::iter(scenarios.flat_map(modes)).map(|(scenario, mode)| async move {
            let (native, scripted) = (natively(scenario, mode).await, by_script(scenario, mode).await);
            let (native, scripted) = (statuses(&native), statuses(&scripted));
            (native != scripted)
                .then(|| format!("{} in {mode}: {native:#?}\nas a script: {scripted:#?}", scenario.name))
        });
        runs.buffer_unordered(4).filter_map(|difference| async { difference }).collect().await
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_script_that_nobody_answers_says_so_and_ends_with_3() {
    if is_skipped(&["bash", "curl"]) {
        return;
    }
    // A port that is taken, by a socket that does not listen: nobody answers there, and nobody else comes.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let url = format!("http://{}", taken.local_addr().expect("it is bound"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let scenario = suite().scenario("session-07-login").expect("it is one of them");
    let file = write(folder.path(), scenario);
    let output = std::process::Command::new("bash").arg(file).arg(&url).output().expect("bash runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b""[..]), "{complaint}");
    assert!(complaint.starts_with(&format!("nobody answers at {url} (curl ends with 7)")), "{complaint}");
}

#[test]
fn shellcheck_finds_nothing_in_any_script() {
    if is_skipped(&["shellcheck"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let files = suite().scenarios.iter().map(|scenario| write(folder.path(), scenario));
    let output = std::process::Command::new("shellcheck").args(files).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Lists a scenario with its first mode; with one of each kind where the script does another thing in each.
fn modes(scenario: &Scenario) -> Vec<(&Scenario, Subject)> {
    let has_credentials = scenario.steps().any(|step| matches!(step.action, Action::Authenticate(_)));
    let modes = scenario.modes.iter().copied();
    match scenario.modes[0] {
        first if first.api_mode().is_some_and(Mode::expires) || !has_credentials => vec![(scenario, first)],
        _ => modes
            .filter(|mode| !mode.api_mode().is_some_and(Mode::expires))
            .map(|mode| (scenario, mode))
            .collect(),
    }
}

/// Writes the scenario's script to a file in a folder.
fn write(folder: &Path, scenario: &Scenario) -> PathBuf {
    let path = folder.join(format!("{}.sh", scenario.name));
    std::fs::write(&path, script::script(scenario, suite().accepted(&scenario.name))).expect("there is room");
    path
}

/// Tells whether one of the tools is missing, and says so on standard error.
fn is_skipped(tools: &[&str]) -> bool {
    let missing = tools.iter().find_map(|tool| missing(tool, tool));
    missing.inspect(|missing| say_skipped("the scripts of `show --sh`", missing)).is_some()
}

/// The step, its status line or count, and how many cookies it sets.
fn statuses(transcript: &Transcript) -> Vec<(String, Option<String>, usize)> {
    let cookies = |block: &Block| block.lines.iter().filter(|line| line.starts_with("set-cookie: ")).count();
    let one = |block: &Block| (block.step.clone(), block.lines.first().cloned(), cookies(block));
    transcript.blocks.iter().map(one).collect()
}

/// A instance of the reference server where the scenario's users are stored.
async fn instance(scenario: &Scenario, mode: Subject) -> (Instance<'static>, Seeds) {
    let mut instance = Instance::new(Reference.open().await.expect("the reference opens"));
    assert_eq!(instance.sandbox().clock().kind(), ClockKind::Manual);
    let nothing = |_: &str| None;
    let users = scenario.steps().filter_map(|step| match &step.action {
        Action::User(user) => Some(NewUser {
            email: user.email.expand(&nothing).ok()?,
            password: user.password.expand(&nothing).ok()?,
        }),
        _ => None,
    });
    let seeds = seed::seed(&mut instance, mode, &users.collect::<Vec<_>>(), &[SeedMethod::Api], None).await;
    (instance, seeds)
}

async fn natively(scenario: &Scenario, mode: Subject) -> Transcript {
    let (mut instance, seeds) = instance(scenario, mode).await;
    replay::replay(&mut instance, scenario, mode, &seeds, EmailAliases::as_written())
        .await
        .run
        .transcript(scenario)
}

async fn by_script(scenario: &Scenario, mode: Subject) -> Transcript {
    let (mut instance, seeds) = instance(scenario, mode).await;
    let mut settings = ServerSettings::new(mode, &scenario.settings);
    instance.ensure(&settings).await.expect("the reference starts");
    let control = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let port = control.local_addr().expect("it is bound").port();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let hooks = folder.path().join("hooks");
    std::fs::write(&hooks, HOOKS.replace("PORT", &port.to_string())).expect("there is room");
    let file = write(folder.path(), scenario);
    let url = instance.sandbox().base_url();
    let bash = bash(&file, &hooks, &url, mode);
    tokio::pin!(bash);
    let output = loop {
        tokio::select! {
            output = &mut bash => break output,
            asked = control.accept() => {
                let (stream, _) = asked.expect("the script connects");
                answer(stream, &mut instance, &mut settings, &seeds).await;
            }
        }
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", scenario.name);
    Transcript::parse(&text)
}

async fn bash(file: &Path, hooks: &Path, url: &str, mode: Subject) -> std::process::Output {
    let mut command = Command::new("bash");
    command.arg(file).arg(url).env("BASH_ENV", hooks).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.env("AUTH_TYPE", mode.api_mode().and_then(Mode::auth_type).unwrap_or_default());
    command.kill_on_drop(true).output().await.expect("bash runs")
}

/// Does what the script asks for, and answers with the server's URL or a user's id.
async fn answer(
    stream: TcpStream,
    instance: &mut Instance<'_>,
    settings: &mut ServerSettings,
    seeds: &Seeds,
) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("the script asks");
    let (verb, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
    let mut reply = None;
    match verb {
        "user" => reply = Some(seeds.id(rest).expect("it was stored").to_owned()),
        "sleep" => {
            let seconds = rest.parse().expect("seconds");
            instance.advance(seconds).await.expect("the clock moves");
        }
        "serve" => {
            set(settings, rest);
            again(instance, settings, Stop::Polite).await;
        }
        "kill" => again(instance, settings, Stop::Kill).await,
        _ => again(instance, settings, Stop::Polite).await,
    }
    let reply = reply.unwrap_or_else(|| instance.sandbox().base_url());
    stream.write_all(format!("{reply}\n").as_bytes()).await.expect("the script reads");
}

fn set(settings: &mut ServerSettings, words: &str) {
    let mut words = words.split(' ');
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("SESSION_NAME", value)) => value.clone_into(&mut settings.session_name),
            Some(("SESSION_DURATION", value)) => settings.session_duration = Some(value.to_owned()),
            Some(("TZ", value)) => settings.time_zone = Some(value.to_owned()),
            _ => {
                assert_eq!(
                    (word, words.next()),
                    ("-u", Some("SESSION_DURATION")),
                    "this is all that is unset"
                );
                settings.session_duration = None;
            }
        }
    }
}

async fn again(instance: &mut Instance<'_>, settings: &ServerSettings, how: Stop) {
    instance.end(how).await.expect("the reference stops");
    instance.ensure(settings).await.expect("the reference starts");
}
