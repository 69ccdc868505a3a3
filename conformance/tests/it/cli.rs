//! The command line from outside: exit codes, errors that say what to do, and reports.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use test_support::program::{code, conformance, stderr, stdout};

use super::canned::server;

const ONE: [&str; 3] = ["check", "--scenario", "api-status"];

#[test]
fn the_reference_server_meets_what_is_asked_and_the_exit_is_0() {
    let output = conformance(&ONE);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("Every must that was checked is met."));
    assert!(!stdout(&output).contains('\u{1b}'), "no colour where it is piped");
    assert_eq!(stderr(&output), "", "no progress where it is piped");
}

#[test]
fn a_must_that_is_not_met_is_exit_1_with_its_sentence_and_a_line_to_paste() {
    let url = server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}\n");
    let output = conformance(&["check", &url, "--mode", "off", "--requirement", "status.ok"]);
    let report = stdout(&output);
    assert_eq!(code(&output), 1, "{report}");
    assert!(
        report.contains("GET /api/v1/status answers 200 {\"status\": \"OK\"} without credentials"),
        "{report}"
    );
    assert!(report.contains("expected │ 200 OK\n                 │ {\"status\": \"OK\"}"), "{report}");
    assert!(report.contains(&format!("curl \"{url}/api/v1/status\"")), "{report}");
    assert!(report.contains("hint     │ call GET /api/v1/status without credentials"), "{report}");
    assert!(report.ends_with("\nMore about what is not met: conformance explain status.ok\n"), "{report}");
}

