//! The model with a fault, or without one: what is served in its place.

use super::{After, Before, Fault, Memory, Restart};
use crate::{Asked, Machine, Rules, Second, programs};
use spec::http::Answer;
use spec::http::Request;

/// A server in memory that makes at most one mistake.
#[derive(Clone, Debug)]
pub struct Deviant {
    machine: Machine,
    fault: Option<&'static Fault>,
    memory: Memory,
}

impl Deviant {
    /// Makes a server with nothing stored.
    pub fn new(rules: Rules, fault: Option<&'static Fault>) -> Self {
        Self { machine: Machine::new(rules), fault, memory: Memory::default() }
    }

    /// Ends the process and starts another with these settings on the same data.
    pub fn restart(&mut self, rules: Rules, now: Second) {
        let was = self.machine.state.clone();
        self.machine.restart(rules);
        if let Some(act) = self.fault.and_then(|fault| fault.restart) {
            act(&mut Restart { was: &was, machine: &mut self.machine, memory: &self.memory, now });
        }
        self.memory.at_start = self.machine.state.clone();
        self.memory.starts += 1;
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Request, now: Second) -> Answer {
        let rules = self.machine.rules.clone();
        let asked = Asked::of(request);
        let mut request = request.clone();
        if let Some(act) = self.fault.and_then(|fault| fault.before) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut Before { request: &mut request, asked: asked.clone(), machine, memory, now });
        }
        let was = self.machine.state.clone();
        let (rule, mut answer) = self.machine.answer(&request, now);
        self.machine.rules = rules;
        self.changed(&asked, rule, &was, &mut answer, now);
        self.memory.logins += usize::from(rule == "login.ok");
        if rule == "logout.ok" {
            let kept = &self.machine.state.sessions;
            self.memory.logged_out.extend(was.sessions.into_iter().filter(|one| !kept.contains(one)));
        }
        answer
    }

    /// Answers a request to the documents' cookie server.
    pub fn main_3(&mut self, request: &Request, now: Second) -> Answer {
        let answer = programs::main_3(&self.machine.rules.session_name, request);
        self.of_program(request, "main3.cookie-value", answer, now)
    }

    /// Answers a request to the documents' session server.
    pub fn session_server(&mut self, request: &Request, now: Second) -> Answer {
        let answer = programs::session_server(&self.machine, request);
        self.of_program(request, "main4.user-found", answer, now)
    }

    fn of_program(
        &mut self,
        request: &Request,
        rule: &'static str,
        mut answer: Answer,
        now: Second,
    ) -> Answer {
        let was = self.machine.state.clone();
        self.changed(&Asked::of(request), rule, &was, &mut answer, now);
        answer
    }

    fn changed(
        &mut self,
        asked: &Asked,
        rule: &'static str,
        was: &crate::State,
        answer: &mut Answer,
        now: Second,
    ) {
        if let Some(act) = self.fault.and_then(|fault| fault.after) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut After { asked, rule, was, machine, memory, answer, now });
        }
    }

    /// Runs main_0.
    pub fn main_0(&mut self, email: &str, password: &str, now: Second) -> String {
        let printed = programs::main_0(&mut self.machine, email, password, now);
        self.printed(printed)
    }

    /// Runs main_1.
    pub fn main_1(&self) -> String {
        self.printed(programs::main_1())
    }

    /// Runs main_2.
    pub fn main_2(&self) -> String {
        self.printed(programs::main_2())
    }

    /// Runs main_4 up to where it serves.
    pub fn main_4(&mut self, email: &str, password: &str, now: Second) -> String {
        let printed = programs::main_4(&mut self.machine, email, password, now);
        self.printed(printed)
    }

    fn printed(&self, text: String) -> String {
        self.fault.and_then(|fault| fault.printed).map_or(text.clone(), |change| change(&text))
    }

    /// Says what `require_auth` says.
    pub fn requires_auth(&self, path: &str, excluded: &str) -> bool {
        let says = self.fault.and_then(|fault| fault.requires_auth).unwrap_or(programs::requires_auth);
        says(path, excluded)
    }
}
