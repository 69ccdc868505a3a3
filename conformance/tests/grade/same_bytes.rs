//! The same results give the same bytes: in every report, whatever the time, the ports and the folders are, and
//! whatever runs side by side.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use test_support::skip::{missing, say_skipped};

const PROGRAM: &str = include_str!("submissions.py");

/// The files of one run, and what it printed, by name.
type Written = Vec<(String, String)>;

/// Writes submissions that do what the last part of their name says into a folder that is called like no other.
fn submissions(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for name in names {
        let project = folder.path().join(name);
        let what = name.rsplit('/').next().unwrap_or(name);
        std::fs::create_dir_all(project.join("api/v1")).expect("a folder can be made");
        if what != "empty" {
            std::fs::write(project.join("api/v1/app.py"), format!("WHAT = {what:?}\n{PROGRAM}"))
                .expect("it can be written");
        }
    }
    folder
}

/// Runs the program in a folder and gives the files that `options` name there, and standard output.
fn written(folder: &Path, arguments: &[&str], options: &[&str]) -> Written {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(arguments).current_dir(folder);
    for option in options {
        command.args([*option, &option[2..]]);
    }
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "not every must is met: {said}");
    let read = |option: &&str| {
        let text = std::fs::read_to_string(folder.join(&option[2..])).expect("it was written");
        ((*option).to_owned(), text)
    };
    let mut written: Written = options.iter().map(read).collect();
    written.push(("standard output".to_owned(), String::from_utf8_lossy(&output.stdout).into_owned()));
    written
}

/// Asserts that two runs have written the same; shows only the first difference, since the texts are long.
fn assert_same(first: &Written, second: &Written) {
    for ((name, first), (_, second)) in first.iter().zip(second) {
        if first == second {
            continue;
        }
        let (first, second): (Vec<&str>, Vec<&str>) =
            (first.split('\n').collect(), second.split('\n').collect());
        let same = first.iter().zip(&second).take_while(|(one, other)| one == other).count();
        let around = |lines: &[&str]| lines[same.saturating_sub(4)..lines.len().min(same + 8)].join("\n");
        panic!("{name} differs:\n{}\n-- and --\n{}", around(&first), around(&second));
    }
}

/// Tells whether Python programs can be run; where not, that is a failure in CI.
fn can_run() -> bool {
    let missing = missing("python3", "python3");
    missing.inspect(|missing| say_skipped("the reports of Python programs", missing)).is_none()
}

#[test]
fn a_check_of_a_program_that_tells_of_its_run_has_the_same_reports_each_time() {
    if !can_run() {
        return;
    }
    // The clock is left alone: the second run is later, and both are later than any that wrote this.
    let check = |jobs| {
        let folder = submissions(&["tells_of_its_run"]);
        let modes = ["off", "basic_auth", "session_auth", "session_db_auth"].map(|mode| ["--mode", mode]);
        let scenarios = [
            "api-status",
            "api-users-create-wrong-format",
            "api-users-read",
            "basic-01-unauthorized",
            "session-00-me",
            "session-07-bytes",
            "session-07-login",
        ];
        let scenarios = scenarios.map(|name| ["--scenario", name]);
        let arguments = [
            &["check", "tells_of_its_run", "--clock", "none", "--seed", "api", "--jobs", jobs],
            modes.as_flattened(),
            scenarios.as_flattened(),
        ];
        written(folder.path(), &arguments.concat(), &["--json", "--junit", "--html", "--write-known-failing"])
    };
    let first = check("1");
    let (_, shown) = first.last().expect("standard output is there");
    for form in [
        "YYYY-MM-DDTHH:MM:SS.ffffff",
        "<epoch time>",
        "{\"<user 2>\": {\"created_at\": <time>, \"email\": \"ann@hbtn.io\"",
        "<session 1>",
        "<user 1>",
        "<id 1>",
        "<hex 1>",
        "(not a UUID version 4)",
        "127.0.0.1:API_PORT",
        "('127.0.0.1', PORT)",
        "<object object at 0x...>",
        "PID PID",
        "File \"./api/v1/app.py\"",
    ] {
        assert!(shown.contains(form), "nothing was {form}: {shown}");
    }
    assert_same(&first, &check("4"));
}

#[test]
fn a_grading_has_the_same_reports_whatever_runs_side_by_side() {
    if !can_run() {
        return;
    }
    let names =
        ["tells_of_its_run", "empty", "misses_a_module", "ends_at_once", "ignores_its_port", "another/empty"];
    let grade = |jobs| {
        let folder = submissions(&names);
        let arguments = [&["grade", "--timeout", "900", "--jobs", jobs], names.as_slice()];
        written(folder.path(), &arguments.concat(), &["--json", "--junit", "--html", "--csv", "--scores"])
    };
    let first = grade("1");
    assert!(first[0].1.contains("the program listens on a port of its own, not on API_PORT"));
    assert_same(&first, &grade("4"));
}
