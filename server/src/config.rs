//! The settings, read from the environment through a lookup function and checked once.
//!
//! An empty value counts as unset, as it does for the documents' programs.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;
use tracing::level_filters::LevelFilter;

#[cfg(feature = "redis")]
use crate::store::RedisUrl;

/// The name of the session cookie where SESSION_NAME does not give one.
pub const DEFAULT_SESSION_NAME: &str = "_my_session_id";

/// The SQLite file in the working directory where DATABASE_URL does not give one.
pub const DEFAULT_DATABASE: &str = "server.db";

/// Settings of a server that can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// API_HOST: the address or name to listen on.
    pub host: String,
    /// API_PORT: the port to listen on; 0 lets the system choose.
    pub port: u16,
    /// AUTH_TYPE.
    pub mode: Mode,
    /// SESSION_NAME: the name of the session cookie, an RFC 6265 token.
    pub session_name: String,
    /// SESSION_DURATION in seconds; zero and less mean that sessions do not expire.
    pub session_duration: i64,
    /// HARDENED=1: the server is stronger than the documents require. Passwords are hashed by Argon2id, wrong ones are
    /// counted, a wrong email and a wrong password have one message, answers are not cached, and the session cookie is
    /// hidden from scripts and other sites.
    pub hardened: bool,
    /// COOKIE_SECURE: the cookie of a hardened server is for HTTPS only; it is by default.
    pub secure_cookie: bool,
    /// LOG_LEVEL: the level of the log; warnings and errors by default, every request from `info` on.
    pub log_level: LevelFilter,
    /// LOG_FORMAT=json: each line of the log is a JSON object.
    pub log_json: bool,
    /// METRICS_ADDR: the loopback address and port of a second listener, which serves the counts at `/metrics`.
    pub metrics: Option<SocketAddr>,
    /// DATABASE_URL.
    pub database: Database,
}

/// A value of DATABASE_URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `sqlite:PATH`: a file; a relative path counts from the folder that the app is opened in.
    Sqlite(PathBuf),
    /// `redis://…`: a Redis, which several servers may share.
    #[cfg(feature = "redis")]
    Redis(RedisUrl),
}

/// A value of AUTH_TYPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// AUTH_TYPE is unset: every route is open.
    Off,
    /// `auth`: the gate requires credentials, and none are valid.
    Auth,
    /// `basic_auth`: email and password with every request.
    BasicAuth,
    /// `session_auth`: sessions in memory, which never expire.
    SessionAuth,
    /// `session_exp_auth`: sessions in memory, which expire.
    SessionExpAuth,
    /// `session_db_auth`: sessions in the database, which expire.
    SessionDbAuth,
}

impl Mode {
    /// Returns the value of AUTH_TYPE, or `off` if that is unset.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Auth => "auth",
            Self::BasicAuth => "basic_auth",
            Self::SessionAuth => "session_auth",
            Self::SessionExpAuth => "session_exp_auth",
            Self::SessionDbAuth => "session_db_auth",
        }
    }
}

/// The error of a setting: the variable, its value, and what to write instead.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{variable}={value:?} cannot be used: {instead}")]
pub struct ConfigError {
    variable: &'static str,
    value: String,
    instead: &'static str,
}

impl Config {
    /// Reads the settings by calling `lookup` with the name of each variable.
    ///
    /// # Errors
    ///
    /// The first variable whose value cannot be used. That is never SESSION_DURATION: in the documents, a value that is
    /// not an integer counts as 0.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name| lookup(name).filter(|value| !value.is_empty());
        Ok(Self {
            host: get("API_HOST").unwrap_or_else(|| "0.0.0.0".to_owned()),
            port: get("API_PORT").map_or(Ok(5000), port)?,
            mode: get("AUTH_TYPE").map_or(Ok(Mode::Off), mode)?,
            session_name: get("SESSION_NAME").map_or(Ok(DEFAULT_SESSION_NAME.to_owned()), session_name)?,
            session_duration: get("SESSION_DURATION").map_or(0, |text| python_int(&text).unwrap_or(0)),
            hardened: get("HARDENED").map_or(Ok(false), hardened)?,
            secure_cookie: get("COOKIE_SECURE").map_or(Ok(true), |value| switch("COOKIE_SECURE", value))?,
            log_level: get("LOG_LEVEL").map_or(Ok(LevelFilter::WARN), log_level)?,
            log_json: get("LOG_FORMAT").map_or(Ok(false), log_is_json)?,
            metrics: get("METRICS_ADDR").map(metrics).transpose()?,
            database: get("DATABASE_URL").map_or(Ok(Database::Sqlite(DEFAULT_DATABASE.into())), database)?,
        })
    }
}

