//! The likely causes of a difference: the requirements whose own failure would explain it.
//!
//! Steps use routes and gates that other requirements speak of. Where such a route is broken, or the gate
//! turns everybody away, only the requirement that speaks of it is not met; what merely used it is blocked.
//! Here one step is looked at alone; [`crate::attribution::resolve`] tells which of its causes have failed.

use spec::catalogue::{Mode, Route};
use spec::scenario::template::Piece;
use spec::scenario::{Curl, Template};
use spec::transcript::{Answer, Refusal, Shown};

/// The first cause of every answer that says that the server itself failed.
pub const BROKEN: &str = "status.ok";

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

/// Returns the requirements that would explain why `curl` was answered `actual` instead of `expected`.
///
/// The first requirement that failed by itself counts. The list is empty where only the step explains itself.
pub fn likely_causes(
    mode: Mode,
    curl: &Curl,
    expected: &Answer,
    actual: &Answer,
    before: Before,
) -> Vec<&'static str> {
    let route = route(curl);
    let requirement = route.requirement(curl.effective_method());
    if let Some(Shown::Tally(wanted)) = &expected.status {
        // Many at once: where none of them succeeded, the route or the gate is the cause.
        let succeeded = matches!(&actual.status, Some(Shown::Tally(came)) if came.successes > 0);
        let none = wanted.successes > 0 && !succeeded;
        return requirement.into_iter().chain(gate(mode, &route)).filter(|_| none).collect();
    }
    let step = Step { mode, curl, route: &route, requirement, wanted: expected.code(), before };
    if expected.status == actual.status {
        return match expected.refusal() {
            Some(refusal) => refused_by(refusal).to_vec(),
            None => step.shown_otherwise(),
        };
    }
    let wanted = expected.status.as_ref();
    let success_wanted = wanted.is_some_and(Shown::is_success);
    let refusal_wanted = wanted.is_some_and(|shown| {
        shown.is_refused() || matches!(shown, Shown::NotSuccess | Shown::BelowServerError)
    });
    match actual.code() {
        Some(500..) => step.broken(),
        Some(401 | 403) if !refusal_wanted || step.is_open() => step.turned_away(),
        Some(401 | 403) => step.refused_otherwise(),
        Some(300..=399 | 404 | 405) if wanted != Some(&Shown::NotSuccess) => step.not_there(),
        _ if success_wanted => requirement.into_iter().collect(),
        Some(200..=299) if matches!(step.wanted, Some(401 | 403)) => step.let_in(),
        Some(200..=299) if wanted != Some(&Shown::Refused) => step.shown_otherwise(),
        _ => Vec::new(),
    }
}

/// Names the requirement that a request is the plain use of.
pub fn route_of(curl: &Curl) -> Option<&'static str> {
    route(curl).requirement(curl.effective_method())
}

/// A request that was not answered as it should have been.
struct Step<'a> {
    mode: Mode,
    curl: &'a Curl,
    route: &'a Route,
    /// The requirement that says what the route does.
    requirement: Option<&'static str>,
    /// The status that it should have had; `None` where several would do.
    wanted: Option<u16>,
    before: Before,
}

