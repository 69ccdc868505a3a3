//! A violation as a scenario. The format can express only equal requests as concurrent.

use super::fixtures::Fixtures;
use super::history::History;
use super::operation::OperationKind;
use super::plan::Plan;
use super::session_ref::SessionRef;
use spec::catalogue::Mode;
use spec::scenario::template::Template;
use spec::scenario::{
    Action, Capture, CaptureSource, Parallel, Scenario, Section, Settings, Show, Spanned, Step,
};

/// Returns a history as the text of a scenario; `None` if different requests overlap, or if a request needs the
/// session of a concurrent login.
pub fn write(mode: Mode, requirement: &str, plan: &Plan, history: &History, marked: usize) -> Option<String> {
    let mut sections = vec![section(1, "Requests at once", &[], preparation(plan, history))];
    for group in overlapping_groups(history)? {
        let calls: Vec<_> = group.iter().map(|index| &history.calls()[*index]).collect();
        let written = &calls[0].scenario_curl;
        let steps = if let [call] = calls[..] {
            let mut steps = vec![Step::new(Show::All, Action::Curl(written.clone()))];
            if call.operation.kind() == OperationKind::Login {
                steps.push(capture(&SessionRef::Own.variable(call.client), CaptureSource::Cookie, Show::All));
            }
            steps
        } else {
            if calls.iter().any(|call| call.scenario_curl != *written) {
                return None;
            }
            let parallel = Parallel { count: calls.len(), curl: written.clone() };
            vec![Step::new(Show::All, Action::Parallel(parallel))]
        };
        let ids: &[&str] = if group.contains(&marked) { &[requirement] } else { &[] };
        let heading = if calls.len() == 1 { "Then one" } else { "Some at once" };
        sections.push(section(2, heading, ids, steps));
    }
    let scenario = Scenario {
        name: "at-once".to_owned(),
        title: "Requests at once".to_owned(),
        modes: vec![mode.into()],
        settings: Settings::default(),
        exact_clock: false,
        isolated: false,
        sections,
        source: String::new(),
    };
    let text = scenario.to_string();
    // A request with the session of a concurrent login would read a variable that no step has set.
    Scenario::parse("at-once", &text).is_ok().then_some(text)
}

/// Splits a history into groups of calls, so that calls overlap if and only if they are in the same group. Returns
/// `None` if there is no such split.
fn overlapping_groups(history: &History) -> Option<Vec<Vec<usize>>> {
    let mut groups: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    for index in 0..history.calls().len() {
        let (begin, end) = history.interval(index);
        match groups.last_mut() {
            Some((first, last, group)) if begin < *last => {
                if begin > *first {
                    return None;
                }
                *first = (*first).min(end);
                *last = (*last).max(end);
                group.push(index);
            }
            _ => groups.push((end, end, vec![index])),
        }
    }
    Some(groups.into_iter().map(|(_, _, group)| group).collect())
}

/// Returns the steps that create the users and sessions that the plan starts with.
fn preparation(plan: &Plan, history: &History) -> Vec<Step> {
    let fixtures = Fixtures::documented();
    let mut steps = Vec::new();
    let used: Vec<&str> = history
        .calls()
        .iter()
        .flat_map(|call| call.scenario_curl.templates())
        .flat_map(Template::variables)
        .collect();
    for actor in plan.actors() {
        steps.push(Step::new(Show::All, Action::User(fixtures.step(actor))));
        if used.contains(&actor.variable()) {
            let id = CaptureSource::Variable(Template::variable("USER"));
            steps.push(capture(actor.variable(), id, Show::All));
        }
    }
    for (actor, client, session) in plan.sessions() {
        let login = fixtures.login(&fixtures.user(actor));
        steps.push(Step::new(Show::Success, Action::Curl(login)));
        steps.push(capture(&session.variable(client), CaptureSource::Cookie, Show::Success));
    }
    steps
}

fn capture(name: &str, from: CaptureSource, show: Show) -> Step {
    Step::new(show, Action::Capture(Capture { name: name.to_owned(), from }))
}

