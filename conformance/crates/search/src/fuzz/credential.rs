//! Credentials: what a request of a sequence carries to be let in, or not to be.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::accounts::{Accounts, session_variable};
use spec::scenario::Template;
use spec::scenario::curl::{Curl, Data, DataKind};
use spec::scenario::template::{Piece, Transform, Variable};

/// What a request carries. Numbers count the users and sessions of the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A session in the cookie.
    Session(usize),
    /// A session in the cookie, spelled otherwise (security.opaque-id).
    Spelled(usize, Spelling),
    /// A session where none counts (security.id-only-in-cookie, session.other-cookie).
    Elsewhere(usize, Elsewhere),
    /// A session in the cookie, among others (security.cookie-parsing).
    Among(usize, Among),
    /// A session cookie of no session.
    Cookie(String),
    /// A form's field for a session ID of the client's choice, under the cookie's name or another.
    Field(bool, String),
    /// A user's own Basic credentials.
    Basic(usize),
    /// A user's Basic credentials, written wrongly.
    BasicWrong(usize, BasicWrong),
    /// Any other Authorization field.
    Authorization(String),
}

/// A session ID that is not spelled as it was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// In upper case.
    Upper,
    /// In braces.
    Braces,
    /// With `urn:uuid:` before it.
    Urn,
    /// Without its hyphens.
    Bare,
    /// Without its last letter.
    Cut,
    /// With a letter more.
    Extended,
    /// With its hyphens percent-encoded.
    Percent,
}

/// A place where a session ID is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The query, under the cookie's name.
    Query,
    /// An Authorization field.
    Authorization,
    /// A field of its own.
    Field,
    /// A cookie whose name only begins like the right one.
    LongerCookie,
    /// A cookie whose name only ends like the right one.
    PrefixedCookie,
    /// A form in the body.
    Body,
}

/// Where among other cookies the right one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// First.
    First,
    /// Last.
    Last,
    /// Last, with no space before it.
    Tight,
    /// After one whose name only ends like the right one.
    AfterSimilar,
}

