//! The oracle: it decides whether each answer of a server is allowed after all of its earlier answers.
//!
//! A server may be in one of several states: more than one response may be allowed, and a request may have been
//! answered in either of two seconds. The oracle keeps every state that agrees with the answers. An answer that
//! agrees with none of them is a deviation.

#[cfg(test)]
mod tests;

use super::attribution::{self, Observation};
use super::compare::{self, Aspect, Context, Difference, compare};
use super::deviation::Deviation;
use super::history::SessionHistory;
use super::response::AllowedResponse;
use super::state::{Second, State, User};
use super::{ParsedRequest, Rules, Unspecified, allowed_responses, apply, secrets};
use spec::http::Exchange;

/// The largest number of states to keep. Only several unspecified cases in a row lead to so many.
const MAX_STATES: usize = 32;

/// An allowed response at one second, and its differences to the answer.
struct Candidate {
    allowed: AllowedResponse,
    differences: Vec<Difference>,
    now: Second,
}

impl Candidate {
    /// Returns whether the status and the content of the body agree.
    fn agrees(&self) -> bool {
        self.differences.iter().all(|one| one.aspect != Aspect::StatusOrBody)
    }

    /// Returns whether the candidate agrees, and the other one does not or has more differences.
    fn is_nearer_than(&self, other: &Self) -> bool {
        self.agrees() && (!other.agrees() || self.differences.len() < other.differences.len())
    }
}

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
    /// Creates an oracle for a server that stores nothing, or, with `foreign_users`, users that the oracle does not
    /// know.
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
    /// server is unknown, and every later answer counts as allowed.
    pub fn judge(&mut self, exchange: &Exchange, from: Second, to: Second) -> Vec<Deviation> {
        if self.state_unknown {
            return Vec::new();
        }
        let parsed = ParsedRequest::from(&exchange.request);
        let Ok(answer) = &exchange.answer else {
            self.state_unknown = true;
            return vec![self.no_answer(&parsed, exchange, to)];
        };
        let head = parsed.method == "HEAD";
        let cookie_name = self.rules.session_name.clone();
        let window = (!self.foreign_users).then_some((from, to));
        let under_api = parsed.path.starts_with("/api/v1/");
        let context =
            Context { cookie_name: &cookie_name, head, foreign_users: self.foreign_users, under_api, window };
        let mut next: Vec<State> = Vec::new();
        let mut nearest: Option<Candidate> = None;
        for (state, now) in self.states.iter().flat_map(|state| (from..=to).map(move |now| (state, now))) {
            for allowed in allowed_responses(state, &self.rules, now, &parsed) {
                let candidate = Candidate { differences: compare(&allowed, answer, context), allowed, now };
                if candidate.agrees() && next.len() < MAX_STATES {
                    let mut state = state.clone();
                    apply(&mut state, &candidate.allowed, answer, &cookie_name, now);
                    if !next.contains(&state) {
                        next.push(state);
                    }
                }
                if nearest.as_ref().is_none_or(|best| candidate.is_nearer_than(best)) {
                    nearest = Some(candidate);
                }
            }
        }
        let Some(Candidate { allowed, differences, now }) = nearest else { return Vec::new() };
        let (rules, history) = (&self.rules, &self.history);
        let observation =
            Observation { rules, history, parsed: &parsed, allowed: &allowed, answer: Some(answer), now };
        let mut found: Vec<Deviation> = differences
            .into_iter()
            .map(|difference| Deviation {
                requirements: attribution::likely_requirements(observation, &difference),
                expected: difference.expected,
                actual: difference.actual,
            })
            .collect();
        found.extend(secrets::leaked_password(&self.states[0].users, &parsed, answer));
        if next.is_empty() {
            self.state_unknown = true;
            return found;
        }
        if let Some(used) = secrets::reused_session_id(observation) {
            found.insert(0, used);
        }
        self.unspecified_cases
            .extend(allowed.unspecified.filter(|one| !self.unspecified_cases.contains(one)));
        self.history.record(&parsed, &allowed, answer, &self.rules, now);
        self.states = next;
        found
    }

    /// Sorts exchanges of one request, sent several times concurrently, into an order in which the answers are
    /// allowed.
    ///
    /// Each step takes the first exchange that is allowed next, without a search for a better one. Exchanges that are
    /// never allowed come last, in their original order.
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

    fn no_answer(&self, parsed: &ParsedRequest, exchange: &Exchange, now: Second) -> Deviation {
        let allowed = allowed_responses(&self.states[0], &self.rules, now, parsed).remove(0);
        let reason = exchange.answer.as_ref().err().map_or_else(String::new, ToString::to_string);
        let difference = Difference {
            aspect: Aspect::StatusOrBody,
            expected: compare::expected_text(&allowed),
            actual: reason,
        };
        let (rules, history) = (&self.rules, &self.history);
        let observation = Observation { rules, history, parsed, allowed: &allowed, answer: None, now };
        Deviation {
            requirements: attribution::likely_requirements(observation, &difference),
            expected: difference.expected,
            actual: difference.actual,
        }
    }
}
