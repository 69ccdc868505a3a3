//! The oracle: whether what a server answers is among the right answers, given all that it answered before.
//!
//! Where several answers are right, or a request may have been answered in either of two seconds, a server may be
//! in more than one state: the oracle keeps every one that its answers fit, and is surprised when none is left.

use super::blame::{self, Case};
use super::expected::Choice;
use super::fits::{self, Aspect, Difference, Held};
use super::history::History;
use super::state::{Second, State, User};
use super::{Asked, Open, Rules, apply, choices, secrets};
use spec::http::Exchange;

/// How many states are kept; more are only met where many answers are open.
const KEPT: usize = 32;

/// Judges the answers of one server, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Oracle {
    rules: Rules,
    /// The states that the server may be in; at least one.
    states: Vec<State>,
    history: History,
    foreign_users: bool,
    running: bool,
    /// An answer has shown that the server's state is not known any more.
    lost: bool,
    /// The freedoms that were made use of.
    used: Vec<Open>,
}

/// An answer that no correct server would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The requirements that it may break, the likeliest first; at least one.
    pub requirements: Vec<&'static str>,
    /// What a correct server answers.
    pub expected: String,
    /// What was answered.
    pub actual: String,
}

impl Oracle {
    /// Begins with a server that stores nothing; with `foreign_users`, one that stores users that nobody told of.
    pub fn new(rules: Rules, foreign_users: bool) -> Self {
        Self {
            rules,
            states: vec![State::default()],
            history: History::default(),
            foreign_users,
            running: false,
            lost: false,
            used: Vec::new(),
        }
    }

    /// Notes a user that got in by another way than a request, unless the server's answers have told of it.
    pub fn knows(&mut self, user: &User) {
        for state in &mut self.states {
            if state.user(&user.id).is_none() {
                state.users.push(user.clone());
            }
        }
    }

