//! An operation: one request of a client in a plan.

use proptest::prelude::{Strategy, any};

use super::actor::Actor;
use super::session_ref::SessionRef;

/// One request of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// GET of `users/me` with a session.
    Visit(SessionRef),
    /// A logout of a session.
    Logout(SessionRef),
    /// A successful login. Its session is the client's own from then on.
    Login(Actor),
    /// A login with a wrong password.
    WrongLogin(Actor),
    /// GET of a user.
    Read(Actor),
    /// PUT of one name of a user: of the first name by clients with an even number, of the last name by the others.
    Rename(Actor),
    /// POST of a new user, with one of two emails.
    Create(usize),
    /// DELETE of a user.
    Delete(Actor),
    /// GET of all users.
    List,
}

/// An operation without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationKind {
    /// GET of `users/me`.
    Visit,
    /// A logout.
    Logout,
    /// A successful login.
    Login,
    /// A login with a wrong password.
    WrongLogin,
    /// GET of a user.
    Read,
    /// PUT of a user.
    Rename,
    /// POST of a user.
    Create,
    /// DELETE of a user.
    Delete,
    /// GET of all users.
    List,
}

impl OperationKind {
    /// Every kind with its weight among the drawn operations.
    pub const WEIGHTS: [(Self, u32); 9] = [
        (Self::Visit, 6),
        (Self::Logout, 8),
        (Self::Login, 6),
        (Self::WrongLogin, 1),
        (Self::Read, 2),
        (Self::Rename, 3),
        (Self::Create, 2),
        (Self::Delete, 2),
        (Self::List, 1),
    ];

    /// Returns a strategy for operations of this kind.
    pub fn operations(self) -> impl Strategy<Value = Operation> + Clone {
        let facts = (any::<bool>(), any::<bool>());
        facts.prop_map(move |(one, two)| {
            let session = if one { SessionRef::Own } else { SessionRef::Shared };
            let actor = if one { Actor::Ann } else { Actor::Bob };
            match self {
                Self::Visit => Operation::Visit(session),
                Self::Logout => Operation::Logout(session),
                Self::Login => Operation::Login(actor),
                Self::WrongLogin => Operation::WrongLogin(actor),
                Self::Read => Operation::Read(actor),
                Self::Rename => Operation::Rename(actor),
                Self::Create => Operation::Create(usize::from(two)),
                Self::Delete => Operation::Delete(actor),
                Self::List => Operation::List,
            }
        })
    }
}

impl Operation {
    /// Returns the kind.
    pub fn kind(self) -> OperationKind {
        match self {
            Self::Visit(_) => OperationKind::Visit,
            Self::Logout(_) => OperationKind::Logout,
            Self::Login(_) => OperationKind::Login,
            Self::WrongLogin(_) => OperationKind::WrongLogin,
            Self::Read(_) => OperationKind::Read,
            Self::Rename(_) => OperationKind::Rename,
            Self::Create(_) => OperationKind::Create,
            Self::Delete(_) => OperationKind::Delete,
            Self::List => OperationKind::List,
        }
    }

    /// Returns the actor that the operation names.
    pub fn actor(self) -> Option<Actor> {
        match self {
            Self::Login(actor)
            | Self::WrongLogin(actor)
            | Self::Read(actor)
            | Self::Rename(actor)
            | Self::Delete(actor) => Some(actor),
            Self::Visit(_) | Self::Logout(_) | Self::Create(_) | Self::List => None,
        }
    }

    /// Returns the session that the request carries; `None` for a login.
    pub fn session(self) -> Option<SessionRef> {
        match self {
            Self::Visit(session) | Self::Logout(session) => Some(session),
            Self::Login(_) | Self::WrongLogin(_) => None,
            _ => Some(SessionRef::Own),
        }
    }
}
