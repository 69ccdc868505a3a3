//! Identification: the user behind a request, by its credentials and the rules of the mode.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::parsed_request::ParsedRequest;
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

    fn or(mut self, other: Identity, reason: Unspecified) -> Self {
        if other != self.documented {
            self.alternatives.push((other, reason));
        }
        self
    }
}

/// Interprets the credentials of a request (gate.missing, gate.unknown, and the requirements of each mode).
pub fn identify(state: &State, rules: &Rules, now: Second, parsed: &ParsedRequest) -> Interpretations {
    let authorization: Vec<&str> = parsed.header("authorization").collect();
    let cookies: Vec<&str> = parsed.cookies(&rules.session_name).collect();
    let all_empty = authorization.iter().chain(&cookies).all(|value| value.is_empty());
    let interpret = |authorization: Option<&str>, cookie: Option<&str>| match (authorization, cookie) {
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
    let mut interpretations = interpret(authorization.first().copied(), cookies.first().copied());
    for other in authorization.iter().skip(1) {
        interpretations = interpretations
            .or(interpret(Some(other), cookies.first().copied()).documented, Unspecified::Repeated);
    }
    for other in cookies.iter().skip(1) {
        interpretations = interpretations
            .or(interpret(authorization.first().copied(), Some(other)).documented, Unspecified::Repeated);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;
    use spec::http::Request;

    const NAME: &str = "_my_session_id";

    /// Bob, Ann with a session, and the session of a user who has been deleted.
    fn state() -> State {
        let user = |id: &str, password: &str| User {
            id: id.to_owned(),
            email: format!("{id}@hbtn.io"),
            password: password.to_owned(),
            ..User::default()
        };
        let session =
            |id: &str, user: &str| Session { id: id.to_owned(), user: user.to_owned(), created_at: 0 };
        State {
            users: vec![user("bob", "a:b"), user("ann", "x")],
            sessions: vec![session("of-ann", "ann"), session("of-nobody", "gone")],
        }
    }

    fn interpret(mode: Mode, now: Second, headers: &[(&str, &str)]) -> Interpretations {
        let mut request = Request::get("http://h/api/v1/users".to_owned());
        request.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        identify(&state(), &Rules::new(mode, NAME, Some("10")), now, &ParsedRequest::from(&request))
    }

    fn documented(mode: Mode, headers: &[(&str, &str)]) -> Identity {
        interpret(mode, 0, headers).documented
    }

    fn user(id: &str, session: Option<&str>) -> Identity {
        Identity::User { id: id.to_owned(), session: session.map(str::to_owned) }
    }

    #[test]
    fn basic_credentials_identify_a_user_or_name_the_reason() {
        let basic = |value: &str| documented(Mode::BasicAuth, &[("Authorization", value)]);
        // bob@hbtn.io:a:b, bob@hbtn.io:a, eve@hbtn.io:a, bob@hbtn.io, and the bytes FF FE
        assert_eq!(basic("Basic Ym9iQGhidG4uaW86YTpi"), user("bob", None));
        assert_eq!(basic("Basic Ym9iQGhidG4uaW86YQ=="), Identity::Rejected("basic.wrong-password"));
        assert_eq!(basic("Basic ZXZlQGhidG4uaW86YQ=="), Identity::Rejected("basic.unknown-email"));
        assert_eq!(basic("Basic Ym9iQGhidG4uaW8="), Identity::Rejected("basic.no-colon"));
        assert_eq!(basic("Basic //4="), Identity::Rejected("basic.bad-base64"));
        assert_eq!(basic("basic Ym9iQGhidG4uaW86YTpi"), Identity::Rejected("basic.scheme"));
        assert_eq!(documented(Mode::BasicAuth, &[]), Identity::NoCredentials);
    }

    #[test]
    fn base64_with_other_characters_may_also_be_read_without_them() {
        let read = interpret(Mode::BasicAuth, 0, &[("Authorization", "Basic Ym9i QGhidG4uaW86YTpi")]);
        assert_eq!(read.documented, Identity::Rejected("basic.bad-base64"));
        assert_eq!(read.alternatives, [(user("bob", None), Unspecified::JunkInBase64)]);
    }

    #[test]
    fn a_session_identifies_its_user_until_it_has_expired_or_the_user_is_deleted() {
        let cookie = |mode, now, id: &str| interpret(mode, now, &[("Cookie", &format!("{NAME}={id}"))]);
        let (memory, database) = (Mode::SessionExpAuth, Mode::SessionDbAuth);
        let ann = user("ann", Some("of-ann"));
        for (mode, now, id, expected) in [
            (memory, 10, "of-ann", ann.clone()),
            (memory, 11, "of-ann", Identity::Rejected("expiry.dead-after")),
            (database, 10, "of-ann", ann.clone()),
            (Mode::SessionAuth, 1_000_000, "of-ann", ann),
            (memory, 0, "of-nobody", Identity::Rejected("session.user-deleted")),
            (memory, 0, "of-eve", Identity::Rejected("session.unknown-id")),
        ] {
            assert_eq!(cookie(mode, now, id).documented, expected, "{mode} {now} {id}");
        }
        assert_eq!(cookie(memory, 10, "of-ann").alternatives, []);
        let dead = (Identity::Rejected("expiry.dead-after"), Unspecified::LastSecond);
        assert_eq!(cookie(database, 10, "of-ann").alternatives, [dead]);
    }

    #[test]
    fn credentials_of_another_mode_identify_nobody() {
        let (basic, cookie) =
            (("Authorization", "Basic Ym9iQGhidG4uaW86YTpi"), ("Cookie", "_my_session_id=of-ann"));
        assert_eq!(documented(Mode::SessionAuth, &[basic]), Identity::Rejected("session.not-basic"));
        assert_eq!(documented(Mode::BasicAuth, &[cookie]), Identity::Rejected("gate.unknown"));
        assert_eq!(documented(Mode::Auth, &[basic]), Identity::Rejected("gate.plain-auth"));
        assert_eq!(documented(Mode::Auth, &[cookie]), Identity::Rejected("gate.unknown"));
        assert_eq!(documented(Mode::SessionAuth, &[("Cookie", "other=of-ann")]), Identity::NoCredentials);
    }

    #[test]
    fn either_of_two_cookies_may_count_and_an_empty_one_may_be_missing() {
        let twice = interpret(Mode::SessionAuth, 0, &[("Cookie", "_my_session_id=x; _my_session_id=of-ann")]);
        assert_eq!(twice.documented, Identity::Rejected("session.unknown-id"));
        assert_eq!(twice.alternatives, [(user("ann", Some("of-ann")), Unspecified::Repeated)]);
        let empty = interpret(Mode::SessionAuth, 0, &[("Cookie", "_my_session_id=")]);
        assert_eq!(empty.documented, Identity::Rejected("session.unknown-id"));
        assert_eq!(empty.alternatives, [(Identity::NoCredentials, Unspecified::EmptyCredential)]);
    }
}
