//! The address of a Redis server, as `redis://HOST:PORT`.

use std::fmt;

use http::Uri;

use crate::Error;
use crate::error::UrlErrorKind;

/// The port of a Redis server whose address names none.
const PORT: u16 = 6379;

/// Where a Redis server is: a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// What stands before the host.
    pub const SCHEME: &str = "redis://";

    /// Returns the address of a port of this machine.
    pub fn here(port: u16) -> Self {
        Self { host: "127.0.0.1".to_owned(), port }
    }

    /// Reads `redis://HOST:PORT`; without a port it is 6379.
    ///
    /// # Errors
    ///
    /// When it is anything else; the text says what to write.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let write = "redis://HOST:PORT";
        let wrong = |kind| Error::Url { text: text.to_owned(), kind, write: write.to_owned() };
        let uri: Uri = text.parse().map_err(|_| wrong(UrlErrorKind::NoRedisUrl))?;
        let authority = match (uri.scheme_str(), uri.authority()) {
            (Some("redis"), Some(authority)) => authority,
            _ => return Err(wrong(UrlErrorKind::NoRedisUrl)),
        };
        if authority.as_str().contains('@') {
            return Err(Error::RedisPassword);
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(wrong(UrlErrorKind::MoreThanAServer));
        }
        let after_host = authority.as_str().rsplit(']').next().unwrap_or_default();
        let port = match authority.port_u16() {
            Some(0) => None,
            None if !after_host.contains(':') => Some(PORT),
            port => port,
        };
        let port = port.ok_or_else(|| wrong(UrlErrorKind::NoPort))?;
        Ok(Self { host: authority.host().to_owned(), port })
    }

    /// Returns `HOST:PORT`, to connect to.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}:{}", Self::SCHEME, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_perhaps_a_port() {
        for (text, read) in [
            ("redis://127.0.0.1:7000", "redis://127.0.0.1:7000"),
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://localhost/", "redis://localhost:6379"),
            ("redis://[::1]:1", "redis://[::1]:1"),
        ] {
            assert_eq!(Address::parse(text).expect(text).to_string(), read);
        }
        assert_eq!(Address::here(6379), Address::parse("redis://127.0.0.1").expect("it is one"));
    }

    #[test]
    fn anything_else_is_told_what_to_write() {
        for (text, why) in [
            ("http://127.0.0.1:6379", "is no address of a Redis server: write redis://HOST:PORT"),
            ("redis://", "is no address of a Redis server"),
            ("redis://h:0", "has no port from 1 to 65535"),
            ("redis://h:99999", "has no port from 1 to 65535"),
            ("redis://h:", "has no port from 1 to 65535"),
            ("redis://h:1/2", "has more than a host and a port"),
            ("redis://h:1?a=b", "has more than a host and a port"),
            ("redis://h:1#a", "has more than a host and a port"),
        ] {
            let told = Address::parse(text).expect_err(text).to_string();
            assert!(told.contains(why), "{text}: {told}");
        }
        let told = Address::parse("redis://:secret@h:1").expect_err("it has a password").to_string();
        assert!(told.contains("with a password") && !told.contains("secret"), "{told}");
    }
}
