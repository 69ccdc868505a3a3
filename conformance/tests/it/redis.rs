//! The Redis part: what a real redis-server answers, and that wrong servers are found out.
//!
//! The accepted transcripts are a redis-server's own (`just review` writes them); a right server of the tests' own
//! meets everything too, and each of its mistakes is a verdict of the requirements that it breaks. Without
//! redis-server the tests of it say so and are skipped; where `CI` is set, that is a failure.

mod resp;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use runner::check::{Check, Checked, Plan};
use serde_json::Value;
use spec::catalogue::Subject;
use spec::results::Kind;
use spec::results::Report;
use spec::scenario::print::redis_cli;
use spec::scenario::redis::Client;
use spec::script;
use spec::transcript::Transcript;
use targets::progress::event::NoListener;
use targets::redis::RedisServer;
use targets::redis::{Address, Connection};
use targets::{SandboxError, ServerSettings, Stop, Target};
use test_support::program::{code, conformance, stderr, stdout};
use test_support::skip;
use test_support::suite::{scenarios_folder, suite};

use self::resp::{Fault, Resp};

const PING: &str = "redis.ping";
const CONNECT: &str = "redis.connect";
const SET_GET: &str = "redis.set-get";
const HASH: &str = "redis.hash";
const PUBSUB: &str = "redis.pubsub";

/// Every mistake with the requirements that it breaks, and no others; they may block what is left.
const FAULTS: [(Fault, &[&str]); 27] = [
    (Fault::WrongPong, &[PING]),
    (Fault::RefusesPing, &[PING]),
    (Fault::ForgetsAtRestart, &[PING]),
    (Fault::KeepsNothing, &[PING, SET_GET]),
    (Fault::KeepsWhatItHas, &[PING, SET_GET]),
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
    (Fault::NeverStopsPushing, &[PUBSUB]),
];

fn plan() -> Plan {
    Plan {
        modes: vec![Subject::Redis],
        scenarios: Vec::new(),
        requirements: Vec::new(),
        seed_methods: Vec::new(),
        given: None,
        jobs: 4,
    }
}

async fn check(target: &dyn Target) -> Checked<'static> {
    let plan = plan();
    let check = Check::new(suite(), target, &plan, &NoListener);
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

/// Tells whether redis-server is missing, and says so on standard error.
fn is_skipped() -> bool {
    let missing = skip::missing(RedisServer::PROGRAM, "redis-server");
    missing.inspect(|missing| skip::say_skipped("the Redis part", missing)).is_some()
}

