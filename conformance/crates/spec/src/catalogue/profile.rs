//! Profiles: what an implementation is judged by.

/// The documents, or the documents with what HARDENED=1 mends of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The documents.
    #[default]
    Documented,
    /// The server is started with HARDENED=1, and what that changes is asked for instead.
    Hardened,
}

impl Profile {
    /// Names the profile as the command line and the front matter of scenarios do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Hardened => "hardened",
        }
    }

    /// Gives the environment variable that asks a server for it; none for the documents.
    pub fn variable(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Documented => None,
            Self::Hardened => Some(("HARDENED", "1")),
        }
    }
}
