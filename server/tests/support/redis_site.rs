//! A server on the way to a Redis of the test's own, and what is asked of it.

use server::store::{Redis, RedisUrl, Store as _};
use tempfile::TempDir;

use crate::support::fault_proxy::FaultProxy;
use crate::support::redis_server::RedisServer;
use crate::support::{BOB, BOB_FORM, PATIENCE, Process, bob, exchange, login, serving, split};

pub const UNAVAILABLE: &str = "{\n  \"error\": \"Service unavailable\"\n}\n";

/// Adds Bob at a Redis.
fn add_bob(url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Redis::open(&RedisUrl::parse(url).expect("a URL")).await.expect("a Redis");
        assert_eq!(store.add_user(bob()).await, Ok(true));
    });
}

/// A server in session_db_auth on the way to a Redis, with Bob logged in.
pub struct Site {
    pub redis: RedisServer,
    pub way: FaultProxy,
    pub process: Process,
    pub cookie: String,
    _folder: TempDir,
}

impl Site {
    pub fn start(redis: RedisServer) -> Self {
        Self::start_as("", redis)
    }

    /// As [`start`](Self::start), where a URL must begin with `credentials`, `:PASSWORD@`.
    pub fn start_as(credentials: &str, redis: RedisServer) -> Self {
        let way = FaultProxy::new(redis.address());
        let of = |address| format!("redis://{credentials}{address}");
        add_bob(&of(redis.address()));
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = serving(folder.path(), "session_db_auth");
        command.env("DATABASE_URL", of(way.address));
        let mut site =
            Self { redis, way, process: Process::run(command), cookie: String::new(), _folder: folder };
        site.cookie = site.log_in();
        site
    }

    /// Logs Bob in; his Cookie header.
    pub fn log_in(&self) -> String {
        let answer = exchange(self.process.address, login(BOB_FORM).as_bytes());
        let cookie = answer.split_once("Set-Cookie: ").and_then(|(_, rest)| rest.split(';').next());
        format!("Cookie: {}\r\n", cookie.expect(&answer))
    }

    pub fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{}\r\n", self.cookie);
        split(&exchange(self.process.address, request.as_bytes()))
    }

    pub fn me(&self) -> (u16, String) {
        self.ask("GET", "/api/v1/users/me")
    }

    pub fn login(&self) -> (u16, String) {
        split(&exchange(self.process.address, login(BOB_FORM).as_bytes()))
    }

    pub fn create(&self, email: &str) -> (u16, String) {
        let json = format!(r#"{{"email": "{email}", "password": "x"}}"#);
        let request = format!(
            "POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{json}",
            self.cookie,
            json.len()
        );
        split(&exchange(self.process.address, request.as_bytes()))
    }

    /// Every kind of request, and all is refused.
    pub fn is_unavailable(&self, what: &str) {
        let expected = (503, UNAVAILABLE.to_owned());
        let list = self.ask("GET", "/api/v1/users");
        assert_eq!(
            [self.me(), self.login(), self.create("kim@h"), list],
            [(); 4].map(|()| expected.clone()),
            "{what}"
        );
    }

    /// Every kind of request, and all is as it was before.
    pub fn is_well(&self, what: &str) {
        let (status, body) = self.me();
        assert!(status == 200 && body.contains(BOB), "{what}: {status} {body}");
        assert_eq!(self.login().0, 200, "{what}");
        assert_eq!(self.ask("GET", "/api/v1/stats"), (200, "{\n  \"users\": 1\n}\n".to_owned()), "{what}");
    }

    /// Waits until the server has found its way again: what it is asked first may still meet the old connection.
    pub fn recovers(&self, what: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while self.me() == (503, UNAVAILABLE.to_owned()) {
            assert!(std::time::Instant::now() < deadline, "{what}");
        }
        self.is_well(what);
    }

    /// Ends the server; what it said, which holds no secret and begins lines with these.
    pub fn says(self, expected: &[&str]) {
        let id = self.cookie.trim_end().split_once('=').expect("a cookie").1.to_owned();
        let said = self.process.kill_and_read();
        assert!(!said.contains(&id) && !said.contains("bobsession") && !said.contains("fake pwd"), "{said}");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{said}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.contains(expected), "{expected:?} in {said}");
        }
    }
}
