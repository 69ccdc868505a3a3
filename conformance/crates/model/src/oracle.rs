//! The oracle: it decides whether each answer of a server is allowed after all of its earlier answers.
//!
//! A server may be in one of several states: more than one response may be allowed, and a request may have been
//! answered in either of two seconds. The oracle keeps every state that agrees with the answers. An answer that
//! agrees with none of them is a deviation.

use super::attribution::{self, Observation};
use super::compare::{self, Aspect, Context, Difference, compare};
use super::deviation::Deviation;
use super::history::SessionHistory;
use super::response::AllowedResponse;
use super::state::{Second, State, User};
use super::{Asked, Rules, Unspecified, allowed_responses, apply, secrets};
use spec::http::Exchange;

/// The largest number of states to keep. Only several unspecified cases in a row lead to so many.
const MAX_STATES: usize = 32;

/// A judge of the answers of one server, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Oracle {
    rules: Rules,
    /// The possible states of the server, at least one.
    states: Vec<State>,
    history: SessionHistory,
    foreign_users: bool,
    running: bool,
    /// Whether a wrong answer or another program has made the state of the server unknown.
    state_unknown: bool,
    /// The unspecified cases that answers have made use of, each once.
    unspecified_cases: Vec<Unspecified>,
}

impl Oracle {
    /// Creates an oracle for a server without sessions, and without users except, with `foreign_users`, unknown ones.
    pub fn new(rules: Rules, foreign_users: bool) -> Self {
        Self {
            rules,
            states: vec![State::default()],
            history: SessionHistory::default(),
            foreign_users,
            running: false,
            state_unknown: false,
            unspecified_cases: Vec::new(),
        }
    }

    /// Adds a user that was stored without a request, unless an answer has already shown that user.
    pub fn add_user(&mut self, user: &User) {
        for state in &mut self.states {
            if state.user(&user.id).is_none() {
                state.users.push(user.clone());
            }
        }
    }

    /// Returns an oracle that knows the same stored data, and nothing of the events before.
    #[must_use]
    pub fn without_history(&self) -> Self {
        Self {
            history: SessionHistory::default(),
            running: false,
            state_unknown: false,
            unspecified_cases: Vec::new(),
            ..self.clone()
        }
    }

    /// Records the start of a server with these settings, and the end of the one that ran before.
    pub fn server_started(&mut self, rules: Rules) {
        if self.running {
            self.history.restart(&self.rules);
        }
        self.running = true;
        for state in &mut self.states {
            state.restart(&self.rules);
        }
        self.rules = rules;
    }

    /// Stops judging, because another program may have changed the data.
    pub fn stop_judging(&mut self) {
        self.state_unknown = true;
    }

    /// Returns the unspecified cases that the answers of the server have made use of, each once.
    pub fn unspecified_cases(&self) -> &[Unspecified] {
        &self.unspecified_cases
    }

