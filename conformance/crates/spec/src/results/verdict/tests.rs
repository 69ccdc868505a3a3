//! Which of many findings counts, and how verdicts are listed and counted.

use super::*;
use crate::catalogue::Mode;

fn finding(scenario: &str, kind: Kind, line: usize) -> Finding {
    Finding {
        requirement: "login.ok".into(),
        mode: Mode::SessionAuth.into(),
        kind,
        place: Some((scenario.into(), line)),
        at_home: scenario == "home",
        reason: None,
        evidence: None,
        causes: Vec::new(),
    }
}

/// The verdict of these findings: its kind and line.
fn verdict(findings: impl IntoIterator<Item = Finding>) -> (Kind, usize) {
    let mut verdicts = Verdicts::default();
    verdicts.extend(findings);
    let verdict = verdicts.find("login.ok", Mode::SessionAuth).expect("it was added");
    (verdict.kind, verdict.place.as_ref().map_or(0, |place| place.1))
}

#[test]
fn one_failed_step_outweighs_all_others_and_the_first_is_shown() {
    let steps = [Kind::NotChecked, Kind::Met, Kind::NotMet, Kind::NotMet, Kind::Blocked, Kind::Met];
    let steps = steps.into_iter().enumerate().map(|(line, kind)| finding("s", kind, line));
    assert_eq!(verdict(steps), (Kind::NotMet, 2));
}

#[test]
fn evidence_from_the_requirements_own_task_is_preferred() {
    let steps = [finding("s", Kind::NotMet, 1), finding("home", Kind::NotMet, 2)];
    assert_eq!(verdict(steps), (Kind::NotMet, 2));
}

#[test]
fn a_blocked_step_blocks_its_scenario_and_no_other() {
    assert_eq!(verdict([finding("s", Kind::Met, 1), finding("s", Kind::Blocked, 2)]), (Kind::Blocked, 2));
    assert_eq!(verdict([finding("s", Kind::Blocked, 1), finding("t", Kind::Met, 2)]), (Kind::Met, 2));
}

#[test]
fn the_blocker_that_is_named_is_the_one_that_is_not_met() {
    let blocked = |requirement: &str, reason: &str| Finding {
        requirement: requirement.into(),
        reason: Some(reason.into()),
        ..finding("s", Kind::Blocked, 1)
    };
    let mut verdicts = Verdicts::default();
    verdicts.extend([blocked("logout.ok", "login.ok"), blocked("logout.ends-session", "logout.ok")]);
    verdicts.extend([finding("s", Kind::NotMet, 1)]);
    verdicts.trace_blockers();
    let ends = verdicts.find("logout.ends-session", Mode::SessionAuth).expect("it was added");
    assert_eq!(ends.reason.as_deref(), Some("login.ok"));
}

fn catalogue() -> Catalogue {
    let row = |id: &str, weight: &str, modes: &str| {
        format!(
            "[[requirement]]\nid = \"{id}\"\ntask = \"api\"\nmodes = [{modes}]\nweight = \"{weight}\"\ntext = 't'\n"
        )
    };
    let both = "\"off\", \"session_auth\"";
    let rows =
        [row("status.ok", "should", both), row("login.ok", "must", both), row("a.first", "must", both)];
    Catalogue::parse(&rows.concat()).expect("well-formed")
}

/// Three requirements in two modes: one met twice, one not met and blocked, one not checked.
fn mixed() -> Verdicts {
    let rows = [
        ("a.first", Mode::Off, Kind::Met),
        ("a.first", Mode::SessionAuth, Kind::Met),
        ("login.ok", Mode::Off, Kind::Blocked),
        ("login.ok", Mode::SessionAuth, Kind::NotMet),
        ("status.ok", Mode::Off, Kind::NotChecked),
    ];
    let finding = |(requirement, mode, kind): (&str, Mode, Kind)| Finding {
        requirement: requirement.to_owned(),
        mode: mode.into(),
        reason: (kind == Kind::NotChecked).then(|| "no clock".to_owned()),
        ..finding("s", kind, 1)
    };
    Verdicts::from(rows.map(finding).to_vec())
}

