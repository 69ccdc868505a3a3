//! The Redis part: what a real redis-server answers, and that wrong servers are found out.
//!
//! The accepted transcripts are a redis-server's own (`just review` writes them); a right server of the tests' own
//! meets everything too, and each of its mistakes is a verdict of the requirements that it breaks. Without
//! redis-server the tests of it say so and are skipped; where `CI` is set, that is a failure.

#[path = "support/suite.rs"]
mod on_disk;
#[path = "support/program.rs"]
mod program;
#[path = "support/resp.rs"]
mod resp;
#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use conformance::check::{Check, Plan};
use conformance::event::{Event, Listener, Silence};
use conformance::mode::Mode;
use conformance::report::Report;
use conformance::scenario::redis::Call;
use conformance::scenario::{Action, script};
use conformance::target::{Launch, RedisServer, Stop, Target};
use conformance::verdict::Kind;
use futures_util::future::join_all;
use on_disk::{scenarios_folder, suite};
use program::{code, conformance, stderr, stdout};
use resp::{Fault, Resp};
use serde_json::Value;

const PING: &str = "redis.ping";
const CONNECT: &str = "redis.connect";
const SET_GET: &str = "redis.set-get";
const HASH: &str = "redis.hash";
const PUBSUB: &str = "redis.pubsub";

/// Every mistake with the requirements that it breaks, and no others; they may block what is left.
const FAULTS: [(Fault, &[&str]); 25] = [
    (Fault::WrongPong, &[PING]),
    (Fault::RefusesPing, &[PING]),
    (Fault::ForgetsAtRestart, &[PING]),
    (Fault::KeepsNothing, &[PING, SET_GET]),
    (Fault::HangsUp, &[PING, CONNECT, PUBSUB]),
    (Fault::SpeaksHttp, &[PING, CONNECT, PUBSUB]),
    (Fault::TooManyClients, &[PING, CONNECT, SET_GET, HASH, PUBSUB]),
    (Fault::WrongValue, &[SET_GET]),
    (Fault::ConfirmsWithANumber, &[SET_GET]),
    (Fault::AnswersTheFirst, &[SET_GET, PUBSUB]),
    (Fault::CountsNoField, &[HASH]),
    (Fault::CountsEveryField, &[HASH]),
    (Fault::WrongPairs, &[HASH]),
    (Fault::LosesAField, &[HASH]),
    (Fault::LosesAMessage, &[PUBSUB]),
    (Fault::SwapsMessages, &[PUBSUB]),
    (Fault::RepeatsMessages, &[PUBSUB]),
    (Fault::LosesTheKill, &[PUBSUB]),
    (Fault::RefusesSubscribers, &[PUBSUB]),
    (Fault::SilentUnsubscribe, &[PUBSUB]),
    (Fault::KeepsSubscribers, &[PUBSUB]),
    (Fault::SendsOneMore, &[PUBSUB]),
    (Fault::ConfirmsWithAWord, &[PUBSUB]),
    (Fault::SilentQuit, &[PUBSUB]),
    (Fault::NeverHangsUp, &[PUBSUB]),
];

fn plan() -> Plan {
    Plan {
        modes: vec![Mode::Redis],
        scenarios: Vec::new(),
        requirements: Vec::new(),
        ways: Vec::new(),
        given: None,
        jobs: 4,
    }
}

async fn check(target: &dyn Target, listener: &dyn Listener) -> Report {
    let plan = plan();
    let check = Check::new(suite(), target, &plan, listener);
    check.run().await.expect("there is no clock to prove")
}

/// The requirements with a verdict of this kind.
fn of_kind(report: &Report, kind: Kind) -> BTreeSet<&str> {
    let all = report.verdicts.all().filter(|finding| finding.kind == kind);
    all.map(|finding| finding.requirement.as_str()).collect()
}

fn all() -> BTreeSet<&'static str> {
    BTreeSet::from([PING, CONNECT, SET_GET, HASH, PUBSUB])
}

/// The transcripts by scenario, as they are played.
#[derive(Default)]
struct Transcripts(Mutex<Vec<(String, String)>>);

impl Listener for Transcripts {
    fn hear(&self, event: &Event<'_>) {
        if let Event::Played { scenario, run, .. } = event {
            let played = (scenario.name.clone(), run.transcript(scenario).to_string());
            self.0.lock().expect("no listener panics").push(played);
        }
    }
}

/// Tells whether redis-server is missing, and says so.
async fn missing() -> bool {
    let missing = !RedisServer::new(RedisServer::PROGRAM).is_installed().await;
    if missing {
        skip::say_skipped("the Redis part: no redis-server (apt-get install redis-server)");
    }
    missing
}

