//! A reference to a session in a plan.

/// The name of the variable that holds the ID of the shared session.
pub const SHARED_SESSION: &str = "SESSION";

/// A session, by the clients that know its ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRef {
    /// Bob's session, which every client knows.
    Shared,
    /// The session of the client's last login, or the one that was created for the client before the plan started.
    Own,
}

impl SessionRef {
    /// Returns the name of the variable that holds the session's ID, for a client counted from 0.
    pub fn variable(self, client: usize) -> String {
        match self {
            Self::Shared => SHARED_SESSION.to_owned(),
            Self::Own => format!("OWN{}", client + 1),
        }
    }
}
