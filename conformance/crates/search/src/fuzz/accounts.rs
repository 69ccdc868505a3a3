//! The users and sessions of a sequence, as its requests refer to them: by number.

use targets::NewUser;

/// What a sequence has stored until now.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The users that were ever stored, the first ones before all.
    pub users: Vec<NewUser>,
    /// The sessions that logins have made, each with its ID on the model.
    pub sessions: Vec<String>,
    /// The name of the session cookie.
    pub cookie_name: String,
}

/// Returns the name of the variable that holds a user's id.
pub fn user_variable(user: usize) -> String {
    format!("USER{}", user + 1)
}

/// Returns the name of the variable that holds a session's ID.
pub fn session_variable(session: usize) -> String {
    format!("SESSION{}", session + 1)
}
