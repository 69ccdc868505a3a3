//! The suite as a whole: every requirement has steps, every refusal its twin, every scenario a transcript.

use std::fs;

use spec::Error;
use spec::catalogue::Profile;
use spec::coverage::Coverage;
use spec::suite::Suite;
use test_support::suite::{scenarios_folder, suite};

#[test]
fn every_requirement_is_checked_in_every_mode_and_every_refusal_has_a_twin() {
    let coverage = Coverage::of(suite());
    assert!(coverage.is_whole(), "{}", coverage.remarks(suite()).join("\n"));
}

#[test]
fn the_built_in_suite_is_the_one_on_disk() {
    let built_in = Suite::built_in().expect("the built-in suite is well formed");
    let names = |suite: &Suite| -> Vec<(String, String)> {
        suite.scenarios.iter().map(|scenario| (scenario.name.clone(), scenario.source.clone())).collect()
    };
    assert_eq!(names(&built_in), names(suite()));
    for scenario in &suite().scenarios {
        assert_eq!(built_in.accepted(&scenario.name), suite().accepted(&scenario.name), "{}", scenario.name);
    }
}

#[test]
fn every_snapshot_belongs_to_a_scenario() {
    // The widest of the profiles.
    let suite = Suite::from_folder(Profile::Hardened, &scenarios_folder()).expect("it is well formed");
    for entry in fs::read_dir(scenarios_folder().join("snapshots")).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(suite.scenario(&name).is_some(), "{} is nobody's", path.display());
    }
}

const CATALOGUE: &str = r#"
[[requirement]]
id = "status.ok"
task = "api"
modes = ["off", "auth"]
weight = "must"
text = 'status'

[[requirement]]
id = "stats.count"
task = "api"
modes = ["off"]
weight = "must"
text = 'stats'
"#;

/// A suite of one scenario in a folder of its own.
fn small_suite(heading: &str) -> Result<Suite, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let scenario =
        format!("---\nmodes: [off]\n---\n# {heading}\n\n```console\n$ curl \"$URL/api/v1/status\"\n```\n");
    for (name, catalogue) in [("requirements.toml", CATALOGUE), ("hardened.toml", "requirement = []")] {
        fs::write(folder.path().join(name), catalogue).expect("it can be written");
    }
    fs::write(folder.path().join("one.md"), scenario).expect("it can be written");
    Suite::from_folder(Profile::Documented, folder.path())
}

#[test]
fn a_requirement_without_a_step_is_missed_in_each_of_its_modes() {
    let suite = small_suite("The status: `status.ok`").expect("it is well formed");
    let missing = Coverage::of(&suite).missing;
    let missing: Vec<String> = missing.into_iter().map(|(id, mode)| format!("{id} in {mode}")).collect();
    assert_eq!(missing, ["status.ok in auth", "stats.count in off"]);
}

#[test]
fn a_heading_with_an_unknown_id_is_an_error_that_suggests_the_nearest() {
    let error = small_suite("The status: `status.okay`").expect_err("there is no such requirement");
    insta::assert_snapshot!(error.to_string(), @r"
    error[S015]: unknown requirement `status.okay`
     --> scenarios/one.md:4:16
      |
    4 | # The status: `status.okay`
      |                ^^^^^^^^^^^ no row of requirements.toml has this id
      |
      = help: did you mean `status.ok`?
    ");
}
