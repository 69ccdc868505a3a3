//! The history of a server's sessions: what an answer alone does not tell, and the blame for it depends on.

use std::collections::{BTreeMap, BTreeSet};

use super::expected::Effect;
use super::state::Second;
use super::{Asked, Choice, Rules};
use spec::http::Answer;

/// What has happened until now.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The sessions that logins have made, by ID.
    sessions: BTreeMap<String, Past>,
    /// The values that were sent as a session ID before any login had made them.
    chosen: BTreeSet<String>,
    /// How often the server was started anew.
    pub restarts: usize,
}

/// What has happened to one session.
#[derive(Clone, Debug)]
pub struct Past {
    /// The id of its user.
    pub user: String,
    /// When its login was.
    pub born: Second,
    /// How it ended, other than by its age.
    pub end: Option<End>,
    /// Logins of its user since, and such as failed.
    pub logins: usize,
    /// Logins of its user before.
    pub earlier: usize,
    /// Logouts of other sessions since.
    pub logouts: usize,
    /// Restarts since its login, or its end.
    pub restarts: usize,
    /// Whether it opened something since.
    pub used: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By its logout.
    LoggedOut,
    /// With the process that had made it.
    Lost,
}

impl History {
    /// Gives what has happened to a session; `None` of an ID that no login has made.
    pub fn session(&self, id: &str) -> Option<&Past> {
        self.sessions.get(id)
    }

    /// Iterates over the IDs that logins have made.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    /// Tells whether a client has sent this ID before any login had made it.
    pub fn was_chosen(&self, id: &str) -> bool {
        self.chosen.contains(id)
    }

    /// Notes that the process was ended and another started.
    pub fn restart(&mut self, rules: &Rules) {
        self.restarts += 1;
        for past in self.sessions.values_mut() {
            past.restarts += 1;
            if !rules.keeps_sessions() && past.end.is_none() {
                (past.end, past.restarts) = (Some(End::Lost), 0);
            }
        }
    }

    /// Notes an answer that is right.
    pub fn note(&mut self, asked: &Asked, choice: &Choice, answer: &Answer, rules: &Rules, now: Second) {
        let sent =
            asked.cookies(&rules.session_name).map(str::to_owned).chain(asked.form_field("session_id"));
        for id in sent {
            match self.sessions.get_mut(&id) {
                Some(past) => past.used |= answer.is_success(),
                None => {
                    self.chosen.insert(id);
                }
            }
        }
        if choice.rule == "login.wrong-password" {
            self.sessions.values_mut().for_each(|past| past.logins += 1);
        }
        match &choice.effect {
            Effect::LogIn(user) => {
                self.sessions
                    .values_mut()
                    .filter(|past| past.user == *user)
                    .for_each(|past| past.logins += 1);
                let earlier = self.sessions.values().filter(|past| past.user == *user).count();
                if let Some(id) = answer.cookie(&rules.session_name) {
                    let born = Past {
                        user: user.clone(),
                        born: now,
                        end: None,
                        logins: 0,
                        earlier,
                        logouts: 0,
                        restarts: 0,
                        used: false,
                    };
                    self.sessions.insert(id.to_owned(), born);
                }
            }
            Effect::LogOut(id) => {
                for (other, past) in &mut self.sessions {
                    if other == id {
                        (past.end, past.restarts) = (Some(End::LoggedOut), 0);
                    } else {
                        past.logouts += 1;
                    }
                }
            }
            _ => {}
        }
    }
}