impl Step<'_> {
    /// It was answered 5xx.
    fn broken(&self) -> Vec<&'static str> {
        let mut causes = vec![BROKEN];
        if self.before.restarted && self.mode == Mode::SessionDbAuth {
            causes.push("db.survives-restart");
        }
        if self.mode == Mode::BasicAuth {
            causes.extend(self.has_colons().then_some("basic.colon-password"));
            causes.extend(self.is_another_scheme().then_some("basic.scheme"));
        }
        causes.extend(self.requirement);
        match self.wanted {
            _ if self.is_open() => {}
            Some(401) => causes.push("gate.missing"),
            Some(403) if self.mode.is_session() && self.has_cookie() => {
                causes.push("session.unknown-id");
                // One that was made, and is over, may break what breaks at a live one.
                let was_made = self.curl.cookies.iter().any(|cookie| cookie.variables().next().is_some());
                causes.extend(gate(self.mode, self.route).filter(|_| was_made));
            }
            Some(403) if self.mode.is_session() => causes.push("gate.unknown"),
            Some(403) => {}
            _ if self.has_cookie() || self.has_authorization() => causes.extend(gate(self.mode, self.route)),
            _ => {}
        }
        causes
    }

    /// It was answered 401 or 403 where it should have been let in.
    fn turned_away(&self) -> Vec<&'static str> {
        let mut causes = Vec::new();
        if self.before.logged_out {
            causes.push("logout.only-that-session");
        }
        if self.before.restarted && self.mode == Mode::SessionDbAuth {
            causes.push("db.survives-restart");
        }
        if self.before.zone && self.mode.expires() {
            causes.push("security.time-zone");
        }
        causes.extend(gate(self.mode, self.route));
        // A logout may turn away by itself whom the gate lets in.
        causes.extend(self.requirement.filter(|id| *id == "logout.ok"));
        causes
    }

    /// It was answered 401 for 403, or 403 for 401.
    fn refused_otherwise(&self) -> Vec<&'static str> {
        match (self.wanted, self.mode) {
            (Some(401), _) => vec!["gate.missing"],
            // What is sent along is not looked at: then nobody gets in by it either.
            (Some(403), Mode::BasicAuth) => vec!["basic.valid", "gate.unknown"],
            (Some(403), mode) if mode.is_session() && self.has_cookie() => {
                vec!["gate.unknown", "session.identifies", "session.unknown-id"]
            }
            (Some(403), _) => vec!["gate.unknown"],
            _ => Vec::new(),
        }
    }

    /// It was answered 2xx where it should have been refused.
    fn let_in(&self) -> Vec<&'static str> {
        let ended = self.before.logged_out && self.has_cookie();
        ended.then_some("logout.ends-session").into_iter().collect()
    }

    /// It was answered 2xx, but not with what there is: a route that shows anything else says nothing of it.
    fn shown_otherwise(&self) -> Vec<&'static str> {
        let may_look = self.mode == Mode::Off || self.has_cookie() || self.has_authorization();
        let route = self.requirement.filter(|_| may_look && self.curl.effective_method() == "GET");
        route.into_iter().collect()
    }

    /// It was answered 404 or 405, or sent elsewhere, where it should not.
    fn not_there(&self) -> Vec<&'static str> {
        // Where the route itself is not there, it has no wrong methods either.
        let any = || ["GET", "POST", "DELETE"].iter().find_map(|method| self.route.requirement(method));
        self.requirement.or_else(any).into_iter().collect()
    }

    fn is_open(&self) -> bool {
        self.mode == Mode::Off || self.route.is_excluded()
    }

    fn has_cookie(&self) -> bool {
        !self.curl.cookies.is_empty()
    }

    fn authorization(&self) -> Option<&str> {
        let mut starts = self.curl.headers.iter().map(Template::literal_start);
        starts.find_map(|start| start.strip_prefix("Authorization:"))
    }

    fn has_authorization(&self) -> bool {
        self.curl.user.is_some() || self.authorization().is_some()
    }

    fn is_another_scheme(&self) -> bool {
        self.authorization().is_some_and(|value| !value.starts_with(" Basic "))
    }

    fn has_colons(&self) -> bool {
        let user = self.curl.user.as_ref().and_then(Template::as_literal);
        user.is_some_and(|user| user.matches(':').count() > 1)
    }
}

/// Returns the requirements that say what the body of a common refusal is.
fn refused_by(refusal: Refusal) -> &'static [&'static str] {
    match refusal {
        Refusal::NotFound => &["errors.not-found"],
        Refusal::Unauthorized => &["errors.unauthorized-route", "gate.missing"],
        Refusal::Forbidden => &["errors.forbidden-route", "gate.unknown"],
    }
}

/// Returns the route that a request asks for; a variable stands for some text in its path.
fn route(curl: &Curl) -> Route {
    let path = curl.path();
    let texts = path.pieces().iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.as_str(),
        Piece::Variable(_) => "*",
    });
    Route::from_path(&texts.collect::<String>())
}

