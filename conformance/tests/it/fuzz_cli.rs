//! `fuzz`, `diff` and scenarios in files from outside: exit codes, and errors that say what to do.

use std::fs;

use serde_json::Value;
use test_support::program::{code, conformance, stderr, stdout};

/// A walk that the reference server answers as it should, kept from an earlier run.
const KEPT: &str = r#"---
modes: [session_exp_auth]
session_duration: 5
isolated: true
---
# A counterexample to expiry

```console
$ user bob@hbtn.io "H0lbertonSchool98!"
$ curl "$URL/api/v1/auth_session/login" -XPOST --data-urlencode "email=bob@hbtn.io" --data-urlencode "password=H0lbertonSchool98!"
$ SESSION1=cookie
$ sleep 6
```

## What is answered wrongly: `expiry.dead-after`

```console
$ curl "$URL/api/v1/users/me" --cookie "_my_session_id=$SESSION1"
```
"#;

#[test]
fn what_says_nothing_in_a_mode_is_wrong_usage_and_no_success() {
    for line in [
        "fuzz --property expiry --mode off",
        "fuzz --property concurrent --mode basic_auth",
        "diff reference model --property logout --mode auth",
    ] {
        let output = conformance(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(code(&output), 2, "{line}: {}", stdout(&output));
        assert!(stderr(&output).contains("there is nothing to play in"), "{line}: {}", stderr(&output));
    }
}

#[test]
fn wrong_usage_says_what_to_write() {
    for (line, advice) in [
        ("fuzz --property expry", "the properties are sessions, expiry"),
        ("fuzz nowhere", "there is no folder nowhere"),
        ("fuzz --user a:b", "--user goes with a URL"),
        ("fuzz http://127.0.0.1:1 --property concurrent --mode session_auth", "name a folder"),
        ("fuzz --save Cargo.toml", "Cargo.toml is a file"),
        ("diff reference http://127.0.0.1:1", "cannot be started afresh"),
        ("diff reference model --left-command x", "--left-command goes with a folder"),
        ("faults --fault logout-nul", "did you mean logout-null?"),
        ("check --scenario missing.md", "there is no file missing.md"),
    ] {
        let output = conformance(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(code(&output), 2, "{line}: {}", stdout(&output));
        assert!(stderr(&output).contains(advice), "{line}: {}", stderr(&output));
    }
}

#[test]
fn a_kept_walk_is_played_first_and_as_a_scenario() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("expiry.md");
    fs::write(&file, KEPT).expect("it can be written");
    let (shown, shown_file) = (folder.path().display().to_string(), file.display().to_string());
    let output = conformance(&["fuzz", "--cases", "1", "--property", "expiry", "--save", &shown]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("1 kept, 0 of them still answered wrongly"), "{}", stdout(&output));
    let output = conformance(&["check", "--scenario", &shown_file, "--json", "-"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!((code(&output), &report["summary"]["must"]["met"]), (0, &Value::from(1)), "{report:#}");
    fs::write(&file, KEPT.replace("expiry.dead-after", "expiry.dead-aftr")).expect("it can be written");
    let output = conformance(&["check", "--scenario", &shown_file]);
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("did you mean `expiry.dead-after`?"), "{}", stderr(&output));
}

#[test]
fn a_run_as_json_says_what_was_drawn_and_the_same_seed_draws_the_same() {
    let run = || {
        let line = ["fuzz", "--cases", "3", "--property", "logout", "--seed", "7", "--json", "-"];
        let output = conformance(&line);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let text = run();
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((&report["seed"], &report["properties"][0]["cases"]), (&Value::from(7), &Value::from(3)));
    assert_eq!(text, run());
}
