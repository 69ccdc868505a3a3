//! Tests of the oracle.

use super::*;
use crate::Machine;
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
    for (mode, requirement) in [(Mode::SessionDbAuth, None), (Mode::SessionExpAuth, Some("expiry.boundary"))]
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

#[test]
fn concurrent_answers_are_sorted_into_an_order_in_which_they_are_allowed() {
    let mut bench = Bench::new(Mode::SessionAuth, None);
    let id = bench.log_in();
    let logout = with_cookie("DELETE", "auth_session/logout", &id);
    let mut exchange =
        || Exchange { request: logout.clone(), answer: Ok(bench.machine.answer(&logout, 0).1) };
    let (success, refusal) = (exchange(), exchange());
    let statuses = |exchanges: &[Exchange]| -> Vec<u16> {
        let sorted = bench.oracle.in_consistent_order(exchanges, 0, 0);
        sorted.into_iter().map(|one| one.answer.as_ref().map_or(0, |answer| answer.status)).collect()
    };
    assert_eq!(statuses(&[refusal.clone(), success.clone(), refusal.clone()]), [200, 403, 403]);
    assert_eq!(statuses(&[success.clone(), success, refusal.clone()]), [200, 403, 200]);
    assert_eq!(statuses(&[refusal.clone(), refusal]), [403, 403]);
}

#[test]
fn the_unspecified_cases_that_answers_use_are_listed_once() {
    let mut bench = Bench::new(Mode::SessionAuth, None);
    let mut head = Request::get("http://h/api/v1/status".to_owned());
    "HEAD".clone_into(&mut head.method);
    assert_eq!(bench.oracle.unspecified_cases(), []);
    for _ in 0..2 {
        let answer = Answer { status: 405, headers: Vec::new(), body: Vec::new() };
        assert_eq!(bench.judge(head.clone(), answer), Vec::<Vec<&str>>::new());
    }
    assert_eq!(bench.oracle.unspecified_cases(), [Unspecified::ServersOwnMethod]);
}

impl Bench {
    /// Returns a copy that goes on separately.
    fn fork(&self) -> Self {
        Self { machine: self.machine.clone(), oracle: self.oracle.clone(), now: self.now }
    }
}
