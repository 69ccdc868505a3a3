//! The judgement: whether some order of the requests explains the answers, and if none does, what is to blame.

use std::sync::Arc;

use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester};

use super::history::{Call, Event, History};
use super::keeper::Beginning;
use super::plan::Kind;
use super::specification::Specification;
use model::Asked;
use spec::http::{Answer, Exchange};

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The call whose answer no order explains, by its place in the history.
    pub call: usize,
    /// The requirements that speak of requests at once; the likeliest first.
    pub of_races: Vec<&'static str>,
    /// The requirements that speak of the answer, wherever it is given; the likeliest first, at least one.
    pub of_answers: Vec<&'static str>,
    /// What a correct server answers there; `None` where the answer is right in itself, and not at its place.
    pub expected: Option<String>,
}

/// Judges a history that began so; `None` where some order explains it.
pub fn judge(beginning: &Beginning, history: &History) -> Option<Finding> {
    let order = |events: &[Event], without| {
        tester(&beginning.specification, history, events, without).serialized_history()
    };
    let events = history.events();
    let (length, call) = if order(events, None).is_some() {
        // A request that was not answered may have been carried out or not: any order explains that.
        let call = (0..history.calls().len()).find(|index| history.no_answer(*index).is_some())?;
        (events.len(), call)
    } else {
        let fails = |length: &usize| order(&events[..*length], None).is_none();
        let length = (1..=events.len()).find(fails)?;
        let (Event::Begins(call) | Event::Ends(call)) = events[length - 1];
        (length, call)
    };
    let before = order(&events[..length], Some(call)).unwrap_or_default();
    Some(Blame { beginning, history, call }.finding(&before))
}

/// Hands the first events of a history to the checker, without one of its calls.
fn tester(
    specification: &Specification,
    history: &History,
    events: &[Event],
    without: Option<usize>,
) -> LinearizabilityTester<usize, Specification> {
    let mut tester = LinearizabilityTester::new(specification.clone());
    for event in events {
        let (Event::Begins(index) | Event::Ends(index)) = *event;
        let call = &history.calls()[index];
        let noted = match (event, history.answer(index)) {
            _ if without == Some(index) => continue,
            (Event::Begins(_), _) => tester.on_invoke(call.client, Arc::clone(call)),
            (Event::Ends(_), Some(answer)) => tester.on_return(call.client, Arc::clone(answer)),
            (Event::Ends(_), None) => continue,
        };
        noted.expect("a client has one request at a time");
    }
    tester
}

/// A call to find the fault of.
struct Blame<'a> {
    beginning: &'a Beginning,
    history: &'a History,
    call: usize,
}

