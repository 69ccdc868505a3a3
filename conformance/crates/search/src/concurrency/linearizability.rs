//! The check for linearizability: whether some order of the requests explains the answers.

use std::sync::Arc;

use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester};

use super::history::{Call, Event, History};
use super::operation::OperationKind;
use super::setup::PreparedTrial;
use super::specification::Specification;
use model::ParsedRequest;
use spec::http::{Answer, Exchange};

/// The answer of a history that no order of the requests explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// The index of the call in the history.
    pub call: usize,
    /// The ids of broken requirements about concurrent requests, the likeliest first; may be empty.
    pub race_requirements: Vec<&'static str>,
    /// The ids of broken requirements about the answer itself, the likeliest first, at least one.
    pub answer_requirements: Vec<&'static str>,
    /// The text of a correct answer; `None` if the answer is right by itself and wrong at its place.
    pub expected: Option<String>,
}

/// Checks a history. Returns `None` if some order of the requests explains all answers.
pub fn check(prepared: &PreparedTrial, history: &History) -> Option<Anomaly> {
    let order = |events: &[Event], without| {
        tester(&prepared.specification, history, events, without).serialized_history()
    };
    let events = history.events();
    let (length, call) = if order(events, None).is_some() {
        // The server may or may not have carried out a request without an answer, so every order explains it.
        let call = (0..history.calls().len()).find(|index| history.failure(*index).is_some())?;
        (events.len(), call)
    } else {
        let fails = |length: &usize| order(&events[..*length], None).is_none();
        let length = (1..=events.len()).find(fails)?;
        let (Event::Invoked(call) | Event::Returned(call)) = events[length - 1];
        (length, call)
    };
    let before = order(&events[..length], Some(call)).unwrap_or_default();
    Some(Attribution { prepared, history, call }.anomaly(&before))
}

/// Returns a checker with these events of a history, except those of the call `without`.
fn tester(
    specification: &Specification,
    history: &History,
    events: &[Event],
    without: Option<usize>,
) -> LinearizabilityTester<usize, Specification> {
    let mut tester = LinearizabilityTester::new(specification.clone());
    for event in events {
        let (Event::Invoked(index) | Event::Returned(index)) = *event;
        let call = &history.calls()[index];
        let recorded = match (event, history.answer(index)) {
            _ if without == Some(index) => continue,
            (Event::Invoked(_), _) => tester.on_invoke(call.client, Arc::clone(call)),
            (Event::Returned(_), Some(answer)) => tester.on_return(call.client, Arc::clone(answer)),
            (Event::Returned(_), None) => continue,
        };
        recorded.expect("a client has one request at a time");
    }
    tester
}

/// A call whose answer no order explains.
struct Attribution<'a> {
    prepared: &'a PreparedTrial,
    history: &'a History,
    call: usize,
}

