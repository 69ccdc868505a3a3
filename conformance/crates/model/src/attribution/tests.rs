//! Tests of the attribution.

use super::*;
use crate::response::Effect;
use crate::{Body, Session, State, Status, User, allowed_responses};
use spec::http::Request;

const NAME: &str = "_my_session_id";
const ID: &str = "5535d4d7-3d77-4d06-8281-495dc3acfe76";

/// A server that stores Bob, and the history of his session.
struct Bench {
    rules: Rules,
    state: State,
    history: SessionHistory,
}

impl Bench {
    fn new(mode: Mode, duration: Option<&str>) -> Self {
        let rules = Rules::new(mode, NAME, duration);
        let (id, email) = ("bob".to_owned(), "bob@hbtn.io".to_owned());
        let bob = User { id, email, password: "a:b".to_owned(), ..User::default() };
        let session = Session { id: ID.to_owned(), user: bob.id.clone(), created_at: 0 };
        let state = State { users: vec![bob], sessions: vec![session] };
        let mut bench = Self { rules, state, history: SessionHistory::default() };
        bench.record(Effect::LogIn("bob".to_owned()), &[], &format!("{NAME}={ID}; Path=/"));
        bench
    }

    /// Records a success with this effect.
    fn record(&mut self, effect: Effect, headers: &[(&str, &str)], set_cookie: &str) {
        let parsed = ParsedRequest::from(&request("GET", "/api/v1/users", headers));
        let headers = vec![("set-cookie".to_owned(), set_cookie.to_owned())];
        let answer = Answer { status: 200, headers, body: Vec::new() };
        let allowed = AllowedResponse::new("login.ok", 200, Body::Any).with_effect(effect);
        self.history.record(&parsed, &allowed, &answer, &self.rules, 0);
    }

    /// Ends the session by a logout.
    fn log_out(&mut self) {
        self.state.sessions.clear();
        self.record(Effect::LogOut(ID.to_owned()), &[], "");
    }

    fn restart(&mut self) {
        self.history.restart(&self.rules);
        self.state.restart(&self.rules);
    }

    /// Returns the requirements that an answer with this status may break.
    fn of(&self, request: &Request, status: u16, error: &str) -> Vec<&'static str> {
        let parsed = ParsedRequest::from(request);
        let allowed = allowed_responses(&self.state, &self.rules, 0, &parsed).remove(0);
        let body = format!("{{\"error\": \"{error}\"}}").into_bytes();
        let answer = Answer { status, headers: Vec::new(), body };
        let (rules, history) = (&self.rules, &self.history);
        let observation =
            Observation { rules, history, parsed: &parsed, allowed: &allowed, answer: Some(&answer), now: 0 };
        let (expected, actual) = (String::new(), String::new());
        likely_requirements(observation, &Difference { aspect: Aspect::StatusOrBody, expected, actual })
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(format!("http://h{path}"));
    method.clone_into(&mut request.method);
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    request.headers = headers.iter().map(pair).collect();
    request
}

fn users(headers: &[(&str, &str)]) -> Request {
    request("GET", "/api/v1/users", headers)
}

fn with_session(id: &str) -> Request {
    users(&[("Cookie", &format!("{NAME}={id}"))])
}

#[test]
fn a_success_without_credentials_is_attributed_by_the_place_of_the_session_id() {
    let bench = Bench::new(Mode::SessionAuth, None);
    assert_eq!(bench.of(&users(&[]), 200, ""), ["gate.missing", "mode.selected"]);
    let other = users(&[("Cookie", &format!("other={ID}"))]);
    assert_eq!(bench.of(&other, 200, "")[0], "session.other-cookie");
    let query = request("GET", &format!("/api/v1/users?id={ID}"), &[]);
    assert_eq!(bench.of(&query, 200, "")[0], "security.id-only-in-cookie");
    let logout = request("DELETE", "/api/v1/auth_session/logout", &[]);
    assert_eq!(bench.of(&logout, 200, "")[0], "logout.missing");
    let spelling = request("GET", "/api/v1//users", &[]);
    assert_eq!(bench.of(&spelling, 200, ""), ["security.gate-spelling"]);
}

