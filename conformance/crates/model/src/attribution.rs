//! Attribution: the requirements that a wrong answer may break.
//!
//! The allowed response names one requirement. The history of the sessions suggests others: a session that is refused
//! by mistake may have been ended by the logout of another session, by a later login, or by a restart.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::asked::Route;
use super::compare::{Aspect, Difference};
use super::history::{SessionEnd, SessionHistory, SessionRecord};
use super::state::Second;
use super::{AllowedResponse, Asked, Rules, Unspecified};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::scenario::Settings;

/// The facts that an attribution depends on, beside the difference.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The settings of the server.
    pub rules: &'a Rules,
    /// The history of the sessions before the request.
    pub history: &'a SessionHistory,
    /// The request.
    pub asked: &'a Asked,
    /// The allowed response that is nearest to the answer.
    pub allowed: &'a AllowedResponse,
    /// The answer; `None` if none came.
    pub answer: Option<&'a Answer>,
    /// The time of the answer.
    pub now: Second,
}

/// Returns the ids of the requirements that the answer may break, the likeliest first, at least one.
pub fn likely_requirements(observation: Observation<'_>, difference: &Difference) -> Vec<&'static str> {
    match difference.aspect {
        Aspect::StatusOrBody => observation.status_or_body(),
        Aspect::Shape => vec!["users.shape"],
        Aspect::Password => vec!["users.hide-password"],
        Aspect::Timestamps => vec!["users.timestamps"],
        Aspect::Cookie => vec!["login.cookie", "login.cookie-name"],
        Aspect::UnexpectedCookie => vec![observation.allowed.requirement],
        Aspect::NotAllowedPage => vec!["errors.method-not-allowed-page"],
        Aspect::Cors => vec!["cors.any-origin"],
    }
}

impl Observation<'_> {
    fn status_or_body(&self) -> Vec<&'static str> {
        let mut all = self.of_requirement();
        if self.rules.session_name != Settings::SESSION_NAME && self.asked.header("cookie").next().is_some() {
            all.push("login.cookie-name");
        }
        if self.answer.is_none_or(|answer| answer.status >= 500) {
            let at = if self.allowed.unspecified.is_some() { 0 } else { all.len() };
            all.insert(at, "security.no-server-error");
        }
        let mut named = Vec::with_capacity(all.len());
        for id in all {
            if !named.contains(&id) {
                named.push(id);
            }
        }
        named
    }

    fn of_requirement(&self) -> Vec<&'static str> {
        let requirement = self.allowed.requirement;
        match requirement {
            "gate.missing" | "gate.before-routing" => self.without_credentials(),
            _ if matches!(self.allowed.unspecified, Some(Unspecified::Spelling)) => {
                vec!["security.gate-spelling"]
            }
            "session.unknown-id" => self.dead_session(),
            "expiry.dead-after" => self.expired_session(),
            "session.not-basic" if self.carries_id() => vec!["security.id-only-in-cookie", requirement],
            "session.user-deleted" | "session.not-basic" | "gate.unknown" => {
                vec![requirement, "gate.unknown"]
            }
            _ if requirement.starts_with("basic.") => vec![requirement, "gate.unknown"],
            _ if self.is_refused() => self.refused(),
            "login.email-missing" if self.is_json_or_query_login() => vec!["login.form-only", requirement],
            _ => self.behind_the_gate(),
        }
    }

    fn status(&self) -> u16 {
        self.answer.map_or(0, |answer| answer.status)
    }

    fn is_refused(&self) -> bool {
        matches!(self.status(), 401 | 403) && !matches!(self.allowed.status, super::Status::Is(401 | 403))
    }

    fn is_json_or_query_login(&self) -> bool {
        self.asked.object().is_some() || self.asked.query.contains("email")
    }

    /// Returns the value of the first session cookie, and the record of its session.
    fn session(&self) -> Option<(&str, Option<&SessionRecord>)> {
        let id = self.asked.cookies(&self.rules.session_name).next()?;
        Some((id, self.history.session(id)))
    }

    /// Attributes an answer other than 401 to a request without credentials.
    fn without_credentials(&self) -> Vec<&'static str> {
        if !self.asked.is_plain() {
            return vec!["security.gate-spelling"];
        }
        let cookies: Vec<String> = self.asked.header("cookie").map(str::to_owned).collect();
        let mut all = Vec::new();
        if self.history.ids().any(|id| cookies.iter().any(|line| line.contains(id))) {
            all.extend(["session.other-cookie", "security.cookie-parsing", "login.cookie-name"]);
        } else if self.carries_id() {
            all.push("security.id-only-in-cookie");
        }
        if self.asked.route == Route::Logout {
            all.push("logout.missing");
        }
        all.extend([self.allowed.requirement, "gate.missing", "mode.selected"]);
        all
    }

    /// Returns whether the ID of a session appears anywhere in the request.
    fn carries_id(&self) -> bool {
        let fields = self.asked.headers.iter().map(|(_, value)| value.as_str());
        let body = String::from_utf8_lossy(&self.asked.body);
        let texts: Vec<&str> =
            fields.chain([self.asked.path.as_str(), self.asked.query.as_str(), &body]).collect();
        self.history.ids().any(|id| texts.iter().any(|text| text.contains(id)))
    }

    /// Attributes an answer other than 403 to the ID of no session.
    fn dead_session(&self) -> Vec<&'static str> {
        let logout = self.asked.route == Route::Logout;
        let mut all = match self.session() {
            Some((_, Some(session))) => match session.end {
                Some(SessionEnd::LoggedOut) if session.restarts > 0 => {
                    vec!["db.logout-survives-restart", "logout.ends-session"]
                }
                Some(SessionEnd::LoggedOut) if logout => vec!["logout.missing", "logout.ends-session"],
                Some(SessionEnd::LoggedOut) => vec!["logout.ends-session"],
                _ => vec!["session.memory-only"],
            },
            Some((id, None)) if self.is_spelling(id) => vec!["security.opaque-id"],
            Some((id, None)) if self.history.was_client_chosen(id) => vec!["security.no-adopted-id"],
            _ if logout => vec!["logout.missing"],
            _ => Vec::new(),
        };
        if all.is_empty() || logout {
            all.extend(["session.unknown-id", "gate.unknown"]);
        }
        all
    }

    /// Returns whether a text is another spelling of a session's ID, or more than half of one.
    fn is_spelling(&self, text: &str) -> bool {
        let letters = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_lowercase())
                .collect()
        };
        let plain = letters(&text.replace("urn:uuid:", "").replace("%2D", "").replace("%2d", ""));
        self.history.ids().map(letters).any(|id| {
            !plain.is_empty() && (plain.contains(&id) || (id.contains(&plain) && plain.len() > id.len() / 2))
        })
    }

    /// Attributes an answer other than 403 to an expired session.
    fn expired_session(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if let Some((_, Some(session))) = self.session() {
            let hints = [
                (session.restarts > 0, "db.expiry-survives-restart"),
                (session.later_logins > 0, "expiry.per-session"),
                (session.used, "expiry.not-sliding"),
                (self.rules.time_zone.is_some(), "security.time-zone"),
            ];
            all.extend(hints.into_iter().filter(|(applies, _)| *applies).map(|(_, id)| id));
        }
        all.push("expiry.dead-after");
        all
    }

    /// Attributes a 401 or 403 to a request that the gate should let through.
    fn refused(&self) -> Vec<&'static str> {
        let route = &self.asked.route;
        let requirement = self.allowed.requirement;
        if requirement == "me.nobody" {
            return vec![requirement, "gate.off"];
        }
        if self.rules.mode == Mode::Off {
            return vec!["gate.off", requirement];
        }
        if route.is_excluded() {
            // A gate answers with these texts only; a login says what is wrong.
            let text = self
                .answer
                .and_then(Answer::json)
                .and_then(|value| value["error"].as_str().map(str::to_owned));
            let is_the_gate = text.is_none_or(|text| ["Unauthorized", "Forbidden"].contains(&text.as_str()));
            return if is_the_gate {
                vec!["gate.excluded", requirement]
            } else {
                vec![requirement, "gate.excluded"]
            };
        }
        if self.rules.mode == Mode::BasicAuth {
            // An email has no colon, so a second colon belongs to the password.
            let colons = self.asked.header("authorization").any(|value| {
                let encoded = value.strip_prefix("Basic ").unwrap_or_default();
                BASE64_STANDARD
                    .decode(encoded)
                    .is_ok_and(|bytes| bytes.iter().filter(|byte| **byte == b':').count() > 1)
            });
            if colons {
                return vec!["basic.colon-password", "basic.valid", "users.create", "users.persist"];
            }
            let all = ["basic.valid", "basic.colon-password", "users.create", "users.update-only-names"];
            return all.into_iter().chain(["users.persist"]).collect();
        }
        let Some((id, Some(session))) = self.session() else {
            return vec!["session.identifies", self.allowed.requirement];
        };
        let age = self.now - session.created_at;
        let values = self.asked.cookies(&self.rules.session_name).count();
        let alone =
            values == 1 && self.asked.header("cookie").all(|line| line.ends_with(id) && !line.contains(';'));
        let hints = [
            (session.restarts > 0, "db.survives-restart"),
            (session.other_logouts > 0, "logout.only-that-session"),
            (session.later_logins > 0, "login.new-session"),
            (self.rules.duration.is_some() && session.earlier_logins > 0, "expiry.per-session"),
            (self.rules.duration == Some(age), "expiry.boundary"),
            (self.rules.duration.is_some() && age > 0, "expiry.live-before"),
            (
                self.rules.duration.is_none() && self.rules.mode == Mode::SessionAuth && age > 0,
                "expiry.plain-never",
            ),
            (self.rules.duration.is_none() && self.rules.mode.expires(), "expiry.never"),
            (!alone, "security.cookie-parsing"),
            (self.rules.time_zone.is_some(), "security.time-zone"),
        ];
        let mut all: Vec<_> = hints.into_iter().filter(|(applies, _)| *applies).map(|(_, id)| id).collect();
        all.extend(["session.identifies", "mode.selected"]);
        all
    }

    /// Attributes a wrong answer to a request that has passed the gate.
    fn behind_the_gate(&self) -> Vec<&'static str> {
        let mut all = vec![self.allowed.requirement];
        let refused_before = self.session().is_some_and(|(_, session)| session.is_some());
        if self.asked.path.ends_with('/') {
            let slash = match self.asked.route {
                Route::Status => Some("status.slash"),
                Route::Users | Route::Me | Route::User(_) => Some("users.slash"),
                Route::Login => Some("login.slash"),
                Route::Logout => Some("logout.slash"),
                _ => None,
            };
            all.extend(slash);
        }
        let of_users = matches!(
            self.asked.route,
            Route::Users | Route::Me | Route::User(_) | Route::Login | Route::Stats
        );
        if of_users && self.history.restarts > 0 {
            all.push("users.persist");
        }
        if of_users {
            // The first users were stored by an earlier process, so even without a restart they may have been lost.
            all.extend([
                "users.update-only-names",
                "users.update",
                "users.create",
                "users.delete",
                "users.persist",
            ]);
        }
        if self.allowed.requirement == "me.authenticated" && refused_before {
            all.push("session.identifies");
        }
        if self.allowed.requirement.starts_with("login.") {
            all.push("login.ok");
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::Effect;
    use super::super::{Body, Session, State, Status, User, allowed_responses};
    use super::*;
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
            let asked = Asked::of(&request("GET", "/api/v1/users", headers));
            let headers = vec![("set-cookie".to_owned(), set_cookie.to_owned())];
            let answer = Answer { status: 200, headers, body: Vec::new() };
            let allowed = AllowedResponse::new("login.ok", 200, Body::Any).with_effect(effect);
            self.history.record(&asked, &allowed, &answer, &self.rules, 0);
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
            let asked = Asked::of(request);
            let allowed = allowed_responses(&self.state, &self.rules, 0, &asked).remove(0);
            let body = format!("{{\"error\": \"{error}\"}}").into_bytes();
            let answer = Answer { status, headers: Vec::new(), body };
            let (rules, history) = (&self.rules, &self.history);
            let observation = Observation {
                rules,
                history,
                asked: &asked,
                allowed: &allowed,
                answer: Some(&answer),
                now: 0,
            };
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
        let asked = Asked::of(&users(&[]));
        let allowed = AllowedResponse::unspecified(Unspecified::Spelling, Status::Any);
        let observation = Observation {
            rules: &rules,
            history: &history,
            asked: &asked,
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
}
