//! The faulty model: the model with at most one fault, as a server.

use super::{AfterRequest, AfterRestart, BeforeRequest, Fault, Memory};
use crate::{Machine, ParsedRequest, Rules, Second, programs};
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
        let parsed = ParsedRequest::from(request);
        let mut request = request.clone();
        if let Some(act) = self.fault.and_then(|fault| fault.before) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut BeforeRequest { request: &mut request, parsed: parsed.clone(), machine, memory, now });
        }
        let previous = self.machine.state.clone();
        let (requirement, mut answer) = self.machine.answer(&request, now);
        self.machine.rules = rules;
        self.apply_after(&parsed, requirement, &previous, &mut answer, now);
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
        self.apply_after(&ParsedRequest::from(request), requirement, &previous, &mut answer, now);
        answer
    }

    fn apply_after(
        &mut self,
        parsed: &ParsedRequest,
        requirement: &'static str,
        previous: &crate::State,
        answer: &mut Answer,
        now: Second,
    ) {
        if let Some(act) = self.fault.and_then(|fault| fault.after) {
            let (machine, memory) = (&mut self.machine, &self.memory);
            act(&mut AfterRequest { parsed, requirement, previous, machine, memory, answer, now });
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

#[cfg(test)]
mod tests {
    use super::super::all;
    use super::*;
    use crate::User;
    use spec::catalogue::Mode;

    const NAME: &str = "_my_session_id";

    /// Creates a server that stores Bob.
    fn server(mode: Mode, fault: Option<&str>) -> FaultyModel {
        let fault = fault.map(|name| all().find(|one| one.name == name).expect("the fault exists"));
        let mut server = FaultyModel::new(Rules::new(mode, NAME, None), fault);
        let (id, email) = ("bob".to_owned(), "bob@hbtn.io".to_owned());
        server.machine.state.users.push(User { id, email, password: "pwd".to_owned(), ..User::default() });
        server
    }

    fn request(method: &str, path: &str, cookie: Option<&str>) -> Request {
        let mut request = Request::get(format!("http://h/api/v1/{path}"));
        method.clone_into(&mut request.method);
        request.headers.extend(cookie.map(|id| ("Cookie".to_owned(), format!("{NAME}={id}"))));
        request
    }

    fn log_in(server: &mut FaultyModel) -> String {
        let form = "email=bob@hbtn.io&password=pwd".to_owned();
        let url = "http://h/api/v1/auth_session/login".to_owned();
        let answer = server.answer(&Request::post(url, "application/x-www-form-urlencoded", form), 0);
        answer.cookie(NAME).expect("a login sets a cookie").to_owned()
    }

    /// Sends GET of the users, a logout, another one, and GET of the users again after a restart.
    fn statuses(mut server: FaultyModel) -> [u16; 4] {
        let id = log_in(&mut server);
        let mut status = |request: &Request| server.answer(request, 0).status;
        let users = request("GET", "users", Some(&id));
        let logout = request("DELETE", "auth_session/logout", Some(&id));
        let (open, ended, again) = (status(&users), status(&logout), status(&logout));
        server.restart(Rules::new(Mode::SessionDbAuth, NAME, None), 0);
        [open, ended, again, server.answer(&users, 0).status]
    }

    #[test]
    fn without_a_fault_the_server_is_correct() {
        assert_eq!(statuses(server(Mode::SessionDbAuth, None)), [200, 200, 403, 403]);
    }

    #[test]
    fn hooks_see_the_sessions_that_were_logged_out() {
        assert_eq!(statuses(server(Mode::SessionDbAuth, Some("logout-again-200"))), [200, 200, 200, 403]);
        assert_eq!(statuses(server(Mode::SessionDbAuth, Some("logout-forgotten"))), [200, 200, 403, 200]);
    }

    #[test]
    fn a_change_of_the_rules_holds_for_one_request() {
        let mut server = server(Mode::SessionAuth, Some("nobody-let-in"));
        assert_eq!(server.answer(&request("GET", "users", None), 0).status, 200);
        assert_eq!(server.answer(&request("GET", "users", Some("x")), 0).status, 403);
        assert_eq!(server.machine.rules.mode, Mode::SessionAuth);
    }

    #[test]
    fn the_state_can_be_restored_to_the_one_before_the_request() {
        let mut server = server(Mode::SessionAuth, Some("delete-keeps"));
        let id = log_in(&mut server);
        let bob = |method| request(method, "users/bob", Some(&id));
        assert_eq!(server.answer(&bob("DELETE"), 0).status, 200);
        assert_eq!(server.answer(&bob("GET"), 0).status, 200);
    }

    #[test]
    fn programs_and_require_auth_have_faults_too() {
        let correct = server(Mode::SessionAuth, None);
        let faulty = server(Mode::SessionAuth, Some("main-1-number"));
        assert!(correct.main_1().contains("89 => None: {}\n") && !faulty.main_1().contains("89 => None"));
        let literal = server(Mode::Auth, Some("wildcard-literal"));
        let asks = |server: &FaultyModel| server.requires_auth("/api/v1/stats", "/api/v1/stat*");
        assert!(!asks(&correct) && asks(&literal));
        let mut nobody = server(Mode::SessionAuth, Some("main-4-nobody"));
        nobody.main_4("ann@hbtn.io", "pwd", 0);
        let id = nobody.machine.state.sessions[0].id.clone();
        let page = nobody.session_server(&request("GET", "", Some(&id)), 0);
        assert_eq!(page.body, b"No user found\n");
    }

    #[test]
    fn every_fault_has_a_hook() {
        for fault in all() {
            let is_hooked = fault.before.is_some()
                || fault.after.is_some()
                || fault.restart.is_some()
                || fault.printed.is_some()
                || fault.requires_auth.is_some();
            assert!(is_hooked, "{}", fault.name);
        }
    }
}
