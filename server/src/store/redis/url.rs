//! The address of a Redis, as DATABASE_URL has it.

use std::fmt;

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo,
};
use redis::{RedisResult, io::tcp::TcpSettings};

use crate::http::limits::STORE_TIME;

/// `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`. It prints without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    database: i64,
}

impl RedisUrl {
    /// Parses a URL; returns `None` if it is of another kind, or has parts that this server does not know.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.starts_with("redis://") || text.contains(['?', '#']) {
            return None;
        }
        let info: ConnectionInfo = text.parse().ok()?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else { return None };
        let redis = info.redis_settings();
        let text = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        Some(Self {
            host: host.clone(),
            port: *port,
            user: text(redis.username()),
            password: text(redis.password()),
            database: Some(redis.db()).filter(|database| *database >= 0)?,
        })
    }

    /// Makes a client for it.
    ///
    /// # Errors
    ///
    /// If the crate `redis` does not accept the address.
    pub fn client(&self) -> RedisResult<Client> {
        // With RESP3, the end of a connection is known before the next request finds out.
        let mut redis =
            RedisConnectionInfo::default().set_db(self.database).set_protocol(ProtocolVersion::RESP3);
        if let Some(user) = &self.user {
            redis = redis.set_username(user);
        }
        if let Some(password) = &self.password {
            redis = redis.set_password(password);
        }
        let info = ConnectionAddr::Tcp(self.host.clone(), self.port).into_connection_info()?;
        let tcp = TcpSettings::default().set_nodelay(true);
        // Without it, the system would repeat for minutes what nobody waits for any more.
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(STORE_TIME);
        Client::open(info.set_redis_settings(redis).set_tcp_settings(tcp))
    }
}

/// Without the password, as errors and the log print this.
impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "redis://{host}:{}/{}", self.port, self.database)
    }
}

/// Without the password, too.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_shown_without_its_secrets() {
        for (text, shown) in [
            ("redis://localhost", "redis://localhost:6379/0"),
            ("redis://127.0.0.1:7000", "redis://127.0.0.1:7000/0"),
            ("redis://:secret@[::1]:7000/3", "redis://[::1]:7000/3"),
            ("redis://kim:s%23cret@h:1/", "redis://h:1/0"),
        ] {
            let url = RedisUrl::parse(text).expect(text);
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
        let url = RedisUrl::parse("redis://kim:s%23cret@h").expect("a URL");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("kim"), Some("s#cret")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_gives_up_when_the_server_has() {
        let client = RedisUrl::parse("redis://h").expect("a URL").client().expect("a client");
        assert_eq!(client.get_connection_info().tcp_settings().user_timeout(), Some(STORE_TIME));
    }

    #[test]
    fn what_is_not_understood_is_no_url() {
        for text in [
            "redis:",
            "redis://",
            "rediss://h",
            "redis://h:65536",
            "redis://h:x",
            "redis://h/-1",
            "redis://h/a",
            "redis://h?protocol=resp2",
            "redis://:se#cret@h",
            "unix:/tmp/redis",
            "127.0.0.1:6379",
            "redis://0.0.0.0",
        ] {
            assert_eq!(RedisUrl::parse(text), None, "{text}");
        }
    }
}