#[test]
fn a_success_with_a_dead_session_is_attributed_to_what_should_have_ended_it() {
    let mut bench = Bench::new(Mode::SessionDbAuth, None);
    bench.log_out();
    assert_eq!(bench.of(&with_session(ID), 200, "")[0], "logout.ends-session");
    let again = request("DELETE", "/api/v1/auth_session/logout", &[("Cookie", &format!("{NAME}={ID}"))]);
    assert_eq!(bench.of(&again, 200, "")[0], "logout.missing");
    bench.restart();
    assert_eq!(bench.of(&with_session(ID), 200, "")[0], "db.logout-survives-restart");
    let mut bench = Bench::new(Mode::SessionAuth, None);
    bench.restart();
    assert_eq!(bench.of(&with_session(ID), 200, ""), ["session.memory-only"]);
    assert_eq!(bench.of(&with_session(&ID.to_uppercase()), 200, ""), ["security.opaque-id"]);
    let unknown = ["session.unknown-id", "gate.unknown"];
    assert_eq!(bench.of(&with_session("x"), 200, ""), unknown);
    bench.record(Effect::None, &[("Cookie", &format!("{NAME}=x"))], "");
    assert_eq!(bench.of(&with_session("x"), 200, ""), ["security.no-adopted-id"]);
}

#[test]
fn a_refusal_is_attributed_to_the_gate_that_should_have_let_the_request_in() {
    let status = request("GET", "/api/v1/status", &[]);
    let bench = Bench::new(Mode::SessionAuth, None);
    assert_eq!(bench.of(&status, 401, "Unauthorized"), ["gate.excluded", "status.ok"]);
    assert_eq!(bench.of(&status, 401, "another text"), ["status.ok", "gate.excluded"]);
    let off = Bench::new(Mode::Off, None);
    assert_eq!(off.of(&users(&[]), 401, "Unauthorized"), ["gate.off", "users.list"]);
    let me = request("GET", "/api/v1/users/me", &[]);
    assert_eq!(off.of(&me, 401, "Unauthorized"), ["me.nobody", "gate.off"]);
    // bob@hbtn.io:a:b
    let basic = users(&[("Authorization", "Basic Ym9iQGhidG4uaW86YTpi")]);
    let bench = Bench::new(Mode::BasicAuth, None);
    assert_eq!(bench.of(&basic, 403, "Forbidden")[0], "basic.colon-password");
    let mut bench = Bench::new(Mode::SessionDbAuth, Some("10"));
    bench.restart();
    let found = bench.of(&with_session(ID), 403, "Forbidden");
    assert_eq!(found, ["db.survives-restart", "session.identifies", "mode.selected"]);
}

#[test]
fn a_server_error_comes_first_only_where_the_answer_is_unspecified() {
    let bench = Bench::new(Mode::SessionAuth, None);
    assert_eq!(bench.of(&users(&[]), 500, "").last(), Some(&"security.no-server-error"));
    let options = request("OPTIONS", "/api/v1/users", &[]);
    assert_eq!(bench.of(&options, 500, "")[0], "security.no-server-error");
}

#[test]
fn every_other_aspect_names_its_own_requirement_first() {
    let rules = Rules::new(Mode::SessionAuth, NAME, None);
    let history = SessionHistory::default();
    let parsed = ParsedRequest::from(&users(&[]));
    let allowed = AllowedResponse::unspecified(Unspecified::Spelling, Status::Any);
    let observation = Observation {
        rules: &rules,
        history: &history,
        parsed: &parsed,
        allowed: &allowed,
        answer: None,
        now: 0,
    };
    for (aspect, expected) in [
        (Aspect::Shape, "users.shape"),
        (Aspect::Password, "users.hide-password"),
        (Aspect::Timestamps, "users.timestamps"),
        (Aspect::Cookie, "login.cookie"),
        (Aspect::UnexpectedCookie, allowed.requirement),
        (Aspect::NotAllowedPage, "errors.method-not-allowed-page"),
        (Aspect::Cors, "cors.any-origin"),
    ] {
        let difference = Difference { aspect, expected: String::new(), actual: String::new() };
        assert_eq!(likely_requirements(observation, &difference)[0], expected, "{aspect:?}");
    }
}
