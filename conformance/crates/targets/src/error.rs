//! The errors of this crate. Each text is fit for a person at the command line or for a report.
//!
//! [`SandboxError`] stands apart: it is what a target answers to a request of the suite, and its kind
//! decides about verdicts.

use std::fmt;
use std::io;
use std::sync::Arc;

use spec::catalogue::Mode;
use spec::http::NoAnswer;
use spec::results::SeedMethod;

use crate::start_failure::StartFailure;

/// The reason why something could not be done on a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// This kind of target cannot do it: what depends on it is not checked.
    #[error("{0}")]
    NotPossible(String),
    /// The implementation failed to do it; the text is fit for a report: no port, path or time.
    #[error("{0}")]
    Failed(String),
    /// The suite or the machine failed to do it: it says nothing of the implementation.
    #[error("{0}")]
    Hindered(String),
    /// The implementation does not serve.
    #[error(transparent)]
    NoStart(#[from] StartFailure),
}

/// The reason why something could not be done with a target.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A text is not the URL of a server that can be checked.
    #[error("{text:?}{kind}: write {write}")]
    Url {
        /// The text.
        text: String,
        /// What is wrong with it.
        kind: UrlErrorKind,
        /// What to write instead.
        write: String,
    },
    /// The URL of a Redis server has credentials in it.
    #[error("a Redis server with a password cannot be checked: name one without, as redis://HOST:PORT")]
    RedisPassword,
    /// A text is no user.
    #[error("write EMAIL:PASSWORD, as in bob@hbtn.io:secret")]
    User,
    /// Nothing answers at a URL.
    #[error("{base} cannot be reached: {source}. Is the server started there, and is this its port?")]
    Unreachable {
        /// The URL.
        base: String,
        /// What came in place of an answer.
        source: NoAnswer,
    },
    /// A server that is said to run with AUTH_TYPE unset is closed.
    #[error(
        "--mode off: {base}/api/v1/users answers {status}, and with AUTH_TYPE unset every route is open (gate.off); \
         is it the right mode?"
    )]
    NotOff {
        /// The server's URL.
        base: String,
        /// The status of its answer.
        status: u16,
    },
    /// The server did not answer when its mode was asked for.
    #[error("{base}/api/v1/users: {source}")]
    NoMode {
        /// The server's URL.
        base: String,
        /// What came in place of an answer.
        source: NoAnswer,
    },
    /// The mode of a closed server cannot be found out without a user.
    #[error(
        "{base} is closed, and without a user its mode cannot be told; {SAY_THE_MODE}, and --user EMAIL:PASSWORD"
    )]
    Closed {
        /// The server's URL.
        base: String,
    },
    /// The mode of a closed server cannot be found out, since the named user is not let in.
    #[error("neither Basic credentials nor a login of {email} open {base}; {SAY_THE_MODE}")]
    NotLetIn {
        /// The user's address.
        email: String,
        /// The server's URL.
        base: String,
    },
    /// The credentials of the named user are refused.
    #[error("GET /api/v1/users with its credentials answered {0}")]
    Refused(u16),
    /// A login was answered without a session.
    #[error("the login of {email} answered {status} without a cookie")]
    NoCookie {
        /// The user's address.
        email: String,
        /// The status of the answer.
        status: u16,
    },
    /// A request was not answered.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// A user was not created.
    #[error("POST /api/v1/users answered {0}")]
    NotCreated(u16),
    /// A server does not know a user that was stored.
    #[error("{asked} of the stored user answered {status} in mode {mode}")]
    Unknown {
        /// The request.
        asked: &'static str,
        /// The status of the answer.
        status: u16,
        /// The server's mode.
        mode: Mode,
    },
    /// Users can only be stored with the credentials of one who is, and none is known.
    #[error("no user is known; name one that is stored: --user EMAIL:PASSWORD")]
    NoGivenUser,
    /// The target has no file of users.
    #[error("only Flask projects with api/v1/app.py keep their users in .db_User.json")]
    NoUserFile,
    /// The file of users cannot be written.
    #[error("{0}")]
    UserFile(#[source] Arc<io::Error>),
    /// The program that stores users does not print their ids.
    #[error("main_0 did not print the users' ids")]
    NoIds,
    /// No user could be stored, or none was asked for.
    #[error("needs a stored user, and none could be stored: {failures}")]
    NotStored {
        /// Why each method failed.
        failures: SeedFailures,
    },
    /// The clock cannot be moved.
    #[error("this target's clock cannot be moved")]
    NoClock,
    /// No date is so far away.
    #[error("{0} s is further than a date can tell")]
    NoDate(u64),
    /// Nobody wants to wait so long.
    #[error("sleeping through {0} s takes too long; a clock that can be moved is needed")]
    LongSleep(u64),
    /// The file of the clock cannot be written.
    #[error("the clock file cannot be written: {0}")]
    ClockFile(#[source] Arc<io::Error>),
    /// A value at a Redis server would be overwritten.
    #[error(
        "{key} is there already, would be overwritten, and cannot be kept aside ({why}): rename it, or delete it with \
         `redis-cli -u {server} del {key}`"
    )]
    KeyInUse {
        /// The key of the value.
        key: &'static str,
        /// What the server answered when it was to write the value down.
        why: String,
        /// The server's address.
        server: String,
    },
    /// The target answered that it cannot.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// The advice where a mode cannot be found out.
const SAY_THE_MODE: &str = "say which mode it runs in: --mode session_auth (or another)";

/// What is wrong with the text of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlErrorKind {
    /// It is no URL, or has a scheme that no server to check has.
    #[error(" is no URL that can be checked")]
    NoUrl,
    /// It is no URL of a Redis server.
    #[error(" is no address of a Redis server")]
    NoRedisUrl,
    /// Its scheme is https.
    #[error(": the suite speaks http alone; name the server behind the one that speaks https")]
    Https,
    /// It has a path, a query, a fragment or credentials.
    #[error(" has more than a host and a port")]
    MoreThanAServer,
    /// Its port is none.
    #[error(" has no port from 1 to 65535")]
    NoPort,
}

/// Why each method to store users failed, in the order in which they were tried.
#[derive(Clone, Debug, Default)]
pub struct SeedFailures(pub Vec<(SeedMethod, Error)>);

impl fmt::Display for SeedFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no way was tried");
        }
        for (index, (method, failure)) in self.0.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(f, "{before}{}: {failure}", method.as_str())?;
        }
        Ok(())
    }
}
