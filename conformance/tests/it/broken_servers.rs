//! Deliberately broken servers: each deviation is caught by the requirement that speaks of it, and no other
//! requirement is blamed.

use std::collections::BTreeSet;
use std::time::Duration;

use report::Entry;
use runner::check::{Check, Plan};
use search::diagnosis::{self, diagnose};
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::Outcome;
use spec::results::SeedMethod;
use spec::results::{Finding, Kind};
use spec::results::{Report, Strictness};
use spec::scenario::Scenario;
use spec::suite::Suite;
use spec::transcript::Transcript;
use targets::Target;
use targets::command::Command;
use targets::progress::cost::Costs;
use targets::progress::event::Work;
use targets::progress::event::{EventListener, NoListener};
use test_support::broken::{Broken, Fault, Shared};
use test_support::suite::suite;

fn check(target: &dyn Target, modes: &[Mode]) -> Report {
    check_scenarios(target, modes, &[])
}

fn check_scenarios(target: &dyn Target, modes: &[Mode], scenarios: &[&str]) -> Report {
    check_heard(target, modes, scenarios, 4, &NoListener)
}

fn check_heard(
    target: &dyn Target,
    modes: &[Mode],
    scenarios: &[&str],
    jobs: usize,
    listener: &dyn EventListener,
) -> Report {
    check_by(suite(), target, modes, scenarios, jobs, listener)
}