    /// Judges an answer that was given between two seconds, both included, and applies its effect.
    ///
    /// Returns the deviations, or nothing if the answer is allowed. After a wrong status or body the state of the
    /// server
    /// is unknown, and every later answer counts as allowed.
    pub fn judge(&mut self, exchange: &Exchange, from: Second, to: Second) -> Vec<Deviation> {
        if self.state_unknown {
            return Vec::new();
        }
        let asked = Asked::of(&exchange.request);
        let Ok(answer) = &exchange.answer else {
            self.state_unknown = true;
            return vec![self.no_answer(&asked, exchange, to)];
        };
        let head = asked.method == "HEAD";
        let cookie_name = self.rules.session_name.clone();
        let window = (!self.foreign_users).then_some((from, to));
        let under_api = asked.path.starts_with("/api/v1/");
        let context =
            Context { cookie_name: &cookie_name, head, foreign_users: self.foreign_users, under_api, window };
        let mut next: Vec<State> = Vec::new();
        // The allowed response with the fewest differences; the documented one if the status or body of all differ.
        let mut nearest: Option<(AllowedResponse, Vec<Difference>, Second)> = None;
        for state in &self.states {
            for now in from..=to {
                for allowed in allowed_responses(state, &self.rules, now, &asked) {
                    let differences = compare(&allowed, answer, context);
                    let fits = differences.iter().all(|one| one.aspect != Aspect::StatusOrBody);
                    if fits && next.len() < MAX_STATES {
                        let mut state = state.clone();
                        apply(&mut state, &allowed, answer, &cookie_name, now);
                        if !next.contains(&state) {
                            next.push(state);
                        }
                    }
                    let is_nearer = match &nearest {
                        None => true,
                        Some((_, best, _)) => {
                            let best_fits = best.iter().all(|one| one.aspect != Aspect::StatusOrBody);
                            fits && (!best_fits || differences.len() < best.len())
                        }
                    };
                    if is_nearer {
                        nearest = Some((allowed, differences, now));
                    }
                }
            }
        }
        let Some((allowed, differences, now)) = nearest else { return Vec::new() };
        let (rules, history) = (&self.rules, &self.history);
        let observation =
            Observation { rules, history, asked: &asked, allowed: &allowed, answer: Some(answer), now };
        let mut found: Vec<Deviation> = differences
            .into_iter()
            .map(|difference| Deviation {
                requirements: attribution::likely_requirements(observation, &difference),
                expected: difference.expected,
                actual: difference.actual,
            })
            .collect();
        found.extend(secrets::leaked_password(&self.states[0].users, &asked, answer));
        if next.is_empty() {
            self.state_unknown = true;
            return found;
        }
        if let Some(used) = secrets::reused_session_id(observation) {
            found.insert(0, used);
        }
        self.unspecified_cases
            .extend(allowed.unspecified.filter(|one| !self.unspecified_cases.contains(one)));
        self.history.record(&asked, &allowed, answer, &self.rules, now);
        self.states = next;
        found
    }