impl Blame<'_> {
    /// Says what is wrong with the call after those `before` it, in an order that explains them.
    fn finding(&self, before: &[(Arc<Call>, Arc<Answer>)]) -> Finding {
        let (mut specification, mut oracle) =
            (self.beginning.specification.clone(), self.beginning.oracle.clone());
        let now = self.beginning.now;
        for (call, answer) in before {
            if let Some(told) = specification.alone(&call.asked, answer) {
                let exchange = Exchange { request: call.request.clone(), answer: Ok(told) };
                oracle.judge(&exchange, now, now);
            }
            specification.takes(&call.asked, answer);
        }
        let asked = &self.asked();
        let rule = specification.rule(asked).unwrap_or("session.identifies");
        let fits = self.history.answer(self.call).is_some_and(|answer| specification.takes(asked, answer));
        let mut deviations = oracle.judge(&self.history.exchange(self.call), now, now);
        let of_races = self.of_races();
        let (of_answers, expected) = match deviations.pop().filter(|_| !fits) {
            Some(deviation) => (deviation.requirements, Some(deviation.expected)),
            None => (vec![rule], None),
        };
        Finding { call: self.call, of_races, of_answers, expected }
    }

    fn asked(&self) -> Asked {
        self.history.calls()[self.call].asked.clone()
    }

    /// Lists the requirements that speak of the call together with another.
    fn of_races(&self) -> Vec<&'static str> {
        let name = &self.beginning.cast.cookie_name;
        let session = |index: usize| self.history.calls()[index].asked.cookies(name).next();
        let succeeds = |index: usize| self.history.answer(index).is_some_and(|answer| answer.is_success());
        let is_logout = |index: usize| self.history.calls()[index].operation.kind() == Kind::Logout;
        if !succeeds(self.call) {
            return Vec::new();
        }
        let made = |index: usize| {
            let call = &self.history.calls()[index];
            let answer = self.history.answer(index).filter(|_| call.operation.kind() == Kind::Login);
            answer.and_then(|answer| answer.cookie(name))
        };
        let mut others = (0..self.history.calls().len()).filter(|index| *index != self.call);
        if made(self.call).is_some() && others.any(|index| made(index) == made(self.call)) {
            return vec!["security.unique-ids", "login.new-session"];
        }
        let begin = self.history.interval(self.call).0;
        let logouts = (0..self.history.calls().len()).filter(|index| {
            let same = session(*index).is_some() && session(*index) == session(self.call);
            *index != self.call && same && is_logout(*index) && succeeds(*index)
        });
        let logouts: Vec<usize> = logouts.collect();
        if logouts.iter().any(|logout| self.history.interval(*logout).1 < begin) {
            return vec!["security.logout-once", "logout.ends-session"];
        }
        if is_logout(self.call) && !logouts.is_empty() {
            return vec!["security.logout-once"];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cast::{Cast, SHARED};
    use super::super::plan::{Operation, Pace, Person, Plan, Whose};
    use super::super::violation::{Again, Violation};
    use super::*;
    use model::{Machine, Oracle, Rules, User};
    use spec::catalogue::Mode;
    use spec::http::NoAnswer;
    use spec::scenario::curl::Curl;

    const LOGOUT: Operation = Operation::Logout(Whose::Shared);
    const VISIT: Operation = Operation::Visit(Whose::Shared);
    const LOGIN: Operation = Operation::Login(Person::Bob);

    /// A server with Bob and a session of his, and what is noted of its clients.
    struct World {
        machine: Machine,
        beginning: Beginning,
        history: History,
    }

    impl World {
        fn new() -> Self {
            let cast = Cast::written();
            let rules = Rules::new(Mode::SessionAuth, &cast.cookie_name, None);
            let bob = cast.user(Person::Bob);
            let id = "5535d4d7-3d77-4d06-8281-495dc3acfe76".to_owned();
            let bob = User { id, email: bob.email, password: bob.password, ..User::default() };
            let mut machine = Machine::new(rules.clone());
            machine.state.users.push(bob.clone());
            let mut oracle = Oracle::new(rules.clone(), true);
            oracle.knows(&bob);
            let specification = Specification::new(rules, 0, bob);
            let values = [("URL".to_owned(), "http://h".to_owned())].into();
            let beginning = Beginning { cast, values, specification, oracle, now: 0 };
            let mut world = Self { machine, beginning, history: History::default() };
            let call = world.call(0, LOGIN);
            let answer = world.machine.answer(&call.request, 0).1;
            let id = answer.cookie("_my_session_id").expect("the model's login sets it").to_owned();
            world.beginning.values.insert(SHARED.to_owned(), id);
            assert!(world.beginning.specification.takes(&call.asked, &answer));
            let exchange = Exchange { request: call.request, answer: Ok(answer) };
            world.beginning.oracle.judge(&exchange, 0, 0);
            world
        }

        fn call(&self, client: usize, operation: Operation) -> Call {
            let written: Curl = self.beginning.cast.curl(client, operation);
            let values = &self.beginning.values;
            let request = written.resolve(&|name: &str| values.get(name).cloned()).expect("it is known");
            Call { client, operation, written, asked: Asked::of(&request), request }
        }

        fn begins(&mut self, client: usize, operation: Operation) -> usize {
            let call = self.call(client, operation);
            self.history.begins(call)
        }

        /// The server answers a call now.
        fn serves(&mut self, index: usize) -> Answer {
            let request = self.history.calls()[index].request.clone();
            self.machine.answer(&request, 0).1
        }

        fn ends(&mut self, index: usize, answer: Answer) {
            self.history.ends(index, Ok(Arc::new(answer)));
        }

        fn judged(&self) -> Option<Finding> {
            judge(&self.beginning, &self.history)
        }
    }

    #[test]
    fn of_two_logouts_at_once_one_succeeds_and_the_other_is_refused_somehow() {
        for status in [403, 404, 200] {
            let mut world = World::new();
            let (one, other) = (world.begins(0, LOGOUT), world.begins(1, LOGOUT));
            let success = world.serves(one);
            let refusal = world.serves(other);
            world.ends(other, Answer { status, ..refusal.clone() });
            world.ends(one, success);
            let found = world.judged().map(|finding| finding.of_races);
            assert_eq!(found, (status == 200).then(|| vec!["security.logout-once"]), "{status}");
        }
    }

    #[test]
    fn a_request_that_began_before_a_logouts_answer_may_get_in_and_one_that_began_after_it_may_not() {
        for is_after in [false, true] {
            let mut world = World::new();
            let logout = world.begins(0, LOGOUT);
            let early = world.begins(1, VISIT);
            let (before, over) = (world.serves(early), world.serves(logout));
            let late = if is_after {
                world.ends(logout, over);
                world.begins(2, VISIT)
            } else {
                let late = world.begins(2, VISIT);
                world.ends(logout, over);
                late
            };
            world.ends(late, before.clone());
            world.ends(early, before);
            let finding = world.judged();
            assert_eq!(finding.is_some(), is_after);
            let Some(finding) = finding else { continue };
            assert_eq!(finding.of_races, ["security.logout-once", "logout.ends-session"]);
            assert_eq!(finding.of_answers[0], "logout.ends-session");
            let rows = vec![vec![Some(LOGOUT), Some(VISIT), None], vec![None, None, Some(VISIT)]];
            let plan = Plan { rows, pace: Pace::Free };
            let World { beginning, history, .. } = world;
            let (cast, values) = (&beginning.cast, &beginning.values);
            let mut violation =
                Violation::new(Mode::SessionAuth, plan, history, finding, false, cast, values);
            violation.again = Some(Again { times: 3, runs: 20 });
            insta::assert_snapshot!(violation.to_string(), @r#"
            security.logout-once (or logout.ends-session) is not met in session_auth
              before   bob@hbtn.io is <user 1>
                       <session 1> is of <user 1>

              client 1  ├─┤     DELETE /api/v1/auth_session/logout  <session 1>  200 {}
              client 2   ├───┤  GET /api/v1/users/me  <session 1>                200 bob@hbtn.io
              client 3     ├┤   GET /api/v1/users/me  <session 1>                200 bob@hbtn.io   ← no order of the requests explains this

              expected 403 {"error":"Forbidden"}

              It happened again in 3 of 20 runs, and not one request after the other.
            "#);
            assert_eq!(violation.scenario(), None, "different requests at once");
        }
    }

    #[test]
    fn logins_at_once_have_sessions_of_their_own() {
        for is_same in [false, true] {
            let mut world = World::new();
            let (one, other) = (world.begins(0, LOGIN), world.begins(1, LOGIN));
            let (first, second) = (world.serves(one), world.serves(other));
            world.ends(one, first.clone());
            world.ends(other, if is_same { first } else { second });
            let found = world.judged().map(|finding| finding.of_races);
            assert_eq!(found, is_same.then(|| vec!["security.unique-ids", "login.new-session"]));
        }
    }

    #[test]
    fn a_request_without_an_answer_is_wrong_by_itself_and_may_have_been_carried_out() {
        for is_carried_out in [false, true] {
            let mut world = World::new();
            let logout = world.begins(0, LOGOUT);
            if is_carried_out {
                world.serves(logout);
            }
            world.history.ends(logout, Err(NoAnswer::Closed));
            let visit = world.begins(1, VISIT);
            let answer = world.serves(visit);
            world.ends(visit, answer);
            let finding = world.judged().expect("a request was not answered");
            assert_eq!(finding.call, logout);
            assert_eq!(finding.of_answers[0], "logout.ok");
        }
    }

    #[test]
    fn a_live_session_that_is_refused_is_wrong_whatever_else_happens() {
        let mut world = World::new();
        let (visit, login) = (world.begins(0, VISIT), world.begins(1, LOGIN));
        let (me, answer) = (world.serves(visit), world.serves(login));
        world.ends(login, answer);
        world.ends(visit, Answer { status: 403, ..me });
        let finding = world.judged().expect("nobody has ended the session");
        assert_eq!(finding.call, visit);
        assert!(finding.of_answers.contains(&"session.identifies"));
    }

    #[test]
    fn an_update_may_be_carried_out_after_the_session_that_let_it_in_has_ended_but_not_be_forgotten() {
        for is_forgotten in [false, true] {
            let mut world = World::new();
            let id = world.machine.state.users[0].id.clone();
            let shared = world.beginning.values[SHARED].clone();
            world.beginning.values.extend([("BOB".to_owned(), id), ("OWN1".to_owned(), shared)]);
            let login = world.begins(1, LOGIN);
            let answer = world.serves(login);
            let own = answer.cookie("_my_session_id").expect("the model's login sets it").to_owned();
            world.beginning.values.insert("OWN2".to_owned(), own);
            world.ends(login, answer);

            let update = world.begins(0, Operation::Rename(Person::Bob));
            let logout = world.begins(2, LOGOUT);
            let mut later = world.machine.clone();
            let over = world.serves(logout);
            world.ends(logout, over);
            let read = world.begins(1, Operation::Read(Person::Bob));
            let old = world.serves(read);
            world.ends(read, old.clone());
            let updated = later.answer(&world.history.calls()[update].request, 0).1;
            world.ends(update, updated);
            let read = world.begins(1, Operation::Read(Person::Bob));
            let new = later.answer(&world.history.calls()[read].request, 0).1;
            world.ends(read, if is_forgotten { old } else { new });
            let found = world.judged();
            assert_eq!(found.map(|finding| finding.call), is_forgotten.then_some(read));
        }
    }
}
