//! The gate: who may pass, before any route is looked for.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, HeaderMap};

use super::{Attempt, Guard, SessionCookie, credentials};
use crate::accounts::{Lifetime, User};
use crate::config::{Config, Mode};
use crate::http::path::CanonicalPath;
use crate::http::refusal::Refusal;
use crate::store::{Store, StoreError};

/// The paths that need no credentials.
const EXCLUDED: [&str; 4] =
    ["/api/v1/status/", "/api/v1/unauthorized/", "/api/v1/forbidden/", "/api/v1/auth_session/login/"];

/// Says whether a credential is required for `path`, given the excluded paths.
///
/// Both are slash tolerant, and an excluded path that ends in `*` excludes every path that begins so (Basic
/// task 13): `/api/v1/stat*` excludes `/api/v1/stats`. A path without a canonical spelling is never excluded.
pub fn requires_auth(path: &str, excluded_paths: &[impl AsRef<str>]) -> bool {
    match CanonicalPath::parse(path) {
        Some(path) => !excluded_paths.iter().any(|excluded| excludes(excluded.as_ref(), path.as_str())),
        None => true,
    }
}

fn excludes(excluded: &str, path: &str) -> bool {
    match excluded.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix) || prefix.strip_suffix('/') == Some(path),
        None => excluded.strip_suffix('/').unwrap_or(excluded) == path,
    }
}

/// How users are identified: a mode, with what it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nobody is asked.
    Off,
    /// Everybody is asked, nobody is known.
    Plain,
    /// By email and password in the Authorization header.
    Basic,
    /// By the session cookie.
    Session(Lifetime),
}

impl Auth {
    /// What the settings ask for.
    pub fn of(config: &Config) -> Self {
        match config.mode {
            Mode::Off => Self::Off,
            Mode::Auth => Self::Plain,
            Mode::BasicAuth => Self::Basic,
            Mode::SessionAuth => Self::Session(Lifetime::UNLIMITED),
            Mode::SessionExpAuth | Mode::SessionDbAuth => {
                Self::Session(Lifetime::of_seconds(config.session_duration))
            }
        }
    }

    /// Whether one can log in.
    pub fn has_sessions(self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// How long sessions live; for ever where there are none.
    pub fn lifetime(self) -> Lifetime {
        match self {
            Self::Session(lifetime) => lifetime,
            _ => Lifetime::UNLIMITED,
        }
    }

    /// What a 401 asks for in WWW-Authenticate (RFC 9110, 11.6.1). Browsers open a dialog for Basic only.
    pub fn challenge(self) -> &'static str {
        match self {
            Self::Basic => r#"Basic realm="api", charset="UTF-8""#,
            Self::Off | Self::Plain | Self::Session(_) => r#"Session realm="api""#,
        }
    }
}

/// The gate of one server.
pub struct Gate {
    /// How users are identified.
    pub auth: Auth,
    /// What names a session.
    pub cookie: SessionCookie,
    /// Who tests passwords.
    pub guard: Guard,
}

impl Gate {
    /// What the settings ask for.
    pub fn of(config: &Config) -> Self {
        Self { auth: Auth::of(config), cookie: SessionCookie::of(config), guard: Guard::new(config) }
    }

    /// Lets a request pass: the user who sent it, or nobody where nobody needs to be known.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unauthorized`] without credentials, [`Refusal::Forbidden`] with credentials that identify
    /// nobody, [`Refusal::Unavailable`] where the store cannot say; and where hardened
    /// [`Refusal::TooManyTries`] of a password.
    pub async fn admit(
        &self,
        path: &CanonicalPath<'_>,
        headers: &HeaderMap,
        address: IpAddr,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, Refusal> {
        if self.auth == Auth::Off || EXCLUDED.iter().any(|excluded| excludes(excluded, path.as_str())) {
            return Ok(None);
        }
        if self.cookie.find(headers).is_none() && !headers.contains_key(AUTHORIZATION) {
            return Err(Refusal::Unauthorized);
        }
        let user = match self.auth {
            Auth::Off | Auth::Plain => None,
            Auth::Basic => {
                let (email, password) = credentials(headers).ok_or(Refusal::Forbidden)?;
                let attempt = Attempt { email: &email, password: &password, address, now };
                let identified = self.guard.identify(&attempt, store).await;
                Some(identified.map_err(Refusal::without_reason)?)
            }
            Auth::Session(_) => self.session_user(headers, store, now).await?,
        };
        user.map(Some).ok_or(Refusal::Forbidden)
    }

    /// Finds the user whose live session the cookie names.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn session_user(
        &self,
        headers: &HeaderMap,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        let Some(id) = self.cookie.find(headers).and_then(|id| str::from_utf8(id).ok()) else {
            return Ok(None);
        };
        let lifetime = self.auth.lifetime();
        let session = store.session(id).await?;
        Ok(session.filter(|session| !lifetime.is_over(session.created_at, now)).map(|session| session.user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_live_as_long_as_their_mode_says() {
        for (mode, seconds) in [
            ("auth", 0),
            ("basic_auth", 0),
            ("session_auth", 0),
            ("session_exp_auth", 60),
            ("session_db_auth", 60),
        ] {
            let config = Config::from_lookup(|name| match name {
                "AUTH_TYPE" => Some(mode.to_owned()),
                "SESSION_DURATION" => Some("60".to_owned()),
                _ => None,
            });
            let auth = Auth::of(&config.expect("good settings"));
            assert_eq!(auth.lifetime(), Lifetime::of_seconds(seconds), "{mode}");
        }
    }

    #[test]
    fn excluded_paths_are_slash_tolerant_and_exact() {
        for path in ["/api/v1/status", "/api/v1/status/", "/api/v1/%73tatus"] {
            assert!(!requires_auth(path, &["/api/v1/status/"]), "{path}");
            assert!(!requires_auth(path, &["/api/v1/status"]), "{path}");
        }
        let closed = [
            "",
            "/",
            "/api/v1",
            "/api/v1/",
            "/api/v1/statu",
            "/api/v1/statusX",
            "/api/v1/status/anything",
            "/api/v1/STATUS",
            "/api/v1/status*",
            "/api/v1/*",
            "*",
            "//api/v1/status",
            "/api/v1/status//",
            "/api/v1/status/../users",
            "/api/v1/status;x",
            "/api/v1/status%2f",
            "x/api/v1/status",
        ];
        for path in closed {
            assert!(requires_auth(path, &["/api/v1/status/"]), "{path}");
        }
        assert!(requires_auth("/api/v1/status", &[] as &[&str]));
    }

    #[test]
    fn a_star_at_the_end_excludes_every_path_that_begins_so() {
        for (path, required) in [
            ("/api/v1/users", true),
            ("/api/v1/status", false),
            ("/api/v1/stats/", false),
            ("/api/v1/stat", false),
            ("/api/v1/sta", true),
            ("/api/v1/stat/../users", true),
            ("/x/api/v1/stats", true),
        ] {
            assert_eq!(requires_auth(path, &["/api/v1/stat*"]), required, "{path}");
        }
        assert!(!requires_auth("/api/v1/status", &["/api/v1/status/*"]));
        assert!(!requires_auth("/api/v1/users", &["/api/v1/stat*", "*"]));
        assert!(requires_auth("/api/v1/status", &["/api/*/status"]), "a star elsewhere is a letter");
    }
}