#[test]
fn wrong_usage_is_exit_2_and_says_what_to_write() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let project = folder.path().join("project");
    std::fs::create_dir_all(project.join("api/v1")).expect("a folder can be made");
    std::fs::write(project.join("api/v1/app.py"), "").expect("a file can be written");
    let part = project.join("api").display().to_string();
    let file = project.join("api/v1/app.py").display().to_string();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder can be made");
    let empty = empty.display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage: conformance"),
        (&["chek"], "a similar subcommand exists: 'check'"),
        (&["check", "--mode", "sesion_auth"], "did you mean `session_auth`?"),
        (&["check", "--scenario", "session-07-logn"], "did you mean session-07-login?"),
        (&["check", "--requirement", "login.okay"], "did you mean login.ok?"),
        (&["check", "no/such/folder"], "there is no folder no/such/folder"),
        (&["check", "127.0.0.1:5000/"], "did you mean http://127.0.0.1:5000?"),
        (&["check", &part], "/project, where api/v1/app.py is found"),
        (&["check", &file], "/project, where api/v1/app.py is found"),
        (&["grade", &file], "is a file: name folders alone"),
        (&["check", &empty], "say how to start it, as in --command"),
        (&["check", &empty, "--command", "'"], "a quote is not closed"),
        (&["check", "https://127.0.0.1:1"], "write http://HOST:PORT"),
        (
            &["check", "--json", "no/such/folder/report.json"],
            "there is no folder no/such/folder; make it first",
        ),
        (&["check", "--user", "bob"], "write EMAIL:PASSWORD"),
        (&["check", "--clock", "wall"], "--clock goes with a folder or a URL as the target"),
        (&["check", "http://127.0.0.1:1", "--seed", "api"], "--seed goes with a folder as the target"),
        (
            &["check", "--mode", "off,auth", "--requirement", "expiry.never"],
            "nothing is left to check in off, auth: expiry.never applies in session_exp_auth, session_db_auth alone",
        ),
        (
            &["check", "--requirement", "redis.ping"],
            "redis.ping is asked of a Redis server: conformance check redis-server",
        ),
        (
            &["check", "http://127.0.0.1:1", "--mode", "off", "--requirement", "expiry.never"],
            "nothing is left to check in off: expiry.never applies in",
        ),
        (&["check", "redis-server", "--mode", "off"], "--mode goes with the API as the target"),
        (&["check", "redis-server", "--clock", "wall"], "--clock goes with a folder or a URL as the target"),
        (&["check", "redis-server", "--requirement", "login.ok"], "login.ok applies in session_auth, "),
        (&["check", "redis://127.0.0.1:0"], "write redis://HOST:PORT"),
        (&["check", "redis://:secret@127.0.0.1:1"], "a Redis server with a password cannot be checked"),
        (&["explain", "session-07-login"], "is a scenario: `conformance show session-07-login`"),
        (&["explain", "logout"], "there are logout.ok, logout.ends-session, "),
        (&["show", "login.ok"], "is a requirement: `conformance explain login.ok`"),
    ];
    for (arguments, expected) in cases {
        let output = conformance(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_reached_or_started_is_exit_3() {
    // A port that is taken, by a socket that does not listen: nobody answers there, and nobody else comes.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let url = format!("http://{}", taken.local_addr().expect("it is bound"));
    for arguments in [&["check", &url][..], &["check", &url, "--mode", "off"]] {
        let output = conformance(arguments);
        assert_eq!(code(&output), 3);
        assert_eq!(stdout(&output), "", "the cause and nothing else");
        assert!(stderr(&output).contains("cannot be reached: no answer: the connection was refused"));
    }

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path().display().to_string();
    let broken =
        ["check", &folder, "--command", "/bin/sh -c 'echo its last words; exit 7'", "--clock", "none"];
    let output = conformance(&[&broken[..], &["--scenario", "api-status"]].concat());
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    assert!(stdout(&output).contains("exit status: 7"), "{}", stdout(&output));
    assert!(stdout(&output).contains("its last words"), "{}", stdout(&output));
    assert!(
        !stdout(&output).contains("The simple API"),
        "no table of what was not judged: {}",
        stdout(&output)
    );
}

#[test]
fn a_closed_server_is_not_taken_for_one_that_runs_in_mode_off() {
    let url = server("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let output = conformance(&["check", &url, "--mode", "off"]);
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    assert!(stderr(&output).contains("/api/v1/users answers 401"), "{}", stderr(&output));
}

#[test]
fn help_teaches_and_is_exit_0() {
    let output = conformance(&["check", "--help"]);
    assert_eq!(code(&output), 0);
    for expected in ["conformance check .", "--user", "SESSION_DURATION", "never"] {
        assert!(stdout(&output).contains(expected), "{expected}");
    }
    let output = conformance(&["--help"]);
    assert!(stdout(&output).contains("3  the target could not be started or reached"));
}

#[test]
fn the_json_report_has_the_documented_fields_and_the_same_bytes_each_time() {
    let run = || {
        let output = conformance(&[
            "check",
            "--json",
            "-",
            "--scenario",
            "session-07-login",
            "--scenario",
            "api-status",
        ]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let text = run();
    assert_eq!(text, run());
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(report["schema"], "conformance-report/1");
    assert_eq!(report["target"]["kind"], "reference");
    assert_eq!(report["target"]["clock"], "manual");
    assert_eq!(report["target"]["seeding"], "api");
    let verdicts = report["verdicts"].as_array().expect("an array");
    let login = verdicts.iter().find(|verdict| verdict["requirement"] == "login.ok").expect("it was checked");
    let fields = [
        "requirement",
        "mode",
        "weight",
        "verdict",
        "scenario",
        "line",
        "reason",
        "expected",
        "actual",
        "curl",
    ];
    assert_eq!(login.as_object().map(serde_json::Map::len), Some(fields.len()));
    assert!(fields.iter().all(|field| login.get(field).is_some()), "{login}");
    assert_eq!(login["verdict"], "met");
    assert_eq!(report["summary"]["must"]["not_met"], 0);
}

#[test]
fn a_report_is_written_whole_beside_what_is_there() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("report.json");
    let output = conformance(&[&ONE[..], &["--json", &path.display().to_string()]].concat());
    assert_eq!(code(&output), 0);
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    assert_eq!(files(folder.path()), ["report.json"], "no leftovers");
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be read").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_scenarios_can_be_listed_and_shown() {
    assert!(stdout(&conformance(&["list"])).contains("session-07-login"));
    let shown = stdout(&conformance(&["show", "session-07-login"]));
    let as_reports_have_it = conformance(&["show", "scenarios/session-07-login.md:41"]);
    assert_eq!(stdout(&as_reports_have_it), shown);
    assert!(shown.contains("\n401 Unauthorized\n{\"error\": \"wrong password\"}\n"), "{shown}");
    let script = stdout(&conformance(&["show", "session-07-login", "--sh"]));
    assert!(script.starts_with("#!/usr/bin/env bash\n# session-07-login: "), "{script}");
    assert!(
        script.contains("\nask all curl \"$URL/api/v1/auth_session/login\" -XPOST\n#   400 Bad Request\n"),
        "{script}"
    );
    assert_eq!(code(&conformance(&["coverage"])), 0);
}

#[test]
fn one_check_writes_every_report_with_the_same_bytes_each_time() {
    let written = || {
        let folder = tempfile::tempdir().expect("there is room");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (json, junit, html) = (path("report.json"), path("report.xml"), path("report.html"));
        let asked = ["--json", &json, "--junit", &junit, "--html", &html];
        let output = conformance(&[&ONE[..], &asked].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        [json, junit, html].map(|path| std::fs::read_to_string(path).expect("it was written"))
    };
    let first = written();
    assert_eq!(first, written());
    assert!(
        first[1].starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"reference\"")
    );
    assert!(first[2].starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_requirement_can_be_explained_and_a_misspelled_one_is_suggested() {
    let output = conformance(&["explain", "logout.ends-session"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    for expected in ["Logout", "Typical ways to get it wrong", "after logout the session gets 403"] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour where it is piped");
    let output = conformance(&["explain", "logout.end-session"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean logout.ends-session?"), "{}", stderr(&output));
}

#[test]
fn the_doctor_says_what_each_tool_is_for_and_is_exit_0() {
    let output = conformance(&["doctor"]);
    assert_eq!(code(&output), 0);
    for expected in ["curl", "faketime", "Werkzeug", "redis-server", "starting Flask projects"] {
        assert!(stdout(&output).contains(expected), "{expected}");
    }
}

#[test]
fn two_reports_are_compared_and_a_foreign_file_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (old, new, foreign) = (path("old.json"), path("new.json"), path("foreign.json"));
    assert_eq!(code(&conformance(&[&ONE[..], &["--json", &old]].concat())), 0);
    let report = std::fs::read_to_string(&old).expect("it was written");
    std::fs::write(&new, report.replace("\"met\"", "\"not-met\"")).expect("it can be written");
    std::fs::write(&foreign, "{\"schema\": \"else/1\"}").expect("it can be written");

    assert_eq!(code(&conformance(&["compare", &old, &old])), 0);
    assert_eq!(code(&conformance(&["compare", &new, &old])), 0, "better is no regression");
    let output = conformance(&["compare", &old, &new]);
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(stdout(&output).contains("status.ok (must) in off: met → not-met"), "{}", stdout(&output));
    for (file, why) in [(&foreign, "its schema is \"else/1\""), (&path("none"), "cannot be read")] {
        let output = conformance(&["compare", &old, file]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
}

#[test]
fn the_coverage_can_be_written_as_markdown_and_as_html() {
    let markdown = conformance(&["coverage", "--markdown"]);
    assert!(stdout(&markdown).contains("\n| `login.ok` | must | "), "{}", stdout(&markdown));
    assert!(stdout(&conformance(&["coverage", "--html"])).starts_with("<!DOCTYPE html>"));
    assert_eq!(code(&conformance(&["coverage", "--html", "--markdown"])), 2, "one form at a time");
}

#[test]
fn a_check_that_is_interrupted_says_so_and_ends_with_the_number_of_the_signal() {
    use nix::sys::signal::Signal;
    for (signal, expected) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command.args(["check", &url, "--mode", "session_auth"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let check = command.spawn().expect("the program runs");
        // The first question is whether anyone is there; the second finds the check under way, and no answer.
        let (mut first, _) = listener.accept().expect("it asks");
        let _ = first.read(&mut [0; 4096]);
        let answer = first.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        answer.expect("it is answered");
        let (_second, _) = listener.accept().expect("it asks again");
        let id = i32::try_from(check.id()).expect("an id is small");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), signal).expect("it is running");
        let output = check.wait_with_output().expect("it ends");
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).contains(&format!("interrupted by {signal}")), "{}", stderr(&output));
    }
}
