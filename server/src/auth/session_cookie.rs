//! The session cookie: its name, and the headers that set, carry and clear it.

use http::HeaderValue;
use http::header::HeaderMap;

use super::cookie;
use crate::accounts::SessionId;
use crate::config::Config;

/// A cookie for the whole site, with the attributes that HARDENED=1 adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    name: String,
    attributes: &'static str,
    /// Whether a logout clears it.
    is_cleared: bool,
}

impl SessionCookie {
    /// Makes the cookie that the settings ask for.
    pub fn new(config: &Config) -> Self {
        let attributes = match (config.hardened, config.secure_cookie) {
            (false, _) => "; Path=/",
            (true, false) => "; HttpOnly; SameSite=Lax; Path=/",
            (true, true) => "; Secure; HttpOnly; SameSite=Lax; Path=/",
        };
        Self { name: config.session_name.clone(), attributes, is_cleared: config.hardened }
    }

    /// Finds its value in a request. If there are several, the first counts.
    pub fn find<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        cookie(headers, &self.name)
    }

    /// Returns the Set-Cookie header of a login.
    pub fn set(&self, id: &SessionId) -> HeaderValue {
        self.header(id.as_str(), "")
    }

    /// Returns the Set-Cookie header of a logout, or `None` as in the documents.
    pub fn clear(&self) -> Option<HeaderValue> {
        self.is_cleared.then(|| self.header("", "; Max-Age=0"))
    }

    fn header(&self, value: &str, end: &str) -> HeaderValue {
        // Not by `format!`, which takes as long as the rest of a login's answer.
        let text = [&self.name, "=", value, self.attributes, end].concat();
        HeaderValue::try_from(text).expect("the name is a token and the value a UUID")
    }
}
