//! The history of a server's sessions. The attribution of a wrong answer to requirements depends on it.

use std::collections::{BTreeMap, BTreeSet};

use super::response::Effect;
use super::state::Second;
use super::{AllowedResponse, ParsedRequest, Rules};
use spec::http::Answer;

/// The events of every session until now.
#[derive(Clone, Debug, Default)]
pub struct SessionHistory {
    /// The sessions that logins have created, by ID.
    sessions: BTreeMap<String, SessionRecord>,
    /// The session IDs that a client sent and no login had created.
    client_chosen: BTreeSet<String>,
    /// The number of restarts.
    pub restarts: usize,
}

/// The events of one session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// The id of the session's user.
    pub user: String,
    /// The time of the login.
    pub created_at: Second,
    /// The way in which the session ended; `None` if it did not end, or only expired.
    pub end: Option<SessionEnd>,
    /// The number of later logins of its user, and of later logins of anybody with a wrong password.
    pub later_logins: usize,
    /// The number of earlier logins of its user.
    pub earlier_logins: usize,
    /// The number of later logouts of other sessions.
    pub other_logouts: usize,
    /// The number of restarts since the login, or since the end if the session has ended.
    pub restarts: usize,
    /// Whether a request with the session has succeeded.
    pub used: bool,
}

/// The way in which a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// By a logout.
    LoggedOut,
    /// By the end of the process that held it.
    Lost,
}

impl SessionHistory {
    /// Returns the record of a session; `None` for an ID that no login has created.
    pub fn session(&self, id: &str) -> Option<&SessionRecord> {
        self.sessions.get(id)
    }

    /// Iterates over the IDs that logins have created.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    /// Returns whether a client has sent this ID before any login had created it.
    pub fn was_client_chosen(&self, id: &str) -> bool {
        self.client_chosen.contains(id)
    }

    /// Records a restart of the server with the settings that it had before.
    pub fn restart(&mut self, rules: &Rules) {
        self.restarts += 1;
        for session in self.sessions.values_mut() {
            session.restarts += 1;
            if !rules.keeps_sessions() && session.end.is_none() {
                (session.end, session.restarts) = (Some(SessionEnd::Lost), 0);
            }
        }
    }

    /// Records an answer that is one of the allowed responses.
    pub fn record(
        &mut self,
        parsed: &ParsedRequest,
        allowed: &AllowedResponse,
        answer: &Answer,
        rules: &Rules,
        now: Second,
    ) {
        let sent =
            parsed.cookies(&rules.session_name).map(str::to_owned).chain(parsed.form_field("session_id"));
        for id in sent {
            match self.sessions.get_mut(&id) {
                Some(session) => session.used |= answer.is_success(),
                None => {
                    self.client_chosen.insert(id);
                }
            }
        }
        if allowed.requirement == "login.wrong-password" {
            self.sessions.values_mut().for_each(|session| session.later_logins += 1);
        }
        match &allowed.effect {
            Effect::LogIn(user) => {
                self.sessions
                    .values_mut()
                    .filter(|session| session.user == *user)
                    .for_each(|session| session.later_logins += 1);
                let earlier_logins = self.sessions.values().filter(|session| session.user == *user).count();
                if let Some(id) = answer.cookie(&rules.session_name) {
                    let record = SessionRecord {
                        user: user.clone(),
                        created_at: now,
                        end: None,
                        later_logins: 0,
                        earlier_logins,
                        other_logouts: 0,
                        restarts: 0,
                        used: false,
                    };
                    self.sessions.insert(id.to_owned(), record);
                }
            }
            Effect::LogOut(id) => {
                for (other, session) in &mut self.sessions {
                    if other == id {
                        (session.end, session.restarts) = (Some(SessionEnd::LoggedOut), 0);
                    } else {
                        session.other_logouts += 1;
                    }
                }
            }
            _ => {}
        }
    }
}
