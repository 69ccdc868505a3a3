//! Expected answers: what a choice of the model looks like over HTTP, to be served or to be compared with.

use serde_json::{Value, json};

use super::state::Second;
use super::{Open, User};

/// One right answer, and what it does.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The requirement that asks for it.
    pub rule: &'static str,
    /// The status.
    pub status: Status,
    /// The body.
    pub body: Body,
    /// What changes once it is given.
    pub effect: Effect,
    /// Why it is one of several.
    pub open: Option<Open>,
}

/// The statuses that are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Is(u16),
    /// Any that is no success, and no failure of the server.
    Refusal,
    /// Any but a failure of the server.
    Below500,
    /// Any at all.
    Any,
}

/// The bodies that are right.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `{"error": …}` with this text.
    Error(&'static str),
    /// This JSON.
    Json(Value),
    /// This user; what is not known of it yet may be anything of its kind.
    User(User),
    /// These users, in any order.
    Users(Vec<User>),
    /// The page of a 405, with these methods in the Allow field.
    NotAllowed(&'static [&'static str]),
    /// Anything.
    Any,
}

/// What an answer changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The user of the answer is stored, with this password.
    Store(User),
    /// Whoever the answer shows is stored, if it is a success.
    Observe,
    /// The user has these names, and has changed now.
    Rename(User),
    /// The user with this id is gone.
    Delete(String),
    /// A session of the user with this id begins; its ID is in the cookie.
    LogIn(String),
    /// The session with this ID ends.
    LogOut(String),
}

impl Status {
    /// Tells whether a status is right.
    pub fn admits(self, status: u16) -> bool {
        match self {
            Self::Is(one) => one == status,
            Self::Refusal => (300..500).contains(&status),
            Self::Below500 => status < 500,
            Self::Any => true,
        }
    }

    /// Gives the status to serve.
    pub fn served(self) -> u16 {
        match self {
            Self::Is(one) => one,
            Self::Refusal | Self::Any => 404,
            Self::Below500 => 400,
        }
    }
}

impl Choice {
    /// Makes an answer that changes nothing.
    pub fn new(rule: &'static str, status: u16, body: Body) -> Self {
        Self { rule, status: Status::Is(status), body, effect: Effect::None, open: None }
    }

    /// Makes the answer `{"error": …}`.
    pub fn error(rule: &'static str, status: u16, text: &'static str) -> Self {
        Self::new(rule, status, Body::Error(text))
    }

    /// Makes an answer that the documents leave open.
    pub fn open(why: Open, status: Status) -> Self {
        Self {
            rule: "security.no-server-error",
            status,
            body: Body::Any,
            effect: Effect::None,
            open: Some(why),
        }
    }

    /// Says what the answer does.
    #[must_use]
    pub fn with(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Says why it is one of several.
    #[must_use]
    pub fn because(mut self, why: Open) -> Self {
        self.open = Some(why);
        self
    }
}

/// Writes a user as the API shows it; what is not known is null.
pub fn user_json(user: &User) -> Value {
    json!({
        "created_at": user.created_at.map(timestamp),
        "email": user.email,
        "first_name": user.first_name,
        "id": user.id,
        "last_name": user.last_name,
        "updated_at": user.updated_at.map(timestamp),
    })
}

/// Writes a moment as the documents do (users.timestamps).
pub fn timestamp(second: Second) -> String {
    let time = chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads a moment in either form that is accepted (users.timestamps).
pub fn read_timestamp(text: &str) -> Option<Second> {
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    let time = forms.iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_read_and_the_documents_own_is_written() {
        assert_eq!(timestamp(1_509_041_391), "2017-10-26 18:09:51");
        assert_eq!(read_timestamp("2017-10-26 18:09:51"), Some(1_509_041_391));
        assert_eq!(read_timestamp("2017-10-26T18:09:51"), Some(1_509_041_391));
        assert_eq!(read_timestamp("2017-10-26"), None);
    }

    #[test]
    fn a_status_that_is_served_is_one_that_is_right() {
        for status in [Status::Is(201), Status::Refusal, Status::Below500, Status::Any] {
            assert!(status.admits(status.served()), "{status:?}");
        }
        assert!(
            !Status::Refusal.admits(200) && !Status::Below500.admits(500) && !Status::Is(401).admits(403)
        );
    }
}