/// The requirement that lets a request with good credentials through the gate.
fn gate(mode: Mode, route: &Route) -> Option<&'static str> {
    match mode {
        Mode::Off => Some("gate.off"),
        _ if route.is_excluded() => Some("gate.excluded"),
        Mode::Auth => None,
        Mode::BasicAuth => Some("basic.valid"),
        Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth => Some("session.identifies"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attributes a difference between two answers, given as text.
    fn of(mode: Mode, curl: &Curl, expected: &str, actual: &str, before: Before) -> Vec<&'static str> {
        let read = |text: &str| text.parse().expect("every text is an answer");
        likely_causes(mode, curl, &read(expected), &read(actual), before)
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
    }

    #[test]
    fn a_gate_that_turns_everybody_away_explains_what_lies_behind_it() {
        let (users, status) = (Curl::get("/api/v1/users"), Curl::get("/api/v1/status/"));
        let (ok, unauthorized, forbidden) = ("200 OK", "401 Unauthorized", "403 Forbidden");
        assert_eq!(of(Mode::Off, &users, ok, unauthorized, Before::default()), ["gate.off"]);
        assert_eq!(of(Mode::SessionAuth, &users, ok, forbidden, Before::default()), ["session.identifies"]);
        assert_eq!(of(Mode::SessionAuth, &status, ok, forbidden, Before::default()), ["gate.excluded"]);
        assert_eq!(
            of(Mode::SessionAuth, &users, unauthorized, forbidden, Before::default()),
            ["gate.missing"]
        );
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
    }

    #[test]
    fn a_route_that_shows_anything_says_nothing_of_what_there_is() {
        let (mut user, none) = (Curl::get("/api/v1/users/5"), Before::default());
        assert_eq!(of(Mode::Off, &user, "200 OK\n{}", "200 OK\n[]", none), ["users.get"]);
        assert_eq!(of(Mode::Off, &user, "404 Not Found", "200 OK", none), ["users.get"]);
        assert!(of(Mode::BasicAuth, &user, "not 2xx", "200 OK", none).is_empty(), "it is not even let in");
        user.user = Some(Template::literal("bob@hbtn.io:pwd"));
        assert_eq!(of(Mode::BasicAuth, &user, "not 2xx", "200 OK", none), ["users.get"]);
        assert!(of(Mode::BasicAuth, &user, "403 Forbidden", "200 OK", none).is_empty(), "the gate is open");
    }

    #[test]
    fn a_session_that_is_over_and_breaks_the_gate_may_do_so_as_a_live_one_does() {
        let broken = |cookie: Template| {
            let mut list = Curl::get("/api/v1/users");
            list.cookies.push(cookie);
            of(Mode::SessionExpAuth, &list, "403 Forbidden", "500 Internal Server Error", Before::default())
        };
        let its_own = ["status.ok", "users.list", "session.unknown-id"];
        assert_eq!(broken(Template::literal("_my_session_id=nobody")), its_own);
        let made = ["status.ok", "users.list", "session.unknown-id", "session.identifies"];
        assert_eq!(broken(Template::variable("COOKIE")), made);
    }

    #[test]
    fn a_session_that_outlives_its_logout_is_the_matter_of_that_wherever_it_shows() {
        let mut list = Curl::get("/api/v1/users");
        list.cookies.push(Template::literal("_my_session_id=its"));
        let let_in = |before| of(Mode::SessionDbAuth, &list, "403 Forbidden", "200 OK", before);
        let logged_out = Before { logged_out: true, restarted: true, ..Before::default() };
        assert_eq!(let_in(logged_out), ["logout.ends-session"]);
        assert!(let_in(Before { restarted: true, ..Before::default() }).is_empty());
    }

    #[test]
    fn a_logout_may_turn_away_whom_the_gate_lets_in() {
        let mut logout = Curl::get("/api/v1/auth_session/logout/");
        logout.method = Some("DELETE".to_owned());
        let causes = of(Mode::SessionAuth, &logout, "2xx", "403 Forbidden", Before::default());
        assert_eq!(causes, ["session.identifies", "logout.ok"]);
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
    fn what_follows_a_restart_may_be_its_matter_when_the_server_breaks_too() {
        let restarted = Before { restarted: true, ..Before::default() };
        let me = Curl::get("/api/v1/users/me");
        let causes = of(Mode::SessionDbAuth, &me, "200 OK", "500 Internal Server Error", restarted);
        assert_eq!(causes, ["status.ok", "db.survives-restart", "me.authenticated"]);
    }

    #[test]
    fn a_401_for_a_403_is_the_matter_of_unknown_credentials_or_of_all() {
        let cause =
            |mode, curl: &Curl| of(mode, curl, "403 Forbidden", "401 Unauthorized", Before::default());
        let mut curl = Curl::get("/api/v1/users");
        curl.headers.push(Template::literal("Authorization: Basic eHg="));
        assert_eq!(cause(Mode::SessionAuth, &curl), ["gate.unknown"]);
        assert_eq!(cause(Mode::BasicAuth, &curl), ["basic.valid", "gate.unknown"]);
        let mut curl = Curl::get("/api/v1/users");
        curl.cookies.push(Template::literal("_my_session_id=nobody"));
        let causes = ["gate.unknown", "session.identifies", "session.unknown-id"];
        assert_eq!(cause(Mode::SessionAuth, &curl), causes);
    }

    #[test]
    fn credentials_that_break_the_gate_are_the_matter_of_what_is_odd_about_them() {
        let broken = |curl: &Curl| {
            of(Mode::BasicAuth, curl, "403 Forbidden", "500 Internal Server Error", Before::default())
        };
        let mut colons = Curl::get("/api/v1/stats");
        colons.user = Some(Template::literal("bob@hbtn.io:a:b"));
        assert_eq!(broken(&colons), ["status.ok", "basic.colon-password", "stats.count"]);
        let mut scheme = Curl::get("/api/v1/stats");
        scheme.headers.push(Template::literal("Authorization: Test"));
        assert_eq!(broken(&scheme), ["status.ok", "basic.scheme", "stats.count"]);
    }

    #[test]
    fn a_route_that_is_not_there_has_no_wrong_methods_either() {
        let get = Curl::get("/api/v1/auth_session/logout");
        let wrong = |actual| of(Mode::SessionAuth, &get, "405 Method Not Allowed", actual, Before::default());
        assert_eq!(wrong("404 Not Found"), ["logout.ok"]);
        assert!(wrong("200 OK").is_empty());
        let open = Curl::get("/api/v1/unauthorized");
        let elsewhere =
            of(Mode::Auth, &open, "401 Unauthorized", "308 Permanent Redirect", Before::default());
        assert_eq!(elsewhere, ["errors.unauthorized-route"]);
    }
}
