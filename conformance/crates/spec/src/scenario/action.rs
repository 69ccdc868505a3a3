//! Actions: what the steps of a scenario do.

use super::curl::Curl;
use super::path::JsonPath;
use super::redis::Redis;
use super::template::Template;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `curl …`: one request.
    Curl(Curl),
    /// `parallel N curl …`: the same request, many times at once.
    Parallel(Parallel),
    /// `sleep SECONDS`: the clock moves.
    Sleep(Sleep),
    /// `restart`: a polite stop, then a start on the same data.
    Restart,
    /// `kill`: an end without warning, then a start on the same data.
    Kill,
    /// `serve NAME=VALUE … -u NAME …`: a restart with other settings on the same data.
    Serve(Serve),
    /// `user EMAIL PASSWORD`: a stored user.
    User(User),
    /// `authenticate EMAIL PASSWORD`: a user's credentials, in whatever form the mode takes.
    Authenticate(Authenticate),
    /// `NAME=…`: a value is kept.
    Capture(Capture),
    /// `main_0` … `main_4`: one of the documents' programs.
    Main(Program),
    /// `require_auth EXCLUDED PATH…`: the gate is asked.
    RequireAuth(RequireAuth),
    /// `redis …`: a Redis server is asked.
    Redis(Redis),
    /// `wait`: the program that runs beside the steps comes to its end.
    Wait,
}

/// The same request, many times at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parallel {
    /// How many, 1 to [`Parallel::MOST`].
    pub count: usize,
    /// The request.
    pub curl: Curl,
}

impl Parallel {
    /// The most requests at once.
    pub const MOST: usize = 256;
}

/// The clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep {
    /// How far, in seconds.
    pub seconds: u64,
}

/// A restart with other settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serve {
    /// The settings that get a value, in order.
    pub set: Vec<(Setting, Template)>,
    /// The settings that are unset.
    pub unset: Vec<Setting>,
}

/// A setting that a scenario may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `SESSION_NAME`: the session cookie's name.
    SessionName,
    /// `SESSION_DURATION`: how many seconds a session lives.
    SessionDuration,
    /// `TZ`: the time zone.
    TimeZone,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 3] = [Self::SessionName, Self::SessionDuration, Self::TimeZone];

    /// Names the environment variable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionName => "SESSION_NAME",
            Self::SessionDuration => "SESSION_DURATION",
            Self::TimeZone => "TZ",
        }
    }
}

/// A stored user, whose id becomes `$USER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The address.
    pub email: Template,
    /// The password in clear.
    pub password: Template,
}

/// A user's credentials, which become `$CREDENTIAL`: the header that carries them in the mode, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticate {
    /// The address.
    pub email: Template,
    /// The password in clear.
    pub password: Template,
}

/// A value is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The variable that keeps it: capitals, digits and `_`.
    pub name: String,
    /// Where the value is from.
    pub from: CaptureSource,
}

/// Where a kept value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureSource {
    /// `cookie`: the session cookie that the last answer sets.
    Cookie,
    /// `.json.path`: a value of the last answer's body.
    Json(JsonPath),
    /// `$OTHER`: other variables, as in a shell's assignment.
    Variable(Template),
}

/// One of the documents' programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Program {
    /// Stores a user; sets `$USER` and `$BASIC`.
    Main0,
    /// Makes sessions.
    Main1,
    /// Looks sessions up.
    Main2,
    /// Serves the session cookie's value, in the place of the server at `$URL`.
    Main3,
    /// Stores a user and a session and serves whose session it is; sets `$USER` and `$SESSION`.
    Main4,
}

impl Program {
    /// Every program.
    pub const ALL: [Self; 5] = [Self::Main0, Self::Main1, Self::Main2, Self::Main3, Self::Main4];

    /// Names the program as a step does.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main0 => "main_0",
            Self::Main1 => "main_1",
            Self::Main2 => "main_2",
            Self::Main3 => "main_3",
            Self::Main4 => "main_4",
        }
    }

    /// Tells whether it serves, and so takes the place of the server at `$URL`.
    pub fn serves(self) -> bool {
        matches!(self, Self::Main3 | Self::Main4)
    }
}

/// The gate is asked whether paths need a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireAuth {
    /// The excluded path, perhaps with a `*` at its end.
    pub excluded: Template,
    /// The paths to ask for; at least one.
    pub paths: Vec<Template>,
}

impl Action {
    /// Gives the request, also of `parallel`.
    pub fn request(&self) -> Option<&Curl> {
        match self {
            Self::Curl(curl) => Some(curl),
            Self::Parallel(parallel) => Some(&parallel.curl),
            _ => None,
        }
    }

    /// Lists the templates in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Curl(curl) => curl.templates(),
            Self::Parallel(parallel) => parallel.curl.templates(),
            Self::Serve(serve) => serve.set.iter().map(|(_, value)| value).collect(),
            Self::User(user) => vec![&user.email, &user.password],
            Self::Authenticate(user) => vec![&user.email, &user.password],
            Self::RequireAuth(ask) => std::iter::once(&ask.excluded).chain(&ask.paths).collect(),
            Self::Capture(Capture { from: CaptureSource::Variable(template), .. }) => vec![template],
            Self::Redis(redis) => redis.templates(),
            Self::Capture(_) | Self::Sleep(_) | Self::Restart | Self::Kill | Self::Main(_) | Self::Wait => {
                Vec::new()
            }
        }
    }

    /// Lists the variables that it uses, by name.
    pub fn uses(&self) -> Vec<&str> {
        self.templates().into_iter().flat_map(Template::variables).collect()
    }

    /// Lists the variables that it sets, by name.
    pub fn sets(&self) -> Vec<&str> {
        match self {
            Self::User(_) => vec!["USER"],
            Self::Authenticate(_) => vec![Authenticate::VARIABLE],
            Self::Capture(capture) => vec![&capture.name],
            Self::Main(Program::Main0) => vec!["USER", "BASIC"],
            Self::Main(Program::Main4) => vec!["USER", "SESSION"],
            _ => Vec::new(),
        }
    }
}
