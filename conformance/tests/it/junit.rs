//! JUnit files are valid whatever has been judged, and whatever a program has said.

use std::collections::BTreeMap;
use std::process::Command;

use report::{Entry, Unjudged, junit, junit_of_all};
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::TargetKind;
use spec::results::{Evidence, Finding, Kind, Verdicts};
use spec::results::{Report, Strictness, TargetInfo};
use test_support::schema::assert_valid_junit;
use test_support::suite::suite;

/// Checks with the program and validates the file that it writes; gives its text.
fn checked(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("report.xml");
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("check")
        .args(arguments)
        .arg("--junit")
        .arg(&file)
        .output()
        .expect("the program runs");
    assert!(
        output.status.code().is_some_and(|code| code != 2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_valid_junit(&file);
    std::fs::read_to_string(&file).expect("it was written")
}

#[test]
fn the_file_of_the_reference_server_is_valid() {
    let text = checked(&["--mode", "off", "--mode", "session_auth", "--strict", "--exact"]);
    assert!(text.contains("\" failures=\"0\" errors=\"0\">\n    <testsuite name=\"off\""), "{text}");
}

#[test]
fn the_file_of_a_program_that_prints_bytes_at_random_is_valid() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
    std::fs::write(folder.path().join("bytes"), bytes).expect("it can be written");
    let program = "/bin/sh -c 'cat bytes >&2; printf \"]]>\\033[31m<&\"; exit 7'";
    let path = folder.path().display().to_string();
    let text = checked(&[&path, "--command", program, "--clock", "none", "--mode", "auth"]);
    assert!(text.contains("<error ") && text.contains("]]&gt;&lt;&amp;"), "{text}");
}

/// Every character that there is below U+20000, with what ends things in XML and what begins them on terminals.
fn hostile() -> String {
    let all: String = (0..0x2_0000).filter_map(char::from_u32).collect();
    format!("]]> <![CDATA[ <!-- \u{1b}[31m \u{1b}]0;title\u{7} &#0; &nope; {all}")
}

/// A report with a verdict of the kind for every requirement and mode, with hostile texts wherever one goes.
fn report(name: &str, kind: Kind) -> Report {
    let catalogue = &suite().catalogue;
    let mut verdicts = Verdicts::default();
    let pairs = || catalogue.rows().iter().flat_map(|row| row.modes.iter().map(move |mode| (row, *mode)));
    verdicts.extend(pairs().enumerate().map(|(place, (row, mode))| {
        // Once is enough of a text of such length.
        let text = if place == 0 { hostile() } else { "]]>\u{0}\u{ffff}".to_owned() };
        let evidence = Evidence {
            step: text.clone(),
            request: None,
            expected: text.as_str().into(),
            actual: text.as_str().into(),
            curl: Some(text.clone()),
            settings: Some(text.clone()),
        };
        Finding {
            requirement: row.id.clone(),
            mode,
            kind,
            place: Some((text.clone(), 7)),
            at_home: true,
            reason: Some(text),
            evidence: (kind == Kind::NotMet).then_some(evidence),
            causes: Vec::new(),
        }
    }));
    let target = TargetInfo {
        name: name.to_owned(),
        kind: TargetKind::Command,
        command: None,
        url: String::new(),
        clock: ClockKind::None,
        seeding: Some(SeedMethod::Api),
    };
    let outputs = BTreeMap::from([(Mode::Off.into(), hostile())]);
    Report { target, modes: Subject::of_api(&Mode::ALL), verdicts, outputs, likenesses: Vec::new() }
}

fn assert_valid(text: &str) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), text).expect("it can be written");
    assert_valid_junit(file.path());
}

#[test]
fn every_kind_of_verdict_and_every_character_make_a_valid_file() {
    let catalogue = &suite().catalogue;
    let mut entries = vec![Entry {
        name: "]]>\u{1b}[1m".into(),
        result: Err(Unjudged { class: "hangs".into(), why: hostile(), output: hostile() }),
    }];
    for kind in Kind::ALL {
        for listed in [false, true] {
            let mut report = report(&format!("{kind:?} {listed} <&\"'\u{0}"), kind);
            if listed {
                let all: Vec<(String, Subject)> = report
                    .verdicts
                    .in_order(catalogue)
                    .map(|one| (one.requirement.clone(), one.mode))
                    .collect();
                all.iter().for_each(|(id, mode)| report.verdicts.list_as_failing(id, *mode, "known:1: *"));
            }
            assert_valid(&junit(&report, catalogue, Strictness { strict: true, exact: false }));
            entries.push(Entry::judged(report));
        }
    }
    assert_valid(&junit_of_all(&entries, catalogue, Strictness::default()));
}