    /// Sorts exchanges of concurrent requests into an order in which the answers are allowed.
    ///
    /// Exchanges that fit into no such order come last, in their original order.
    pub fn in_consistent_order<'e>(
        &self,
        exchanges: &'e [Exchange],
        from: Second,
        to: Second,
    ) -> Vec<&'e Exchange> {
        let mut left: Vec<&Exchange> = exchanges.iter().collect();
        let mut ordered = Vec::with_capacity(left.len());
        let mut tried = self.clone();
        while left.len() > 1 {
            let fits = |one: &&Exchange| {
                let mut next = tried.clone();
                next.judge(one, from, to);
                !next.state_unknown
            };
            let Some(at) = left.iter().position(fits) else { break };
            let one = left.remove(at);
            tried.judge(one, from, to);
            ordered.push(one);
        }
        ordered.extend(left);
        ordered
    }

    fn no_answer(&self, asked: &Asked, exchange: &Exchange, now: Second) -> Deviation {
        let allowed = allowed_responses(&self.states[0], &self.rules, now, asked).remove(0);
        let why = exchange.answer.as_ref().err().map_or_else(String::new, ToString::to_string);
        let difference = Difference {
            aspect: Aspect::StatusOrBody,
            expected: compare::expected_text(&allowed),
            actual: why,
        };
        let (rules, history) = (&self.rules, &self.history);
        let observation = Observation { rules, history, asked, allowed: &allowed, answer: None, now };
        Deviation {
            requirements: attribution::likely_requirements(observation, &difference),
            expected: difference.expected,
            actual: difference.actual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Machine;
    use super::*;
    use spec::catalogue::Mode;
    use spec::http::Answer;
    use spec::http::Request;

    const NAME: &str = "_my_session_id";

    /// A correct server that stores Bob, and the oracle that judges its answers.
    struct Bench {
        machine: Machine,
        oracle: Oracle,
        now: Second,
    }

    impl Bench {
        fn new(mode: Mode, duration: Option<&str>) -> Self {
            let rules = Rules::new(mode, NAME, duration);
            let mut bench =
                Self { machine: Machine::new(rules.clone()), oracle: Oracle::new(rules, false), now: 0 };
            let (email, password) = ("bob@hbtn.io".to_owned(), "secret word".to_owned());
            let bob = User { id: uuid::Uuid::new_v4().to_string(), email, password, ..User::default() };
            bench.machine.state.users.push(bob.clone());
            bench.oracle.add_user(&bob);
            bench.oracle.server_started(bench.machine.rules.clone());
            bench
        }

        /// Sends a request. The oracle must find no deviation in the answer of the correct server.
        fn ask(&mut self, request: Request) -> Answer {
            let (_, answer) = self.machine.answer(&request, self.now);
            assert_eq!(self.judge(request, answer.clone()), Vec::<Vec<&str>>::new());
            answer
        }

        /// Judges an answer to a request. Returns the requirements of each deviation.
        fn judge(&mut self, request: Request, answer: Answer) -> Vec<Vec<&'static str>> {
            let exchange = Exchange { request, answer: Ok(answer) };
            let found = self.oracle.judge(&exchange, self.now, self.now);
            found.into_iter().map(|one| one.requirements).collect()
        }

        fn log_in(&mut self) -> String {
            let answer = self.ask(login());
            answer.cookie(NAME).expect("a login sets a cookie").to_owned()
        }

        fn restart(&mut self) {
            let rules = self.machine.rules.clone();
            self.machine.restart(rules.clone());
            self.oracle.server_started(rules);
        }

        /// Returns the answer that a live session would get.
        fn answer_if_let_in(&self) -> Answer {
            let mut other = Machine::new(Rules::new(Mode::Off, NAME, None));
            other.state = self.machine.state.clone();
            other.answer(&Request::get("http://h/api/v1/users".to_owned()), self.now).1
        }
    }

    fn login() -> Request {
        let form = "email=bob@hbtn.io&password=secret+word".to_owned();
        let url = "http://h/api/v1/auth_session/login".to_owned();
        Request::post(url, "application/x-www-form-urlencoded", form)
    }

    fn with_cookie(method: &str, path: &str, id: &str) -> Request {
        let mut request = Request::get(format!("http://h/api/v1/{path}"));
        method.clone_into(&mut request.method);
        request.headers.push(("Cookie".to_owned(), format!("{NAME}={id}")));
        request
    }

    fn users(id: &str) -> Request {
        with_cookie("GET", "users", id)
    }

    fn forbidden() -> Answer {
        let headers = vec![("access-control-allow-origin".to_owned(), "*".to_owned())];
        Answer { status: 403, headers, body: br#"{"error": "Forbidden"}"#.to_vec() }
    }

    #[test]
    fn a_dead_session_that_is_let_in_is_attributed_to_what_should_have_ended_it() {
        let mut bench = Bench::new(Mode::SessionExpAuth, Some("10"));
        let first = bench.log_in();
        let let_in = bench.answer_if_let_in();
        bench.ask(with_cookie("DELETE", "auth_session/logout", &first));
        let mut logged_out = bench.fork();
        assert_eq!(logged_out.judge(users(&first), let_in.clone())[0][0], "logout.ends-session");
        let second = bench.log_in();
        bench.restart();
        assert_eq!(bench.fork().judge(users(&second), let_in.clone())[0][0], "session.memory-only");
        let third = bench.log_in();
        bench.now = 11;
        assert_eq!(bench.fork().judge(users(&third), let_in.clone()), [["expiry.dead-after"]]);
        bench.now = 5;
        bench.ask(users(&third));
        bench.now = 11;
        assert_eq!(bench.judge(users(&third), let_in)[0], ["expiry.not-sliding", "expiry.dead-after"]);
    }

    #[test]
    fn a_live_session_that_is_refused_is_attributed_to_what_may_have_ended_it() {
        let mut bench = Bench::new(Mode::SessionDbAuth, Some("10"));
        let first = bench.log_in();
        assert_eq!(bench.fork().judge(users(&first), forbidden())[0][0], "session.identifies");
        let second = bench.log_in();
        assert_eq!(bench.fork().judge(users(&first), forbidden())[0][0], "login.new-session");
        bench.ask(with_cookie("DELETE", "auth_session/logout", &second));
        assert_eq!(bench.fork().judge(users(&first), forbidden())[0][0], "logout.only-that-session");
        bench.restart();
        assert_eq!(bench.fork().judge(users(&first), forbidden())[0][0], "db.survives-restart");
    }

    #[test]
    fn the_last_second_is_unspecified_for_sessions_in_the_database_only() {
        for (mode, requirement) in
            [(Mode::SessionDbAuth, None), (Mode::SessionExpAuth, Some("expiry.boundary"))]
        {
            let mut bench = Bench::new(mode, Some("10"));
            let id = bench.log_in();
            bench.now = 10;
            let let_in = bench.answer_if_let_in();
            assert_eq!(bench.fork().judge(users(&id), let_in), Vec::<Vec<&str>>::new(), "{mode}");
            let found = bench.judge(users(&id), forbidden());
            assert_eq!(found.first().map(|ids| ids[0]), requirement, "{mode}");
        }
    }

    #[test]
    fn a_login_in_either_of_two_seconds_may_end_in_either() {
        let mut bench = Bench::new(Mode::SessionExpAuth, Some("10"));
        let (_, answer) = bench.machine.answer(&login(), 0);
        let id = answer.cookie(NAME).expect("a login sets a cookie").to_owned();
        let exchange = Exchange { request: login(), answer: Ok(answer) };
        assert_eq!(bench.oracle.judge(&exchange, 0, 1), []);
        assert_eq!(bench.oracle.states.len(), 2);
        bench.now = 11;
        let let_in = bench.answer_if_let_in();
        assert_eq!(bench.fork().judge(users(&id), let_in), Vec::<Vec<&str>>::new());
        assert_eq!(bench.judge(users(&id), forbidden()), Vec::<Vec<&str>>::new());
        assert_eq!(bench.oracle.states.len(), 1, "it was made in the first second");
    }

    #[test]
    fn a_login_must_create_a_new_id_and_after_a_wrong_status_nothing_is_judged() {
        let mut bench = Bench::new(Mode::SessionAuth, None);
        let id = bench.log_in();
        let (_, mut again) = bench.machine.answer(&login(), 0);
        again.headers.retain(|(name, _)| name != "set-cookie");
        again.headers.push(("set-cookie".to_owned(), format!("{NAME}={id}; Path=/")));
        assert_eq!(bench.fork().judge(login(), again)[0][0], "security.unique-ids");
        let chosen = "5535d4d7-3d77-4d06-8281-495dc3acfe76";
        bench.ask(users(chosen));
        let (_, mut adopted) = bench.machine.answer(&login(), 0);
        adopted.headers.retain(|(name, _)| name != "set-cookie");
        adopted.headers.push(("set-cookie".to_owned(), format!("{NAME}={chosen}; Path=/")));
        assert_eq!(bench.fork().judge(login(), adopted), [["security.no-adopted-id"]]);
        assert_eq!(bench.judge(users(&id), forbidden()).len(), 1);
        assert_eq!(bench.judge(users(&id), forbidden()), Vec::<Vec<&str>>::new(), "the state is unknown");
    }

    #[test]
    fn a_password_in_an_answer_is_a_deviation() {
        let mut bench = Bench::new(Mode::SessionAuth, None);
        let id = bench.log_in();
        let mut answer = bench.answer_if_let_in();
        let text = String::from_utf8_lossy(&answer.body).replace("null", "\"secret word\"");
        answer.body = text.into_bytes();
        assert!(bench.judge(users(&id), answer).iter().any(|ids| ids.contains(&"users.hide-password")));
    }

    impl Bench {
        /// Returns a copy that goes on separately.
        fn fork(&self) -> Self {
            Self { machine: self.machine.clone(), oracle: self.oracle.clone(), now: self.now }
        }
    }
}
