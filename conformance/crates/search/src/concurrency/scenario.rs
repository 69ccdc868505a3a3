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

/// Returns a history as the text of a scenario; `None` if different requests overlap.
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
        modes: vec![mode],
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
