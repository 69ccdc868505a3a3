//! The diagnosis: an implementation with a mistake is told which, also when it has two, and nothing otherwise.

use std::collections::BTreeMap;

use conformance::reference::Reference;
use model::faults;

use report::Entry;
use runner::check::{Check, Plan};
use search::diagnosis::{Diagnosis, attach, diagnose};
use search::served_model::Model;
use spec::catalogue::{Mode, Subject};
use spec::results::SeedMethod;
use spec::results::{Finding, Kind, Verdicts};
use spec::results::{Report, Strictness};
use targets::Target;
use targets::progress::event::NoListener;
use test_support::suite::suite;

fn check(target: &dyn Target, modes: &[Mode], requirements: &[&str]) -> Report {
    let plan = Plan {
        modes: Subject::of_api(modes),
        scenarios: Vec::new(),
        requirements: requirements.iter().map(|id| (*id).to_owned()).collect(),
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs: Mode::ALL.len(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let check = Check::new(suite(), target, &plan, &NoListener);
    runtime.expect("a runtime starts").block_on(check.run()).expect("the clock follows").report
}

fn model(fault: &str) -> Model {
    Model { fault: Some(faults::all().find(|one| one.name == fault).expect("it is a fault")) }
}

fn told(report: &Report) -> Vec<Diagnosis> {
    diagnose(&report.verdicts, &report.modes, &suite().catalogue)
}

/// The names of the faults that are told, line by line.
fn names(report: &Report) -> Vec<Vec<&'static str>> {
    told(report).iter().map(|one| one.faults.iter().map(|fault| fault.name).collect()).collect()
}

#[test]
fn what_meets_everything_behaves_like_no_fault() {
    for target in [&Reference as &dyn Target, &Model::default()] {
        let report = check(target, &Mode::ALL, &[]);
        let open: Vec<&Finding> = report.verdicts.all().filter(|one| one.kind != Kind::Met).collect();
        assert!(open.is_empty(), "{open:?}");
        assert!(told(&report).is_empty());
    }
}

#[test]
fn a_check_of_one_mode_is_enough_where_the_fault_shows_in_it() {
    let report = check(&model("logout-204"), &[Mode::SessionAuth], &[]);
    assert_eq!(names(&report), [["logout-204"]]);
    let told_of = told(&report);
    let explained: Vec<&str> = told_of[0].explains.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(explained, ["logout.ok"]);
    let report = check(&model("sessions-lost"), &[Mode::SessionAuth], &[]);
    assert!(told(&report).is_empty(), "no session is kept over a restart in this mode");
}

#[test]
fn a_part_of_the_scenarios_tells_nothing_of_a_fault() {
    let report = check(&model("logout-204"), &[Mode::SessionAuth], &["logout.ok"]);
    assert!(report.verdicts.all().any(|one| one.kind == Kind::NotMet));
    assert!(told(&report).is_empty());
}

#[test]
fn faults_that_cannot_be_told_apart_are_both_named() {
    let report = check(&model("one-session-at-all"), &[Mode::SessionAuth], &[]);
    assert_eq!(names(&report), [["one-session-at-all"]], "the other would have blocked what is met");
    let report = check(&model("opens-me-only"), &[Mode::SessionAuth], &[]);
    assert_eq!(names(&report), [["one-session-at-all", "opens-me-only"]]);
    let report = check(&model("any-login-prolongs"), &[Mode::SessionExpAuth], &[]);
    assert_eq!(names(&report), [["login-prolongs", "any-login-prolongs"]]);
    assert_eq!(told(&report)[0].sentence().matches("; or ").count(), 1);
}

/// Returns the report on an implementation with all of these mistakes, if none hides another.
fn with_all(faults: &[&str]) -> Report {
    let mut reports = faults.iter().map(|fault| check(&model(fault), &Mode::ALL, &[]));
    let mut whole = reports.next().expect("there is one");
    for report in reports {
        let mut worst: BTreeMap<(String, Subject), Finding> = BTreeMap::new();
        for finding in whole.verdicts.all().chain(report.verdicts.all()) {
            let key = (finding.requirement.clone(), finding.mode);
            let known = worst.entry(key).or_insert_with(|| finding.clone());
            if known.kind < finding.kind {
                known.clone_from(finding);
            }
        }
        whole.verdicts = Verdicts::from(worst.into_values().collect::<Vec<_>>());
    }
    whole
}

#[test]
fn of_several_faults_each_is_named_for_what_it_explains() {
    let mut named = names(&with_all(&["cors-missing", "logout-204", "basic-password-prefix"])).concat();
    named.sort_unstable();
    assert_eq!(named, ["basic-password-prefix", "cors-missing", "logout-204"]);
}

#[test]
fn what_came_decides_where_several_faults_break_a_requirement() {
    for (fault, other) in [("login-201", "login-oldest"), ("delete-204", "delete-keeps")] {
        let report = check(&model(fault), &Mode::ALL, &[]);
        assert_eq!(names(&report), [[fault]], "and not {other}");
    }
    // Another answer than any fault's is none of them.
    let mut report = check(&model("logout-204"), &[Mode::SessionAuth], &[]);
    let mut findings: Vec<Finding> = report.verdicts.into();
    for evidence in findings.iter_mut().filter_map(|one| one.evidence.as_mut()) {
        evidence.actual = "418 I'm a teapot".into();
    }
    report.verdicts = Verdicts::from(findings);
    assert!(told(&report).is_empty());
}

#[test]
fn reports_say_what_an_implementation_behaves_like() {
    let catalogue = &suite().catalogue;
    let mut report = check(&model("logout-204"), &[Mode::SessionAuth], &[]);
    attach(&mut report, catalogue);
    let terminal = report::terminal(&report, catalogue, Strictness::default());
    let terminal = anstream::adapter::strip_str(&terminal).to_string();
    let sentence = "a server that answers a logout with 204 and nothing";
    assert!(terminal.contains(&format!("\nbehaves like: {sentence} (logout.ok)\n")), "{terminal}");
    let page = report::html(&[Entry::judged(report.clone())], catalogue);
    assert!(page.contains(&format!("<b>Behaves like: </b>{sentence} (<a href=\"#r-logout.ok\">")), "{page}");
    let other = Entry { name: "other".to_owned(), ..Entry::judged(report.clone()) };
    let page = report::html(&[Entry::judged(report), other], catalogue);
    assert!(
        page.contains(&format!("<b>2 implementations</b>: {sentence} (<a href=\"#r-logout.ok\">")),
        "{page}"
    );
}
