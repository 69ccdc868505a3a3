//! Resolution: all findings of a run together tell which failure explains which.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::attribution::causes::BROKEN;
use spec::catalogue::Subject;
use spec::results::{Finding, Kind};
use spec::scenario::Template;
use spec::transcript::Shown;

/// The requirements that say more of a session than that it opens a route: where sessions open nothing, none
/// of them is to blame. Each may explain those behind it.
const SPECIFIC: [&str; 3] = ["logout.only-that-session", "db.survives-restart", "security.time-zone"];

/// The requirement that closes paths to whoever has no credentials.
const KEEPS_OUT: &str = "gate.missing";

/// The requirements that let somebody in.
const LETS_IN: [&str; 2] = ["basic.valid", "session.identifies"];

/// Turns findings that another requirement's own failure explains into blocked ones.
pub fn resolve(findings: &mut [Finding]) {
    for gate in LETS_IN {
        let modes: BTreeSet<Subject> = findings.iter().map(|one| one.mode).collect();
        for mode in modes {
            blame_the_gate(findings, gate, mode);
        }
    }
    blame_open_paths(findings);
    let not_met = |one: &&Finding| one.kind == Kind::NotMet;
    let key = |one: &Finding| (one.requirement.clone(), one.mode);
    let mut failed: BTreeSet<(String, Subject)> =
        findings.iter().filter(not_met).filter(|one| others(one).next().is_none()).map(key).collect();
    let explained = |one: &Finding, failed: &BTreeSet<(String, Subject)>| {
        others(one).find(|cause| failed.contains(&((*cause).clone(), one.mode))).cloned()
    };
    // In three rounds, since each may explain those after it: the routes and the gate; then what is specific, in
    // its order; then a gate whose failure something specific might have explained, and did not.
    let is_specific = |id: &String| SPECIFIC.contains(&id.as_str());
    let plain = |one: &Finding| !is_specific(&one.requirement) && !others(one).any(is_specific);
    let rounds: [&dyn Fn(&Finding) -> bool; 5] = [
        &plain,
        &|one| one.requirement == SPECIFIC[0],
        &|one| one.requirement == SPECIFIC[1],
        &|one| one.requirement == SPECIFIC[2],
        &|_| true,
    ];
    for round in rounds {
        let own = findings.iter().filter(not_met).filter(|one| one.causes.contains(&one.requirement));
        let alone: Vec<_> =
            own.filter(|one| round(one) && explained(one, &failed).is_none()).map(key).collect();
        failed.extend(alone);
    }
    // What a failed step blocked behind it is blocked by what explains that step.
    let mut explanations: BTreeMap<(String, Subject, String), String> = BTreeMap::new();
    for finding in findings.iter_mut().filter(|one| one.kind == Kind::NotMet) {
        if let Some(cause) = explained(finding, &failed) {
            if let Some((scenario, _)) = &finding.place {
                let step = (scenario.clone(), finding.mode, finding.requirement.clone());
                explanations.insert(step, cause.clone());
            }
            finding.kind = Kind::Blocked;
            finding.reason = Some(cause);
            finding.evidence = None;
        }
    }
    for finding in findings.iter_mut().filter(|one| one.kind == Kind::Blocked) {
        let (Some((scenario, _)), Some(reason)) = (&finding.place, &finding.reason) else { continue };
        if let Some(cause) = explanations.get(&(scenario.clone(), finding.mode, reason.clone())) {
            finding.reason = Some(cause.clone());
        }
    }
}

/// Lists the causes that could explain the finding in its requirement's stead.
///
/// They come before the requirement itself; for a specific one, the general ones behind it count too.
fn others(finding: &Finding) -> impl Iterator<Item = &String> {
    let own = finding.causes.iter().position(|cause| *cause == finding.requirement);
    let specific = SPECIFIC.contains(&finding.requirement.as_str());
    finding.causes.iter().enumerate().filter_map(move |(index, cause)| match own {
        Some(own) if specific && index > own => (!SPECIFIC.contains(&cause.as_str())).then_some(cause),
        Some(own) => (index < own).then_some(cause),
        None => Some(cause),
    })
}

/// Decides whether a server that broke did so in its gate, or in the route behind it.
///
/// A gate that breaks at good credentials breaks every route, and lets nobody in anywhere.
fn blame_the_gate(findings: &mut [Finding], gate: &str, mode: Subject) {
    let is_broken = |one: &Finding| one.mode == mode && one.causes.first().is_some_and(|id| id == BROKEN);
    let of_gate = || findings.iter().filter(|one| one.requirement == gate && one.mode == mode);
    let routes: BTreeSet<&[String]> =
        of_gate().filter(|one| is_broken(one)).map(|one| one.causes.as_slice()).collect();
    let breaks = routes.len() > 1 && !of_gate().any(|one| one.kind == Kind::Met);
    for finding in findings.iter_mut().filter(|one| is_broken(one)) {
        let with = finding.causes.len();
        finding.causes.retain(|cause| cause != gate);
        if breaks && finding.causes.len() < with {
            finding.causes.insert(0, gate.to_owned());
        }
    }
}

