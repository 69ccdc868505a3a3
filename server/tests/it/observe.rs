//! What the log tells of requests, where there are no counts.

use std::io::Read as _;

use crate::support::{Process, command, exchange, split};
use nix::sys::signal::Signal;

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")
}

#[test]
fn without_being_asked_the_log_tells_of_no_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(folder.path(), "session_auth");
    assert_eq!(split(&exchange(process.address, get("/api/v1/status", "").as_bytes())).0, 200);
    process.signal(Signal::SIGTERM);
    let mut log = String::new();
    process.stderr().read_to_string(&mut log).expect("UTF-8");
    assert_eq!(log, "");
}

#[test]
fn a_log_may_be_asked_for_without_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = command(folder.path());
    server.envs([("AUTH_TYPE", "session_auth"), ("API_PORT", "0"), ("LOG_LEVEL", "info")]);
    let mut process = Process::run(server);
    assert_eq!(split(&exchange(process.address, get("/api/v1/status", "").as_bytes())).0, 200);
    process.signal(Signal::SIGTERM);
    let mut log = String::new();
    process.stderr().read_to_string(&mut log).expect("UTF-8");
    assert!(log.contains("route=\"/api/v1/status\"") && log.lines().count() == 1, "{log}");
}
