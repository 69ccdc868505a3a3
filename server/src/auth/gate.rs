//! The gate: it lets requests pass, before any route is looked for.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, HeaderMap};

use super::{Attempt, PasswordVerifier, SessionCookie, credentials};
use crate::accounts::{Lifetime, User};
use crate::config::{Config, Mode};
use crate::http::path::CanonicalPath;
use crate::http::refusal::Refusal;
use crate::store::{Store, StoreError};

/// The paths that need no credentials.
const EXCLUDED: [&str; 4] =
    ["/api/v1/status/", "/api/v1/unauthorized/", "/api/v1/forbidden/", "/api/v1/auth_session/login/"];

/// Returns whether `path` requires credentials, given the excluded paths.
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

/// The way in which users are identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// No credentials are required.
    Off,
    /// Credentials are required, and none are valid.
    Plain,
    /// By email and password in the Authorization header.
    Basic,
    /// By the session cookie.
    Session(Lifetime),
}

impl Auth {
    /// Returns the way that the settings ask for.
    pub fn new(config: &Config) -> Self {
        match config.mode {
            Mode::Off => Self::Off,
            Mode::Auth => Self::Plain,
            Mode::BasicAuth => Self::Basic,
            Mode::SessionAuth => Self::Session(Lifetime::UNLIMITED),
            Mode::SessionExpAuth | Mode::SessionDbAuth => {
                Self::Session(Lifetime::from_seconds(config.session_duration))
            }
        }
    }

    /// Returns whether there are sessions to log in to.
    pub fn has_sessions(self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// Returns the lifetime of sessions, which is unlimited if there are none.
    pub fn lifetime(self) -> Lifetime {
        match self {
            Self::Session(lifetime) => lifetime,
            _ => Lifetime::UNLIMITED,
        }
    }

    /// Returns the WWW-Authenticate header of a 401 (RFC 9110, 11.6.1). Browsers open a dialog for Basic only.
    pub fn challenge(self) -> &'static str {
        match self {
            Self::Basic => r#"Basic realm="api", charset="UTF-8""#,
            Self::Off | Self::Plain | Self::Session(_) => r#"Session realm="api""#,
        }
    }
}

/// The gate of one server.
pub struct Gate {
    /// The way in which users are identified.
    pub auth: Auth,
    /// The session cookie.
    pub cookie: SessionCookie,
    /// The verifier of passwords.
    pub verifier: PasswordVerifier,
}

impl Gate {
    /// Makes the gate that the settings ask for.
    pub fn new(config: &Config) -> Self {
        Self {
            auth: Auth::new(config),
            cookie: SessionCookie::new(config),
            verifier: PasswordVerifier::new(config),
        }
    }

    /// Lets a request pass, and returns its user, or `None` if the path requires no credentials.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unauthorized`] without credentials, [`Refusal::Forbidden`] if they identify no user,
    /// [`Refusal::Unavailable`] if the store cannot be read; where hardened, also [`Refusal::TooManyTries`].
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
        let session_id = self.cookie.find(headers);
        if session_id.is_none() && !headers.contains_key(AUTHORIZATION) {
            return Err(Refusal::Unauthorized);
        }
        let user = match self.auth {
            Auth::Off | Auth::Plain => None,
            Auth::Basic => {
                let (email, password) = credentials(headers).ok_or(Refusal::Forbidden)?;
                let attempt = Attempt { email: &email, password: &password, address, now };
                let identified = self.verifier.identify(&attempt, store).await;
                Some(identified.map_err(Refusal::without_reason)?)
            }
            Auth::Session(_) => self.session_user(session_id, store, now).await?,
        };
        user.map(Some).ok_or(Refusal::Forbidden)
    }

    /// Finds the user of a live session, whose ID is the value of a cookie.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn session_user(
        &self,
        session_id: Option<&[u8]>,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        let Some(id) = session_id.and_then(|id| str::from_utf8(id).ok()) else {
            return Ok(None);
        };
        let lifetime = self.auth.lifetime();
        let session = store.session(id).await?;
        Ok(session
            .filter(|session| !lifetime.is_expired(session.created_at, now))
            .map(|session| session.user))
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
            let auth = Auth::new(&config.expect("good settings"));
            assert_eq!(auth.lifetime(), Lifetime::from_seconds(seconds), "{mode}");
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
