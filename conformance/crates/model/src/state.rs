//! The state of a model: what a correct server remembers, and nothing else.

use super::Rules;

/// A moment, in seconds since 1970 (UTC): the documents know nothing finer.
pub type Second = i64;

/// What is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The users, oldest first.
    pub users: Vec<User>,
    /// The sessions that were neither logged out nor lost, oldest first; expired ones are among them.
    pub sessions: Vec<Session>,
}

/// A stored user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct User {
    /// Its id, a UUID version 4.
    pub id: String,
    /// Its address, as it was given.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Its first name, if it has one.
    pub first_name: Option<String>,
    /// Its last name, if it has one.
    pub last_name: Option<String>,
    /// When it was stored; `None` until an answer has told.
    pub created_at: Option<Second>,
    /// When it was last changed; `None` until an answer has told.
    pub updated_at: Option<Second>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// Its ID, as the cookie carries it.
    pub id: String,
    /// The id of the user who logged in; that user may be gone.
    pub user: String,
    /// When the login was.
    pub born: Second,
}

/// What is known of a session's age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It has not expired.
    Live,
    /// This is the very second until which it lives.
    LastSecond,
    /// It has expired.
    Expired,
}

impl Session {
    /// Tells how old the session is at `now` (expiry.live-before, expiry.boundary, expiry.dead-after).
    pub fn age(&self, rules: &Rules, now: Second) -> Age {
        match rules.duration.map(|duration| self.born.saturating_add(duration)) {
            Some(end) if now > end => Age::Expired,
            Some(end) if now == end => Age::LastSecond,
            _ => Age::Live,
        }
    }
}

impl State {
    /// Finds a user by id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Finds a user by id, to change it.
    pub fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Lists the users with an address; the documents do not say that there is only one.
    pub fn with_email<'a>(&'a self, email: &'a str) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| user.email == email)
    }

    /// Finds a session by its ID.
    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Forgets what does not outlive a process (users.persist, db.survives-restart, session.memory-only).
    pub fn restart(&mut self, rules: &Rules) {
        if !rules.keeps_sessions() {
            self.sessions.clear();
        }
    }
}
