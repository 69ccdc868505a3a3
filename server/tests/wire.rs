//! What arrives on the wire: HTTP's rules, limits, and failures of the server itself.

mod support;

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use server::auth::{PasswordHash, Session, SessionId};
use server::store::{Store, StoreError};
use server::user::Names;
use server::{App, SystemClock, User};
use support::{Site, config, connect, listen, send, split};

const STATUS: &str = "GET /api/v1/status HTTP/1.1\r\nHost: h\r\n";

#[tokio::test]
async fn a_request_needs_exactly_one_well_formed_host() {
    let site = Site::start("").await;
    for hosts in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a@b\r\n",
        "Host: [::1\r\n",
        "Host: a:x\r\n",
    ] {
        let answer = site.send(&format!("GET /api/v1/status HTTP/1.1\r\n{hosts}\r\n")).await;
        assert_eq!(split(&answer).0, 400, "{hosts}");
    }
    assert_eq!(split(&site.send("GET /api/v1/status HTTP/1.1\r\nHost:\r\n\r\n").await).0, 200);
    assert_eq!(split(&site.send("GET /api/v1/status HTTP/1.0\r\n\r\n").await).0, 200);
}

#[tokio::test]
async fn what_exceeds_a_limit_is_refused() {
    let site = Site::start("session_auth").await;
    let target = |length: usize| format!("/api/v1/status?{}", "a".repeat(length - "/api/v1/status?".len()));
    assert_eq!(site.status("GET", &target(8 * 1024), "").await, 200);
    assert_eq!(site.status("GET", &target(8 * 1024 + 1), "").await, 414);
    assert_eq!(site.status("GET", "/api/v1/status", &"X: y\r\n".repeat(99)).await, 200);
    assert_eq!(site.status("GET", "/api/v1/status", &"X: y\r\n".repeat(100)).await, 431);
    assert_eq!(site.status("GET", "/api/v1/status", &format!("X: {}\r\n", "y".repeat(60_000))).await, 200);
    assert_eq!(site.status("GET", "/api/v1/status", &format!("X: {}\r\n", "y".repeat(70_000))).await, 431);
    let login = "/api/v1/auth_session/login";
    assert_eq!(site.post("POST", login, "", &"a".repeat(64 * 1024)).await.0, 400);
    assert_eq!(site.post("POST", login, "", &"a".repeat(64 * 1024 + 1)).await.0, 413);
    let announced =
        format!("POST {login} HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(split(&site.send(&announced).await).0, 413);
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(64 * 1024));
    let chunked = format!(
        "POST {login} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    assert_eq!(split(&site.send(&chunked).await).0, 413);
    assert_eq!(site.post("POST", login, "Content-Encoding: gzip\r\n", "x").await.0, 415);
}

#[tokio::test]
async fn an_incomplete_body_is_never_acted_on() {
    let site = Site::start("session_auth").await;
    let login = support::login(support::BOB_FORM);
    let cut = &login[..login.len() - 1];
    let answer = site.send(cut).await;
    assert!(!answer.contains("Set-Cookie"), "{answer}");
    let answer = site.send(&login).await;
    assert!(answer.contains("Set-Cookie"), "a client that only closed its side gets its answer: {answer}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_keep_no_identity() {
    let site = Site::start("session_auth").await;
    let cookie = site.log_in().await;
    let me = |headers: &str| format!("GET /api/v1/users/me HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
    let answers = site.send(&[me(&cookie), me(""), me(&cookie), me("")].concat()).await;
    let statuses: Vec<_> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "401", "200", "401"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polite_stop_answers_what_is_in_flight_and_closes_what_is_idle() {
    let mut site = Site::start("session_auth").await;
    let address = site.address;
    let (mut idle, mut used) = (connect(address), connect(address));
    let request = format!("{STATUS}\r\n");
    used.write_all(request.as_bytes()).expect("a connection");
    let mut first = [0; 512];
    assert!(used.read(&mut first).expect("an answer") > 0);
    site.stop().await;
    let mut rest = Vec::new();
    assert_eq!(idle.read_to_end(&mut rest).unwrap_or(0), 0);
    assert_eq!(used.read_to_end(&mut rest).unwrap_or(0), 0);
    assert!(std::net::TcpStream::connect(address).is_err());
}

/// A store that fails, or panics.
struct Broken {
    panics: bool,
}

impl Broken {
    fn fail<T>(&self) -> Result<T, StoreError> {
        assert!(!self.panics, "on purpose");
        Err(StoreError::Read)
    }
}

#[async_trait]
impl Store for Broken {
    async fn users(&self) -> Result<Vec<Arc<User>>, StoreError> {
        self.fail()
    }
    async fn user_count(&self) -> Result<u64, StoreError> {
        self.fail()
    }
    async fn user(&self, _: &str) -> Result<Option<Arc<User>>, StoreError> {
        self.fail()
    }
    async fn user_by_email(&self, _: &str) -> Result<Option<Arc<User>>, StoreError> {
        self.fail()
    }
    async fn add_user(&self, _: Arc<User>) -> Result<bool, StoreError> {
        self.fail()
    }
    async fn rename_user(
        &self,
        _: &str,
        _: Names,
        _: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        self.fail()
    }
    async fn rehash_user(&self, _: &str, _: PasswordHash) -> Result<bool, StoreError> {
        self.fail()
    }
    async fn remove_user(&self, _: &str) -> Result<bool, StoreError> {
        self.fail()
    }
    async fn add_session(
        &self,
        _: SessionId,
        _: Session,
        _: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        self.fail()
    }
    async fn session(&self, _: &str) -> Result<Option<Session>, StoreError> {
        self.fail()
    }
    async fn end_session(&self, _: &str) -> Result<bool, StoreError> {
        self.fail()
    }
}

#[tokio::test]
async fn a_failing_store_is_503_and_a_panic_500_and_the_server_lives_on() {
    for (panics, expected) in [
        (false, (503, "{\n  \"error\": \"Service unavailable\"\n}\n".to_owned())),
        (true, (500, "{\n  \"error\": \"Internal server error\"\n}\n".to_owned())),
    ] {
        let store = Arc::new(Broken { panics });
        let app = App::with_store(&config(&[("AUTH_TYPE", "session_auth")]), store, Arc::new(SystemClock));
        let (address, _stop, task) = listen(Arc::new(app)).await;
        let me = "GET /api/v1/users/me HTTP/1.1\r\nHost: h\r\nCookie: _my_session_id=x\r\n\r\n";
        for request in [me.to_owned(), support::login(support::BOB_FORM)] {
            assert_eq!(split(&send(address, request.as_bytes()).await), expected);
        }
        assert_eq!(split(&send(address, format!("{STATUS}\r\n").as_bytes()).await).0, 200);
        task.abort();
    }
}
