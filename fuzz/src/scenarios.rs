//! Fuzz targets for the parsers of the suite.

use spec::scenario::diagnose::render_all;
use spec::scenario::{Action, Scenario, print};
use spec::transcript::Transcript;

#[test]
fn a_scenario_is_told_what_is_wrong_with_it_or_prints_as_one_that_reads_the_same() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(source) = std::str::from_utf8(bytes) else { return };
        if let Some(scenario) = read(source) {
            reads_the_same(&scenario);
        }
    });
}

#[test]
fn a_curl_line_prints_as_one_that_asks_the_same() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(line) = std::str::from_utf8(bytes) else { return };
        let source = format!("---\nmodes: [session_auth]\n---\n# A\n\n```console\n$ curl {line}\n```\n");
        let Some(scenario) = read(&source) else { return };
        reads_the_same(&scenario);
        for step in scenario.steps() {
            if let Action::Curl(curl) = &step.action {
                assert!(print::curl(curl).starts_with("curl "));
            }
        }
    });
}

#[test]
fn a_transcript_reads_back_what_it_printed() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let transcript = Transcript::parse(text);
        assert_eq!(Transcript::parse(&transcript.to_string()), transcript);
        // A snapshot is a transcript below front matter, on any system.
        let plain = Transcript::parse(&text.replace("\r\n", "\n"));
        for head in ["---\nsource: x\n---\n", "---\r\nsource: x\r\n---\r\n"] {
            assert_eq!(Transcript::from_snapshot(&format!("{head}{text}")), plain);
        }
    });
}

/// The scenario of a source; where there is none, what is wrong can be shown.
fn read(source: &str) -> Option<Scenario> {
    match Scenario::parse("x", source) {
        Ok(scenario) => Some(scenario),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word");
            assert!(!render_all(&errors, "x.md", source, false).is_empty());
            None
        }
    }
}

fn reads_the_same(scenario: &Scenario) {
    let printed = scenario.to_string();
    let again = match Scenario::parse("x", &printed) {
        Ok(again) => again,
        Err(errors) => panic!("{}", render_all(&errors, "x.md", &printed, false)),
    };
    assert_eq!(again.to_string(), printed);
    assert_eq!((&again.modes, &again.settings), (&scenario.modes, &scenario.settings));
    let steps = |scenario: &Scenario| {
        scenario.steps().map(|step| (step.show, step.action.clone())).collect::<Vec<_>>()
    };
    assert_eq!(steps(&again), steps(scenario));
}
