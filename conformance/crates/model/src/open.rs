//! What the documents leave open: every place where more than one answer is right, and why.

/// A freedom that the documents leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Open {
    /// `Authorization:` or `Cookie: NAME=` with nothing after it.
    EmptyCredential,
    /// Base64 with other characters in it.
    JunkInBase64,
    /// The session cookie, an Authorization field or another field more than once.
    Repeated,
    /// The very second at which a session in the database ends.
    LastSecond,
    /// A path that servers read differently.
    Spelling,
    /// OPTIONS and HEAD.
    ServersOwnMethod,
    /// Login or logout where no session can be made.
    NoSessionsHere,
    /// PUT and DELETE of users/me.
    ChangeMe,
    /// A body whose type says that it is something else.
    OtherContentType,
    /// A user with values that are no strings.
    OddUser,
    /// A name that is null in an update.
    NullName,
    /// A second user with the address of another.
    SameEmail,
    /// A login form as multipart.
    MultipartLogin,
    /// A wrong method with a slash at the end, on a route of the starter.
    SlashAndWrongMethod,
    /// A request to a route that is open, with broken content or credentials that nobody reads.
    Malformed,
}

impl Open {
    /// Says in one sentence why it is open.
    pub fn why(self) -> &'static str {
        match self {
            Self::EmptyCredential => {
                "half of the implementations read an empty value as missing (401), half as unknown (403), and the documents fit both"
            }
            Self::JunkInBase64 => {
                "Python's decoder skips characters outside the alphabet, other decoders refuse them; the documents say only invalid Base64"
            }
            Self::Repeated => "no document says which of two values of the same name counts",
            Self::LastSecond => {
                "a database keeps whole seconds, so that a session may end up to one second early; expiry.boundary is of session_exp_auth alone"
            }
            Self::Spelling => {
                "the requirement is that no spelling opens a protected path (security.gate-spelling); which refusal it gets is the server's"
            }
            Self::ServersOwnMethod => {
                "HEAD and OPTIONS are answered by frameworks themselves; no document shows them"
            }
            Self::NoSessionsHere => "the login and logout requirements speak of the session modes only",
            Self::ChangeMe => "the documents know users/me for reading only",
            Self::OtherContentType => {
                "the documents always send the right Content-Type; frameworks look at it or not"
            }
            Self::OddUser => "the documents never send an email, password or name that is not a string",
            Self::NullName => "a null is given, and says nothing: the documents show no such update",
            Self::SameEmail => "the documents do not say that an address belongs to one user",
            Self::MultipartLogin => "a form is a form to most frameworks; the documents send it urlencoded",
            Self::SlashAndWrongMethod => {
                "the starter's routes with strict slashes off answer 404 or 405 to another method with a slash"
            }
            Self::Malformed => {
                "malformed input is answered below 500 (security.no-server-error); how is the server's"
            }
        }
    }
}
