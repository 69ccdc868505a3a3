//! The profile `hardened`: what it asks for beside the documents, and what it does not ask for any more.
//!
//! - `accepted::MODE::SCENARIO`: its own scenarios on the reference server, through insta;
//! - `reference is met`, `server is met`: everything, in process in every mode, and spawned in two;
//! - the twins: a server that is not hardened fails every requirement of the profile's own, and a hardened one fails
//!   of the documents just what the profile replaces.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use conformance::reference::Reference;
use libtest_mimic::{Arguments, Failed, Trial};
use runner::check::{Check, Checked, Plan};
use search::served_model::Model;
use spec::catalogue::Profile;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::Kind;
use spec::results::Report;
use spec::results::SeedMethod;
use spec::suite::Suite;
use targets::Target;
use targets::command::Command;
use targets::progress::event::NoListener;
use test_support::program::server_path;
use test_support::suite::{scenarios_folder, suite};

static HARDENED: LazyLock<Suite> = LazyLock::new(|| {
    Suite::from_folder(Profile::Hardened, &scenarios_folder())
        .expect("a test of the documents' reads it first")
});

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = accepted();
    trials.push(Trial::test("reference is met", || is_met(&Reference, &Mode::ALL)));
    trials.push(Trial::test("server is met", || {
        let folder = tempfile::tempdir()?;
        let server = server_path().display().to_string();
        let target = Command::new(folder.path(), Some(&server), ClockKind::None)?;
        is_met(&target, &[Mode::BasicAuth, Mode::SessionDbAuth])
    }));
    trials
        .push(Trial::test("a server that is not hardened fails all of the profile's own", documented_fails));
    trials.push(Trial::test("a hardened server fails of the documents what is replaced", hardened_fails));
    libtest_mimic::run(&arguments, trials).exit();
}

/// The profile's own scenarios.
fn own() -> impl Iterator<Item = (Mode, &'static str)> {
    let of = |mode| HARDENED.of_mode(mode).into_iter().map(move |scenario| (mode, scenario.name.as_str()));
    Mode::ALL.into_iter().flat_map(of).filter(|(_, name)| name.starts_with("hardened-"))
}

fn accepted() -> Vec<Trial> {
    let trial = |(mode, scenario): (Mode, &'static str)| {
        Trial::test(format!("accepted::{mode}::{scenario}"), move || {
            let checked = check(&HARDENED, &Reference, vec![mode], &[scenario])?;
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(scenarios_folder().join("snapshots"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let run = checked.runs.first().ok_or("it was not replayed")?;
            let transcript = run.transcript().to_string();
            settings.bind(|| insta::assert_snapshot!(scenario, transcript));
            Ok::<_, Failed>(())
        })
    };
    own().map(trial).collect()
}

fn check<'s>(
    suite: &'s Suite,
    target: &dyn Target,
    modes: Vec<Mode>,
    scenarios: &[&str],
) -> Result<Checked<'s>, Failed> {
    let plan = Plan {
        modes: Subject::of_api(&modes),
        scenarios: scenarios.iter().map(|name| (*name).to_owned()).collect(),
        requirements: Vec::new(),
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs: 4,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let checked = runtime.block_on(Check::new(suite, target, &plan, &NoListener).run());
    Ok(checked.map_err(|_| "the clock does not follow its driver")?)
}

/// The requirements that have a verdict of this kind in some mode.
fn with(report: &Report, kind: Kind) -> BTreeSet<String> {
    let findings = report.verdicts.all().filter(|finding| finding.kind == kind);
    findings.map(|finding| finding.requirement.clone()).collect()
}

fn is_met(target: &dyn Target, modes: &[Mode]) -> Result<(), Failed> {
    let report = check(&HARDENED, target, modes.to_vec(), &[])?.report;
    for kind in [Kind::NotMet, Kind::Blocked, Kind::Error] {
        let found = with(&report, kind);
        if !found.is_empty() {
            return Err(format!("{kind:?}: {found:?}").into());
        }
    }
    let met = with(&report, Kind::Met);
    let own = HARDENED.catalogue.rows().iter().filter(|row| row.task == "hardened");
    let missing: Vec<_> = own.filter(|row| !met.contains(&row.id)).map(|row| &row.id).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("not met: {missing:?}").into()) }
}

/// The same suite without the setting: each requirement of the profile's own can fail.
fn documented_fails() -> Result<(), Failed> {
    let mut suite = HARDENED.clone();
    for scenario in &mut suite.scenarios {
        scenario.settings.profile = Profile::Documented;
    }
    // Not the reference: a 401 of it says what it wants by default.
    let report = check(&suite, &Model::default(), Mode::ALL.to_vec(), &[])?.report;
    let own = HARDENED.catalogue.rows().iter().filter(|row| row.task == "hardened");
    let expected: BTreeSet<String> = own.map(|row| row.id.clone()).collect();
    let not_met = with(&report, Kind::NotMet);
    if not_met == expected { Ok(()) } else { Err(format!("{not_met:?}, not {expected:?}").into()) }
}

/// The documents' suite with the setting.
fn hardened_fails() -> Result<(), Failed> {
    let mut suite = suite().clone();
    for scenario in &mut suite.scenarios {
        scenario.settings.profile = Profile::Hardened;
    }
    let report = check(&suite, &Reference, vec![Mode::SessionAuth], &[])?.report;
    let replaced: BTreeSet<String> =
        HARDENED.catalogue.rows().iter().flat_map(|row| row.replaces.clone()).collect();
    let not_met = with(&report, Kind::NotMet);
    if not_met == replaced { Ok(()) } else { Err(format!("{not_met:?}, not {replaced:?}").into()) }
}
