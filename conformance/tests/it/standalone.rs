//! The binary alone: it carries the scenarios, the transcripts and the requirements, and needs nothing beside it.

use std::path::Path;
use std::process::{Command, Output};

/// Runs a copy of the program in an empty folder with hardly any environment.
fn alone(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(place.join("conformance"));
    command.args(arguments).current_dir(place.join("empty")).env_clear().env("PATH", "/usr/bin:/bin");
    command.output().expect("the program runs")
}

#[test]
fn every_subcommand_works_in_an_empty_folder_without_the_repository() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir(place.path().join("empty")).expect("a folder can be made");
    std::fs::copy(env!("CARGO_BIN_EXE_conformance"), place.path().join("conformance"))
        .expect("there is room");
    let cases: [(&[&str], &str); 7] = [
        (&["check", "--scenario", "session-07-login"], "Every must that was checked is met."),
        (&["list"], "\nsession-07-login "),
        (&["show", "session-07-login"], "\n401 Unauthorized\n{\"error\": \"wrong password\"}\n"),
        (&["show", "session-07-login", "--sh"], "\nask all curl \"$URL/api/v1/auth_session/login\" -XPOST\n"),
        (&["explain", "login.ok"], "Typical ways to get it wrong"),
        (&["coverage"], "requirements × modes are checked by at least one step"),
        (&["doctor"], "curl"),
    ];
    for (arguments, expected) in cases {
        let output = alone(place.path(), arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {complaint}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
    let left = std::fs::read_dir(place.path().join("empty")).expect("it is there").count();
    assert_eq!(left, 0, "nothing is left where it ran");
}

#[test]
fn the_binary_does_not_know_the_folder_that_it_was_built_in() {
    let binary = std::fs::read(env!("CARGO_BIN_EXE_conformance")).expect("it can be read");
    let folder = env!("CARGO_MANIFEST_DIR").as_bytes();
    let found = binary.windows(folder.len()).any(|window| window == folder);
    assert!(!found, "a path of this repository is in it, so something may be read from there");
}
