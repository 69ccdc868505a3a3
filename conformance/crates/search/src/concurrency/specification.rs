//! The specification: the model, in the form that the linearizability checker needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::semantics::SequentialSpec;

use super::history::Call;
use model::compare::{Aspect, Context, compare};
use model::render::render;
use model::{
    AllowedResponse, Body, Effect, ParsedRequest, Route, Rules, Second, State, Status, User,
    allowed_responses, apply, user_json,
};
use spec::catalogue::Mode;
use spec::http::Answer;

/// A server that answers one request after another, like the model.
///
/// It also allows the following effects of concurrent requests, which no document excludes:
///
/// - Another request may delete the session or the user of a request that has passed the gate. Any refusal is allowed
///   then.
/// - A request acts on users after it has passed the gate, so it may succeed although its session has ended since.
/// - An update, a login and `users/me` may show names of the user that a later request has set.
///
/// Only the status and the content of an answer count. The time stands still.
#[derive(Clone, Debug)]
pub struct Specification {
    rules: Rules,
    now: Second,
    /// The possible states; none after an answer that is not allowed.
    states: Vec<State>,
    /// The session IDs that logins have issued, including those of ended sessions.
    issued_ids: BTreeSet<String>,
}

impl Specification {
    /// Creates a server that stores `user`, and possibly other users that are not known.
    pub fn new(rules: Rules, now: Second, user: User) -> Self {
        let state = State { users: vec![user], ..State::default() };
        Self { rules, now, states: vec![state], issued_ids: BTreeSet::new() }
    }

    /// Returns whether an answer is allowed, and applies its effect.
    pub fn accepts(&mut self, parsed: &ParsedRequest, answer: &Answer) -> bool {
        let cookie_name = &self.rules.session_name;
        let cookie = answer.cookie(cookie_name);
        let is_used = cookie.is_some_and(|id| self.issued_ids.contains(id));
        let mut next: Vec<State> = Vec::new();
        let mut made = None;
        for state in &self.states {
            for allowed in self.allowed_responses(state, parsed) {
                let logs_in = matches!(allowed.effect, Effect::LogIn(_));
                if !self.matches(&with_shown_names(answer, &allowed), answer) || (logs_in && is_used) {
                    continue;
                }
                let mut state = state.clone();
                apply(&mut state, &allowed, answer, cookie_name, self.now);
                made = made.or(cookie.filter(|_| logs_in));
                if !next.contains(&state) {
                    next.push(state);
                }
            }
        }
        self.issued_ids.extend(made.map(str::to_owned));
        self.states = next;
        !self.states.is_empty()
    }

    /// Returns the responses that are allowed in a state to a request among concurrent ones.
    fn allowed_responses(&self, state: &State, parsed: &ParsedRequest) -> Vec<AllowedResponse> {
        let mut all = allowed_responses(state, &self.rules, self.now, parsed);
        for allowed in &mut all {
            if matches!(allowed.requirement, "session.unknown-id" | "session.user-deleted") {
                (allowed.status, allowed.body) = (Status::Refusal, Body::Any);
            }
        }
        let was_let_in = parsed.cookies(&self.rules.session_name).any(|id| self.issued_ids.contains(id));
        if was_let_in && matches!(parsed.route, Route::Users | Route::User(_)) {
            let open = Rules { mode: Mode::Off, ..self.rules.clone() };
            all.extend(allowed_responses(state, &open, self.now, parsed));
        }
        all
    }

    /// Returns the answer that a server without concurrent requests gives instead; `None` if it gives none like it.
    pub fn as_sequential_answer(&self, parsed: &ParsedRequest, answer: &Answer) -> Option<Answer> {
        let all =
            self.states.iter().flat_map(|state| allowed_responses(state, &self.rules, self.now, parsed));
        let fits = |allowed: &AllowedResponse| self.matches(allowed, answer);
        let allowed = all.into_iter().find(|allowed| fits(&with_shown_names(answer, allowed)))?;
        match &allowed.body {
            Body::User(user) if !fits(&allowed) => {
                Some(Answer { body: user_json(user).to_string().into_bytes(), ..answer.clone() })
            }
            _ => Some(answer.clone()),
        }
    }

    /// Returns whether an answer has the status and the content of an allowed response.
    fn matches(&self, allowed: &AllowedResponse, answer: &Answer) -> bool {
        let context = Context {
            cookie_name: &self.rules.session_name,
            head: false,
            foreign_users: true,
            under_api: true,
            window: None,
        };
        compare(allowed, answer, context).iter().all(|one| one.aspect != Aspect::StatusOrBody)
    }

    /// Returns the id of the requirement that demands the documented response.
    pub fn documented_requirement(&self, parsed: &ParsedRequest) -> Option<&'static str> {
        Some(allowed_responses(self.states.first()?, &self.rules, self.now, parsed).first()?.requirement)
    }
}

/// Returns an allowed response with the names that an answer shows, if any names are allowed in it.
fn with_shown_names(answer: &Answer, allowed: &AllowedResponse) -> AllowedResponse {
    let counts = !matches!(allowed.effect, Effect::Rename(_) | Effect::LogIn(_))
        && allowed.requirement != "me.authenticated";
    let (Body::User(user), false) = (&allowed.body, counts) else { return allowed.clone() };
    let shown = answer.json().unwrap_or_default();
    let name = |key: &str| shown[key].as_str().map(str::to_owned);
    let user = User { first_name: name("first_name"), last_name: name("last_name"), ..user.clone() };
    AllowedResponse { body: Body::User(user), ..allowed.clone() }
}

