//! The header fields that a transcript shows of an answer.

use std::fmt;

/// A line of an answer between its status and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A cookie that is set.
    Cookie(Cookie),
    /// What is said of the session IDs of many logins at once.
    SessionIds(SessionIds),
    /// Another field, with its value as it is shown.
    Named(FieldName, String),
}

/// The fields that are shown with their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// The path that a redirect leads to.
    Location,
    /// The attributes of the session cookie beside its value.
    CookieAttributes,
    /// Cache-Control.
    CacheControl,
    /// The scheme of WWW-Authenticate.
    WwwAuthenticate,
    /// Retry-After.
    RetryAfter,
    /// Content-Type.
    ContentType,
    /// Access-Control-Allow-Origin.
    AllowOrigin,
    /// Content-Length.
    ContentLength,
    /// Allow, in order, without the methods that come with any route.
    Allow,
}

/// A cookie that an answer sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// The placeholder of its value, such as `<session 1>`.
    pub value: String,
    /// Whether the value is a UUID of version 4.
    pub is_uuid4: bool,
    /// Its path.
    pub path: Option<String>,
}

/// Whether the session IDs of many logins are pairwise different and random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionIds {
    /// They are.
    Random,
    /// They are different, and some bits of their UUIDs are the same in all.
    Partly {
        /// How many of the 122 free bits vary.
        bits: u32,
    },
    /// They are different, and not all of them are UUIDs of version 4.
    NotUuids,
    /// They are too few to say.
    TooFew {
        /// How many there are.
        sessions: usize,
    },
    /// Some are the same.
    Repeated {
        /// How many different ones there are.
        different: usize,
        /// How many logins they come from.
        logins: usize,
    },
}

const SET_COOKIE: &str = "set-cookie";
const NOT_UUID4: &str = " (not a UUID version 4)";
const PATH: &str = "; Path=";

impl FieldName {
    const ALL: [Self; 9] = [
        Self::Location,
        Self::CookieAttributes,
        Self::CacheControl,
        Self::WwwAuthenticate,
        Self::RetryAfter,
        Self::ContentType,
        Self::AllowOrigin,
        Self::ContentLength,
        Self::Allow,
    ];

    /// Returns the name as a transcript shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::CookieAttributes => "cookie attributes",
            Self::CacheControl => "cache-control",
            Self::WwwAuthenticate => "www-authenticate",
            Self::RetryAfter => "retry-after",
            Self::ContentType => "content-type",
            Self::AllowOrigin => "access-control-allow-origin",
            Self::ContentLength => "content-length",
            Self::Allow => "allow",
        }
    }
}

impl Field {
    /// Returns whether it speaks of cookies that are set.
    pub fn is_set_cookie(&self) -> bool {
        matches!(self, Self::Cookie(_) | Self::SessionIds(_))
    }

    /// Returns whether it is the field of this name.
    pub fn is(&self, wanted: FieldName) -> bool {
        matches!(self, Self::Named(name, _) if *name == wanted)
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let (name, value) = line.split_once(": ")?;
        if name == SET_COOKIE {
            let ids = SessionIds::parse(value).map(Self::SessionIds);
            return ids.or_else(|| Cookie::parse(value).map(Self::Cookie));
        }
        let name = FieldName::ALL.into_iter().find(|known| known.as_str() == name)?;
        Some(Self::Named(name, value.to_owned()))
    }
}

impl Cookie {
    fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('=')?;
        let (value, path) = match rest.split_once(PATH) {
            Some((value, path)) => (value, Some(path.to_owned())),
            None => (rest, None),
        };
        let placeholder = value.strip_suffix(NOT_UUID4);
        Some(Self {
            name: name.to_owned(),
            value: placeholder.unwrap_or(value).to_owned(),
            is_uuid4: placeholder.is_none(),
            path,
        })
    }
}

impl SessionIds {
    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<usize> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
        let counted = match numbers.as_slice() {
            [sessions] => vec![Self::TooFew { sessions: *sessions }],
            [first, second] => vec![
                Self::Partly { bits: u32::try_from(*first).ok()? },
                Self::Repeated { different: *first, logins: *second },
            ],
            _ => Vec::new(),
        };
        let mut candidates = [Self::Random, Self::NotUuids].into_iter().chain(counted);
        candidates.find(|one| one.to_string() == text)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cookie(cookie) => write!(f, "{SET_COOKIE}: {cookie}"),
            Self::SessionIds(ids) => write!(f, "{SET_COOKIE}: {ids}"),
            Self::Named(name, value) => write!(f, "{}: {value}", name.as_str()),
        }
    }
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.name, self.value, if self.is_uuid4 { "" } else { NOT_UUID4 })?;
        self.path.iter().try_for_each(|path| write!(f, "{PATH}{path}"))
    }
}

impl fmt::Display for SessionIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("different session IDs, random in every bit"),
            Self::Partly { bits } => write!(f, "different session IDs, random in {bits} of 122 bits"),
            Self::NotUuids => f.write_str("different session IDs, not all UUIDs of version 4"),
            Self::TooFew { sessions } => write!(f, "only {sessions} sessions: too few to judge their IDs"),
            Self::Repeated { different, logins } => {
                write!(f, "only {different} different session IDs in {logins} logins")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back() {
        let ids = [
            SessionIds::Random,
            SessionIds::Partly { bits: 7 },
            SessionIds::NotUuids,
            SessionIds::TooFew { sessions: 3 },
            SessionIds::Repeated { different: 2, logins: 3 },
        ];
        let named = FieldName::ALL.map(|name| Field::Named(name, "value: x".to_owned()));
        for field in ids.map(Field::SessionIds).into_iter().chain(named) {
            assert_eq!(Field::parse(&field.to_string()), Some(field));
        }
        for line in ["set-cookie: a=<session 1>", "set-cookie: a=<session 1> (not a UUID version 4); Path=/"]
        {
            let field = Field::parse(line).expect("a cookie");
            assert!(field.is_set_cookie());
            assert_eq!(field.to_string(), line);
        }
        for line in ["x: y", "{\"a\": 1}", "set-cookie: a", "not all UUIDs of version 4"] {
            assert_eq!(Field::parse(line), None, "{line}");
        }
    }
}