fn section(level: usize, heading: &str, requirements: &[&str], steps: Vec<Step>) -> Section {
    let requirements = requirements.iter().map(|id| Spanned { value: (*id).to_owned(), span: 0..0 });
    Section { heading: heading.to_owned(), level, line: 0, requirements: requirements.collect(), steps }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::actor::Actor;
    use super::super::history::Call;
    use super::super::operation::Operation;
    use super::super::plan::Pace;
    use super::*;
    use model::ParsedRequest;
    use spec::http::{Answer, Request};

    const LOGOUT: Operation = Operation::Logout(SessionRef::Shared);
    const VISIT: Operation = Operation::Visit(SessionRef::Shared);

    /// Returns the history of these operations, one per client: `+1` is the start of client 1, and `-1` its end.
    fn history(operations: &[Operation], events: &[i32]) -> History {
        let mut history = History::default();
        let mut indices = vec![0; operations.len()];
        for event in events {
            let client = event.unsigned_abs() as usize - 1;
            if *event > 0 {
                let operation = operations[client];
                let scenario_curl = Fixtures::documented().curl(client, operation);
                let request = Request::get("http://h/".to_owned());
                let parsed = ParsedRequest::from(&request);
                indices[client] = history.invoke(Call { client, operation, scenario_curl, request, parsed });
            } else {
                let answer = Answer { status: 200, headers: Vec::new(), body: Vec::new() };
                history.complete(indices[client], Ok(Arc::new(answer)));
            }
        }
        history
    }

    fn groups(events: &[i32]) -> Option<Vec<Vec<usize>>> {
        overlapping_groups(&history(&[VISIT, VISIT, VISIT], events))
    }

    #[test]
    fn calls_are_in_one_group_if_and_only_if_they_overlap() {
        assert_eq!(groups(&[1, -1, 2, -2, 3, -3]), Some(vec![vec![0], vec![1], vec![2]]));
        assert_eq!(groups(&[1, 2, 3, -2, -1, -3]), Some(vec![vec![0, 1, 2]]));
        assert_eq!(groups(&[1, 2, -1, -2, 3, -3]), Some(vec![vec![0, 1], vec![2]]));
        // The second call overlaps the first and the third, which do not overlap each other.
        assert_eq!(groups(&[1, 2, -1, 3, -2, -3]), None);
    }

    #[test]
    fn equal_concurrent_requests_are_one_parallel_step_and_the_marked_one_has_the_requirement() {
        let plan = Plan { rows: vec![vec![Some(LOGOUT), Some(LOGOUT), None]], pace: Pace::Lockstep };
        let history = history(&[LOGOUT, LOGOUT, VISIT], &[1, 2, -1, -2, 3, -3]);
        let text =
            write(Mode::SessionAuth, "security.logout-once", &plan, &history, 1).expect("they are equal");
        let scenario = Scenario::parse("at-once", &text).expect("it is a scenario");
        let ids = |section: &Section| -> Vec<String> {
            section.requirements.iter().map(|one| one.value.clone()).collect()
        };
        let [start, logouts, visit] = &scenario.sections[..] else { panic!("{text}") };
        assert_eq!(ids(logouts), ["security.logout-once"]);
        assert_eq!((ids(start).len(), ids(visit).len()), (0, 0));
        let Action::Parallel(parallel) = &logouts.steps[0].action else { panic!("{text}") };
        assert_eq!(parallel.count, 2);
        assert!(text.contains("user bob@hbtn.io"), "the session of the logouts is Bob's: {text}");
    }

    #[test]
    fn different_concurrent_requests_and_sessions_of_concurrent_logins_have_no_scenario() {
        let plan = |operation| Plan { rows: vec![vec![Some(operation); 2]], pace: Pace::Free };
        let different = history(&[LOGOUT, VISIT], &[1, 2, -1, -2]);
        assert_eq!(write(Mode::SessionAuth, "users.get", &plan(VISIT), &different, 0), None);
        let login = Operation::Login(Actor::Bob);
        let mut history = history(&[login, login], &[1, 2, -1, -2]);
        assert!(write(Mode::SessionAuth, "login.ok", &plan(login), &history, 0).is_some());
        let call = Call {
            client: 0,
            operation: Operation::Visit(SessionRef::Own),
            scenario_curl: Fixtures::documented().curl(0, Operation::Visit(SessionRef::Own)),
            ..Call::clone(&history.calls()[0])
        };
        history.invoke(call);
        assert_eq!(write(Mode::SessionAuth, "login.ok", &plan(login), &history, 0), None);
    }
}
