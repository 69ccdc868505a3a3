//! Faults: named deviations of the model, each one mistake that a server could make.

use serde_json::{Value, json};

use crate::{Asked, Machine, Second, Session, State, serve};
use spec::http::Answer;
use spec::http::Request;

/// One deviation of the model: what somebody could get wrong, and the requirements that speak against it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, as the matrix and the diagnosis give it.
    pub name: &'static str,
    /// The requirements that it breaks; it counts as found only where one of them is not met.
    pub requirements: &'static [&'static str],
    /// What the server does, in one sentence without its subject: "ends every session of the user at logout".
    pub sentence: &'static str,
    pub(super) before: Option<fn(&mut Before<'_>)>,
    pub(super) after: Option<fn(&mut After<'_>)>,
    pub(super) restart: Option<fn(&mut Restart<'_>)>,
    pub(super) printed: Option<fn(&str) -> String>,
    pub(super) requires_auth: Option<fn(&str, &str) -> bool>,
}

impl Fault {
    /// Names a fault that does nothing yet.
    pub(super) const fn new(
        name: &'static str,
        requirements: &'static [&'static str],
        sentence: &'static str,
    ) -> Self {
        Self {
            name,
            requirements,
            sentence,
            before: None,
            after: None,
            restart: None,
            printed: None,
            requires_auth: None,
        }
    }

    /// What happens before the model sees a request.
    pub(super) const fn before(mut self, act: fn(&mut Before<'_>)) -> Self {
        self.before = Some(act);
        self
    }

    /// What happens after the model has answered.
    pub(super) const fn after(mut self, act: fn(&mut After<'_>)) -> Self {
        self.after = Some(act);
        self
    }

    /// What happens at a restart.
    pub(super) const fn restart(mut self, act: fn(&mut Restart<'_>)) -> Self {
        self.restart = Some(act);
        self
    }

    /// What becomes of the output of the documents' programs.
    pub(super) const fn printed(mut self, change: fn(&str) -> String) -> Self {
        self.printed = Some(change);
        self
    }

    /// What `require_auth` says of a path and an excluded path.
    pub(super) const fn requires_auth(mut self, says: fn(&str, &str) -> bool) -> Self {
        self.requires_auth = Some(says);
        self
    }
}

/// What a faulty server remembers beside the model's state.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The sessions that a logout has ended, oldest first.
    pub logged_out: Vec<Session>,
    /// The state as it was when the server was last started.
    pub at_start: State,
    /// How many logins there were.
    pub logins: usize,
    /// How often the server was started.
    pub starts: usize,
}

/// A request on its way to the model; what is changed of the rules holds for this request only.
pub struct Before<'a> {
    /// The request, to be changed.
    pub request: &'a mut Request,
    /// What it asks, as it came.
    pub asked: Asked,
    /// The server.
    pub machine: &'a mut Machine,
    /// What it remembers besides.
    pub memory: &'a Memory,
    /// The moment.
    pub now: Second,
}

impl Before<'_> {
    /// Lets the request through the gate, as nobody.
    pub fn open_the_gate(&mut self) {
        self.machine.rules.mode = spec::catalogue::Mode::Off;
    }

    /// Tells whether the request has no credentials of any kind.
    pub fn sends_no_credentials(&self) -> bool {
        ["cookie", "authorization"].iter().all(|name| self.asked.header(name).next().is_none())
    }

    /// Gives the value of the session cookie.
    pub fn cookie(&self) -> Option<String> {
        self.asked.cookies(&self.machine.rules.session_name).next().map(str::to_owned)
    }

    /// Puts this session cookie in the place of every cookie.
    pub fn set_cookie(&mut self, id: &str) {
        let value = format!("{}={id}", self.machine.rules.session_name);
        self.set_header("cookie", &value);
    }

    /// Puts a header field in the place of all of its name.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.drop_header(name);
        self.request.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a header field away.
    pub fn drop_header(&mut self, name: &str) {
        self.request.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    }

    /// Asks for another path, the query left out.
    pub fn set_path(&mut self, path: &str) {
        self.request.target = Some(path.to_owned());
    }

    /// Gives the session that the cookie names.
    pub fn session(&self) -> Option<Session> {
        self.cookie().and_then(|id| self.machine.state.session(&id).cloned())
    }
}

/// An answer on its way back.
pub struct After<'a> {
    /// What was asked, as it came.
    pub asked: &'a Asked,
    /// The requirement that asks for the model's answer.
    pub rule: &'static str,
    /// The state before the request.
    pub was: &'a State,
    /// The server, with the state after it.
    pub machine: &'a mut Machine,
    /// What it remembers besides.
    pub memory: &'a Memory,
    /// The answer, to be changed.
    pub answer: &'a mut Answer,
    /// The moment.
    pub now: Second,
}

impl After<'_> {
    /// Tells whether the answer is the one that this requirement asks for.
    pub fn is(&self, rule: &str) -> bool {
        self.rule == rule
    }

    /// Answers with JSON instead.
    pub fn json(&mut self, status: u16, value: &Value) {
        self.answer.status = status;
        self.set_header("content-type", "application/json");
        self.answer.body = (serve::text(value, 0) + "\n").into_bytes();
    }

    /// Answers `{"error": …}` instead.
    pub fn error(&mut self, status: u16, text: &str) {
        self.json(status, &json!({"error": text}));
    }

    /// Changes the JSON of the answer, and leaves its status.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        if let Some(mut value) = self.answer.json() {
            change(&mut value);
            self.json(self.answer.status, &value);
        }
    }

    /// Changes each user that the answer shows.
    pub fn edit_users(&mut self, change: impl Fn(&mut Value)) {
        self.edit(|value| match value {
            Value::Array(users) => users.iter_mut().for_each(&change),
            user if user["email"].is_string() => change(user),
            _ => {}
        });
    }

    /// Puts a header field in the place of all of its name.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.drop_header(name);
        self.answer.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a header field away.
    pub fn drop_header(&mut self, name: &str) {
        self.answer.headers.retain(|(field, _)| field != name);
    }

    /// Undoes what the request has changed.
    pub fn undo(&mut self) {
        self.machine.state = self.was.clone();
    }

    /// Gives the session that the login has just made.
    pub fn new_session(&mut self) -> Option<&mut Session> {
        if self.is("login.ok") { self.machine.state.sessions.last_mut() } else { None }
    }

    /// Gives the session that the logout has just ended, as it was.
    pub fn ended(&self) -> Option<Session> {
        let now = &self.machine.state.sessions;
        let gone = |session: &&Session| self.is("logout.ok") && !now.contains(session);
        self.was.sessions.iter().find(gone).cloned()
    }

    /// Renames the new session, in the state and in the cookie.
    pub fn rename_session(&mut self, id: &str) {
        let Some(session) = self.new_session() else { return };
        id.clone_into(&mut session.id);
        let cookie = format!("{}={id}; Path=/", self.machine.rules.session_name);
        self.set_header("set-cookie", &cookie);
    }
}

/// A restart that has just happened.
pub struct Restart<'a> {
    /// The state before it.
    pub was: &'a State,
    /// The server after it.
    pub machine: &'a mut Machine,
    /// What it remembers besides.
    pub memory: &'a Memory,
    /// The moment.
    pub now: Second,
}