    /// Gives an oracle that knows what is stored, and nothing of how that came about.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { history: History::default(), running: false, lost: false, used: Vec::new(), ..self.clone() }
    }

    /// Notes that a server runs with these settings; one that ran before has ended.
    pub fn serve(&mut self, rules: Rules) {
        if self.running {
            self.history.restart(&self.rules);
        }
        self.running = true;
        for state in &mut self.states {
            state.restart(&self.rules);
        }
        self.rules = rules;
    }

    /// Notes that something else ran on the data: nothing is known of it any more.
    pub fn lose(&mut self) {
        self.lost = true;
    }

    /// Lists the freedoms that the server has made use of.
    pub fn freedoms(&self) -> &[Open] {
        &self.used
    }

    /// Judges an answer that came between two seconds, both included, and takes over what it changed.
    ///
    /// Once a status or a body was wrong the state of the server is not known, and nothing is judged any more.
    pub fn judge(&mut self, exchange: &Exchange, from: Second, to: Second) -> Vec<Deviation> {
        if self.lost {
            return Vec::new();
        }
        let asked = Asked::of(&exchange.request);
        let Ok(answer) = &exchange.answer else {
            self.lost = true;
            return vec![self.no_answer(&asked, exchange, to)];
        };
        let head = asked.method == "HEAD";
        let cookie_name = self.rules.session_name.clone();
        let window = (!self.foreign_users).then_some((from, to));
        let under_api = asked.path.starts_with("/api/v1/");
        let held =
            Held { cookie_name: &cookie_name, head, foreign_users: self.foreign_users, under_api, window };
        let mut next: Vec<State> = Vec::new();
        // The right answer that fits but for some aspects, or else the documents' own.
        let mut nearest: Option<(Choice, Vec<Difference>, Second)> = None;
        for state in &self.states {
            for now in from..=to {
                for choice in choices(state, &self.rules, now, &asked) {
                    let differences = fits::differences(&choice, answer, held);
                    let fits = differences.iter().all(|one| one.aspect != Aspect::Main);
                    if fits && next.len() < KEPT {
                        let mut state = state.clone();
                        apply(&mut state, &choice, answer, &cookie_name, now);
                        if !next.contains(&state) {
                            next.push(state);
                        }
                    }
                    let is_nearer = match &nearest {
                        None => true,
                        Some((_, best, _)) => {
                            let best_fits = best.iter().all(|one| one.aspect != Aspect::Main);
                            fits && (!best_fits || differences.len() < best.len())
                        }
                    };
                    if is_nearer {
                        nearest = Some((choice, differences, now));
                    }
                }
            }
        }
        let Some((choice, differences, now)) = nearest else { return Vec::new() };
        let (rules, history) = (&self.rules, &self.history);
        let case = Case { rules, history, asked: &asked, choice: &choice, answer: Some(answer), now };
        let mut found: Vec<Deviation> = differences
            .into_iter()
            .map(|difference| Deviation {
                requirements: blame::blame(case, &difference),
                expected: difference.expected,
                actual: difference.actual,
            })
            .collect();
        found.extend(secrets::told_password(&self.states[0].users, &asked, answer));
        if next.is_empty() {
            self.lost = true;
            return found;
        }
        if let Some(used) = secrets::used_id(case) {
            found.insert(0, used);
        }
        self.used.extend(choice.open.filter(|open| !self.used.contains(open)));
        self.history.note(&asked, &choice, answer, &self.rules, now);
        self.states = next;
        found
    }

    /// Puts answers to requests that were sent at once into an order in which they are right, as far as there is one.
    pub fn in_an_order_that_fits<'e>(
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
                !next.lost
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
        let choice = choices(&self.states[0], &self.rules, now, asked).remove(0);
        let why = exchange.answer.as_ref().err().map_or_else(String::new, ToString::to_string);
        let difference = Difference { aspect: Aspect::Main, expected: fits::wanted(&choice), actual: why };
        let (rules, history) = (&self.rules, &self.history);
        let case = Case { rules, history, asked, choice: &choice, answer: None, now };
        Deviation {
            requirements: blame::blame(case, &difference),
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

    /// A right server with Bob stored, and the oracle that hears all that it answers.
    struct Table {
        machine: Machine,
        oracle: Oracle,
        now: Second,
    }

    impl Table {
        fn new(mode: Mode, duration: Option<&str>) -> Self {
            let rules = Rules::new(mode, NAME, duration);
            let mut table =
                Self { machine: Machine::new(rules.clone()), oracle: Oracle::new(rules, false), now: 0 };
            let (email, password) = ("bob@hbtn.io".to_owned(), "secret word".to_owned());
            let bob = User { id: uuid::Uuid::new_v4().to_string(), email, password, ..User::default() };
            table.machine.state.users.push(bob.clone());
            table.oracle.knows(&bob);
            table.oracle.serve(table.machine.rules.clone());
            table
        }

        /// Sends a request; the oracle has nothing against the answer of the right server.
        fn ask(&mut self, request: Request) -> Answer {
            let (_, answer) = self.machine.answer(&request, self.now);
            assert_eq!(self.judge(request, answer.clone()), Vec::<Vec<&str>>::new());
            answer
        }

        /// Judges any answer to a request, by the requirements that speak against it.
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
            self.oracle.serve(rules);
        }

        /// Gives what the right server would have answered, had this session not ended.
        fn let_in(&self) -> Answer {
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
    fn a_session_that_should_be_dead_is_blamed_on_what_should_have_ended_it() {
        let mut table = Table::new(Mode::SessionExpAuth, Some("10"));
        let first = table.log_in();
        let open = table.let_in();
        table.ask(with_cookie("DELETE", "auth_session/logout", &first));
        let mut logged_out = table.clone_of();
        assert_eq!(logged_out.judge(users(&first), open.clone())[0][0], "logout.ends-session");
        let second = table.log_in();
        table.restart();
        assert_eq!(table.clone_of().judge(users(&second), open.clone())[0][0], "session.memory-only");
        let third = table.log_in();
        table.now = 11;
        assert_eq!(table.clone_of().judge(users(&third), open.clone()), [["expiry.dead-after"]]);
        table.now = 5;
        table.ask(users(&third));
        table.now = 11;
        assert_eq!(table.judge(users(&third), open)[0], ["expiry.not-sliding", "expiry.dead-after"]);
    }

    #[test]
    fn a_session_that_should_live_is_blamed_on_what_may_have_ended_it() {
        let mut table = Table::new(Mode::SessionDbAuth, Some("10"));
        let first = table.log_in();
        assert_eq!(table.clone_of().judge(users(&first), forbidden())[0][0], "session.identifies");
        let second = table.log_in();
        assert_eq!(table.clone_of().judge(users(&first), forbidden())[0][0], "login.new-session");
        table.ask(with_cookie("DELETE", "auth_session/logout", &second));
        assert_eq!(table.clone_of().judge(users(&first), forbidden())[0][0], "logout.only-that-session");
        table.restart();
        assert_eq!(table.clone_of().judge(users(&first), forbidden())[0][0], "db.survives-restart");
    }

    #[test]
    fn the_last_second_is_open_in_the_database_and_nowhere_else() {
        for (mode, blame) in [(Mode::SessionDbAuth, None), (Mode::SessionExpAuth, Some("expiry.boundary"))] {
            let mut table = Table::new(mode, Some("10"));
            let id = table.log_in();
            table.now = 10;
            let open = table.let_in();
            assert_eq!(table.clone_of().judge(users(&id), open), Vec::<Vec<&str>>::new(), "{mode}");
            let found = table.judge(users(&id), forbidden());
            assert_eq!(found.first().map(|ids| ids[0]), blame, "{mode}");
        }
    }

    #[test]
    fn a_login_in_either_of_two_seconds_may_end_in_either() {
        let mut table = Table::new(Mode::SessionExpAuth, Some("10"));
        let (_, answer) = table.machine.answer(&login(), 0);
        let id = answer.cookie(NAME).expect("a login sets a cookie").to_owned();
        let exchange = Exchange { request: login(), answer: Ok(answer) };
        assert_eq!(table.oracle.judge(&exchange, 0, 1), []);
        assert_eq!(table.oracle.states.len(), 2);
        table.now = 11;
        let open = table.let_in();
        assert_eq!(table.clone_of().judge(users(&id), open), Vec::<Vec<&str>>::new());
        assert_eq!(table.judge(users(&id), forbidden()), Vec::<Vec<&str>>::new());
        assert_eq!(table.oracle.states.len(), 1, "it was made in the first second");
    }

    #[test]
    fn a_chosen_or_used_id_is_no_new_one_and_after_a_wrong_status_nothing_is_known() {
        let mut table = Table::new(Mode::SessionAuth, None);
        let id = table.log_in();
        let (_, mut again) = table.machine.answer(&login(), 0);
        again.headers.retain(|(name, _)| name != "set-cookie");
        again.headers.push(("set-cookie".to_owned(), format!("{NAME}={id}; Path=/")));
        assert_eq!(table.clone_of().judge(login(), again)[0][0], "security.unique-ids");
        let chosen = "5535d4d7-3d77-4d06-8281-495dc3acfe76";
        table.ask(users(chosen));
        let (_, mut adopted) = table.machine.answer(&login(), 0);
        adopted.headers.retain(|(name, _)| name != "set-cookie");
        adopted.headers.push(("set-cookie".to_owned(), format!("{NAME}={chosen}; Path=/")));
        assert_eq!(table.clone_of().judge(login(), adopted), [["security.no-adopted-id"]]);
        assert_eq!(table.judge(users(&id), forbidden()).len(), 1);
        assert_eq!(table.judge(users(&id), forbidden()), Vec::<Vec<&str>>::new(), "the state is lost");
    }

    #[test]
    fn a_password_in_an_answer_is_told_unless_the_request_has_brought_it() {
        let mut table = Table::new(Mode::SessionAuth, None);
        let id = table.log_in();
        let mut answer = table.let_in();
        let text = String::from_utf8_lossy(&answer.body).replace("null", "\"secret word\"");
        answer.body = text.into_bytes();
        assert!(table.judge(users(&id), answer).iter().any(|ids| ids.contains(&"users.hide-password")));
    }

    impl Table {
        /// Plays on beside, from here.
        fn clone_of(&self) -> Self {
            Self { machine: self.machine.clone(), oracle: self.oracle.clone(), now: self.now }
        }
    }
}
