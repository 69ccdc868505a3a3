//! The data that a correct server stores: users and sessions.

use super::Rules;

/// A time in whole seconds since 1970-01-01 00:00:00 UTC. The documents have no finer resolution.
pub type Second = i64;

/// The users and sessions that a server stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The users, oldest first.
    pub users: Vec<User>,
    /// The sessions that have been neither logged out nor lost at a restart, oldest first. Expired sessions stay.
    pub sessions: Vec<Session>,
}

/// A stored user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct User {
    /// The id, a UUID version 4; empty while no answer has shown it.
    pub id: String,
    /// The email, as the client sent it.
    pub email: String,
    /// The password in plain text.
    pub password: String,
    /// The first name, if the user has one.
    pub first_name: Option<String>,
    /// The last name, if the user has one.
    pub last_name: Option<String>,
    /// The time of creation; `None` while no answer has shown it.
    pub created_at: Option<Second>,
    /// The time of the last update; `None` while no answer has shown it.
    pub updated_at: Option<Second>,
}

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The session's ID, as the cookie carries it.
    pub id: String,
    /// The id of the user who logged in. The user may have been deleted since.
    pub user: String,
    /// The time of the login.
    pub created_at: Second,
}

/// The age of a session, compared with its lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The session has not expired.
    Live,
    /// The session is exactly as old as its lifetime: this is its last second.
    LastSecond,
    /// The session has expired.
    Expired,
}

impl Session {
    /// Returns the age of the session at `now` (expiry.live-before, expiry.boundary, expiry.dead-after).
    pub fn age(&self, rules: &Rules, now: Second) -> Age {
        match rules.duration.map(|duration| self.created_at.saturating_add(duration)) {
            Some(end) if now > end => Age::Expired,
            Some(end) if now == end => Age::LastSecond,
            _ => Age::Live,
        }
    }
}

impl State {
    /// Returns the user with this id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Returns the user with this id, mutably.
    pub fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Iterates over the users with this email, oldest first. The documents do not make emails unique.
    pub fn users_with_email<'a>(&'a self, email: &'a str) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| user.email == email)
    }

    /// Returns the session with this ID.
    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Drops the data that does not outlive the process (users.persist, db.survives-restart, session.memory-only).
    pub fn restart(&mut self, rules: &Rules) {
        if !rules.keeps_sessions() {
            self.sessions.clear();
        }
    }
}