fn port(value: String) -> Result<u16, ConfigError> {
    // `u16::from_str` would take a sign.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or(ConfigError {
        variable: "API_PORT",
        value,
        instead: "write a port number from 0 to 65535, for example API_PORT=5000",
    })
}

fn mode(value: String) -> Result<Mode, ConfigError> {
    Ok(match value.as_str() {
        "auth" => Mode::Auth,
        "basic_auth" => Mode::BasicAuth,
        "session_auth" => Mode::SessionAuth,
        "session_exp_auth" => Mode::SessionExpAuth,
        "session_db_auth" => Mode::SessionDbAuth,
        _ => {
            return Err(ConfigError {
                variable: "AUTH_TYPE",
                value,
                instead: "write auth, basic_auth, session_auth, session_exp_auth or session_db_auth, or unset it",
            });
        }
    })
}

fn session_name(value: String) -> Result<String, ConfigError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if value.bytes().all(token) {
        return Ok(value);
    }
    Err(ConfigError {
        variable: "SESSION_NAME",
        value,
        instead: "write a cookie name of letters, digits and !#$%&'*+-.^_`|~, for example _my_session_id",
    })
}

fn switch(variable: &'static str, value: String) -> Result<bool, ConfigError> {
    match value.as_str() {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(ConfigError { variable, value, instead: "write 1 or 0, or unset it" }),
    }
}

fn hardened(value: String) -> Result<bool, ConfigError> {
    if value == "1" && !cfg!(feature = "hardened") {
        let instead = "this server was built without the feature hardened; build it with that, or unset it";
        return Err(ConfigError { variable: "HARDENED", value, instead });
    }
    switch("HARDENED", value)
}

fn log_level(value: String) -> Result<LevelFilter, ConfigError> {
    Ok(match value.as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        _ => {
            let instead = "write off, error, warn, info or debug, or unset it";
            return Err(ConfigError { variable: "LOG_LEVEL", value, instead });
        }
    })
}

fn log_is_json(value: String) -> Result<bool, ConfigError> {
    match value.as_str() {
        "json" => Ok(true),
        "text" => Ok(false),
        _ => Err(ConfigError { variable: "LOG_FORMAT", value, instead: "write text or json, or unset it" }),
    }
}

/// The counts tell who uses the server and when: they are not for other machines.
fn metrics(value: String) -> Result<SocketAddr, ConfigError> {
    if !cfg!(feature = "metrics") {
        let instead = "this server was built without the feature metrics; build it with that, or unset it";
        return Err(ConfigError { variable: "METRICS_ADDR", value, instead });
    }
    value.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()).ok_or(ConfigError {
        variable: "METRICS_ADDR",
        value,
        instead: "write a loopback address and a port, for example METRICS_ADDR=127.0.0.1:9100",
    })
}

fn database(value: String) -> Result<Database, ConfigError> {
    match value.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => return Ok(Database::Sqlite(path.into())),
        _ => {}
    }
    #[cfg(feature = "redis")]
    if let Some(url) = RedisUrl::parse(&value) {
        return Ok(Database::Redis(url));
    }
    let instead = if !cfg!(feature = "redis") && value.starts_with("redis:") {
        "this server was built without the feature redis; build it with that, or write sqlite:PATH"
    } else {
        "write sqlite:PATH, for example DATABASE_URL=sqlite:server.db, or redis://:PASSWORD@HOST:PORT/DB \
         (%23 for # in the password, and so on), or unset it"
    };
    Err(ConfigError { variable: "DATABASE_URL", value: without_password(&value), instead })
}

