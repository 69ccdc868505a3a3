//! Identification: the user behind a request, by its credentials and the rules of the mode.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::asked::Asked;
use super::state::{Age, Second};
use super::{Rules, State, Unspecified, User};
use spec::catalogue::Mode;

/// The result of reading the credentials of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The request has no credentials.
    NoCredentials,
    /// The credentials identify no user, by the requirement with this id.
    Rejected(&'static str),
    /// The credentials identify a user.
    User {
        /// The user's id.
        id: String,
        /// The ID of the session, if the credentials are a session.
        session: Option<String>,
    },
}

/// The correct interpretations of a request's credentials.
pub struct Interpretations {
    /// The interpretation by the documents, or by this model where they say nothing.
    pub documented: Identity,
    /// The other interpretations that a correct server may choose, with the reasons.
    pub alternatives: Vec<(Identity, Unspecified)>,
}

impl Interpretations {
    fn only(documented: Identity) -> Self {
        Self { documented, alternatives: Vec::new() }
    }

    fn or(mut self, other: Identity, why: Unspecified) -> Self {
        if other != self.documented {
            self.alternatives.push((other, why));
        }
        self
    }
}

/// Interprets the credentials of a request (gate.missing, gate.unknown, and the requirements of each mode).
pub fn identify(state: &State, rules: &Rules, now: Second, asked: &Asked) -> Interpretations {
    let authorization: Vec<&str> = asked.header("authorization").collect();
    let cookies: Vec<&str> = asked.cookies(&rules.session_name).collect();
    let all_empty = authorization.iter().chain(&cookies).all(|value| value.is_empty());
    let who = |authorization: Option<&str>, cookie: Option<&str>| match (authorization, cookie) {
        (None, None) => Interpretations::only(Identity::NoCredentials),
        _ => match rules.mode {
            Mode::Off | Mode::Auth if authorization.is_some() => {
                Interpretations::only(Identity::Rejected("gate.plain-auth"))
            }
            Mode::Off | Mode::Auth => Interpretations::only(Identity::Rejected("gate.unknown")),
            Mode::BasicAuth => match authorization {
                Some(value) => identify_by_basic(state, value),
                None => Interpretations::only(Identity::Rejected("gate.unknown")),
            },
            _ => match cookie {
                Some(id) => identify_by_session(state, rules, now, id),
                None => Interpretations::only(Identity::Rejected("session.not-basic")),
            },
        },
    };
    let mut interpretations = who(authorization.first().copied(), cookies.first().copied());
    for other in authorization.iter().skip(1) {
        interpretations =
            interpretations.or(who(Some(other), cookies.first().copied()).documented, Unspecified::Repeated);
    }
    for other in cookies.iter().skip(1) {
        interpretations = interpretations
            .or(who(authorization.first().copied(), Some(other)).documented, Unspecified::Repeated);
    }
    if all_empty && interpretations.documented != Identity::NoCredentials {
        interpretations = interpretations.or(Identity::NoCredentials, Unspecified::EmptyCredential);
    }
    interpretations
}

/// Interprets the value of an `Authorization` header as Basic credentials (basic.scheme to basic.colon-password).
fn identify_by_basic(state: &State, value: &str) -> Interpretations {
    let Some(encoded) = value.strip_prefix("Basic ") else {
        return Interpretations::only(Identity::Rejected("basic.scheme"));
    };
    let decoded = |engine: &GeneralPurpose, text: &str| {
        engine.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    let Some(text) = decoded(&STRICT, encoded) else {
        let refused = Interpretations::only(Identity::Rejected("basic.bad-base64"));
        let letters: String =
            encoded.chars().filter(|one| one.is_ascii_alphanumeric() || "+/".contains(*one)).collect();
        return match decoded(&LENIENT, &letters) {
            Some(text) => refused.or(identify_by_password(state, &text), Unspecified::JunkInBase64),
            None => refused,
        };
    };
    Interpretations::only(identify_by_password(state, &text))
}

const STRICT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new());
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn identify_by_password(state: &State, credentials: &str) -> Identity {
    let Some((email, password)) = credentials.split_once(':') else {
        return Identity::Rejected("basic.no-colon");
    };
    match find_user(state, email, password) {
        Ok(user) => Identity::User { id: user.id.clone(), session: None },
        Err(CredentialError::UnknownEmail) => Identity::Rejected("basic.unknown-email"),
        Err(CredentialError::WrongPassword) => Identity::Rejected("basic.wrong-password"),
    }
}

/// The reason why an email and a password match no user.
pub enum CredentialError {
    /// No user has the email.
    UnknownEmail,
    /// Every user with the email has another password.
    WrongPassword,
}

/// Returns the first user with this email and this password.
pub fn find_user<'a>(state: &'a State, email: &str, password: &str) -> Result<&'a User, CredentialError> {
    let mut users = state.users.iter().filter(|user| user.email == email).peekable();
    if users.peek().is_none() {
        return Err(CredentialError::UnknownEmail);
    }
    users.find(|user| user.password == password).ok_or(CredentialError::WrongPassword)
}

/// Interprets a session ID (session.identifies, session.unknown-id, session.user-deleted, expiry.*).
fn identify_by_session(state: &State, rules: &Rules, now: Second, id: &str) -> Interpretations {
    let Some(session) = state.session(id) else {
        return Interpretations::only(Identity::Rejected("session.unknown-id"));
    };
    if state.user(&session.user).is_none() {
        return Interpretations::only(Identity::Rejected("session.user-deleted"));
    }
    let live = Identity::User { id: session.user.clone(), session: Some(id.to_owned()) };
    match session.age(rules, now) {
        Age::Live => Interpretations::only(live),
        Age::LastSecond if rules.keeps_sessions() => {
            Interpretations::only(live).or(Identity::Rejected("expiry.dead-after"), Unspecified::LastSecond)
        }
        Age::LastSecond => Interpretations::only(live),
        Age::Expired => Interpretations::only(Identity::Rejected("expiry.dead-after")),
    }
}