/// Makes that a path needs no credentials the cause of whatever else got in there.
///
/// Only there: a path that is open by mistake says nothing of what happens at the others.
fn blame_open_paths(findings: &mut [Finding]) {
    let open_path = |one: &Finding| {
        let evidence = one.evidence.as_ref()?;
        let got_in = evidence.actual.status().is_some_and(Shown::is_success);
        let is_refused = evidence.expected.status().is_some_and(Shown::is_refused);
        let request = evidence.request.as_ref().filter(|_| got_in && is_refused)?;
        Some((one.mode, request.path()))
    };
    let without = findings.iter().filter(|one| one.requirement == KEEPS_OUT);
    let open: HashSet<(Subject, Template)> = without.filter_map(open_path).collect();
    for finding in findings.iter_mut().filter(|one| one.requirement != KEEPS_OUT) {
        if open_path(finding).is_some_and(|path| open.contains(&path)) {
            finding.causes.insert(0, KEEPS_OUT.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::catalogue::Mode;
    use spec::results::{Evidence, Excerpt};
    use spec::scenario::Curl;

    fn finding(requirement: &str, causes: &[&str]) -> Finding {
        Finding {
            requirement: requirement.into(),
            mode: Mode::BasicAuth.into(),
            kind: Kind::NotMet,
            place: None,
            at_home: false,
            reason: None,
            evidence: None,
            causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
        }
    }

    #[test]
    fn a_specific_requirement_is_not_to_blame_where_sessions_open_nothing() {
        let causes = ["db.survives-restart", "session.identifies"];
        let mut broken = [finding("session.identifies", &[]), finding("db.survives-restart", &causes)];
        resolve(&mut broken);
        assert_eq!(broken[1].reason.as_deref(), Some("session.identifies"));
        let mut lost = [finding("db.survives-restart", &causes), finding("users.persist", &causes)];
        resolve(&mut lost);
        assert_eq!(lost[0].kind, Kind::NotMet);
        assert_eq!(lost[1].reason.as_deref(), Some("db.survives-restart"));
    }

    #[test]
    fn a_route_that_is_broken_while_the_status_answers_explains_what_used_it() {
        let causes = ["status.ok", "users.get"];
        let mut explained = [finding("users.get", &causes), finding("users.slash", &causes)];
        resolve(&mut explained);
        assert_eq!(explained[0].kind, Kind::NotMet);
        assert_eq!(explained[1].reason.as_deref(), Some("users.get"));
    }

    #[test]
    fn only_a_requirement_that_failed_by_itself_explains_others() {
        let mut explained = [finding("users.get", &["users.get"]), finding("users.slash", &["users.get"])];
        resolve(&mut explained);
        assert_eq!(explained.each_ref().map(|one| one.kind), [Kind::NotMet, Kind::Blocked]);
        assert_eq!(explained[1].reason.as_deref(), Some("users.get"));
        let mut alone = [finding("users.slash", &["users.get"])];
        resolve(&mut alone);
        assert_eq!(alone[0].kind, Kind::NotMet);
    }

    #[test]
    fn a_path_that_is_open_to_all_explains_who_gets_in_there_and_nowhere_else() {
        let answer = |text: &str| Excerpt::Answer(text.parse().expect("every text is an answer"));
        let got_in = |requirement: &str, path: &str| Finding {
            evidence: Some(Evidence {
                step: format!("curl \"$URL{path}\" -u nobody:nothing"),
                request: Some(Curl::get(path)),
                expected: answer("403 Forbidden"),
                actual: answer("200 OK\n{}"),
                curl: None,
                settings: None,
            }),
            ..finding(requirement, &[])
        };
        let mut findings = [
            got_in("gate.missing", "/api/v1/stats"),
            got_in("gate.unknown", "/api/v1/stats/"),
            got_in("basic.wrong-password", "/api/v1/users"),
        ];
        resolve(&mut findings);
        assert_eq!(findings.each_ref().map(|one| one.kind), [Kind::NotMet, Kind::Blocked, Kind::NotMet]);
        assert_eq!(findings[1].reason.as_deref(), Some("gate.missing"));
    }

    #[test]
    fn a_gate_that_breaks_at_good_credentials_explains_every_route_behind_it() {
        let list = ["status.ok", "users.list", "basic.valid"];
        let stats = ["status.ok", "stats.count", "basic.valid"];
        let met = Finding { kind: Kind::Met, ..finding("basic.valid", &[]) };
        let broken = [
            finding("basic.valid", &list),
            finding("basic.valid", &stats),
            finding("users.list", &list),
            finding("stats.count", &stats),
        ];
        let mut everywhere = broken.clone();
        resolve(&mut everywhere);
        let kinds = [Kind::NotMet, Kind::NotMet, Kind::Blocked, Kind::Blocked];
        assert_eq!(everywhere.each_ref().map(|one| one.kind), kinds);
        assert_eq!(everywhere[2].reason.as_deref(), Some("basic.valid"));
        let mut twice = [&broken[..], &[met]].concat();
        resolve(&mut twice);
        assert_eq!((twice[0].kind, twice[0].reason.as_deref()), (Kind::Blocked, Some("users.list")));
        assert_eq!(twice[2].kind, Kind::NotMet);
    }
}
