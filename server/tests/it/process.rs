//! The binary as a process: settings, signals, and its database; `crash.rs` has what befalls that.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Output;

use crate::support::{Process, command, connect, exchange, login, split};
use nix::sys::signal::Signal;
use test_support::skip::say_skipped;

fn run(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let variables = variables.iter().copied();
    command(folder).envs(variables).args(arguments).output().expect("the binary")
}

/// The exit code and the one line on standard error.
fn refusal(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert!(text.starts_with("server: ") && text.ends_with('\n') && text.lines().count() == 1, "{text:?}");
    assert_eq!(output.stdout, b"", "{text}");
    (output.status.code(), text)
}

fn create(process: &Process, email: &str) -> String {
    let json = format!(r#"{{"email": "{email}", "password": "x"}}"#);
    let length = json.len();
    exchange(
        process.address,
        format!(
            "POST /api/v1/users HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{json}"
        )
        .as_bytes(),
    )
}

fn get(process: &Process, path: &str, headers: &str) -> (u16, String) {
    split(&exchange(process.address, format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n").as_bytes()))
}

#[test]
fn wrong_settings_and_arguments_are_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for (variables, said) in [
        ([("AUTH_TYPE", "session")], "AUTH_TYPE=\"session\" cannot be used: write auth, "),
        ([("API_PORT", "five")], "API_PORT=\"five\" cannot be used: write a port number"),
        ([("SESSION_NAME", "a b")], "SESSION_NAME=\"a b\" cannot be used: write a cookie name"),
        ([("DATABASE_URL", "mysql://h")], "DATABASE_URL=\"mysql://h\" cannot be used: write sqlite:PATH"),
        ([("API_PORT", port.as_str())], "cannot listen on API_HOST=\"127.0.0.1\""),
    ] {
        let (code, line) = refusal(&run(folder.path(), &variables, &[]));
        assert!(code == Some(2) && line.contains(said), "{code:?} {line}");
    }
    for arguments in [&["--port"] as &[_], &["-h"], &["--help", "x"], &[""]] {
        assert_eq!(
            refusal(&run(folder.path(), &[("AUTH_TYPE", "session")], arguments)).0,
            Some(2),
            "{arguments:?}"
        );
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left behind");
}

#[test]
fn a_setting_whose_feature_is_not_built_in_is_exit_code_2_and_help_says_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = run(folder.path(), &[], &["--help"]).stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let missing = help.lines().find(|line| line.starts_with("This server was built without"));
    for (variable, value, feature, is_built_in) in [
        ("HARDENED", "1", "hardened", cfg!(feature = "hardened")),
        ("METRICS_ADDR", "127.0.0.1:0", "metrics", cfg!(feature = "metrics")),
        ("DATABASE_URL", "redis://127.0.0.1", "redis", cfg!(feature = "redis")),
    ] {
        assert_eq!(missing.is_some_and(|line| line.contains(feature)), !is_built_in, "{help}");
        if !is_built_in {
            let (code, line) = refusal(&run(folder.path(), &[(variable, value)], &[]));
            assert!(
                code == Some(2) && line.contains(&format!("built without the feature {feature}; ")),
                "{line}"
            );
        }
    }
}

#[test]
fn help_and_version_are_printed_whatever_the_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    for (argument, begins) in [("--help", "The reference server"), ("--version", "server 0.")] {
        let output = run(folder.path(), &[("AUTH_TYPE", "nonsense")], &[argument]);
        assert!(output.status.success() && output.stdout.starts_with(begins.as_bytes()), "{output:?}");
    }
}

#[test]
fn a_reader_that_has_left_is_no_failure_and_an_output_that_takes_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let left = command(folder.path()).arg("--help").stdout(writer).output().expect("the binary");
    assert!(left.status.success() && left.stderr.is_empty(), "{left:?}");
    let full = fs::File::options().write(true).open("/dev/full").expect("a device");
    let output = command(folder.path()).arg("--help").stdout(full).output().expect("the binary");
    let (code, line) = refusal(&output);
    assert!(code == Some(1) && line.contains("No space left"), "{line}");
}

#[test]
fn a_session_id_is_not_at_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    create(&process, "kim@hbtn.io");
    process.kill();
    let process = Process::start(folder.path(), "session_db_auth");
    let answer = exchange(process.address, login("email=kim@hbtn.io&password=x").as_bytes());
    let cookie = answer.split_once("Set-Cookie: ").and_then(|(_, rest)| rest.split(';').next());
    let id = cookie.and_then(|cookie| cookie.split_once('=')).expect(&answer).1.as_bytes();
    process.signal(Signal::SIGTERM);
    assert!(process.wait().success());
    let file = fs::read(folder.path().join("server.db")).expect("a file");
    let holds = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    assert!(holds(b"kim@hbtn.io") && !holds(id));
}

#[test]
fn sigterm_ends_it_in_time_whatever_clients_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    let idle = connect(process.address);
    let mut half_head = connect(process.address);
    half_head.write_all(b"GET /api/v1/status HTTP/1.1\r\nHo").expect("a connection");
    let mut half_body = connect(process.address);
    half_body
        .write_all(
            b"POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        )
        .expect("a connection");
    let mut go_on = [0; 25];
    half_body.read_exact(&mut go_on).expect("a server that reads");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let told = std::time::Instant::now();
    process.signal(Signal::SIGTERM);
    half_body.write_all(b"nonsense!").expect("a connection");
    let mut answer = String::new();
    half_body.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "a request in flight is answered: {answer}");
    assert!(process.wait().success());
    assert!(told.elapsed().as_secs() < 5, "{:?}", told.elapsed());
    drop((idle, half_head));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "the database and its lock file");
    let again = Process::start(folder.path(), "");
    again.signal(Signal::SIGINT);
    assert!(again.wait().success());
}

#[test]
fn a_second_process_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    create(&process, "kim@hbtn.io");
    let (code, line) = refusal(&run(folder.path(), &[("API_PORT", "0")], &[]));
    assert!(code == Some(1) && line.contains("./server.db: another process is using it"), "{line}");
    assert!(get(&process, "/api/v1/users", "").1.contains("kim@hbtn.io"));
    process.kill();
    let process = Process::start(folder.path(), "");
    assert!(get(&process, "/api/v1/users", "").1.contains("kim@hbtn.io"));
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for url in ["sqlite:/proc/version", "sqlite:/proc/none.db", "sqlite:none/server.db"] {
        let (code, line) = refusal(&run(folder.path(), &[("DATABASE_URL", url), ("API_PORT", "0")], &[]));
        assert!(code == Some(1) && line.contains("cannot be written"), "{line}");
    }
}

#[test]
fn without_file_descriptors_it_waits_and_then_serves_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), "");
    // It says that it listens before it has counted for how many connections it has files.
    assert_eq!(get(&process, "/api/v1/status", "").0, 200);
    let pid = process.pid().to_string();
    let limited = std::process::Command::new("prlimit").args(["--nofile=32", "--pid", &pid]).status();
    if !limited.is_ok_and(|status| status.success()) {
        return say_skipped(
            "a server without file descriptors",
            "no prlimit (Debian: apt-get install util-linux)",
        );
    }
    let clients: Vec<_> = (0..64).map(|_| connect(process.address)).collect();
    drop(clients);
    assert_eq!(get(&process, "/api/v1/status", "").0, 200);
}
