//! Made-up implementations with every kind of verdict, for the tests of the reports.

use std::collections::BTreeMap;

use super::{Entry, Unjudged};
use spec::catalogue::Catalogue;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::TargetKind;
use spec::results::{Evidence, Finding, Kind, Verdicts};
use spec::results::{Report, TargetInfo};

/// A text with which an implementation may try to break out of a report.
pub const HOSTILE: &str = "</pre><script>alert(1)</script>\" onclick='x' & \u{1b}[31m]]>";

const CATALOGUE: &str = r#"
[[requirement]]
id = "login.ok"
task = "session/7"
modes = ["session_auth", "session_exp_auth"]
weight = "must"
text = 'a login answers 200 with "the user" & sets the cookie'
[[requirement]]
id = "login.again"
task = "session/7"
modes = ["session_auth"]
weight = "must"
text = "a second login answers 200"
[[requirement]]
id = "status.ok"
task = "api"
modes = ["off", "session_auth"]
weight = "must"
text = "the status is OK"
[[requirement]]
id = "users.names"
task = "api"
modes = ["off"]
weight = "should"
text = "only names change"
[[requirement]]
id = "users.bytes"
task = "api"
modes = ["off"]
weight = "exact"
text = "bytes are those of the documents"
[[requirement]]
id = "redis.ping"
task = "redis/0"
modes = []
weight = "must"
text = "nothing is known of this"
"#;

/// A catalogue of six requirements in three tasks; one applies in no mode.
pub fn catalogue() -> Catalogue {
    Catalogue::parse(CATALOGUE).expect("it is well formed")
}

/// Four implementations: a good one, two that fail alike, and one that could not be judged.
pub fn entries() -> Vec<Entry> {
    vec![
        Entry::judged(good("good")),
        Entry::judged(bad("bad, one")),
        Entry::judged(bad("=bad <b>two</b>")),
        Entry { name: "lost".into(), result: Err(lost()) },
    ]
}

/// The report on an implementation whose program does not start.
pub fn lost() -> Unjudged {
    Unjudged {
        class: "import-error".into(),
        why: "the program ended at once: No module named 'flask_cors'".into(),
        output: format!("Traceback (most recent call last):\n{HOSTILE}"),
    }
}

/// Everything is met, but for what could not be checked.
pub fn good(name: &str) -> Report {
    let mut findings = vec![
        finding("login.ok", Mode::SessionAuth, Kind::Met),
        finding("login.ok", Mode::SessionExpAuth, Kind::Met),
        finding("login.again", Mode::SessionAuth, Kind::Met),
        finding("status.ok", Mode::Off, Kind::Met),
        finding("status.ok", Mode::SessionAuth, Kind::Met),
        finding("users.names", Mode::Off, Kind::Met),
        finding("users.bytes", Mode::Off, Kind::NotChecked),
    ];
    findings[6].reason = Some("this target has no clock".into());
    report(name, findings, BTreeMap::new())
}

/// A report with every kind of verdict, whose evidence is hostile.
pub fn bad(name: &str) -> Report {
    let mut findings = vec![
        finding("login.ok", Mode::SessionAuth, Kind::NotMet),
        finding("login.ok", Mode::SessionExpAuth, Kind::Blocked),
        finding("login.again", Mode::SessionAuth, Kind::Blocked),
        finding("status.ok", Mode::Off, Kind::Met),
        finding("status.ok", Mode::SessionAuth, Kind::Error),
        finding("users.names", Mode::Off, Kind::NotMet),
        finding("users.bytes", Mode::Off, Kind::NotChecked),
    ];
    findings[0].evidence = Some(Evidence {
        step: "$ curl \"$URL/login\"".into(),
        request: None,
        expected: "200 OK\n{\"id\": <user 1>}".into(),
        actual: format!("500 Internal Server Error\n{HOSTILE}").into(),
        curl: Some("curl \"http://127.0.0.1:5000/login\" -XPOST".into()),
        settings: Some("AUTH_TYPE=session_auth SESSION_NAME=_my_session_id".into()),
    });
    findings[1].reason = Some("users.names".into());
    findings[2].reason = Some("login.ok".into());
    findings[4].reason = Some(format!("the program ended at once: {HOSTILE}"));
    findings[5].evidence = Some(Evidence {
        step: "$ main_0".into(),
        request: None,
        expected: "a name".into(),
        actual: "another name".into(),
        curl: None,
        settings: None,
    });
    findings[6].reason = Some("this target has no clock".into());
    let output = format!("Traceback (most recent call last):\n{HOSTILE}");
    report(name, findings, BTreeMap::from([(Mode::SessionAuth.into(), output)]))
}

fn finding(requirement: &str, mode: Mode, kind: Kind) -> Finding {
    Finding {
        requirement: requirement.into(),
        mode: mode.into(),
        kind,
        place: Some(("a-scenario".into(), 7)),
        at_home: false,
        reason: None,
        evidence: None,
        causes: Vec::new(),
    }
}

fn report(name: &str, findings: Vec<Finding>, outputs: BTreeMap<Subject, String>) -> Report {
    let mut verdicts = Verdicts::default();
    verdicts.extend(findings);
    let target = TargetInfo {
        name: name.into(),
        kind: TargetKind::Command,
        command: Some("python3 -m api.v1.app".into()),
        url: "http://127.0.0.1:5000".into(),
        clock: ClockKind::None,
        seeding: Some(SeedMethod::Api),
    };
    let modes = Subject::of_api(&[Mode::Off, Mode::SessionAuth, Mode::SessionExpAuth]);
    Report { target, modes, verdicts, outputs, likenesses: Vec::new() }
}
