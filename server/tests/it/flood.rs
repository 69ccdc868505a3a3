//! Too many at once: connections, and requests while the server is told to stop.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use crate::support::{Process, command, connect, exchange, split};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use test_support::skip::say_skipped;

const STATUS: &[u8] = b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// Resident memory of a process in KiB.
fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A server that may open so many files.
fn with_files(folder: &std::path::Path, files: u32) -> Process {
    let server = command(folder);
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\"")).arg(server.get_program());
    shell.env_clear().envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("API_PORT", "0").current_dir(folder);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Process::run(shell)
}

#[test]
fn a_connection_too_many_is_told_so_and_the_others_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = with_files(folder.path(), 96);
    let mut open: Vec<TcpStream> = (0..32).map(|_| connect(process.address)).collect();
    let refused = exchange(process.address, STATUS);
    assert_eq!(split(&refused), (503, "{\n  \"error\": \"Too many connections\"\n}\n".to_owned()));
    assert!(refused.contains("\r\nRetry-After: 1\r\n"), "{refused}");
    let mut one = open.pop().expect("a connection");
    one.write_all(STATUS).expect("a server");
    let mut answer = String::new();
    one.read_to_string(&mut answer).expect("an answer");
    assert_eq!(split(&answer).0, 200);
    // Its end is noticed in time, not at once.
    while split(&exchange(process.address, STATUS)).0 == 503 {}
    drop(open);
}

#[test]
fn ten_thousand_idle_connections_cost_little_and_others_are_served() {
    const IDLE: u64 = 10_000;
    let (_, allowed) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    if allowed < IDLE + 500 || setrlimit(Resource::RLIMIT_NOFILE, allowed, allowed).is_err() {
        let missing = format!("no {IDLE} files at once, but {allowed} (ulimit -Hn {})", IDLE + 500);
        return say_skipped("ten thousand idle connections", &missing);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    assert_eq!(split(&exchange(process.address, STATUS)).0, 200);
    let before = resident(&process);
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(process.address)).collect();
    // Accepted after all of them.
    assert_eq!(split(&exchange(process.address, STATUS)).0, 200);
    let each = (resident(&process) - before) * 1024 / IDLE;
    assert!(each < 16 * 1024, "{each} bytes for an idle connection");
    for mut one in idle.into_iter().step_by(997) {
        one.write_all(STATUS).expect("a server");
        let mut answer = String::new();
        one.read_to_string(&mut answer).expect("an answer");
        assert_eq!(split(&answer).0, 200);
    }
}

/// What became of a client's last request when the server stopped.
#[derive(Debug, PartialEq, Eq)]
enum Last {
    Answered,
    Unanswered(String),
}

/// Creates users over one connection until it ends; the emails that were answered, and what became of the last one.
fn create_until_the_end(process: &Process, client: usize, enough: &Barrier) -> (Vec<String>, Last) {
    let mut connection = connect(process.address);
    let mut answered = Vec::new();
    for email in (0..).map(|n| format!("{client}-{n}@hbtn.io")) {
        if answered.len() == 20 {
            enough.wait();
        }
        let json = format!(r#"{{"email": "{email}", "password": "x"}}"#);
        let request = format!(
            "POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        );
        if connection.write_all(request.as_bytes()).is_err() {
            return (answered, Last::Unanswered(email));
        }
        let Some(answer) = read_answer(&mut connection) else {
            return (answered, Last::Unanswered(email));
        };
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        answered.push(email);
        if answer.contains("\r\nConnection: close\r\n") {
            return (answered, Last::Answered);
        }
    }
    unreachable!("the server is stopped")
}

/// One whole answer; `None` where there is none at all.
fn read_answer(connection: &mut TcpStream) -> Option<String> {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !is_whole(&answer) {
        match connection.read(&mut byte) {
            Ok(1) => answer.push(byte[0]),
            _ if answer.is_empty() => return None,
            ended => panic!("half an answer, {ended:?}: {}", String::from_utf8_lossy(&answer)),
        }
    }
    Some(String::from_utf8(answer).expect("UTF-8"))
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    body.len() == length.parse::<usize>().expect("a number")
}

#[test]
fn a_server_that_is_told_to_stop_answers_what_it_has_begun_and_does_nothing_else() {
    const CLIENTS: usize = 16;
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    let enough = Barrier::new(CLIENTS + 1);
    let ends: Vec<(Vec<String>, Last)> = std::thread::scope(|scope| {
        let (process, enough) = (&process, &enough);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || create_until_the_end(process, client, enough)))
            .collect();
        enough.wait();
        process.signal(Signal::SIGTERM);
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    });
    assert!(process.wait().success());
    let process = Process::start(folder.path(), "");
    let list =
        exchange(process.address, b"GET /api/v1/users HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let there: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"email\": \"")?.strip_suffix("\","))
        .collect();
    let answered: BTreeSet<&str> =
        ends.iter().flat_map(|(answered, _)| answered).map(String::as_str).collect();
    let parted: Vec<_> = there.symmetric_difference(&answered).collect();
    assert!(parted.is_empty(), "{parted:?} of {:?}", ends.iter().map(|(_, last)| last).collect::<Vec<_>>());
    assert!(answered.len() > 20 * CLIENTS - 1, "{}", answered.len());
}
