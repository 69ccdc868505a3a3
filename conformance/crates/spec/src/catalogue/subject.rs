//! What is under test: the API in one of its modes, or a Redis server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Mode, UnknownMode};

/// What a requirement speaks of, and what is judged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(from = "Written", into = "Written")]
pub enum Subject {
    /// A Redis server, of which the documents' last part speaks; there is nothing to authenticate.
    Redis,
    /// The API, with this value of AUTH_TYPE.
    Api(Mode),
}

impl Subject {
    /// Returns the subject's name in scenarios, reports and on the command line: `redis`, or the mode.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Api(mode) => mode.as_str(),
        }
    }

    /// Returns the mode of the API; `None` for a Redis server.
    pub fn api_mode(self) -> Option<Mode> {
        match self {
            Self::Redis => None,
            Self::Api(mode) => Some(mode),
        }
    }

    /// Returns whether it is the API in a mode with sessions.
    pub fn is_session(self) -> bool {
        self.api_mode().is_some_and(Mode::is_session)
    }

    /// Returns every subject: a Redis server, then the API in each mode.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Redis).chain(Mode::ALL.map(Self::Api))
    }

    /// Returns the API in each of these modes.
    pub fn of_api(modes: &[Mode]) -> Vec<Self> {
        modes.iter().copied().map(Self::Api).collect()
    }
}

impl From<Mode> for Subject {
    fn from(mode: Mode) -> Self {
        Self::Api(mode)
    }
}

impl PartialEq<Mode> for Subject {
    fn eq(&self, mode: &Mode) -> bool {
        *self == Self::Api(*mode)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Subject {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        if text == Self::Redis.as_str() { Ok(Self::Redis) } else { text.parse().map(Self::Api) }
    }
}

/// The form in files: one word, whatever the subject is.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Api(Mode),
    Redis(Redis),
}

#[derive(Deserialize, Serialize)]
enum Redis {
    Redis,
}

impl From<Written> for Subject {
    fn from(written: Written) -> Self {
        match written {
            Written::Api(mode) => Self::Api(mode),
            Written::Redis(Redis::Redis) => Self::Redis,
        }
    }
}

impl From<Subject> for Written {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Api(mode) => Self::Api(mode),
            Subject::Redis => Self::Redis(Redis::Redis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_reads_back_its_name_and_its_form_in_files() {
        for subject in Subject::all() {
            assert_eq!(subject.to_string().parse(), Ok(subject));
            let written = serde_json::to_string(&subject).expect("a word is JSON");
            assert_eq!(serde_json::from_str::<Subject>(&written).expect("it was just written"), subject);
        }
        assert_eq!(serde_json::to_string(&Subject::Api(Mode::Off)).expect("a word is JSON"), "\"Off\"");
    }

    #[test]
    fn a_redis_server_comes_before_the_api() {
        assert!(Subject::Redis < Subject::Api(Mode::Off));
        assert_eq!(Subject::Redis.api_mode(), None);
        assert!(Subject::Api(Mode::Off) == Mode::Off && Subject::Redis != Mode::Off);
    }
}
