//! The faulty model: the model with at most one fault, as a server.

use super::{AfterRequest, AfterRestart, BeforeRequest, Fault, Memory};
use crate::{Asked, Machine, Rules, Second, programs};
use spec::http::Answer;
use spec::http::Request;

/// A server in memory with at most one fault.
#[derive(Clone, Debug)]
pub struct FaultyModel {
    machine: Machine,
    fault: Option<&'static Fault>,
    memory: Memory,
}

impl FaultyModel {
    /// Creates a server without users and sessions. Without a fault it is correct.
    pub fn new(rules: Rules, fault: Option<&'static Fault>) -> Self {
        Self { machine: Machine::new(rules), fault, memory: Memory::default() }
    }

    /// Simulates a new process with these settings on the same data.
    pub fn restart(&mut self, rules: Rules, now: Second) {
        let previous = self.machine.state.clone();
        self.machine.restart(rules);
        if let Some(act) = self.fault.and_then(|fault| fault.restart) {
            act(&mut AfterRestart {
                previous: &previous,
                machine: &mut self.machine,
                memory: &self.memory,
                now,
            });
        }
        self.memory.at_start = self.machine.state.clone();
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Request, now: Second) -> Answer {
        let rules = self.machine.rules.clone();
        let asked = Asked::of(request);
        let mut request = request.clone();
        if let Some(act) = self.fault.and_then(|fault| fault.before) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut BeforeRequest { request: &mut request, asked: asked.clone(), machine, memory, now });
        }
        let previous = self.machine.state.clone();
        let (requirement, mut answer) = self.machine.answer(&request, now);
        self.machine.rules = rules;
        self.apply_after(&asked, requirement, &previous, &mut answer, now);
        self.memory.logins += usize::from(requirement == "login.ok");
        if requirement == "logout.ok" {
            let kept = &self.machine.state.sessions;
            self.memory.logged_out.extend(previous.sessions.into_iter().filter(|one| !kept.contains(one)));
        }
        answer
    }

    /// Answers a request to the documents' cookie server.
    pub fn main_3(&mut self, request: &Request, now: Second) -> Answer {
        let answer = programs::main_3(&self.machine.rules.session_name, request);
        self.program_answer(request, "main3.cookie-value", answer, now)
    }

    /// Answers a request to the documents' session server.
    pub fn session_server(&mut self, request: &Request, now: Second) -> Answer {
        let answer = programs::session_server(&self.machine, request);
        self.program_answer(request, "main4.user-found", answer, now)
    }

    fn program_answer(
        &mut self,
        request: &Request,
        requirement: &'static str,
        mut answer: Answer,
        now: Second,
    ) -> Answer {
        let previous = self.machine.state.clone();
        self.apply_after(&Asked::of(request), requirement, &previous, &mut answer, now);
        answer
    }

    fn apply_after(
        &mut self,
        asked: &Asked,
        requirement: &'static str,
        previous: &crate::State,
        answer: &mut Answer,
        now: Second,
    ) {
        if let Some(act) = self.fault.and_then(|fault| fault.after) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut AfterRequest { asked, requirement, previous, machine, memory, answer, now });
        }
    }

    /// Runs main_0. Returns its output.
    pub fn main_0(&mut self, email: &str, password: &str, now: Second) -> String {
        let printed = programs::main_0(&mut self.machine, email, password, now);
        self.program_output(printed)
    }

    /// Runs main_1. Returns its output.
    pub fn main_1(&self) -> String {
        self.program_output(programs::main_1())
    }

    /// Runs main_2. Returns its output.
    pub fn main_2(&self) -> String {
        self.program_output(programs::main_2())
    }

    /// Runs main_4 until it serves. Returns its output.
    pub fn main_4(&mut self, email: &str, password: &str, now: Second) -> String {
        let printed = programs::main_4(&mut self.machine, email, password, now);
        self.program_output(printed)
    }

    fn program_output(&self, text: String) -> String {
        self.fault.and_then(|fault| fault.printed).map_or(text.clone(), |change| change(&text))
    }

    /// Returns the result of `require_auth`: whether `path` needs credentials where `excluded` is excluded.
    pub fn requires_auth(&self, path: &str, excluded: &str) -> bool {
        let says = self.fault.and_then(|fault| fault.requires_auth).unwrap_or(programs::requires_auth);
        says(path, excluded)
    }
}