/// Removes a password from a value, so that an error may show it.
fn without_password(value: &str) -> String {
    let scheme = value.find("://").map_or("", |end| &value[..end + 3]);
    match value.rsplit_once('@') {
        Some((_, rest)) => format!("{scheme}…@{rest}"),
        // If the host was forgotten, the password stands in the place of the port.
        None => match value[scheme.len()..].split_once(':') {
            Some((first, rest)) if !rest.is_empty() => format!("{scheme}{first}:…"),
            _ => value.to_owned(),
        },
    }
}

/// Parses an integer as Python's `int()` does: white space around it, a sign, and single underscores between digits are
/// allowed. A value beyond 64 bits saturates; as a number of seconds it means for ever all the same.
fn python_int(text: &str) -> Option<i64> {
    // Python's str.isspace counts four separators that Unicode's White_Space does not.
    let text = text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c));
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    digits.split('_').try_fold(0_i64, |value, group| {
        if group.is_empty() || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(group.bytes().fold(value, |value, digit| {
            value.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'))
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_environment_gives_the_documents_defaults() {
        let expected = Config {
            host: "0.0.0.0".to_owned(),
            port: 5000,
            mode: Mode::Off,
            session_name: "_my_session_id".to_owned(),
            session_duration: 0,
            hardened: false,
            secure_cookie: true,
            log_level: LevelFilter::WARN,
            log_json: false,
            metrics: None,
            database: Database::Sqlite("server.db".into()),
        };
        assert_eq!(read(&[]), Ok(expected.clone()));
        let empty = [
            "API_HOST",
            "API_PORT",
            "AUTH_TYPE",
            "SESSION_NAME",
            "SESSION_DURATION",
            "HARDENED",
            "COOKIE_SECURE",
            "LOG_LEVEL",
            "LOG_FORMAT",
            "METRICS_ADDR",
            "DATABASE_URL",
        ];
        assert_eq!(read(&empty.map(|name| (name, ""))), Ok(expected));
    }

    #[test]
    fn every_value_that_a_setting_names_has_its_meaning() {
        assert_eq!(Mode::Off.as_str(), "off");
        for (value, mode) in [
            ("auth", Mode::Auth),
            ("basic_auth", Mode::BasicAuth),
            ("session_auth", Mode::SessionAuth),
            ("session_exp_auth", Mode::SessionExpAuth),
            ("session_db_auth", Mode::SessionDbAuth),
        ] {
            assert_eq!(read(&[("AUTH_TYPE", value)]).map(|config| config.mode), Ok(mode));
            assert_eq!(mode.as_str(), value);
        }
        for (value, is_on) in [("0", false), ("1", true)] {
            let config = read(&[("COOKIE_SECURE", value)]).expect("good settings");
            assert_eq!(config.secure_cookie, is_on);
            if cfg!(feature = "hardened") || !is_on {
                let config = read(&[("HARDENED", value)]).expect("good settings");
                assert_eq!(config.hardened, is_on);
            }
        }
        for (value, level) in [
            ("off", LevelFilter::OFF),
            ("error", LevelFilter::ERROR),
            ("warn", LevelFilter::WARN),
            ("info", LevelFilter::INFO),
            ("debug", LevelFilter::DEBUG),
        ] {
            assert_eq!(read(&[("LOG_LEVEL", value)]).map(|config| config.log_level), Ok(level));
        }
        for (value, is_json) in [("text", false), ("json", true)] {
            assert_eq!(read(&[("LOG_FORMAT", value)]).map(|config| config.log_json), Ok(is_json));
        }
    }

    #[test]
    fn an_integer_is_what_python_takes_for_one() {
        let table = [
            ("60", Some(60)),
            (" 60\n", Some(60)),
            ("\u{2003}5\x1f", Some(5)),
            ("+5", Some(5)),
            ("-5", Some(-5)),
            ("-0", Some(0)),
            ("007", Some(7)),
            ("1_000", Some(1000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("1000000000000000000000000000000", Some(i64::MAX)),
            ("-1000000000000000000000000000000", Some(i64::MIN)),
            ("", None),
            ("-", None),
            ("+-5", None),
            ("- 5", None),
            ("1 0", None),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("-_1", None),
            ("1e3", None),
            ("5.0", None),
            ("0x10", None),
            ("abc", None),
            ("60s", None),
        ];
        for (text, value) in table {
            assert_eq!(python_int(text), value, "{text:?}");
        }
        assert_eq!(read(&[("SESSION_DURATION", "sixty")]).map(|config| config.session_duration), Ok(0));
    }

    #[test]
    fn a_setting_whose_feature_is_not_built_in_is_refused_with_the_feature_s_name() {
        for (variable, value, feature, is_built_in) in [
            ("HARDENED", "1", "hardened", cfg!(feature = "hardened")),
            ("METRICS_ADDR", "127.0.0.1:9100", "metrics", cfg!(feature = "metrics")),
            ("DATABASE_URL", "redis://h", "redis", cfg!(feature = "redis")),
        ] {
            let read = read(&[(variable, value)]);
            assert_eq!(read.is_ok(), is_built_in, "{variable}");
            if let Err(error) = read {
                let said = format!(
                    "{variable}={value:?} cannot be used: this server was built without the feature {feature}; "
                );
                assert!(error.to_string().starts_with(&said), "{error}");
            }
        }
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_with_what_to_write_instead() {
        let wrong = [
            ("AUTH_TYPE", "Basic_Auth"),
            ("API_PORT", "http"),
            ("API_PORT", "65536"),
            ("API_PORT", "+80"),
            ("SESSION_NAME", "my session"),
            ("SESSION_NAME", "a=b"),
            ("SESSION_NAME", "é"),
            ("HARDENED", "true"),
            ("COOKIE_SECURE", "no"),
            ("LOG_LEVEL", "loud"),
            ("LOG_FORMAT", "xml"),
            ("METRICS_ADDR", "9100"),
            ("METRICS_ADDR", "0.0.0.0:9100"),
            ("DATABASE_URL", "sqlite:"),
            ("DATABASE_URL", "redis://127.0.0.1/x"),
            ("DATABASE_URL", "rediss://127.0.0.1"),
        ];
        for (variable, value) in wrong {
            let error = read(&[(variable, value)]).expect_err(value).to_string();
            let is_of_a_feature = matches!(variable, "METRICS_ADDR") || value.starts_with("redis:");
            let is_asked = error.starts_with(&format!("{variable}={value:?} cannot be used: write "));
            let is_built_in = cfg!(all(feature = "metrics", feature = "redis"));
            assert!(is_asked || is_of_a_feature && !is_built_in, "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_password_is_shown_by_no_settings() {
        let url = "redis://:secret@127.0.0.1:7000/1";
        let config = read(&[("DATABASE_URL", url)]).expect("good settings");
        assert_eq!(config.database, Database::Redis(RedisUrl::parse(url).expect("a URL")));
        assert!(format!("{config:?}").contains("redis://127.0.0.1:7000/1"), "{config:?}");
        assert!(!format!("{config:?}").contains("secret"), "{config:?}");
    }

    #[test]
    fn a_password_is_shown_by_no_error() {
        for wrong in ["redis://:secret@h:x", "redis//:secret@h", "rediss://k:sec@ret@h", "redis://:se#cret@h"]
        {
            let error = read(&[("DATABASE_URL", wrong)]).expect_err(wrong).to_string();
            assert!(error.contains("…@h") && !error.contains("cret") && !error.contains("ret@"), "{error}");
        }
        for (wrong, shown) in [
            ("redis://:secret", "redis://:…"),
            ("redis://kim:secret", "redis://kim:…"),
            ("redis://kim:sec/ret", "redis://kim:…"),
            ("redis:kim:secret", "redis:…"),
        ] {
            let error = read(&[("DATABASE_URL", wrong)]).expect_err(wrong).to_string();
            assert!(error.starts_with(&format!("DATABASE_URL={shown:?} cannot be used")), "{error}");
        }
    }
}
