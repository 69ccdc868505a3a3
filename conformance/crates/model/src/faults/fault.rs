//! A fault: one named mistake, as hooks into the model.

use serde_json::{Value, json};

use crate::{Machine, ParsedRequest, Second, Session, State, render};
use spec::http::Answer;
use spec::http::Request;

/// One mistake that a server could make, and the requirements that it breaks.
///
/// The mistake is a set of hooks, which the [`FaultyModel`](super::FaultyModel) calls.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The name, as the matrix and the diagnosis show it.
    pub name: &'static str,
    /// The ids of the requirements that it breaks. The suite has found the fault only if one of them is not met.
    pub requirements: &'static [&'static str],
    /// The wrong behaviour, as a sentence without a subject: "ends every session of the user at logout".
    pub sentence: &'static str,
    pub(super) before: Option<fn(&mut BeforeRequest<'_>)>,
    pub(super) after: Option<fn(&mut AfterRequest<'_>)>,
    pub(super) restart: Option<fn(&mut AfterRestart<'_>)>,
    pub(super) printed: Option<fn(&str) -> String>,
    pub(super) requires_auth: Option<fn(&str, &str) -> bool>,
}

impl Fault {
    /// Creates a fault without hooks.
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

    /// Sets the hook that runs before the model handles a request.
    pub(super) const fn before(mut self, act: fn(&mut BeforeRequest<'_>)) -> Self {
        self.before = Some(act);
        self
    }

    /// Sets the hook that runs after the model has handled a request.
    pub(super) const fn after(mut self, act: fn(&mut AfterRequest<'_>)) -> Self {
        self.after = Some(act);
        self
    }

    /// Sets the hook that runs after a restart.
    pub(super) const fn restart(mut self, act: fn(&mut AfterRestart<'_>)) -> Self {
        self.restart = Some(act);
        self
    }

    /// Sets the function that replaces the output of the documents' programs.
    pub(super) const fn printed(mut self, change: fn(&str) -> String) -> Self {
        self.printed = Some(change);
        self
    }

    /// Sets the function that replaces `require_auth`. Its arguments are a path and an excluded path.
    pub(super) const fn requires_auth(mut self, says: fn(&str, &str) -> bool) -> Self {
        self.requires_auth = Some(says);
        self
    }
}

/// The data of a faulty server beside the model's state.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The sessions that have been logged out, oldest logout first.
    pub logged_out: Vec<Session>,
    /// The state at the last start of the server.
    pub at_start: State,
    /// The number of successful logins.
    pub logins: usize,
}

/// The context of a hook that runs before the model handles a request.
///
/// A change of the machine's rules holds for this request only.
pub struct BeforeRequest<'a> {
    /// The request, which the hook may change.
    pub request: &'a mut Request,
    /// The original request, parsed.
    pub parsed: ParsedRequest,
    /// The correct server.
    pub machine: &'a mut Machine,
    /// The data of the faulty server.
    pub memory: &'a Memory,
    /// The time of the request.
    pub now: Second,
}

impl BeforeRequest<'_> {
    /// Lets the request through the gate without a user.
    pub fn bypass_gate(&mut self) {
        self.machine.rules.mode = spec::catalogue::Mode::Off;
    }

    /// Returns whether the request has neither a cookie nor an `Authorization` header.
    pub fn sends_no_credentials(&self) -> bool {
        ["cookie", "authorization"].iter().all(|name| self.parsed.header(name).next().is_none())
    }

    /// Returns the value of the first session cookie.
    pub fn cookie(&self) -> Option<String> {
        self.parsed.cookies(&self.machine.rules.session_name).next().map(str::to_owned)
    }

    /// Replaces all cookies by this session cookie.
    pub fn set_cookie(&mut self, id: &str) {
        let value = format!("{}={id}", self.machine.rules.session_name);
        self.set_header("cookie", &value);
    }

    /// Replaces all headers with this name.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.drop_header(name);
        self.request.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes all headers with this name.
    pub fn drop_header(&mut self, name: &str) {
        self.request.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    }

    /// Replaces the path, and removes the query.
    pub fn set_path(&mut self, path: &str) {
        self.request.target = Some(path.to_owned());
    }

    /// Returns the stored session of the session cookie.
    pub fn session(&self) -> Option<Session> {
        self.cookie().and_then(|id| self.machine.state.session(&id).cloned())
    }
}

/// The context of a hook that runs after the model has handled a request.
pub struct AfterRequest<'a> {
    /// The original request, parsed.
    pub parsed: &'a ParsedRequest,
    /// The id of the requirement that demands the model's answer.
    pub requirement: &'static str,
    /// The state before the request.
    pub previous: &'a State,
    /// The correct server, with the state after the request.
    pub machine: &'a mut Machine,
    /// The data of the faulty server.
    pub memory: &'a Memory,
    /// The answer, which the hook may change.
    pub answer: &'a mut Answer,
    /// The time of the answer.
    pub now: Second,
}

impl AfterRequest<'_> {
    /// Returns whether this requirement demands the model's answer.
    pub fn is_for(&self, requirement: &str) -> bool {
        self.requirement == requirement
    }

    /// Replaces the status and the body by this status and JSON.
    pub fn set_json(&mut self, status: u16, value: &Value) {
        self.answer.status = status;
        self.set_header("content-type", "application/json");
        self.answer.body = (render::json_text(value, 0) + "\n").into_bytes();
    }

    /// Replaces the status and the body by this status and `{"error": …}`.
    pub fn set_error(&mut self, status: u16, text: &str) {
        self.set_json(status, &json!({"error": text}));
    }

    /// Changes the JSON body and keeps the status. Does nothing if the body is not JSON.
    pub fn edit_json(&mut self, change: impl FnOnce(&mut Value)) {
        if let Some(mut value) = self.answer.json() {
            change(&mut value);
            self.set_json(self.answer.status, &value);
        }
    }

    /// Changes each user in the JSON body.
    pub fn edit_users(&mut self, change: impl Fn(&mut Value)) {
        self.edit_json(|value| match value {
            Value::Array(users) => users.iter_mut().for_each(&change),
            user if user["email"].is_string() => change(user),
            _ => {}
        });
    }

    /// Replaces all headers with this name, which is in lower case.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.drop_header(name);
        self.answer.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes all headers with this name, which is in lower case.
    pub fn drop_header(&mut self, name: &str) {
        self.answer.headers.retain(|(field, _)| field != name);
    }

    /// Restores the state before the request.
    pub fn undo(&mut self) {
        self.machine.state = self.previous.clone();
    }

    /// Returns the session that the request has created, if it is a login.
    pub fn new_session(&mut self) -> Option<&mut Session> {
        if self.is_for("login.ok") { self.machine.state.sessions.last_mut() } else { None }
    }

    /// Returns the session that the request has ended, if it is a logout.
    pub fn ended_session(&self) -> Option<Session> {
        let now = &self.machine.state.sessions;
        let gone = |session: &&Session| self.is_for("logout.ok") && !now.contains(session);
        self.previous.sessions.iter().find(gone).cloned()
    }

    /// Changes the ID of the session that the login has created, in the state and in the cookie.
    pub fn rename_session(&mut self, id: &str) {
        let Some(session) = self.new_session() else { return };
        id.clone_into(&mut session.id);
        let cookie = format!("{}={id}; Path=/", self.machine.rules.session_name);
        self.set_header("set-cookie", &cookie);
    }
}

/// The context of a hook that runs after a restart.
pub struct AfterRestart<'a> {
    /// The state before the restart.
    pub previous: &'a State,
    /// The correct server after the restart.
    pub machine: &'a mut Machine,
    /// The data of the faulty server.
    pub memory: &'a Memory,
    /// The time of the restart.
    pub now: Second,
}
