//! A violation: answers to concurrent requests that no order of the requests explains.

use std::collections::BTreeMap;
use std::fmt;

use super::fixtures::Fixtures;
use super::history::History;
use super::linearizability::Anomaly;
use super::operation::OperationKind;
use super::plan::Plan;
use super::scenario;
use super::timeline;
use spec::catalogue::Mode;
use spec::transcript::placeholders::Placeholders;

/// A history that breaks requirements, with the data that is needed to show it.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The ids of the broken requirements, the likeliest first, at least one.
    pub requirements: Vec<&'static str>,
    /// The mode of the server.
    pub mode: Mode,
    /// The plan that the clients carried out.
    pub plan: Plan,
    /// Whether the violation also happens when the requests are sent one after another.
    pub is_sequential: bool,
    /// The number of the plan in its campaign, counted from 1; `None` outside a campaign.
    pub case: Option<u32>,
    /// The result of further runs of the plan; `None` if there were none.
    pub recurrence: Option<Recurrence>,
    history: History,
    call: usize,
    text: String,
}

/// The number of further runs of a plan that ended in the same kind of violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The number of runs with the violation.
    pub times: usize,
    /// The number of all runs.
    pub runs: usize,
}

impl Violation {
    /// Creates a violation from an anomaly in a history. `values` are the ids of the users and sessions.
    pub(super) fn new(
        mode: Mode,
        plan: Plan,
        history: History,
        anomaly: Anomaly,
        is_sequential: bool,
        fixtures: &Fixtures,
        values: &BTreeMap<String, String>,
    ) -> Self {
        let Anomaly { call, race_requirements, answer_requirements, expected } = anomaly;
        let (first, then) = if is_sequential {
            (answer_requirements, race_requirements)
        } else {
            (race_requirements, answer_requirements)
        };
        let mut requirements = first;
        for id in then {
            if !requirements.contains(&id) {
                requirements.push(id);
            }
        }
        let mut names = Placeholders::default();
        let mut text = initial_state(&mut names, &plan, values);
        text.push_str(&timeline::draw(&mut names, &history, call, fixtures));
        if let Some(expected) = expected {
            let (status, content) = expected.split_once(' ').unwrap_or((&expected, ""));
            let content = fixtures.without_nonce(&timeline::short(&mut names, content));
            text.push_str(&format!("\n  expected {status} {content}\n"));
        }
        Self { requirements, mode, plan, is_sequential, case: None, recurrence: None, history, call, text }
    }

    /// Returns the kind of the operation whose answer no order explains.
    pub fn kind(&self) -> OperationKind {
        self.history.calls()[self.call].operation.kind()
    }

    /// Returns whether another violation is of the same kind.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let fails = |one: &Self| one.history.has_failed(one.call);
        // A server that fails under load fails at any request: all such failures are one mistake.
        let is_same = (fails(self) && fails(other) && !self.is_sequential)
            || self.requirements[0] == other.requirements[0];
        is_same && self.is_sequential == other.is_sequential
    }

    /// Returns the violation as the text of a scenario; `None` if the format cannot express the requests.
    pub fn scenario(&self) -> Option<String> {
        scenario::write(self.mode, self.requirements[0], &self.plan, &self.history, self.call)
    }
}

/// Returns lines with the users and sessions that the plan starts with, and assigns placeholders to them.
fn initial_state(names: &mut Placeholders, plan: &Plan, values: &BTreeMap<String, String>) -> String {
    let value = |name: &str| values.get(name).map(String::as_str).unwrap_or_default();
    let users = plan.actors().into_iter().map(|actor| {
        format!("{} is {}", Fixtures::documented().user(actor).email, names.user(value(actor.variable())))
    });
    let mut text = format!("  before   {}\n", users.collect::<Vec<_>>().join(", "));
    for (actor, client, session) in plan.sessions() {
        let (session, user) =
            (names.session(value(&session.variable(client))), names.user(value(actor.variable())));
        text.push_str(&format!("           {session} is of {user}\n"));
    }
    text.push('\n');
    text
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, others) = self.requirements.split_first().unwrap_or((&"", &[]));
        write!(f, "{first}")?;
        if !others.is_empty() {
            write!(f, " (or {})", others.join(", "))?;
        }
        writeln!(f, " is not met in {}", self.mode)?;
        writeln!(f, "{}", self.text)?;
        match (self.is_sequential, self.recurrence) {
            (true, _) => writeln!(f, "  It happens one request after the other as well."),
            (false, Some(Recurrence { times, runs })) => {
                writeln!(
                    f,
                    "  It happened again in {times} of {runs} runs, and not one request after the other."
                )
            }
            (false, None) => writeln!(f, "  It does not happen one request after the other."),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::history::Call;
    use super::super::operation::Operation;
    use super::super::plan::Pace;
    use super::*;
    use model::ParsedRequest;
    use spec::http::{Answer, Request};

    /// Returns a violation of these requirements by a call whose answer has this status.
    fn violation(
        status: u16,
        races: &[&'static str],
        answers: &[&'static str],
        is_sequential: bool,
    ) -> Violation {
        let request = Request::get("http://h/api/v1/users".to_owned());
        let parsed = ParsedRequest::from(&request);
        let scenario_curl = Fixtures::documented().curl(0, Operation::List);
        let mut history = History::default();
        let call =
            history.invoke(Call { client: 0, operation: Operation::List, scenario_curl, request, parsed });
        let answer = Answer { status, headers: Vec::new(), body: Vec::new() };
        history.complete(call, Ok(Arc::new(answer)));
        let plan = Plan { rows: vec![vec![Some(Operation::List), None]], pace: Pace::Free };
        let (race_requirements, answer_requirements) = (races.to_vec(), answers.to_vec());
        let anomaly = Anomaly { call, race_requirements, answer_requirements, expected: None };
        let fixtures = Fixtures::documented();
        Violation::new(Mode::SessionAuth, plan, history, anomaly, is_sequential, &fixtures, &BTreeMap::new())
    }

    #[test]
    fn requirements_about_races_come_first_unless_the_answer_is_wrong_without_concurrency() {
        let (races, answers) = (["security.logout-once"], ["logout.ok", "security.logout-once"]);
        let of = |is_sequential| violation(200, &races, &answers, is_sequential).requirements;
        assert_eq!(of(false), ["security.logout-once", "logout.ok"]);
        assert_eq!(of(true), ["logout.ok", "security.logout-once"]);
    }

    #[test]
    fn violations_are_alike_if_they_break_the_same_requirement_or_are_all_failures_under_load() {
        let wrong = |id, is_sequential| violation(200, &[], &[id], is_sequential);
        let failed = |id, is_sequential| violation(500, &[], &[id], is_sequential);
        assert!(wrong("users.list", false).is_like(&wrong("users.list", false)));
        assert!(!wrong("users.list", false).is_like(&wrong("users.get", false)));
        assert!(!wrong("users.list", false).is_like(&wrong("users.list", true)));
        assert!(failed("users.list", false).is_like(&failed("users.get", false)));
        assert!(!failed("users.list", true).is_like(&failed("users.get", true)));
        assert!(!failed("users.list", false).is_like(&wrong("users.get", false)));
    }
}