/// A way to write Basic credentials wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BasicWrong {
    /// With another password.
    Password(String),
    /// With its own password and something behind it.
    Longer(&'static str),
    /// With another email.
    Email(String),
    /// With another scheme, or the right one in other letters.
    Scheme(&'static str),
    /// As it is, not in Base64.
    Plain,
    /// With bytes that are not UTF-8.
    NotUtf8,
    /// Without the colon.
    NoColon,
}

impl Credential {
    /// Returns whether everything that it refers to is there.
    pub fn is_possible(&self, accounts: &Accounts) -> bool {
        match self {
            Self::Session(session)
            | Self::Spelled(session, _)
            | Self::Elsewhere(session, _)
            | Self::Among(session, _) => *session < accounts.sessions.len(),
            Self::Basic(user) | Self::BasicWrong(user, _) => *user < accounts.users.len(),
            Self::None | Self::Cookie(_) | Self::Field(..) | Self::Authorization(_) => true,
        }
    }

    /// Puts it into a request.
    pub fn put(&self, curl: &mut Curl, accounts: &Accounts) {
        let name = &accounts.cookie_name;
        let cookie = |curl: &mut Curl, before: &str, value: Template, after: &str| {
            let mut whole = Template::literal(format!("{before}{name}="));
            value.pieces().iter().for_each(|piece| whole.push(piece.clone()));
            whole.push(Piece::Literal(after.to_owned()));
            curl.cookies.push(whole);
        };
        let field = |curl: &mut Curl, line: String| curl.headers.push(Template::literal(line));
        match self {
            Self::None => {}
            Self::Session(session) => cookie(curl, "", id(*session), ""),
            Self::Spelled(session, spelling) => cookie(curl, "", spelling.of(*session), ""),
            Self::Among(session, among) => match among {
                Among::First => cookie(curl, "", id(*session), "; theme=dark"),
                Among::Last => cookie(curl, "theme=dark; ", id(*session), ""),
                Among::Tight => cookie(curl, "theme=dark;", id(*session), ""),
                Among::AfterSimilar => cookie(curl, &format!("x{name}=1; "), id(*session), ""),
            },
            Self::Elsewhere(session, place) => place.put(curl, *session, name),
            Self::Cookie(value) => cookie(curl, "", Template::literal(value.clone()), ""),
            Self::Field(own, value) => {
                keep_method(curl);
                let field = if *own { name } else { "session_id" };
                let value = Template::literal(format!("{field}={value}"));
                curl.data.push(Data { kind: DataKind::UrlEncode, value });
            }
            Self::Basic(user) => {
                let known = &accounts.users[*user];
                curl.user = Some(Template::literal(format!("{}:{}", known.email, known.password)));
            }
            Self::BasicWrong(user, wrong) => {
                let known = &accounts.users[*user];
                field(curl, format!("Authorization: {}", wrong.of(&known.email, &known.password)));
            }
            Self::Authorization(value) => field(curl, format!("Authorization: {value}")),
        }
    }
}

/// Ensures that the method stays when data is added.
fn keep_method(curl: &mut Curl) {
    curl.method = Some(curl.effective_method().to_owned());
    curl.head = false;
}

/// Returns the ID of a session as a word.
fn id(session: usize) -> Template {
    Template::variable(session_variable(session))
}

impl Spelling {
    fn of(self, session: usize) -> Template {
        let name = session_variable(session);
        let with = |transform| {
            Template::new([Piece::Variable(Variable { name: name.clone(), transform: Some(transform) })])
        };
        let around = |before: &str, after: &str| {
            Template::new([
                Piece::Literal(before.to_owned()),
                Piece::Variable(Variable { name: name.clone(), transform: None }),
                Piece::Literal(after.to_owned()),
            ])
        };
        let replace = |to: &str| with(Transform::Replace { from: "-".to_owned(), to: to.to_owned() });
        match self {
            Self::Upper => with(Transform::Upper),
            Self::Braces => around("{", "}"),
            Self::Urn => around("urn:uuid:", ""),
            Self::Bare => replace(""),
            Self::Cut => with(Transform::CutLast),
            Self::Extended => around("", "0"),
            Self::Percent => replace("%2D"),
        }
    }
}

impl Elsewhere {
    fn put(self, curl: &mut Curl, session: usize, name: &str) {
        let after = |before: &str| {
            let mut word = Template::literal(before);
            id(session).pieces().iter().for_each(|piece| word.push(piece.clone()));
            word
        };
        match self {
            Self::Query => {
                curl.url.push(Piece::Literal(format!("?{name}=")));
                id(session).pieces().iter().for_each(|piece| curl.url.push(piece.clone()));
            }
            Self::Authorization => curl.headers.push(after("Authorization: Bearer ")),
            Self::Field => curl.headers.push(after("X-Session-Id: ")),
            Self::LongerCookie => curl.cookies.push(after(&format!("{name}2="))),
            Self::PrefixedCookie => curl.cookies.push(after(&format!("x{name}="))),
            Self::Body => {
                keep_method(curl);
                curl.data.push(Data { kind: DataKind::Plain, value: after(&format!("{name}=")) });
            }
        }
    }
}

impl BasicWrong {
    fn of(&self, email: &str, password: &str) -> String {
        let encoded = |email: &str, password: &str| BASE64_STANDARD.encode(format!("{email}:{password}"));
        match self {
            Self::Password(other) => format!("Basic {}", encoded(email, other)),
            Self::Longer(more) => format!("Basic {}", encoded(email, &format!("{password}{more}"))),
            Self::Email(other) => format!("Basic {}", encoded(other, password)),
            Self::Scheme(scheme) => format!("{scheme}{}", encoded(email, password)),
            // What an Authorization field can hold.
            Self::Plain => {
                let plain = format!("{email}:{password}");
                let letters = plain.chars().filter(|letter| letter.is_ascii_graphic());
                format!("Basic {}", letters.collect::<String>())
            }
            Self::NotUtf8 => {
                let mut bytes = format!("{email}:{password}").into_bytes();
                bytes.push(0xff);
                format!("Basic {}", BASE64_STANDARD.encode(bytes))
            }
            Self::NoColon => {
                let joined = format!("{email}{password}").replace(':', "");
                format!("Basic {}", BASE64_STANDARD.encode(joined))
            }
        }
    }
}
