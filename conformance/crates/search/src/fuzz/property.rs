//! Properties: what shall hold of every sequence, and what is drawn to find one of which it does not.

use std::fmt;

use spec::catalogue::Mode;

/// What shall hold, whatever is asked in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Property {
    /// Session IDs are unique, and never what a client chose.
    Sessions,
    /// A session lives as long as SESSION_DURATION says, whatever happens meanwhile.
    Expiry,
    /// A logout ends one session, and no other.
    Logout,
    /// Nothing but live credentials opens a protected path, however it is spelled.
    Gate,
    /// Users are what was stored of them.
    Users,
    /// Any sequence is answered as the model has it.
    Walk,
}

/// How often each kind of operation is drawn; 0 for never.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weights {
    pub login: u32,
    pub login_wrong: u32,
    /// A protected path with credentials that should be let in.
    pub visit: u32,
    /// Any place with any credentials.
    pub probe: u32,
    /// A protected path, spelled otherwise.
    pub spelled: u32,
    pub logout: u32,
    pub create: u32,
    pub create_wrong: u32,
    pub update: u32,
    pub delete: u32,
    /// Time passes, to a boundary or near it.
    pub boundary: u32,
    /// Time passes by any amount.
    pub sleep: u32,
    pub restart: u32,
}

impl Property {
    /// Every property, in the order in which they are tried.
    pub const ALL: [Self; 6] =
        [Self::Sessions, Self::Expiry, Self::Logout, Self::Gate, Self::Users, Self::Walk];

    /// Returns the name of the property as the command line does.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Expiry => "expiry",
            Self::Logout => "logout",
            Self::Gate => "gate",
            Self::Users => "users",
            Self::Walk => "walk",
        }
    }

    /// Says in one sentence what shall hold.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Sessions => "session IDs are unique, and never what a client chose",
            Self::Expiry => "a session lives as long as SESSION_DURATION says, whatever happens meanwhile",
            Self::Logout => "a logout ends one session, and no other",
            Self::Gate => "nothing but live credentials opens a protected path, however it is spelled",
            Self::Users => "users are what was stored of them, for any text",
            Self::Walk => "any sequence of all this is answered as the model has it",
        }
    }

    /// Names the property whose sequences aim at a requirement; `None` where none can show that it is not met.
    pub fn of(requirement: &str) -> Option<Self> {
        let begins = |starts: &[&str]| starts.iter().any(|start| requirement.starts_with(start));
        if begins(&[
            "gate.wildcard",
            "json.",
            "main",
            "security.unique-ids",
            "security.logout-once",
            "redis.",
            // The model judges by the documents.
            "hardened.",
        ]) {
            return None;
        }
        let time = ["expiry.", "security.time-zone", "db.expiry", "db.survives", "session.memory-only"];
        let gate = ["gate.", "basic.", "session.", "security.", "errors.", "status."];
        Some(match requirement {
            "security.no-server-error" => Self::Walk,
            "security.no-adopted-id" => Self::Sessions,
            _ if begins(&time) => Self::Expiry,
            _ if begins(&["logout.", "db.logout", "session.user-deleted"]) => Self::Logout,
            _ if begins(&["login."]) => Self::Sessions,
            _ if begins(&["users.", "stats.", "me."]) => Self::Users,
            _ if begins(&gate) => Self::Gate,
            _ => Self::Walk,
        })
    }

    /// Returns the modes in which it says something.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Sessions | Self::Logout => &Mode::SESSIONS,
            Self::Expiry => &[Mode::SessionExpAuth, Mode::SessionDbAuth, Mode::SessionAuth],
            Self::Gate => &[
                Mode::SessionAuth,
                Mode::BasicAuth,
                Mode::BasicAuth,
                Mode::SessionExpAuth,
                Mode::SessionDbAuth,
                Mode::Auth,
            ],
            Self::Users => &[Mode::SessionAuth, Mode::BasicAuth, Mode::Off],
            Self::Walk => &[
                Mode::SessionDbAuth,
                Mode::SessionExpAuth,
                Mode::SessionAuth,
                Mode::BasicAuth,
                Mode::Auth,
                Mode::Off,
            ],
        }
    }

    /// Says how often each kind of operation is drawn.
    pub(super) fn weights(self) -> Weights {
        let none = Weights::default();
        match self {
            Self::Sessions => {
                Weights { login: 6, login_wrong: 1, visit: 2, probe: 3, logout: 1, restart: 1, ..none }
            }
            Self::Expiry => Weights {
                login: 4,
                login_wrong: 3,
                visit: 6,
                logout: 1,
                boundary: 6,
                sleep: 1,
                restart: 3,
                ..none
            },
            Self::Logout => {
                Weights { login: 4, visit: 4, logout: 4, probe: 1, delete: 1, restart: 1, ..none }
            }
            Self::Gate => Weights { login: 2, visit: 1, probe: 8, spelled: 5, logout: 1, ..none },
            Self::Users => Weights {
                login: 2,
                login_wrong: 1,
                visit: 4,
                create: 4,
                create_wrong: 2,
                update: 4,
                delete: 2,
                probe: 1,
                restart: 1,
                ..none
            },
            Self::Walk => Weights {
                login: 4,
                login_wrong: 1,
                visit: 4,
                probe: 3,
                spelled: 1,
                logout: 2,
                create: 2,
                create_wrong: 1,
                update: 2,
                delete: 1,
                boundary: 2,
                sleep: 1,
                restart: 1,
            },
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