#[tokio::test]
async fn what_a_redis_server_answers_is_what_is_accepted() {
    if is_skipped() {
        return;
    }
    let target = RedisServer::new(RedisServer::PROGRAM);
    let runs = check(&target).await.runs;
    assert!(target.process_tag().processes().is_empty(), "nothing is left");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(scenarios_folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    assert_eq!(runs.len(), suite().of_mode(Subject::Redis).len());
    settings.bind(|| {
        for run in runs {
            insta::assert_snapshot!(run.scenario.name.as_str(), run.transcript().to_string());
        }
    });
}

#[tokio::test]
async fn a_right_server_of_our_own_meets_everything() {
    let report = check(&Resp(Fault::None)).await.report;
    assert_eq!(of_kind(&report, Kind::Met), all(), "{report:?}");
}

#[tokio::test]
async fn a_hash_may_come_in_any_order() {
    let report = check(&Resp(Fault::OtherOrder)).await.report;
    assert_eq!(of_kind(&report, Kind::Met), all(), "{report:?}");
}

#[tokio::test]
async fn a_message_may_come_late() {
    let report = check(&Resp(Fault::DeliversLater)).await.report;
    assert_eq!(of_kind(&report, Kind::Met), all(), "{report:?}");
}

#[tokio::test]
async fn a_server_that_clears_no_ground_is_an_error_and_no_requirement_is_blamed() {
    let report = check(&Resp(Fault::HangsUpAtDel)).await.report;
    assert_eq!(of_kind(&report, Kind::Met), BTreeSet::from([CONNECT, PUBSUB]), "{report:?}");
    assert_eq!(of_kind(&report, Kind::Error), BTreeSet::from([PING, SET_GET, HASH]), "{report:?}");
    let hash = report.verdicts.find(HASH, Subject::Redis).and_then(|finding| finding.reason.clone());
    let told = "`redis del HolbertonSchools` comes before it: no reply: the server closed the connection";
    assert_eq!(hash.as_deref(), Some(told));
}

#[tokio::test]
async fn what_the_suite_cannot_connect_to_is_an_error_and_no_fault_of_a_requirement() {
    let report = check(&Resp(Fault::HasNoName)).await.report;
    assert_eq!(of_kind(&report, Kind::Error), all(), "{report:?}");
    let why = report.verdicts.any_reason().unwrap_or_default();
    assert!(why.starts_with("no connection: "), "{why}");
}

#[tokio::test]
async fn each_mistake_is_found_by_the_requirements_that_it_breaks_and_by_no_others() {
    let judged = FAULTS.map(|(fault, broken)| async move {
        let report = check(&Resp(fault)).await.report;
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

#[tokio::test]
async fn no_step_and_no_program_touches_a_key_or_a_channel_but_the_documents_own_and_none_is_left() {
    let (url, data) = Resp(Fault::None).serve_seen().await;
    let output = on_a_thread(move || conformance(&["check", &url])).await;
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let data = data.lock().expect("no connection panics");
    let own = ["Holberton", "HolbertonSanFrancisco", "HolbertonSchools", "holberton school channel"];
    for (name, named) in &data.asked {
        let known = match name.as_str() {
            "PING" | "QUIT" => named.is_empty(),
            "SELECT" => named == "0",
            _ => own.contains(&named.as_str()),
        };
        assert!(known, "{name} {named}");
    }
    // The positive twin: it is what was asked that was read.
    for own in own {
        assert!(data.asked.iter().any(|(_, named)| named == own), "{own}");
    }
    assert!(data.values.is_empty() && data.hashes.is_empty(), "what was written is removed");
}

#[tokio::test]
async fn what_cannot_be_kept_aside_is_not_overwritten() {
    let (url, data) = Resp(Fault::None).serve_seen().await;
    let mine = ("HolbertonSanFrancisco".to_owned(), "mine".to_owned());
    data.lock().expect("no connection panics").values.extend([mine.clone()]);
    let output = on_a_thread(move || conformance(&["check", &url])).await;
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    let told =
        "HolbertonSanFrancisco is there already, would be overwritten, and cannot be kept aside (DUMP: ";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    assert_eq!(data.lock().expect("no connection panics").values, [mine].into());
}

#[tokio::test]
async fn what_stood_under_the_documents_keys_at_a_url_is_put_back() {
    if is_skipped() {
        return;
    }
    let target = RedisServer::new(RedisServer::PROGRAM);
    let mut sandbox = target.open().await.expect("there is room");
    sandbox.start(&ServerSettings::documented(Subject::Redis)).await.expect("it starts");
    let url = sandbox.base_url();
    let cli = |words: &[&str]| {
        let mut command = Command::new("redis-cli");
        let output = command.args(["-u", &url]).args(words).output().expect("it comes with redis-server");
        stdout(&output)
    };
    cli(&["set", "Holberton", "mine"]);
    cli(&["expire", "Holberton", "1000"]);
    cli(&["hset", "HolbertonSchools", "a field", "of mine"]);
    let asked = url.clone();
    let output = on_a_thread(move || conformance(&["check", &asked])).await;
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert_eq!(cli(&["get", "Holberton"]), "mine\n");
    let lives: u32 = cli(&["ttl", "Holberton"]).trim().parse().expect("a number");
    assert!((1..=1000).contains(&lives), "{lives}");
    assert_eq!(cli(&["hgetall", "HolbertonSchools"]), "a field\nof mine\n");
    assert_eq!(cli(&["dbsize"]), "2\n", "nothing else is left");
    sandbox.stop(Stop::Polite).await.expect("it ends");
}

/// Runs a program while this thread's servers answer it.
async fn on_a_thread(run: impl FnOnce() -> Output + Send + 'static) -> Output {
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

#[tokio::test]
async fn a_url_is_asked_and_what_needs_a_restart_is_not_checked() {
    let url = Resp(Fault::None).serve().await;
    let asked = url.clone();
    let whole = on_a_thread(move || conformance(&["check", &asked, "--json", "-"])).await;
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    assert!(stderr(&whole).contains("`conformance check redis-server` starts one"), "{}", stderr(&whole));
    let report: Value = serde_json::from_str(&stdout(&whole)).expect("it is JSON");
    assert_eq!((&report["target"]["name"], &report["target"]["kind"]), (&url.clone().into(), &"url".into()));
    let verdicts = report["verdicts"].as_array().expect("an array");
    let of = |kind: &str| -> BTreeSet<&str> {
        let all = verdicts.iter().filter(|one| one["verdict"] == kind && one["mode"] == "redis");
        all.filter_map(|one| one["requirement"].as_str()).collect()
    };
    assert_eq!(of("met"), BTreeSet::from([CONNECT, SET_GET, HASH, PUBSUB]), "{report}");
    assert_eq!(of("not-checked"), BTreeSet::from([PING]), "{report}");

    let asked = url.clone();
    let ping = on_a_thread(move || conformance(&["check", &asked, "--requirement", PING])).await;
    assert_eq!(code(&ping), 3, "{}", stdout(&ping));
    let told =
        "not checked needs a restart: a Redis server at a URL cannot be restarted: redis.ping in redis";
    assert!(stdout(&ping).contains(told), "{}", stdout(&ping));

    let hash = on_a_thread(move || conformance(&["check", &url, "--requirement", HASH])).await;
    assert_eq!((code(&hash), stderr(&hash).as_str()), (0, ""), "it needs no restart");
}

#[tokio::test]
async fn a_server_that_lets_nobody_check_it_is_exit_3_with_what_to_do() {
    for (fault, advice) in [
        (Fault::AsksForAPassword, "check one without, such as `redis-server --port 7000` starts"),
        (Fault::LetsNobodyIn, "run the check on its own machine, at redis://127.0.0.1:PORT"),
        (Fault::IsLoading, "check it when it has done so"),
        (Fault::IsAReplica, "check the server that it copies"),
    ] {
        let url = Resp(fault).serve().await;
        let output = on_a_thread(move || conformance(&["check", &url])).await;
        assert_eq!((code(&output), stdout(&output).as_str()), (3, ""), "{fault:?}");
        assert!(stderr(&output).contains(advice), "{fault:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn a_channel_that_others_hear_is_not_checked() {
    let url = Resp(Fault::None).serve().await;
    let other = Address::parse(&url).expect("it is one");
    let mut other = Connection::open(&other, Duration::from_secs(60)).await.expect("it listens");
    other.ask(&["SUBSCRIBE", "holberton school channel"]).await.expect("it answers");
    let output = on_a_thread(move || conformance(&["check", &url])).await;
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let told = "not checked needs the channel for itself: 1 others are subscribed to \"holberton school channel\": \
                redis.pubsub in redis";
    assert!(stdout(&output).contains(told), "{}", stdout(&output));
}

#[tokio::test]
async fn a_must_that_is_not_met_is_exit_1_with_a_line_to_paste() {
    let url = Resp(Fault::WrongValue).serve().await;
    let asked = url.clone();
    let output = on_a_thread(move || conformance(&["check", &asked, "--requirement", SET_GET])).await;
    let report = stdout(&output);
    assert_eq!(code(&output), 1, "{report}");
    assert!(report.starts_with(&format!("Checked {url}\n")), "{report}");
    assert!(report.contains("✗ redis.set-get (must) is not met in redis\n"), "{report}");
    assert!(report.contains("expected │ Redis client connected to the server\n"), "{report}");
    assert!(report.contains("hint     │ "), "{report}");
    let line = format!("redis-cli -u {url} get HolbertonSanFrancisco");
    assert!(report.contains(&line), "{report}");
    assert!(report.ends_with("conformance explain redis.set-get\n"), "{report}");
}

#[tokio::test]
async fn a_server_of_the_suites_own_leaves_nothing_behind() {
    if is_skipped() {
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

/// Writes a program that is a redis-server once it is told what to do with it.
fn redis_server(folder: &Path, script: &str) -> String {
    let program = folder.join("another");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("there is room");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    program.display().to_string()
}

#[tokio::test]
async fn a_server_that_is_gone_at_a_restart_is_an_error_and_no_fault_of_a_requirement() {
    if is_skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room");
    let program = redis_server(folder.path(), "rm \"$0\"\nexec redis-server \"$@\"");
    let target = RedisServer::new(program);
    let plan = Plan { scenarios: vec!["redis-00-dump".to_owned()], jobs: 1, ..plan() };
    let checked =
        Check::new(suite(), &target, &plan, &NoListener).run().await.expect("there is no clock to prove");
    let finding = checked.report.verdicts.find(PING, Subject::Redis).expect("it is asked for");
    assert_eq!(finding.kind, Kind::Error, "{finding:?}");
    let why = finding.reason.as_deref().unwrap_or_default();
    assert!(why.starts_with("redis-server cannot be started: "), "{why}");
}

/// A server that reads its data while the first three ask, and answers whoever asks then.
const LOADING: &str = r#"#!/usr/bin/env python3
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
for asked in range(1000):
    client, _ = listener.accept()
    client.recv(1000)
    client.sendall(b"-LOADING it reads\r\n" if asked < 3 else b"+PONG\r\n")
    client.close()
"#;

#[tokio::test]
async fn a_server_has_not_started_while_it_reads_its_data() {
    if let Some(missing) = skip::missing("python3", "python3") {
        return skip::say_skipped("a server that reads its data", &missing);
    }
    let folder = tempfile::tempdir().expect("there is room");
    let program = redis_server(folder.path(), "");
    std::fs::write(&program, LOADING).expect("there is room");
    let mut sandbox = RedisServer::new(program).open().await.expect("there is room");
    sandbox.start(&ServerSettings::documented(Subject::Redis)).await.expect("it starts");
    let address = Address::parse(&sandbox.base_url()).expect("it is one");
    let mut connection = Connection::open(&address, Duration::from_secs(60)).await.expect("it listens");
    let reply = connection.ask(&["PING"]).await.expect("it answers");
    assert_eq!(reply.to_string(), "PONG");
    sandbox.stop(Stop::Kill).await.expect("it ends");
}

#[tokio::test]
async fn a_server_that_takes_its_time_to_write_its_data_is_waited_for_and_one_that_does_not_end_is_an_error()
{
    if is_skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room");
    let disk = folder.path().join("disk");
    nix::unistd::mkfifo(&disk, nix::sys::stat::Mode::S_IRWXU).expect("there is room");
    // Open at both ends, so that nobody waits here where nobody reads.
    let mut pipe = std::fs::OpenOptions::new().read(true).write(true).open(&disk).expect("it is ours");
    let script = "redis-server \"$@\" &\ntrap 'read -r _ < DISK; exit' TERM\nwhile :; do wait; done";
    let program = redis_server(folder.path(), &script.replace("DISK", &disk.display().to_string()));
    let target = RedisServer::new(program);
    let settings = ServerSettings::documented(Subject::Redis);
    let mut sandbox = target.open().await.expect("there is room");

    sandbox.start(&settings).await.expect("it starts");
    // Time stands still but for what is said here: a thread that waits keeps it from running on.
    let (go_on, stay) = std::sync::mpsc::channel::<()>();
    let waits = tokio::task::spawn_blocking(move || stay.recv());
    tokio::time::pause();
    {
        let mut stop = std::pin::pin!(sandbox.stop(Stop::Polite));
        tokio::select! {
            biased;
            ended = &mut stop => panic!("its disk is slow: {ended:?}"),
            () = tokio::time::advance(Duration::from_secs(14)) => {}
        }
        tokio::time::resume();
        pipe.write_all(b"\n").expect("there is room");
        stop.await.expect("it was given the time");
    }
    drop(go_on);
    assert!(waits.await.expect("no panic").is_err(), "nothing was sent");

    sandbox.start(&settings).await.expect("it starts");
    tokio::time::pause();
    let told = sandbox.stop(Stop::Polite).await.expect_err("it never ends");
    let why = "redis-server did not end within 15 s: it was killed, and what it kept is not known";
    assert_eq!(told, SandboxError::Hindered(why.to_owned()));
    assert!(target.process_tag().processes().is_empty(), "nothing is left");
}

#[test]
fn a_folder_of_that_name_is_not_what_is_meant() {
    let folder = tempfile::tempdir().expect("there is room");
    std::fs::create_dir(folder.path().join("redis-server")).expect("there is room");
    let mut command = with_another(&folder.path().join("redis-server"), "exit 7");
    let output = command.current_dir(folder.path()).output().expect("it runs");
    let told = "this starts the program redis-server; `conformance check ./redis-server` checks the folder";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    let elsewhere = with_another(folder.path().join("redis-server").as_path(), "exit 7")
        .current_dir(folder.path().join("redis-server"))
        .output();
    assert_eq!(stderr(&elsewhere.expect("it runs")), "");
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

/// Tells whether no process of a group still runs; its zombies may wait for a moment.
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
async fn every_scenario_prints_the_same_as_a_script_with_redis_cli_but_for_what_is_done_by_hand() {
    if is_skipped() {
        return;
    }
    let target = RedisServer::new(RedisServer::PROGRAM);
    let mut sandbox = target.open().await.expect("there is room");
    sandbox.start(&ServerSettings::documented(Subject::Redis)).await.expect("it starts");
    let folder = tempfile::tempdir().expect("there is room");
    // What a person does: what redis-cli asks in the place of a program. Nobody hears the messages.
    let programs = Client::ALL.into_iter().filter(|one| *one != Client::Subscriber);
    let cases = programs.map(|one| format!("{}) {};;", one.as_str(), redis_cli::alike(one, "\"$2\"")));
    let cases = cases.collect::<String>();
    let person = format!(
        "program() {{ case $1 in {cases} esac >/dev/null 2>&1; }}\nwait_for_program() {{ :; }}\nrestart() {{ :; }}\n"
    );
    let hooks = folder.path().join("hooks.sh");
    std::fs::write(&hooks, person).expect("there is room");
    for scenario in suite().of_mode(Subject::Redis) {
        let accepted = suite().accepted(&scenario.name).expect("a test of its own sees to it");
        let file = folder.path().join("script.sh");
        std::fs::write(&file, script::script(scenario, Some(accepted))).expect("there is room");
        let mut bash = tokio::process::Command::new("bash");
        bash.arg(&file).arg(sandbox.base_url()).env("BASH_ENV", &hooks).kill_on_drop(true);
        let output = bash.output().await.expect("bash runs");
        assert!(output.status.success(), "{}: {}", scenario.name, stderr(&output));
        // Whether something was there to be deleted depends on what went before.
        let by_hand = |step: &str| {
            step.contains(".js") || step == "wait" || step == "restart" || step.starts_with("redis del ")
        };
        let compared = |mut transcript: Transcript| {
            let blocks = transcript.blocks.iter_mut().filter(|block| by_hand(&block.step));
            blocks.for_each(|block| block.lines.clear());
            transcript.to_string()
        };
        let printed = Transcript::parse(&stdout(&output).replace("\n\n", "\n"));
        assert_eq!(compared(printed), compared(accepted.clone()), "{}", scenario.name);
    }
    sandbox.stop(Stop::Polite).await.expect("it ends");
}

#[test]
fn a_script_of_redis_that_nobody_answers_says_so_and_ends_with_3() {
    if let Some(missing) = skip::missing("bash", "bash") {
        return skip::say_skipped("the scripts of `show --sh` for Redis", &missing);
    }
    // A port that is taken, by a socket that does not listen: nobody answers there, and nobody else comes.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let url = format!("redis://{}", taken.local_addr().expect("it is bound"));
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("script.sh");
    let scenario = suite().scenario("redis-00-install").expect("it is one of them");
    std::fs::write(&file, script::script(scenario, None)).expect("there is room");
    let output = Command::new("bash").arg(file).arg(&url).output().expect("bash runs");
    assert_eq!((code(&output), stdout(&output).as_str()), (3, ""), "{}", stderr(&output));
    assert!(stderr(&output).starts_with(&format!("nobody answers at {url} (redis-cli ends with ")));
}
