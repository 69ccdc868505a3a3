//! An allowed response: the status, the body and the effect of one correct answer to a request.

use serde_json::{Value, json};

use super::state::Second;
use super::{Unspecified, User};

/// One correct response to a request, and its effect on the state.
#[derive(Clone, Debug)]
pub struct AllowedResponse {
    /// The id of the requirement that demands the response.
    pub requirement: &'static str,
    /// The allowed statuses.
    pub status: Status,
    /// The allowed bodies.
    pub body: Body,
    /// The change of state once the server has given the response.
    pub effect: Effect,
    /// The reason why other responses are allowed too; `None` for a response that the documents define.
    pub unspecified: Option<Unspecified>,
}

/// A set of allowed statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Exactly this status.
    Is(u16),
    /// Any status from 300 to 499.
    Refusal,
    /// Any status below 500.
    Below500,
    /// Any status.
    Any,
}

/// A set of allowed bodies.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The JSON object `{"error": …}` with this text.
    Error(&'static str),
    /// Exactly this JSON value.
    Json(Value),
    /// This user. An empty id and an absent time may be any id and any time.
    User(User),
    /// An array of these users, in any order.
    Users(Vec<User>),
    /// The HTML page of a 405, with these methods in the `Allow` header.
    NotAllowed(&'static [&'static str]),
    /// Any body.
    Any,
}

/// The change of state that a response causes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// No change.
    None,
    /// A new user is stored: this one, with the id and the times that the answer shows.
    Store(User),
    /// A new user is stored if the answer is a success: the user that it shows.
    Observe,
    /// The stored user with this id gets these names, and the update time that the answer shows.
    Rename(User),
    /// The user with this id is deleted.
    Delete(String),
    /// A session is created for the user with this id. The cookie of the answer carries the session's ID.
    LogIn(String),
    /// The session with this ID is deleted.
    LogOut(String),
}

impl Status {
    /// Returns whether the set contains `status`.
    pub fn admits(self, status: u16) -> bool {
        match self {
            Self::Is(one) => one == status,
            Self::Refusal => (300..500).contains(&status),
            Self::Below500 => status < 500,
            Self::Any => true,
        }
    }

    /// Returns the member of the set that the model itself serves.
    pub fn served(self) -> u16 {
        match self {
            Self::Is(one) => one,
            Self::Refusal | Self::Any => 404,
            Self::Below500 => 400,
        }
    }
}

impl AllowedResponse {
    /// Creates a response that the documents define and that changes nothing.
    pub fn new(requirement: &'static str, status: u16, body: Body) -> Self {
        Self { requirement, status: Status::Is(status), body, effect: Effect::None, unspecified: None }
    }

    /// Creates the response `{"error": …}`.
    pub fn error(requirement: &'static str, status: u16, text: &'static str) -> Self {
        Self::new(requirement, status, Body::Error(text))
    }

    /// Creates a response with any body, for a request whose answer the documents do not specify.
    pub fn unspecified(reason: Unspecified, status: Status) -> Self {
        Self {
            requirement: "security.no-server-error",
            status,
            body: Body::Any,
            effect: Effect::None,
            unspecified: Some(reason),
        }
    }

    /// Sets the effect.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Sets the reason why the response is allowed beside the documented one.
    #[must_use]
    pub fn because(mut self, reason: Unspecified) -> Self {
        self.unspecified = Some(reason);
        self
    }
}

/// Returns a user as the API shows it, without the password. Unknown times are null.
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

/// Formats a time in the documents' form, `YYYY-MM-DD HH:MM:SS` in UTC (users.timestamps).
pub fn timestamp(second: Second) -> String {
    let time = chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Parses a time in either of the two accepted forms, separated by a space or by `T` (users.timestamps).
pub fn read_timestamp(text: &str) -> Option<Second> {
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    let time = forms.iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_parsed_and_the_documents_form_is_written() {
        assert_eq!(timestamp(1_509_041_391), "2017-10-26 18:09:51");
        assert_eq!(read_timestamp("2017-10-26 18:09:51"), Some(1_509_041_391));
        assert_eq!(read_timestamp("2017-10-26T18:09:51"), Some(1_509_041_391));
        assert_eq!(read_timestamp("2017-10-26"), None);
    }

    #[test]
    fn the_served_status_is_an_allowed_one() {
        for status in [Status::Is(201), Status::Refusal, Status::Below500, Status::Any] {
            assert!(status.admits(status.served()), "{status:?}");
        }
        assert!(
            !Status::Refusal.admits(200) && !Status::Below500.admits(500) && !Status::Is(401).admits(403)
        );
    }
}
