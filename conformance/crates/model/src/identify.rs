//! Who asks: the credentials of a request, read by the rules of a mode.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::asked::Asked;
use super::state::{Age, Second};
use super::{Open, Rules, State, User};
use spec::catalogue::Mode;

/// Who a request comes from, as far as it can prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// It carries no credentials.
    Missing,
    /// Its credentials identify nobody; the requirement says why.
    Nobody(&'static str),
    /// A user, and the ID of the session that proves it, if one does.
    User {
        /// The user's id.
        id: String,
        /// The session's ID.
        session: Option<String>,
    },
}

/// The readings of a request's credentials that are right: the documents' own, then others that they leave open.
pub struct Readings {
    /// What this model takes it for.
    pub first: Who,
    /// What another server may take it for, and why.
    pub others: Vec<(Who, Open)>,
}

impl Readings {
    fn only(first: Who) -> Self {
        Self { first, others: Vec::new() }
    }

    fn or(mut self, other: Who, why: Open) -> Self {
        if other != self.first {
            self.others.push((other, why));
        }
        self
    }
}

/// Reads the credentials of a request (gate.missing, gate.unknown, and the requirements of each mode).
pub fn identify(state: &State, rules: &Rules, now: Second, asked: &Asked) -> Readings {
    let authorization: Vec<&str> = asked.header("authorization").collect();
    let cookies: Vec<&str> = asked.cookies(&rules.session_name).collect();
    let all_empty = authorization.iter().chain(&cookies).all(|value| value.is_empty());
    let who = |authorization: Option<&str>, cookie: Option<&str>| match (authorization, cookie) {
        (None, None) => Readings::only(Who::Missing),
        _ => match rules.mode {
            Mode::Off | Mode::Auth if authorization.is_some() => {
                Readings::only(Who::Nobody("gate.plain-auth"))
            }
            Mode::Off | Mode::Auth => Readings::only(Who::Nobody("gate.unknown")),
            Mode::BasicAuth => match authorization {
                Some(value) => basic(state, value),
                None => Readings::only(Who::Nobody("gate.unknown")),
            },
            _ => match cookie {
                Some(id) => by_session(state, rules, now, id),
                None => Readings::only(Who::Nobody("session.not-basic")),
            },
        },
    };
    let mut readings = who(authorization.first().copied(), cookies.first().copied());
    for other in authorization.iter().skip(1) {
        readings = readings.or(who(Some(other), cookies.first().copied()).first, Open::Repeated);
    }
    for other in cookies.iter().skip(1) {
        readings = readings.or(who(authorization.first().copied(), Some(other)).first, Open::Repeated);
    }
    if all_empty && readings.first != Who::Missing {
        readings = readings.or(Who::Missing, Open::EmptyCredential);
    }
    readings
}

/// Reads `Authorization: Basic …` (basic.scheme to basic.colon-password).
fn basic(state: &State, value: &str) -> Readings {
    let Some(encoded) = value.strip_prefix("Basic ") else {
        return Readings::only(Who::Nobody("basic.scheme"));
    };
    let decoded = |engine: &GeneralPurpose, text: &str| {
        engine.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    let Some(text) = decoded(&STRICT, encoded) else {
        let refused = Readings::only(Who::Nobody("basic.bad-base64"));
        let letters: String =
            encoded.chars().filter(|one| one.is_ascii_alphanumeric() || "+/".contains(*one)).collect();
        return match decoded(&LENIENT, &letters) {
            Some(text) => refused.or(by_password(state, &text), Open::JunkInBase64),
            None => refused,
        };
    };
    Readings::only(by_password(state, &text))
}

const STRICT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new());
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn by_password(state: &State, credentials: &str) -> Who {
    let Some((email, password)) = credentials.split_once(':') else {
        return Who::Nobody("basic.no-colon");
    };
    match user_with(state, email, password) {
        Ok(user) => Who::User { id: user.id.clone(), session: None },
        Err(NoUser::UnknownEmail) => Who::Nobody("basic.unknown-email"),
        Err(NoUser::WrongPassword) => Who::Nobody("basic.wrong-password"),
    }
}

/// Says why an email and a password are nobody's.
pub enum NoUser {
    /// No user has the address.
    UnknownEmail,
    /// The user has another password.
    WrongPassword,
}

/// Finds the user of an email and a password.
pub fn user_with<'a>(state: &'a State, email: &str, password: &str) -> Result<&'a User, NoUser> {
    let mut users = state.users.iter().filter(|user| user.email == email).peekable();
    if users.peek().is_none() {
        return Err(NoUser::UnknownEmail);
    }
    users.find(|user| user.password == password).ok_or(NoUser::WrongPassword)
}

/// Looks a session up (session.identifies, session.unknown-id, session.user-deleted, expiry.*).
fn by_session(state: &State, rules: &Rules, now: Second, id: &str) -> Readings {
    let Some(session) = state.session(id) else {
        return Readings::only(Who::Nobody("session.unknown-id"));
    };
    if state.user(&session.user).is_none() {
        return Readings::only(Who::Nobody("session.user-deleted"));
    }
    let live = Who::User { id: session.user.clone(), session: Some(id.to_owned()) };
    match session.age(rules, now) {
        Age::Live => Readings::only(live),
        Age::LastSecond if rules.keeps_sessions() => {
            Readings::only(live).or(Who::Nobody("expiry.dead-after"), Open::LastSecond)
        }
        Age::LastSecond => Readings::only(live),
        Age::Expired => Readings::only(Who::Nobody("expiry.dead-after")),
    }
}
