//! A violation: answers to requests at once that no order of the requests explains.

use std::collections::BTreeMap;
use std::fmt;

use super::cast::{Cast, variable};
use super::history::History;
use super::judgement::Finding;
use super::plan::{Kind, Plan};
use super::timeline;
use super::written;
use spec::catalogue::Mode;
use spec::transcript::placeholders::Placeholders;

/// What was found, with all that is needed to show it.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The requirements that it breaks, the likeliest first; at least one.
    pub requirements: Vec<&'static str>,
    /// The mode in which it was found.
    pub mode: Mode,
    /// What the clients did.
    pub plan: Plan,
    /// It happens one request after the other as well.
    pub is_alone: bool,
    /// The number of the plan by which a hunt found it, counted from 1; `None` where nothing was drawn.
    pub case: Option<u32>,
    /// How often the same plan has broken the same requirement again; `None` where that was not tried.
    pub again: Option<Again>,
    history: History,
    call: usize,
    text: String,
}

/// How often a plan has broken a requirement again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// In how many of the runs.
    pub times: usize,
    /// How often it was carried out.
    pub runs: usize,
}

impl Violation {
    /// Makes a violation of what was found in a history, whose users and sessions are named.
    pub(super) fn new(
        mode: Mode,
        plan: Plan,
        history: History,
        finding: Finding,
        is_alone: bool,
        cast: &Cast,
        values: &BTreeMap<String, String>,
    ) -> Self {
        let Finding { call, of_races, of_answers, expected } = finding;
        let (first, then) = if is_alone { (of_answers, of_races) } else { (of_races, of_answers) };
        let mut requirements = first;
        for id in then {
            if !requirements.contains(&id) {
                requirements.push(id);
            }
        }
        let mut names = Placeholders::default();
        let mut text = before(&mut names, &plan, values);
        text.push_str(&timeline::draw(&mut names, &history, call, cast));
        if let Some(expected) = expected {
            let (status, content) = expected.split_once(' ').unwrap_or((&expected, ""));
            let content = cast.as_written(&timeline::short(&mut names, content));
            text.push_str(&format!("\n  expected {status} {content}\n"));
        }
        Self { requirements, mode, plan, is_alone, case: None, again: None, history, call, text }
    }

    /// Gives the kind of the operation whose answer no order explains.
    pub fn kind(&self) -> Kind {
        self.history.calls()[self.call].operation.kind()
    }

    /// Tells whether another is of the same sort.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let fails = |one: &Self| one.history.has_failed(one.call);
        // A server that fails under load fails at any request: that is one mistake.
        let is_same =
            (fails(self) && fails(other) && !self.is_alone) || self.requirements[0] == other.requirements[0];
        is_same && self.is_alone == other.is_alone
    }

    /// Writes it as the text of a scenario, where that can say what was done at once.
    pub fn scenario(&self) -> Option<String> {
        written::scenario(self.mode, self.requirements[0], &self.plan, &self.history, self.call)
    }
}

/// Says what was there before the clients began, and gives it its names.
fn before(names: &mut Placeholders, plan: &Plan, values: &BTreeMap<String, String>) -> String {
    let value = |name: &str| values.get(name).map(String::as_str).unwrap_or_default();
    let users = plan.people().into_iter().map(|person| {
        format!("{} is {}", Cast::written().user(person).email, names.user(value(person.variable())))
    });
    let mut text = format!("  before   {}\n", users.collect::<Vec<_>>().join(", "));
    for (person, client, whose) in plan.sessions() {
        let (session, user) =
            (names.session(value(&variable(client, whose))), names.user(value(person.variable())));
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
        match (self.is_alone, self.again) {
            (true, _) => writeln!(f, "  It happens one request after the other as well."),
            (false, Some(Again { times, runs })) => {
                writeln!(
                    f,
                    "  It happened again in {times} of {runs} runs, and not one request after the other."
                )
            }
            (false, None) => writeln!(f, "  It does not happen one request after the other."),
        }
    }
}