fn check_by(
    suite: &Suite,
    target: &dyn Target,
    modes: &[Mode],
    scenarios: &[&str],
    jobs: usize,
    listener: &dyn EventListener,
) -> Report {
    let plan = Plan {
        modes: Subject::of_api(modes),
        scenarios: scenarios.iter().map(|name| (*name).to_owned()).collect(),
        requirements: Vec::new(),
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let check = Check::new(suite, target, &plan, listener);
    runtime.block_on(check.run()).expect("the clock follows").report
}

/// The requirements with a verdict of this kind.
fn with(report: &Report, kind: Kind) -> BTreeSet<String> {
    let all = report.verdicts.in_order(&suite().catalogue);
    all.filter(|finding| finding.kind == kind).map(|finding| finding.requirement.clone()).collect()
}

fn caught(fault: Fault, modes: &[Mode]) -> Vec<String> {
    with(&check(&Broken(fault), modes), Kind::NotMet).into_iter().collect()
}

const SESSIONS: [Mode; 3] = [Mode::SessionAuth, Mode::SessionExpAuth, Mode::SessionDbAuth];
const NOTHING: [&str; 0] = [];

#[test]
fn the_proxy_alone_changes_no_verdict() {
    assert_eq!(caught(Fault::None, &SESSIONS), NOTHING);
}

#[test]
fn a_login_that_answers_201_fails_the_login_and_nothing_that_builds_on_it() {
    assert_eq!(caught(Fault::LoginIsCreated, &SESSIONS), ["login.ok"]);
}

#[test]
fn a_login_without_a_cookie_makes_no_session_and_blocks_the_mode() {
    let report = check(&Broken(Fault::NoCookie), &[Mode::SessionAuth]);
    assert_eq!(with(&report, Kind::NotMet).into_iter().collect::<Vec<_>>(), ["mode.selected"]);
    let blocked = report.verdicts.find("logout.ok", Mode::SessionAuth).expect("it applies");
    assert_eq!((blocked.kind, blocked.reason.as_deref()), (Kind::Blocked, Some("mode.selected")));
    assert_eq!(report.outcome(&suite().catalogue, Strictness::default()), Outcome::NotMet);
}

#[test]
fn a_reused_session_id_is_seen_where_ids_must_be_new() {
    let caught = caught(Fault::ReusedSession, &[Mode::SessionAuth]);
    assert!(caught.contains(&"login.new-session".to_owned()), "{caught:?}");
    let about_new_ids =
        ["login.cookie", "login.new-session", "security.no-adopted-id", "security.unique-ids"];
    let about_several = ["logout.only-that-session", "logout.ends-session"];
    let related: Vec<&str> = about_new_ids.into_iter().chain(about_several).collect();
    assert!(caught.iter().all(|id| related.contains(&id.as_str())), "{caught:?}");
}

#[test]
fn a_session_that_ends_a_second_early_fails_the_boundary() {
    assert_eq!(caught(Fault::EndsEarly, &[Mode::SessionExpAuth]), ["expiry.boundary"]);
}

#[test]
fn a_session_that_ends_a_second_late_lives_too_long() {
    for mode in [Mode::SessionExpAuth, Mode::SessionDbAuth] {
        let caught = caught(Fault::EndsLate, &[mode]);
        assert!(caught.contains(&"expiry.dead-after".to_owned()), "{caught:?}");
        let related = |id: &String| {
            id.starts_with("expiry.") || id.starts_with("db.expiry") || id == "security.time-zone"
        };
        assert!(caught.iter().all(related), "{caught:?}");
    }
}

#[test]
fn a_logout_that_ends_every_session_is_caught_by_that_row_alone() {
    assert_eq!(caught(Fault::LogoutEndsAll, &SESSIONS), ["logout.only-that-session"]);
}

#[test]
fn sessions_lost_on_restart_fail_the_rows_of_the_database() {
    let caught = caught(Fault::LostOnRestart, &[Mode::SessionDbAuth]);
    assert!(caught.contains(&"db.survives-restart".to_owned()), "{caught:?}");
    assert!(caught.iter().all(|id| id.starts_with("db.")), "{caught:?}");
}

#[test]
fn a_logout_that_hangs_fails_the_logout_and_blocks_what_follows() {
    // Each of these waits for its logout in real time, which is bounded; a few say enough.
    let scenarios = ["session-07-login", "session-08-logout", "session-08-ends"];
    let report = check_scenarios(&Broken(Fault::LogoutHangs), &[Mode::SessionAuth], &scenarios);
    let caught = with(&report, Kind::NotMet);
    assert_eq!(caught.into_iter().collect::<Vec<_>>(), ["logout.ok"]);
    let ends = report.verdicts.find("logout.ends-session", Mode::SessionAuth).expect("it applies");
    assert_eq!((ends.kind, ends.reason.as_deref()), (Kind::Blocked, Some("logout.ok")));
}

#[test]
fn a_broken_server_is_told_the_fault_of_the_model_that_it_behaves_like() {
    let told = |fault| -> Vec<&str> {
        let report = check(&Broken(fault), &[Mode::SessionDbAuth]);
        let told = diagnose(&report.verdicts, &report.modes, &suite().catalogue);
        told.iter().flat_map(|one| &one.faults).map(|fault| fault.name).collect()
    };
    assert_eq!(told(Fault::LoginIsCreated), ["login-201"]);
    assert_eq!(told(Fault::LogoutEndsAll), ["logout-of-user", "logout-of-everybody", "logout-of-older"]);
    assert_eq!(told(Fault::LostOnRestart), ["sessions-lost", "oldest-session-kept"]);
    assert_eq!(told(Fault::NoCors), ["cors-missing"]);
}

#[test]
fn garbage_instead_of_http_fails_the_route_that_answers_so() {
    let report = check(&Broken(Fault::GarbageForMe), &[Mode::BasicAuth]);
    let me = report.verdicts.find("me.authenticated", Mode::BasicAuth).expect("it applies");
    let evidence = me.evidence.as_ref().expect("it is not met");
    let actual = evidence.actual.to_string();
    assert_eq!((me.kind, actual.as_str()), (Kind::NotMet, "no answer: what came back is not HTTP"));
}

#[test]
fn a_hash_that_shows_fails_the_rows_about_a_users_fields() {
    let caught = caught(Fault::ShowsHash, &[Mode::SessionAuth]);
    assert_eq!(caught, ["json.transcript-bytes", "users.hide-password", "users.shape"]);
}

#[test]
fn a_missing_cors_header_is_one_row() {
    assert_eq!(caught(Fault::NoCors, &[Mode::SessionAuth]), ["cors.any-origin"]);
}

/// Lets Bob authenticate with a wrong password, and use what he gets.
const WRONG_PASSWORD: &str = "---
modes: [basic_auth, session_auth]
---
```console
$ user bob@hbtn.io \"fake pwd\"
```
# Bob `login.ok`
```console
$ authenticate bob@hbtn.io wrong
```
# The list `users.list`
```console 2xx
$ curl \"$URL/api/v1/users\" -H \"$CREDENTIAL\"
```
";

#[test]
fn credentials_that_fail_are_blamed_in_the_form_that_the_mode_takes() {
    let scenario = Scenario::parse("wrong-password", WRONG_PASSWORD).expect("it is well-formed");
    let accepted: String = scenario.steps().map(|step| format!("$ {}\n", step.text)).collect();
    let mut suite = suite().with(scenario, "x.md").expect("its requirements are known");
    suite.accept("wrong-password", Transcript::parse(&format!("{accepted}2xx\n")));
    let modes = [Mode::BasicAuth, Mode::SessionAuth];
    let report = check_by(&suite, &Broken(Fault::None), &modes, &["wrong-password"], 4, &NoListener);
    let find = |id, mode| report.verdicts.find(id, mode).expect("it is judged");
    let login = find("login.ok", Mode::SessionAuth);
    let evidence = login.evidence.as_ref().expect("it is not met");
    assert_eq!(login.place, Some(("wrong-password".to_owned(), 9)));
    assert_eq!(
        evidence.step,
        r#"curl "$URL/api/v1/auth_session/login" -XPOST -d "email=bob@hbtn.io" -d "password=wrong""#
    );
    assert_eq!(
        (evidence.expected.to_string(), evidence.actual.to_string()),
        ("2xx".to_owned(), "401 Unauthorized\n{\"error\": \"wrong password\"}".to_owned())
    );
    let line = evidence.curl.as_deref().expect("there is one");
    assert!(line.ends_with(r#"/login" -XPOST -d "email=bob@hbtn.io" -d "password=wrong" -i"#), "{line}");
    let list = find("users.list", Mode::SessionAuth);
    assert_eq!((list.kind, list.reason.as_deref()), (Kind::Blocked, Some("login.ok")));
    assert!(report.verdicts.find("login.ok", Mode::BasicAuth).is_none(), "nobody logs in there");
    let list = find("users.list", Mode::BasicAuth).evidence.as_ref().expect("it is not met");
    assert_eq!(list.step, r#"curl "$URL/api/v1/users" -H "$CREDENTIAL""#);
    let line = list.curl.as_deref().expect("there is one");
    assert!(line.ends_with(r#"/api/v1/users" -u "bob@hbtn.io:wrong" -i"#), "{line}");
}

#[test]
fn a_login_without_a_cookie_blocks_what_its_credentials_were_for() {
    let report = check_scenarios(&Broken(Fault::NoCookie), &[Mode::SessionAuth], &["api-bytes"]);
    assert_eq!(with(&report, Kind::Met), BTreeSet::from(["login.ok".to_owned()]));
    assert_eq!(with(&report, Kind::NotMet), BTreeSet::from(["login.cookie".to_owned()]));
    let list = report.verdicts.find("users.list", Mode::SessionAuth).expect("it applies");
    assert_eq!((list.kind, list.reason.as_deref()), (Kind::Blocked, Some("login.cookie")));
}

#[test]
fn scenarios_that_share_instances_tell_what_they_tell_alone() {
    let modes = [Mode::SessionAuth, Mode::SessionDbAuth];
    let [alone, shared] = [&Broken(Fault::LogoutEndsAll) as &dyn Target, &Shared(Fault::LogoutEndsAll)]
        .map(|target| Vec::<Finding>::from(check(target, &modes).verdicts));
    assert!(alone.iter().any(|finding| finding.kind == Kind::NotMet));
    assert_eq!(shared, alone);
}

/// The scenarios that stand apart from others in session_auth.
const ISOLATED: [&str; 3] = ["beyond-malformed-body", "beyond-malformed-json", "beyond-malformed-login"];

/// Checks [`ISOLATED`], sees that all is met, and counts the copies that were made for it.
fn copies_for_isolated(fault: Fault) -> u32 {
    let costs = Costs::default();
    let report = check_heard(&Shared(fault), &[Mode::SessionAuth], &ISOLATED, 4, &costs);
    assert!(!with(&report, Kind::Met).is_empty());
    for kind in [Kind::NotMet, Kind::Blocked, Kind::Error, Kind::NotChecked] {
        assert!(with(&report, kind).is_empty(), "{kind:?}: {:?}", with(&report, kind));
    }
    costs.spent().iter().find(|(work, _)| *work == Work::Copy).map_or(0, |(_, spent)| spent.count)
}

#[test]
fn isolated_scenarios_share_a_site_as_long_as_all_is_met() {
    // One where the users are stored, and its copy.
    assert_eq!(copies_for_isolated(Fault::None), 2);
}

#[test]
fn an_isolated_scenario_that_fails_where_another_was_played_is_played_again_where_none_was() {
    // The first leaves the instance too little for the second, and that too little for the third.
    assert_eq!(copies_for_isolated(Fault::WearsOut), 4);
}

#[test]
fn equal_runs_have_equal_reports_whatever_runs_beside_them() {
    let scenarios = ["session-07-login", "session-08-logout", "api-bytes"];
    let texts = |jobs| {
        let mut report = check_heard(&Broken(Fault::ShowsHash), &SESSIONS, &scenarios, jobs, &NoListener);
        let (catalogue, strictness) = (&suite().catalogue, Strictness::default());
        diagnosis::attach(&mut report, catalogue);
        let entries = [Entry::judged(report.clone())];
        [
            report::json(&report, catalogue),
            report::junit(&report, catalogue, strictness),
            report::html(&entries, catalogue),
            report::csv(&entries, catalogue),
            report::terminal(&report, catalogue, strictness),
        ]
    };
    let first = texts(1);
    assert!(first[4].contains("users.shape"), "{}", first[4]);
    assert_eq!(first, texts(3));
}

fn program(script: &str) -> (tempfile::TempDir, Command) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("run.sh"), script).expect("a script can be written");
    let command =
        Command::new(folder.path(), Some("/bin/sh run.sh"), ClockKind::None).expect("it is a command");
    (folder, command)
}

#[test]
fn a_program_that_ends_at_once_is_an_error_and_its_last_words_are_kept() {
    let (_folder, command) = program("echo 'ModuleNotFoundError: No module named flask' >&2; exit 1");
    let report = check(&command, &[Mode::SessionAuth]);
    assert!(with(&report, Kind::NotMet).is_empty(), "a start-up failure is nobody's requirement");
    let verdict = report.verdicts.find("status.ok", Mode::SessionAuth).expect("it applies");
    assert_eq!(verdict.kind, Kind::Error);
    let reason = verdict.reason.clone().unwrap_or_default();
    assert!(reason.contains("exit status: 1") && reason.contains("No module named flask"), "{reason}");
    assert_eq!(report.outcome(&suite().catalogue, Strictness::default()), Outcome::NotChecked);
}

#[test]
fn a_program_that_never_listens_is_started_once_a_mode_and_the_report_says_how_long_it_was_waited_for() {
    let starts = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let script = format!("echo >> '{}'; exec sleep 600", starts.path().display());
    let (_folder, command) = program(&script);
    let report = check(&command.with_timeout(Duration::from_millis(300)), &Mode::ALL);
    let starts = std::fs::read_to_string(starts.path()).expect("it is there").lines().count();
    assert!(starts <= Mode::ALL.len(), "it was started {starts} times");
    // The first start had all the timeout, the others what is left of it.
    for (mode, seconds) in [(Mode::Off, "0.3"), (Mode::SessionAuth, "0.1"), (Mode::Auth, "0.1")] {
        let verdict = report.verdicts.find("status.ok", mode).expect("it applies");
        let reason = format!("the program does not listen on API_PORT within {seconds} s");
        assert_eq!((verdict.kind, verdict.reason.as_deref()), (Kind::Error, Some(reason.as_str())));
    }
    let shown = report::terminal(&report, &suite().catalogue, Strictness::default());
    assert!(shown.contains("it printed nothing"), "{shown}");
}
