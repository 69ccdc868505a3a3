//! A violation as a scenario, where the format can say it: requests at once are the same request there.

use super::cast::{Cast, variable};
use super::history::History;
use super::plan::{Kind, Plan, Whose};
use spec::catalogue::Mode;
use spec::scenario::template::Template;
use spec::scenario::{
    Action, Capture, CaptureSource, Parallel, Scenario, Section, Settings, Show, Spanned, Step,
};

/// Writes a history as the text of a scenario; `None` where different requests overlap.
pub fn scenario(
    mode: Mode,
    requirement: &str,
    plan: &Plan,
    history: &History,
    marked: usize,
) -> Option<String> {
    let mut sections = vec![section(1, "Requests at once", &[], beginning(plan, history))];
    for group in groups(history)? {
        let calls: Vec<_> = group.iter().map(|index| &history.calls()[*index]).collect();
        let written = &calls[0].written;
        let steps = if let [call] = calls[..] {
            let mut steps = vec![Step::new(Show::All, Action::Curl(written.clone()))];
            if call.operation.kind() == Kind::Login {
                steps.push(keep(&variable(call.client, Whose::Own), CaptureSource::Cookie, Show::All));
            }
            steps
        } else {
            if calls.iter().any(|call| call.written != *written) {
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
    // What uses a session of logins at once reads a variable that nothing has set.
    Scenario::parse("at-once", &text).is_ok().then_some(text)
}

/// Cuts a history into calls that all overlap each other, and none of another group; `None` where it cannot be.
fn groups(history: &History) -> Option<Vec<Vec<usize>>> {
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

/// Writes the steps that make what the clients begin with.
fn beginning(plan: &Plan, history: &History) -> Vec<Step> {
    let cast = Cast::written();
    let mut steps = Vec::new();
    let used: Vec<&str> = history
        .calls()
        .iter()
        .flat_map(|call| call.written.templates())
        .flat_map(Template::variables)
        .collect();
    for person in plan.people() {
        steps.push(Step::new(Show::All, Action::User(cast.step(person))));
        if used.contains(&person.variable()) {
            let id = CaptureSource::Variable(Template::variable("USER"));
            steps.push(keep(person.variable(), id, Show::All));
        }
    }
    for (person, client, whose) in plan.sessions() {
        let login = cast.login(&cast.user(person));
        steps.push(Step::new(Show::Success, Action::Curl(login)));
        steps.push(keep(&variable(client, whose), CaptureSource::Cookie, Show::Success));
    }
    steps
}

fn keep(name: &str, from: CaptureSource, show: Show) -> Step {
    Step::new(show, Action::Capture(Capture { name: name.to_owned(), from }))
}

fn section(level: usize, heading: &str, requirements: &[&str], steps: Vec<Step>) -> Section {
    let requirements = requirements.iter().map(|id| Spanned { value: (*id).to_owned(), span: 0..0 });
    Section { heading: heading.to_owned(), level, line: 0, requirements: requirements.collect(), steps }
}
