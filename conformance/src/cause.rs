//! The likely cause of a difference: the requirement whose own failure explains it.
//!
//! Steps use routes and gates that other requirements speak of. Where such a route is broken, or the gate
//! turns everybody away, only the requirement that speaks of it is not met; what merely used it is blocked.

use std::collections::{BTreeMap, BTreeSet};

use crate::mode::Mode;
use crate::scenario::template::Piece;
use crate::scenario::{Curl, Template};
use crate::verdict::{Finding, Kind};

/// The requirements that say more of a session than that it opens a route: where sessions open nothing, none
/// of them is to blame. Each may explain those behind it.
const SPECIFIC: [&str; 3] = ["logout.only-that-session", "db.survives-restart", "security.time-zone"];

/// The routes that every gate leaves open.
const EXCLUDED: [&str; 4] = ["status", "unauthorized", "forbidden", "auth_session/login"];

/// What happened to the session that a step uses, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The server was stopped.
    pub restarted: bool,
    /// A session was logged out.
    pub logged_out: bool,
    /// The server ran in a time zone of the scenario's choice.
    pub zone: bool,
}

/// Names the requirements that would explain why `curl` was answered `actual` instead of `expected`.
///
/// Both are answers as a transcript has them. The first requirement that failed by itself counts; there is none
/// where only the step explains itself.
pub fn of(mode: Mode, curl: &Curl, expected: &str, actual: &str, before: Before) -> Vec<&'static str> {
    let first_line = |text: &'_ str| text.lines().next().unwrap_or_default().to_owned();
    let wanted_body = expected.split_once('\n').map_or("", |(_, body)| body);
    let (expected, actual) = (first_line(expected), first_line(actual));
    let mut causes = Vec::new();
    let path = path(&curl.url);
    let route = route(curl.effective_method(), &path);
    if expected.contains(" × ") {
        // Many at once: that none of them succeeded is the route's matter, or the gate's.
        if expected.contains(" × 2xx") && !actual.contains(" × 2xx") {
            causes.extend(route);
            causes.extend(gate(mode, &path));
        }
        return causes;
    }
    let code = |line: &str| line.get(..3).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0);
    let status = code(&actual);
    let refusal_wanted =
        ["401", "403", "not", "refused", "below"].iter().any(|word| expected.starts_with(word));
    let broken = status >= 500;
    let is_open = mode == Mode::Off || EXCLUDED.iter().any(|route| path == format!("/api/v1/{route}"));
    let turned_away =
        matches!(status, 401 | 403) && status != code(&expected) && (!refusal_wanted || is_open);
    if broken {
        causes.push("status.ok");
    }
    let missing = matches!(status, 404 | 405) && status != code(&expected) && !expected.starts_with("not");
    if broken
        || missing
        || (!refusal_wanted && !turned_away && expected.starts_with('2') && expected != actual)
    {
        causes.extend(route);
    }
    if before.logged_out && turned_away {
        causes.push("logout.only-that-session");
    }
    if before.restarted && mode == Mode::SessionDbAuth && (broken || turned_away) {
        causes.push("db.survives-restart");
    }
    if before.zone && mode.expires() && turned_away {
        causes.push("security.time-zone");
    }
    if turned_away {
        causes.extend(gate(mode, &path));
    }
    if expected == actual {
        causes.extend(error_body(wanted_body));
    }
    causes
}

/// The requirement that says what the body of a common refusal is, by the accepted body.
fn error_body(body: &str) -> Option<&'static str> {
    match body {
        "{\"error\": \"Not found\"}" => Some("errors.not-found"),
        "{\"error\": \"Unauthorized\"}" => Some("gate.missing"),
        "{\"error\": \"Forbidden\"}" => Some("gate.unknown"),
        _ => None,
    }
}

/// Names the requirement that a request is the plain use of.
pub fn route_of(curl: &Curl) -> Option<&'static str> {
    route(curl.effective_method(), &path(&curl.url))
}

