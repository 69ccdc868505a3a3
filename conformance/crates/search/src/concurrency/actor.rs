//! An actor: a user whom a plan starts with.

/// A user whom a plan may start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// The user of the shared session.
    Bob,
    /// The other user.
    Ann,
}

impl Actor {
    /// Both actors.
    pub const ALL: [Self; 2] = [Self::Bob, Self::Ann];

    /// Returns the local part of the email.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bob => "bob",
            Self::Ann => "ann",
        }
    }

    /// Returns the name of the variable that holds the actor's id.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Bob => "BOB",
            Self::Ann => "ANN",
        }
    }

    /// Returns the actor whose session a client starts with. Clients are counted from 0.
    pub fn of_client(client: usize) -> Self {
        Self::ALL[(client + 1) % 2]
    }
}