impl Attribution<'_> {
    /// Returns the anomaly of the call. `before` are the calls before it, in an order that explains them.
    fn anomaly(&self, before: &[(Arc<Call>, Arc<Answer>)]) -> Anomaly {
        let (mut specification, mut oracle) =
            (self.prepared.specification.clone(), self.prepared.oracle.clone());
        let now = self.prepared.now;
        for (call, answer) in before {
            if let Some(sequential) = specification.as_sequential_answer(&call.parsed, answer) {
                let exchange = Exchange { request: call.request.clone(), answer: Ok(sequential) };
                oracle.judge(&exchange, now, now);
            }
            specification.accepts(&call.parsed, answer);
        }
        let parsed = &self.parsed();
        let requirement = specification.documented_requirement(parsed).unwrap_or("session.identifies");
        let is_accepted =
            self.history.answer(self.call).is_some_and(|answer| specification.accepts(parsed, answer));
        let mut deviations = oracle.judge(&self.history.exchange(self.call), now, now);
        let race_requirements = self.race_requirements();
        let (answer_requirements, expected) = match deviations.pop().filter(|_| !is_accepted) {
            Some(deviation) => (deviation.requirements, Some(deviation.expected)),
            None => (vec![requirement], None),
        };
        Anomaly { call: self.call, race_requirements, answer_requirements, expected }
    }

    fn parsed(&self) -> ParsedRequest {
        self.history.calls()[self.call].parsed.clone()
    }

    /// Returns the ids of the requirements that the call breaks together with another call.
    fn race_requirements(&self) -> Vec<&'static str> {
        let name = &self.prepared.fixtures.cookie_name;
        let session = |index: usize| self.history.calls()[index].parsed.cookies(name).next();
        let succeeds = |index: usize| self.history.answer(index).is_some_and(|answer| answer.is_success());
        let is_logout = |index: usize| self.history.calls()[index].operation.kind() == OperationKind::Logout;
        if !succeeds(self.call) {
            return Vec::new();
        }
        let issued_id = |index: usize| {
            let call = &self.history.calls()[index];
            let answer = self.history.answer(index).filter(|_| call.operation.kind() == OperationKind::Login);
            answer.and_then(|answer| answer.cookie(name))
        };
        let mut others = (0..self.history.calls().len()).filter(|index| *index != self.call);
        if issued_id(self.call).is_some() && others.any(|index| issued_id(index) == issued_id(self.call)) {
            return vec!["security.unique-ids", "login.new-session"];
        }
        let start = self.history.interval(self.call).0;
        let logouts = (0..self.history.calls().len()).filter(|index| {
            let same = session(*index).is_some() && session(*index) == session(self.call);
            *index != self.call && same && is_logout(*index) && succeeds(*index)
        });
        let logouts: Vec<usize> = logouts.collect();
        if logouts.iter().any(|logout| self.history.interval(*logout).1 < start) {
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
    use super::super::actor::Actor;
    use super::super::fixtures::Fixtures;
    use super::super::operation::Operation;
    use super::super::plan::{Pace, Plan};
    use super::super::session_ref::{SHARED_SESSION, SessionRef};
    use super::super::violation::{Recurrence, Violation};
    use super::*;
    use model::{Machine, Oracle, Rules, User};
    use spec::catalogue::Mode;
    use spec::http::NoAnswer;
    use spec::scenario::curl::Curl;

    const LOGOUT: Operation = Operation::Logout(SessionRef::Shared);
    const VISIT: Operation = Operation::Visit(SessionRef::Shared);
    const LOGIN: Operation = Operation::Login(Actor::Bob);

    /// A server with Bob and a session of his, and the history of its clients.
    struct Bench {
        machine: Machine,
        prepared: PreparedTrial,
        history: History,
    }

    impl Bench {
        fn new() -> Self {
            let fixtures = Fixtures::documented();
            let rules = Rules::new(Mode::SessionAuth, &fixtures.cookie_name, None);
            let bob = fixtures.user(Actor::Bob);
            let id = "5535d4d7-3d77-4d06-8281-495dc3acfe76".to_owned();
            let bob = User { id, email: bob.email, password: bob.password, ..User::default() };
            let mut machine = Machine::new(rules.clone());
            machine.state.users.push(bob.clone());
            let mut oracle = Oracle::new(rules.clone(), true);
            oracle.add_user(&bob);
            let specification = Specification::new(rules, 0, bob);
            let values = [("URL".to_owned(), "http://h".to_owned())].into();
            let prepared = PreparedTrial { fixtures, values, specification, oracle, now: 0 };
            let mut bench = Self { machine, prepared, history: History::default() };
            let call = bench.call(0, LOGIN);
            let answer = bench.machine.answer(&call.request, 0).1;
            let id = answer.cookie("_my_session_id").expect("the model's login sets it").to_owned();
            bench.prepared.values.insert(SHARED_SESSION.to_owned(), id);
            assert!(bench.prepared.specification.accepts(&call.parsed, &answer));
            let exchange = Exchange { request: call.request, answer: Ok(answer) };
            bench.prepared.oracle.judge(&exchange, 0, 0);
            bench
        }

        fn call(&self, client: usize, operation: Operation) -> Call {
            let scenario_curl: Curl = self.prepared.fixtures.curl(client, operation);
            let values = &self.prepared.values;
            let request =
                scenario_curl.resolve(&|name: &str| values.get(name).cloned()).expect("it is known");
            Call { client, operation, scenario_curl, parsed: ParsedRequest::from(&request), request }
        }

        fn invoke(&mut self, client: usize, operation: Operation) -> usize {
            let call = self.call(client, operation);
            self.history.invoke(call)
        }

        /// Lets the server handle a call now.
        fn serves(&mut self, index: usize) -> Answer {
            let request = self.history.calls()[index].request.clone();
            self.machine.answer(&request, 0).1
        }

        fn complete(&mut self, index: usize, answer: Answer) {
            self.history.complete(index, Ok(Arc::new(answer)));
        }

        fn checked(&self) -> Option<Anomaly> {
            check(&self.prepared, &self.history)
        }
    }

    #[test]
    fn of_two_concurrent_logouts_one_succeeds_and_the_other_is_refused() {
        for status in [403, 404, 200] {
            let mut bench = Bench::new();
            let (one, other) = (bench.invoke(0, LOGOUT), bench.invoke(1, LOGOUT));
            let success = bench.serves(one);
            let refusal = bench.serves(other);
            bench.complete(other, Answer { status, ..refusal.clone() });
            bench.complete(one, success);
            let found = bench.checked().map(|anomaly| anomaly.race_requirements);
            assert_eq!(found, (status == 200).then(|| vec!["security.logout-once"]), "{status}");
        }
    }

    #[test]
    fn a_request_may_be_let_in_if_it_starts_before_the_logout_returns_and_not_if_after() {
        for is_after in [false, true] {
            let mut bench = Bench::new();
            let logout = bench.invoke(0, LOGOUT);
            let early = bench.invoke(1, VISIT);
            let (before, over) = (bench.serves(early), bench.serves(logout));
            let late = if is_after {
                bench.complete(logout, over);
                bench.invoke(2, VISIT)
            } else {
                let late = bench.invoke(2, VISIT);
                bench.complete(logout, over);
                late
            };
            bench.complete(late, before.clone());
            bench.complete(early, before);
            let anomaly = bench.checked();
            assert_eq!(anomaly.is_some(), is_after);
            let Some(anomaly) = anomaly else { continue };
            assert_eq!(anomaly.race_requirements, ["security.logout-once", "logout.ends-session"]);
            assert_eq!(anomaly.answer_requirements[0], "logout.ends-session");
            let rows = vec![vec![Some(LOGOUT), Some(VISIT), None], vec![None, None, Some(VISIT)]];
            let plan = Plan { rows, pace: Pace::Free };
            let Bench { prepared, history, .. } = bench;
            let (fixtures, values) = (&prepared.fixtures, &prepared.values);
            let mut violation =
                Violation::new(Mode::SessionAuth, plan, history, anomaly, false, fixtures, values);
            violation.recurrence = Some(Recurrence { times: 3, runs: 20 });
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
    fn concurrent_logins_create_different_sessions() {
        for is_same in [false, true] {
            let mut bench = Bench::new();
            let (one, other) = (bench.invoke(0, LOGIN), bench.invoke(1, LOGIN));
            let (first, second) = (bench.serves(one), bench.serves(other));
            bench.complete(one, first.clone());
            bench.complete(other, if is_same { first } else { second });
            let found = bench.checked().map(|anomaly| anomaly.race_requirements);
            assert_eq!(found, is_same.then(|| vec!["security.unique-ids", "login.new-session"]));
        }
    }

    #[test]
    fn a_request_without_an_answer_is_wrong_whether_or_not_it_was_carried_out() {
        for is_carried_out in [false, true] {
            let mut bench = Bench::new();
            let logout = bench.invoke(0, LOGOUT);
            if is_carried_out {
                bench.serves(logout);
            }
            bench.history.complete(logout, Err(NoAnswer::Closed));
            let visit = bench.invoke(1, VISIT);
            let answer = bench.serves(visit);
            bench.complete(visit, answer);
            let anomaly = bench.checked().expect("a request was not answered");
            assert_eq!(anomaly.call, logout);
            assert_eq!(anomaly.answer_requirements[0], "logout.ok");
        }
    }

    #[test]
    fn the_refusal_of_a_live_session_is_wrong_during_another_login() {
        let mut bench = Bench::new();
        let (visit, login) = (bench.invoke(0, VISIT), bench.invoke(1, LOGIN));
        let (me, answer) = (bench.serves(visit), bench.serves(login));
        bench.complete(login, answer);
        bench.complete(visit, Answer { status: 403, ..me });
        let anomaly = bench.checked().expect("nobody has ended the session");
        assert_eq!(anomaly.call, visit);
        assert!(anomaly.answer_requirements.contains(&"session.identifies"));
    }

    #[test]
    fn an_update_may_take_effect_after_the_end_of_its_session_but_must_not_be_lost() {
        for is_forgotten in [false, true] {
            let mut bench = Bench::new();
            let id = bench.machine.state.users[0].id.clone();
            let shared = bench.prepared.values[SHARED_SESSION].clone();
            bench.prepared.values.extend([("BOB".to_owned(), id), ("OWN1".to_owned(), shared)]);
            let login = bench.invoke(1, LOGIN);
            let answer = bench.serves(login);
            let own = answer.cookie("_my_session_id").expect("the model's login sets it").to_owned();
            bench.prepared.values.insert("OWN2".to_owned(), own);
            bench.complete(login, answer);

            let update = bench.invoke(0, Operation::Rename(Actor::Bob));
            let logout = bench.invoke(2, LOGOUT);
            let mut later = bench.machine.clone();
            let over = bench.serves(logout);
            bench.complete(logout, over);
            let read = bench.invoke(1, Operation::Read(Actor::Bob));
            let old = bench.serves(read);
            bench.complete(read, old.clone());
            let updated = later.answer(&bench.history.calls()[update].request, 0).1;
            bench.complete(update, updated);
            let read = bench.invoke(1, Operation::Read(Actor::Bob));
            let new = later.answer(&bench.history.calls()[read].request, 0).1;
            bench.complete(read, if is_forgotten { old } else { new });
            let found = bench.checked();
            assert_eq!(found.map(|anomaly| anomaly.call), is_forgotten.then_some(read));
        }
    }
}
