//! The model as a server: it answers requests one after another.

use super::{ParsedRequest, Rules, Second, State, allowed_responses, apply, render};
use spec::http::Answer;
use spec::http::Request;

/// A correct server whose data is in memory.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The settings.
    pub rules: Rules,
    /// The stored users and sessions.
    pub state: State,
}

impl Machine {
    /// Creates a server without users and sessions.
    pub fn new(rules: Rules) -> Self {
        Self { rules, state: State::default() }
    }

    /// Answers a request with the first allowed response. Returns the id of its requirement, and the answer.
    pub fn answer(&mut self, request: &Request, now: Second) -> (&'static str, Answer) {
        let parsed = ParsedRequest::from(request);
        let allowed = allowed_responses(&self.state, &self.rules, now, &parsed).remove(0);
        let answer = render::render(&allowed, &self.rules.session_name, now);
        apply(&mut self.state, &allowed, &answer, &self.rules.session_name, now);
        (allowed.requirement, answer)
    }

    /// Simulates a new process with these settings on the same data.
    pub fn restart(&mut self, rules: Rules) {
        self.state.restart(&self.rules);
        self.rules = rules;
    }
}