#[tokio::test]
async fn what_a_redis_server_answers_is_what_is_accepted() {
    if missing().await {
        return;
    }
    let played = Transcripts::default();
    let target = RedisServer::new(RedisServer::PROGRAM);
    check(&target, &played).await;
    assert!(target.marker().processes().is_empty(), "nothing is left");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(scenarios_folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut played = played.0.into_inner().expect("no listener panics");
    played.sort();
    assert_eq!(played.len(), suite().of_mode(Mode::Redis).len());
    settings.bind(|| {
        for (scenario, transcript) in played {
            insta::assert_snapshot!(scenario, transcript);
        }
    });
}

#[tokio::test]
async fn a_right_server_of_our_own_meets_everything() {
    let report = check(&Resp(Fault::None), &Silence).await;
    assert_eq!(of_kind(&report, Kind::Met), all(), "{report:?}");
}

#[tokio::test]
async fn a_hash_may_come_in_any_order() {
    let report = check(&Resp(Fault::OtherOrder), &Silence).await;
    assert_eq!(of_kind(&report, Kind::Met), all(), "{report:?}");
}

#[tokio::test]
async fn each_mistake_is_found_by_the_requirements_that_it_breaks_and_by_no_others() {
    let judged = FAULTS.map(|(fault, broken)| async move {
        let report = check(&Resp(fault), &Silence).await;
        let broken: BTreeSet<&str> = broken.iter().copied().collect();
        let not_met = of_kind(&report, Kind::NotMet);
        let left = || report.verdicts.all().filter(|finding| finding.kind != Kind::NotMet);
        let explained = left().all(|finding| match finding.kind {
            Kind::Met => true,
            Kind::Blocked => finding.reason.as_deref().is_some_and(|reason| broken.contains(reason)),
            _ => false,
        });
        (not_met != broken || !explained).then(|| {
            let left: Vec<_> = left().map(|one| (&one.requirement, one.kind, &one.reason)).collect();
            format!("{fault:?} breaks {broken:?}, but {not_met:?} are not met; {left:?}")
        })
    });
    let wrong: Vec<String> = join_all(judged).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_step_touches_a_key_or_a_channel_but_the_documents_own() {
    let own = ["Holberton", "HolbertonSanFrancisco", "HolbertonSchools", "holberton school channel"];
    for scenario in suite().of_mode(Mode::Redis) {
        for step in scenario.steps() {
            let Action::Redis(asked) = &step.action else { continue };
            let Call::Command(words) = &asked.call else { continue };
            let words: Vec<&str> =
                words.iter().map(|word| word.as_literal().expect("steps spell it out")).collect();
            let known = match words.as_slice() {
                ["ping"] => true,
                ["get" | "set" | "del" | "hget" | "hset" | "hlen" | "publish", key, ..] => own.contains(key),
                _ => false,
            };
            assert!(known, "{}:{}: {}", scenario.name, step.line, step.text);
        }
    }
}

#[tokio::test]
async fn a_url_is_asked_and_what_needs_a_restart_is_not_checked() {
    let url = Resp(Fault::None).serve().await;
    let output = tokio::task::spawn_blocking(move || {
        let whole = conformance(&["check", &url, "--json", "-"]);
        (whole, conformance(&["check", &url, "--scenario", "redis-00-dump"]), url)
    });
    let (whole, dump, url) = output.await.expect("it ends");
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    assert!(stderr(&whole).contains("`conformance check redis-server` starts one"), "{}", stderr(&whole));
    let report: Value = serde_json::from_str(&stdout(&whole)).expect("it is JSON");
    assert_eq!((&report["target"]["name"], &report["target"]["kind"]), (&url.into(), &"url".into()));
    let verdicts = report["verdicts"].as_array().expect("an array");
    let met = |verdict: &&Value| verdict["verdict"] == "met" && verdict["mode"] == "redis";
    assert_eq!(verdicts.iter().filter(met).count(), all().len(), "{report}");

    assert_eq!(code(&dump), 3, "{}", stdout(&dump));
    let told =
        "not checked needs a restart: a Redis server at a URL cannot be restarted: redis.ping in redis";
    assert!(stdout(&dump).contains(told), "{}", stdout(&dump));
}

#[tokio::test]
async fn a_must_that_is_not_met_is_exit_1_with_a_line_to_paste() {
    let url = Resp(Fault::WrongValue).serve().await;
    let asked = url.clone();
    let output =
        tokio::task::spawn_blocking(move || conformance(&["check", &asked, "--requirement", SET_GET]));
    let output = output.await.expect("it ends");
    let report = stdout(&output);
    assert_eq!(code(&output), 1, "{report}");
    assert!(report.starts_with(&format!("Checked {url}\n")), "{report}");
    assert!(report.contains("✗ redis.set-get (must) is not met in redis\n"), "{report}");
    assert!(report.contains("expected │ Redis client connected to the server\n"), "{report}");
    assert!(report.contains("hint     │ "), "{report}");
    assert!(report.ends_with("conformance explain redis.set-get\n"), "{report}");
}

#[tokio::test]
async fn a_server_of_the_suites_own_leaves_nothing_behind() {
    if missing().await {
        return;
    }
    let room = tempfile::tempdir().expect("there is room");
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(["check", "redis-server"]).env("TMPDIR", room.path());
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
    let output = output.await.expect("it ends");
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("Every must that was checked is met."), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
    assert!(is_empty(room.path()), "its folders are gone");
}

/// The check of another program under the name of redis-server, which is there and then does as the shell is told.
fn with_another(folder: &Path, then: &str) -> Command {
    let program = folder.join("redis-server");
    std::fs::write(&program, format!("#!/bin/sh\n[ \"$1\" = --version ] && exit\n{then}\n"))
        .expect("there is room");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(["check", "redis-server"]).env("PATH", path);
    command
}

#[test]
fn a_server_that_ends_at_once_is_an_error_with_its_last_words_and_no_fault_of_a_requirement() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut command = with_another(folder.path(), "echo its last words; exit 7");
    let output = command.output().expect("it runs");
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    let told = "redis-server ended at once (exit status: 7): its last words";
    assert!(stdout(&output).contains(told), "{}", stdout(&output));
    assert!(!stdout(&output).contains("not met"), "{}", stdout(&output));
}

#[test]
fn an_interrupted_check_ends_its_server_and_removes_its_folder() {
    let folder = tempfile::tempdir().expect("there is room");
    let (started, room) = (folder.path().join("started"), folder.path().join("room"));
    std::fs::create_dir(&room).expect("there is room");
    nix::unistd::mkfifo(&started, nix::sys::stat::Mode::S_IRWXU).expect("there is room");
    let mut command = with_another(folder.path(), "echo $$ > \"$STARTED\"; sleep 1000 & wait");
    command.env("STARTED", &started).env("TMPDIR", &room);
    let check = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut id = String::new();
    std::fs::File::open(&started).and_then(|mut file| file.read_to_string(&mut id)).expect("it is started");
    let group = nix::unistd::Pid::from_raw(id.trim().parse().expect("an id"));
    let suite = nix::unistd::Pid::from_raw(i32::try_from(check.id()).expect("an id is small"));
    nix::sys::signal::kill(suite, nix::sys::signal::Signal::SIGINT).expect("it is running");
    let output = check.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let gone = nix::sys::signal::killpg(group, None);
    assert!(gone.is_err() || are_zombies(group), "its processes are gone");
    assert!(is_empty(&room), "its folders are gone");
}

/// Tells whether a group has no process that still runs: whoever adopts the dead may take a moment to bury them.
fn are_zombies(group: nix::unistd::Pid) -> bool {
    let processes = std::fs::read_dir("/proc").expect("it is there").flatten();
    let states = processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    // pid (name) state parent group …
    let fields = states.filter_map(|stat| Some(stat.rsplit_once(") ")?.1.to_owned()));
    fields
        .filter(|fields| fields.split(' ').nth(2) == Some(&group.to_string()))
        .all(|fields| fields.starts_with('Z'))
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("it is there").next().is_none()
}

#[test]
fn a_machine_without_redis_server_is_told_in_a_line_what_was_not_checked_and_how_to_get_it() {
    let empty = tempfile::tempdir().expect("there is room");
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let output = command.args(["check", "redis-server"]).env("PATH", empty.path()).output().expect("it runs");
    assert_eq!(code(&output), 3);
    assert_eq!(stdout(&output), "");
    let told = stderr(&output);
    assert!(
        told.contains("the Redis part was not checked") && told.contains("apt-get install redis-server"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[tokio::test]
async fn the_commands_of_a_scenario_print_the_same_as_a_script_with_redis_cli() {
    if missing().await {
        return;
    }
    let target = RedisServer::new(RedisServer::PROGRAM);
    let mut site = target.open().await.expect("there is room");
    site.start(&Launch::documented(Mode::Redis)).await.expect("it starts");
    let folder = tempfile::tempdir().expect("there is room");
    for scenario in suite().of_mode(Mode::Redis) {
        let accepted = suite().accepted(&scenario.name).expect("a test of its own sees to it");
        let file = folder.path().join("script.sh");
        std::fs::write(&file, script::script(scenario, Some(accepted))).expect("there is room");
        // Nobody is there to run programs or to restart the server.
        let person = "program() { :; }; wait_for_program() { :; }; restart() { :; }\n";
        let hooks = folder.path().join("hooks.sh");
        std::fs::write(&hooks, person).expect("there is room");
        let mut bash = tokio::process::Command::new("bash");
        bash.arg(&file).arg(site.base_url()).env("BASH_ENV", &hooks).kill_on_drop(true);
        let output = bash.output().await.expect("bash runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let by_hand = |step: &str| step.contains(".js") || step == "wait" || step == "restart";
        let mut wanted = accepted.clone();
        wanted.blocks.iter_mut().filter(|block| by_hand(&block.step)).for_each(|block| block.lines.clear());
        if !scenario.steps().any(|step| by_hand(&step.text)) || scenario.name == "redis-05-pubsub" {
            let printed = printed.replace("\n\n", "\n");
            assert_eq!(
                printed,
                wanted.to_string(),
                "{}: {}",
                scenario.name,
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    site.stop(Stop::Polite).await.expect("it ends");
}