impl SequentialSpec for Specification {
    type Op = Arc<Call>;
    type Ret = Arc<Answer>;

    /// Returns the answer of the model to a call without an answer.
    fn invoke(&mut self, call: &Arc<Call>) -> Arc<Answer> {
        let first =
            self.states.first().map(|state| allowed_responses(state, &self.rules, self.now, &call.parsed));
        let allowed = first.expect("a state is left wherever the checker goes on").remove(0);
        let answer = render(&allowed, &self.rules.session_name, self.now);
        self.accepts(&call.parsed, &answer);
        Arc::new(answer)
    }

    fn is_valid_step(&mut self, call: &Arc<Call>, answer: &Arc<Answer>) -> bool {
        self.accepts(&call.parsed, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Machine;
    use serde_json::{Value, json};
    use spec::http::Request;

    const NAME: &str = "_my_session_id";

    /// The model with Bob and a session of his, and the specification that has seen the login.
    struct Bench {
        machine: Machine,
        specification: Specification,
        session: String,
    }

    impl Bench {
        fn new() -> Self {
            let rules = Rules::new(Mode::SessionAuth, NAME, None);
            let id = "5535d4d7-3d77-4d06-8281-495dc3acfe76".to_owned();
            let (email, password) = ("bob@hbtn.io".to_owned(), "pwd".to_owned());
            let bob = User { id, email, password, ..User::default() };
            let mut machine = Machine::new(rules.clone());
            machine.state.users.push(bob.clone());
            let mut bench =
                Self { machine, specification: Specification::new(rules, 0, bob), session: String::new() };
            let answer = bench.serve(&login());
            bench.session = answer.cookie(NAME).expect("the model's login sets it").to_owned();
            assert!(bench.accepts(&login(), &answer));
            bench
        }

        fn serve(&mut self, request: &Request) -> Answer {
            self.machine.answer(request, 0).1
        }

        fn accepts(&mut self, request: &Request, answer: &Answer) -> bool {
            self.specification.accepts(&ParsedRequest::from(request), answer)
        }

        fn request(&self, method: &str, path: &str) -> Request {
            let mut request = Request::get(format!("http://h/api/v1/{path}"));
            method.clone_into(&mut request.method);
            request.headers.push(("Cookie".to_owned(), format!("{NAME}={}", self.session)));
            request
        }

        /// Serves a request, which the specification must accept.
        fn ask(&mut self, method: &str, path: &str) -> Answer {
            let request = self.request(method, path);
            let answer = self.serve(&request);
            assert!(self.accepts(&request, &answer), "{method} {path}");
            answer
        }

        fn bob(&self) -> String {
            format!("users/{}", self.machine.state.users[0].id)
        }
    }

    fn login() -> Request {
        let form = "email=bob@hbtn.io&password=pwd".to_owned();
        let url = "http://h/api/v1/auth_session/login".to_owned();
        Request::post(url, "application/x-www-form-urlencoded", form)
    }

    fn with_body(answer: &Answer, change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = answer.json().expect("it is JSON");
        change(&mut body);
        Answer { body: body.to_string().into_bytes(), ..answer.clone() }
    }

    #[test]
    fn a_request_on_users_may_succeed_after_its_session_has_ended_and_other_requests_may_not() {
        let mut bench = Bench::new();
        let (read, me) = (bench.ask("GET", &bench.bob()), bench.ask("GET", "users/me"));
        bench.ask("DELETE", "auth_session/logout");
        let mut late = bench.specification.clone();
        assert!(late.accepts(&ParsedRequest::from(&bench.request("GET", &bench.bob())), &read));
        let mut late = bench.specification.clone();
        assert!(!late.accepts(&ParsedRequest::from(&bench.request("GET", "users/me")), &me));
        bench.session = "11111111-3d77-4d06-8281-495dc3acfe76".to_owned();
        let unknown = bench.request("GET", &bench.bob());
        assert!(!bench.accepts(&unknown, &read), "no login has issued the session");
    }

    #[test]
    fn a_session_that_has_ended_meanwhile_may_be_refused_in_any_way() {
        for (status, is_allowed) in [(401, true), (403, true), (404, true), (200, false), (500, false)] {
            let mut bench = Bench::new();
            bench.ask("DELETE", "auth_session/logout");
            let answer = Answer { status, headers: Vec::new(), body: Vec::new() };
            let request = bench.request("GET", "users/me");
            assert_eq!(bench.accepts(&request, &answer), is_allowed, "{status}");
        }
    }

    #[test]
    fn users_me_may_show_names_that_a_later_request_sets_and_a_read_may_not() {
        for (path, is_allowed) in [("users/me".to_owned(), true), (Bench::new().bob(), false)] {
            let mut bench = Bench::new();
            let request = bench.request("GET", &path);
            let answer = bench.serve(&request);
            let renamed = with_body(&answer, |user| user["first_name"] = json!("Bob"));
            let alone = bench.specification.as_sequential_answer(&ParsedRequest::from(&request), &renamed);
            let told = alone.and_then(|answer| answer.json()).map(|user| user["first_name"].clone());
            assert_eq!(told, is_allowed.then_some(Value::Null), "{path}");
            assert_eq!(bench.accepts(&request, &renamed), is_allowed, "{path}");
        }
    }

    #[test]
    fn a_login_must_not_issue_the_id_of_another_login() {
        let mut bench = Bench::new();
        let mut again = bench.serve(&login());
        again.headers.retain(|(name, _)| name != "set-cookie");
        again.headers.push(("set-cookie".to_owned(), format!("{NAME}={}; Path=/", bench.session)));
        assert!(!bench.accepts(&login(), &again));
    }
}
