//! The model as a server: a state that answers requests, one after another.

use super::{Asked, Rules, Second, State, apply, choices, serve};
use spec::http::Answer;
use spec::http::Request;

/// A correct server in memory.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its settings.
    pub rules: Rules,
    /// What it remembers.
    pub state: State,
}

impl Machine {
    /// Makes a server with nothing stored.
    pub fn new(rules: Rules) -> Self {
        Self { rules, state: State::default() }
    }

    /// Answers a request with the first of the right answers, and names the requirement that asks for it.
    pub fn answer(&mut self, request: &Request, now: Second) -> (&'static str, Answer) {
        let asked = Asked::of(request);
        let choice = choices(&self.state, &self.rules, now, &asked).remove(0);
        let answer = serve::serve(&choice, &self.rules.session_name, now);
        apply(&mut self.state, &choice, &answer, &self.rules.session_name, now);
        (choice.rule, answer)
    }

    /// Ends the process and starts another with these settings on the same data.
    pub fn restart(&mut self, rules: Rules) {
        self.state.restart(&self.rules);
        self.rules = rules;
    }
}