/// Turns findings that another requirement's own failure explains into blocked ones.
pub fn settle(findings: &mut [Finding]) {
    let not_met = |one: &&Finding| one.kind == Kind::NotMet;
    let key = |one: &Finding| (one.requirement.clone(), one.mode);
    let mut failed: BTreeSet<(String, Mode)> =
        findings.iter().filter(not_met).filter(|one| others(one).next().is_none()).map(key).collect();
    let explained = |one: &Finding, failed: &BTreeSet<(String, Mode)>| {
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
    let mut explanations: BTreeMap<(String, Mode, String), String> = BTreeMap::new();
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

/// The path of a URL with `*` for every variable, without its query and its final slash.
fn path(url: &Template) -> String {
    let mut text = String::new();
    for piece in url.pieces().iter().skip(1) {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Variable(_) => text.push('*'),
        }
    }
    text.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The requirement that lets a request with good credentials through the gate.
fn gate(mode: Mode, path: &str) -> Option<&'static str> {
    match mode {
        Mode::Off => Some("gate.off"),
        _ if EXCLUDED.iter().any(|route| path == format!("/api/v1/{route}")) => Some("gate.excluded"),
        Mode::Auth => None,
        Mode::BasicAuth => Some("basic.valid"),
        Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth => Some("session.identifies"),
    }
}

/// The requirement that says what a route does.
fn route(method: &str, path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
    Some(match (method, segments.as_slice()) {
        ("GET", ["status"]) => "status.ok",
        ("GET", ["unauthorized"]) => "errors.unauthorized-route",
        ("GET", ["forbidden"]) => "errors.forbidden-route",
        ("GET", ["stats"]) => "stats.count",
        ("GET", ["users"]) => "users.list",
        ("GET", ["users", "me"]) => "me.authenticated",
        ("GET", ["users", _]) => "users.get",
        ("POST", ["users"]) => "users.create",
        ("PUT", ["users", _]) => "users.update",
        ("DELETE", ["users", _]) => "users.delete",
        ("POST", ["auth_session", "login"]) => "login.ok",
        ("DELETE", ["auth_session", "logout"]) => "logout.ok",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(requirement: &str, causes: &[&str]) -> Finding {
        Finding {
            requirement: requirement.into(),
            mode: Mode::BasicAuth,
            kind: Kind::NotMet,
            place: None,
            at_home: false,
            reason: None,
            evidence: None,
            causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
        }
    }

    #[test]
    fn a_broken_route_explains_what_used_it() {
        let curl = Curl::get("/api/v1/users/5/?as=x");
        assert_eq!(
            of(Mode::Off, &curl, "2xx", "500 Internal Server Error", Before::default()),
            ["status.ok", "users.get"]
        );
        assert_eq!(
            of(Mode::Off, &curl, "404 Not Found", "500 Internal Server Error", Before::default()),
            ["status.ok", "users.get"]
        );
        assert!(of(Mode::Off, &curl, "404 Not Found", "200 OK", Before::default()).is_empty());
    }

    #[test]
    fn a_gate_that_turns_everybody_away_explains_what_lies_behind_it() {
        let (users, status) = (Curl::get("/api/v1/users"), Curl::get("/api/v1/status/"));
        let (ok, unauthorized, forbidden) = ("200 OK", "401 Unauthorized", "403 Forbidden");
        assert_eq!(of(Mode::Off, &users, ok, unauthorized, Before::default()), ["gate.off"]);
        assert_eq!(of(Mode::SessionAuth, &users, ok, forbidden, Before::default()), ["session.identifies"]);
        assert_eq!(of(Mode::SessionAuth, &status, ok, forbidden, Before::default()), ["gate.excluded"]);
        assert!(of(Mode::SessionAuth, &users, unauthorized, forbidden, Before::default()).is_empty());
    }

    #[test]
    fn sessions_that_a_restart_loses_explain_what_comes_after_it() {
        let users = Curl::get("/api/v1/users");
        let restarted = Before { restarted: true, ..Before::default() };
        let causes = of(Mode::SessionDbAuth, &users, "2xx", "403 Forbidden", restarted);
        assert_eq!(causes, ["db.survives-restart", "session.identifies"]);
        assert!(of(Mode::SessionDbAuth, &users, "403 Forbidden", "200 OK", restarted).is_empty());
    }

    #[test]
    fn a_logout_that_ended_too_much_explains_sessions_that_died_with_it() {
        let logged_out = Before { logged_out: true, ..Before::default() };
        let causes = of(Mode::SessionAuth, &Curl::get("/api/v1/users"), "2xx", "403 Forbidden", logged_out);
        assert_eq!(causes, ["logout.only-that-session", "session.identifies"]);
    }

    #[test]
    fn another_success_than_the_documented_one_is_the_routes_matter() {
        let users = Curl::get("/api/v1/users");
        assert_eq!(of(Mode::Off, &users, "200 OK\n{}", "201 Created\n{}", Before::default()), ["users.list"]);
        assert!(of(Mode::Off, &users, "200 OK\n{}", "200 OK\n[]", Before::default()).is_empty());
    }

    #[test]
    fn a_common_refusal_in_other_words_is_that_refusals_matter() {
        let wanted = "404 Not Found\n{\"error\": \"Not found\"}";
        let get = Curl::get("/api/v1/users/5");
        let causes =
            of(Mode::Off, &get, wanted, "404 Not Found\n<title>404 Not Found</title>", Before::default());
        assert_eq!(causes, ["errors.not-found"]);
    }

    #[test]
    fn a_specific_requirement_is_not_to_blame_where_sessions_open_nothing() {
        let causes = ["db.survives-restart", "session.identifies"];
        let mut broken = [finding("session.identifies", &[]), finding("db.survives-restart", &causes)];
        settle(&mut broken);
        assert_eq!(broken[1].reason.as_deref(), Some("session.identifies"));
        let mut lost = [finding("db.survives-restart", &causes), finding("users.persist", &causes)];
        settle(&mut lost);
        assert_eq!(lost[0].kind, Kind::NotMet);
        assert_eq!(lost[1].reason.as_deref(), Some("db.survives-restart"));
    }

    #[test]
    fn a_route_that_is_broken_while_the_status_answers_explains_what_used_it() {
        let causes = ["status.ok", "users.get"];
        let mut explained = [finding("users.get", &causes), finding("users.slash", &causes)];
        settle(&mut explained);
        assert_eq!(explained[0].kind, Kind::NotMet);
        assert_eq!(explained[1].reason.as_deref(), Some("users.get"));
    }

    #[test]
    fn only_a_requirement_that_failed_by_itself_explains_others() {
        let mut explained = [finding("users.get", &["users.get"]), finding("users.slash", &["users.get"])];
        settle(&mut explained);
        assert_eq!(explained.each_ref().map(|one| one.kind), [Kind::NotMet, Kind::Blocked]);
        assert_eq!(explained[1].reason.as_deref(), Some("users.get"));
        let mut alone = [finding("users.slash", &["users.get"])];
        settle(&mut alone);
        assert_eq!(alone[0].kind, Kind::NotMet);
    }
}
