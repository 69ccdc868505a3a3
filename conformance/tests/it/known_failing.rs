//! The list of known failures from outside: what is listed does not count, and must fail.

use test_support::program::{code, conformance, stderr, stdout};

use super::canned::server;

const ONE: [&str; 3] = ["check", "--scenario", "api-status"];

#[test]
fn known_failures_do_not_count_and_a_stale_list_does() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("known");
    let list = path.display().to_string();
    let url = server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}\n");
    let check = ["check", &url, "--mode", "off", "--scenario", "api-status"];

    let output = conformance(&[&check[..], &["--write-known-failing", &list]].concat());
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    let written = std::fs::read_to_string(&path).expect("it was written");
    assert!(written.contains("\nstatus.ok in off\n"), "{written}");

    // Nothing else is checked, so nothing is left that is met.
    let output = conformance(&[&check[..], &["--known-failing", &list]].concat());
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    assert!(stdout(&output).contains("failures are listed, and do not count"), "{}", stdout(&output));

    std::fs::write(&path, "# all of it\nstatus.* in off\n").expect("it can be written");
    let output = conformance(&[&ONE[..], &["--known-failing", &list]].concat());
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    let stale = format!("status.ok is met in off; take it out of the list ({list}:2: status.* in off)");
    assert!(stdout(&output).contains(&stale), "{}", stdout(&output));

    std::fs::write(&path, "status.okay\n").expect("it can be written");
    let output = conformance(&[&ONE[..], &["--known-failing", &list]].concat());
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("did you mean status.ok?"), "{}", stderr(&output));
}

#[test]
fn a_list_that_was_written_makes_the_same_check_a_success_in_every_report() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (list, again, junit, html) = (path("known"), path("again"), path("report.xml"), path("report.html"));
    // Right as a status, wrong as anything else.
    let url = server(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n\
         Content-Length: 16\r\nConnection: close\r\n\r\n{\"status\": \"OK\"}",
    );
    let check = [
        "check",
        &url,
        "--mode",
        "off",
        "--scenario",
        "api-status",
        "--scenario",
        "basic-01-unauthorized",
        "--scenario",
        "basic-02-forbidden",
    ];
    let output = conformance(&[&check[..], &["--write-known-failing", &list]].concat());
    assert_eq!(code(&output), 1, "{}", stdout(&output));

    let known = [&check[..], &["--known-failing", &list]].concat();
    let reports = ["--junit", &junit, "--html", &html, "--write-known-failing", &again];
    let output = conformance(&[&known[..], &reports].concat());
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains(", but for the failures that are known."), "{}", stdout(&output));
    let read = |path: &str| std::fs::read_to_string(path).expect("it was written");
    assert_eq!(read(&list), read(&again), "what is known still fails");
    let junit = read(&junit);
    assert!(!junit.contains("<failure") && junit.contains("message=\"known failure: "), "{junit}");
    assert!(read(&html).contains("not met in off, as is known"));

    let lines: Vec<String> =
        read(&list).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let catalogue = stdout(&conformance(&["coverage"]));
    let place = |line: &String| catalogue.find(line.split(' ').next().unwrap_or_default());
    assert!(lines.len() > 1 && lines.is_sorted_by_key(place), "{lines:?}");
}

#[test]
fn a_list_that_cannot_be_written_is_wrong_usage_before_anything_runs() {
    let known = ["--write-known-failing", "-"];
    let output = conformance(&[&ONE[..], &known, &["--json", "-"]].concat());
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("--write-known-failing -: --json writes there"), "{}", stderr(&output));
    let output = conformance(&[&ONE[..], &known].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let list = stdout(&output);
    assert!(
        list.starts_with("# Failures that are known. ") && list.lines().all(|line| line.starts_with('#'))
    );
}
