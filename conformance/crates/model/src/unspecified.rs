//! The cases that the documents leave unspecified, where more than one answer is correct.

/// A case that the documents leave unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unspecified {
    /// An `Authorization` header or a session cookie with an empty value.
    EmptyCredential,
    /// Basic credentials in Base64 with characters outside its alphabet.
    JunkInBase64,
    /// The session cookie or the `Authorization` header more than once.
    Repeated,
    /// The second at which a session in the database expires.
    LastSecond,
    /// A path with unusual spelling, which servers read differently.
    Spelling,
    /// The methods OPTIONS and HEAD.
    ServersOwnMethod,
    /// Login or logout in a mode without sessions.
    NoSessionsHere,
    /// PUT and DELETE of `users/me`.
    ChangeMe,
    /// A JSON body with another Content-Type.
    OtherContentType,
    /// A user whose email, password or name is not a string.
    OddUser,
    /// An update with a name that is null.
    NullName,
    /// A second user with the email of a stored user.
    SameEmail,
    /// A login form in `multipart/form-data`.
    MultipartLogin,
    /// A method that is not allowed, on a path with a slash at its end.
    SlashAndWrongMethod,
    /// A malformed body: one that some decoders read as JSON, or one for a user who does not exist.
    Malformed,
}

impl Unspecified {
    /// Returns a sentence that says why the documents leave the case unspecified.
    pub fn reason(self) -> &'static str {
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