#[test]
fn verdicts_are_listed_in_order_and_counted_by_weight_and_kind() {
    let (verdicts, catalogue) = (mixed(), catalogue());
    let ids = |findings: Vec<&Finding>| -> Vec<String> {
        findings.iter().map(|one| format!("{} {}", one.requirement, one.mode)).collect()
    };
    assert_eq!(ids(verdicts.not_met().collect()), ["login.ok session_auth"]);
    assert_eq!(ids(verdicts.all().collect())[..2], ["a.first off", "a.first session_auth"]);
    assert_eq!(
        ids(verdicts.in_order(&catalogue).collect()),
        ["status.ok off", "login.ok off", "login.ok session_auth", "a.first off", "a.first session_auth"]
    );
    assert_eq!(verdicts.any_reason().as_deref(), Some("no clock"));
    let counts =
        [(Weight::Must, Kind::Met, 2), (Weight::Must, Kind::NotMet, 1), (Weight::Should, Kind::NotMet, 0)];
    for (weight, kind, count) in counts {
        assert_eq!(verdicts.count(&catalogue, weight, kind), count, "{weight:?} {kind:?}");
    }
    assert_eq!(verdicts.count(&catalogue, Weight::Should, Kind::NotChecked), 1);
    assert_eq!(
        verdicts.count(&Catalogue::parse("requirement = []").expect("empty"), Weight::Must, Kind::Met),
        0
    );
}

#[test]
fn what_is_listed_as_failing_is_counted_apart_and_must_fail() {
    let (mut verdicts, catalogue) = (mixed(), catalogue());
    assert_eq!((verdicts.known_failures(), verdicts.stale().count()), (0, 0));
    for (id, mode, line) in [
        ("login.ok", Mode::Off, "line 1"),
        ("login.ok", Mode::Off, "line 2"),
        ("login.ok", Mode::SessionAuth, "line 3"),
        ("a.first", Mode::Off, "line 4"),
        ("a.first", Mode::Auth, "line 5"),
    ] {
        verdicts.list_as_failing(id, mode, line);
    }
    assert_eq!(verdicts.known_failures(), 2, "the one that is met is none");
    let stale: Vec<(&str, &str)> =
        verdicts.stale().map(|(one, line)| (one.requirement.as_str(), line)).collect();
    assert_eq!(stale, [("a.first", "line 4")], "and one that was not judged is passed over");
    let listed = |id: &str, mode: Mode| verdicts.listed(verdicts.find(id, mode).expect("it is there"));
    assert_eq!(listed("login.ok", Mode::Off), Some("line 1"));
    assert_eq!(listed("a.first", Mode::SessionAuth), None);
    assert_eq!(verdicts.count(&catalogue, Weight::Must, Kind::NotMet), 1);
    assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Must, Kind::NotMet), 0);
    assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Must, Kind::Met), 1);
    assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Should, Kind::Met), 0);
}

#[test]
fn findings_go_in_and_come_out() {
    let findings = Vec::<Finding>::from(mixed());
    assert_eq!(findings.len(), 5);
    assert_eq!(Vec::<Finding>::from(Verdicts::from(findings.clone())), findings);
}

#[test]
fn heavier_findings_win_whatever_their_order() {
    // Among scenarios an error outweighs being blocked, and being met outweighs both not being checked.
    let kinds = [Kind::NotChecked, Kind::Blocked, Kind::Met, Kind::Error, Kind::NotMet];
    for (light, heavy) in kinds
        .iter()
        .enumerate()
        .flat_map(|(at, light)| kinds[at + 1..].iter().map(move |heavy| (*light, *heavy)))
    {
        for order in [[light, heavy], [heavy, light]] {
            let lines = [finding("s", order[0], 1), finding("t", order[1], 2)];
            assert_eq!(verdict(lines).0, heavy, "{order:?}");
        }
    }
}

#[test]
fn two_that_block_each_other_are_told_all_the_same() {
    let blocked = |requirement: &str, reason: &str| Finding {
        requirement: requirement.into(),
        reason: Some(reason.into()),
        ..finding("s", Kind::Blocked, 1)
    };
    let mut verdicts =
        Verdicts::from(vec![blocked("a.a", "b.b"), blocked("b.b", "a.a"), blocked("c.c", "login.ok")]);
    verdicts.trace_blockers();
    let reason = |id: &str| verdicts.find(id, Mode::SessionAuth).and_then(|one| one.reason.clone());
    assert!(reason("a.a").is_some() && reason("b.b").is_some());
    assert_eq!(reason("c.c").as_deref(), Some("login.ok"));
}
