//! How the server waits, stops, and fails.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Site, config, connect, listen, send, split};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use server::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, UserList, UserSession};
use server::http::limits::{BODY_TIME, DRAIN_TIME, HEAD_TIME, IDLE_TIME};
use server::store::{Lookup, Store, StoreError, found};
use server::{App, SystemClock, User};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

const STATUS: &str = "GET /api/v1/status HTTP/1.1\r\nHost: h\r\n";

/// What comes before the connection is closed, and after how long by a clock that runs ahead whenever all wait.
async fn until_closed(address: std::net::SocketAddr, sent: &str) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    stream.write_all(sent.as_bytes()).await.expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an end");
    (answer, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn who_sends_nothing_more_is_not_waited_for() {
    const SECOND: Duration = Duration::from_secs(1);
    let site = Site::start("").await;
    let half_head = "GET /api/v1/status HTTP/1.1\r\nHo";
    let half_body = "POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{";
    for (sent, answer, time) in
        [("", "", IDLE_TIME), (half_head, "", HEAD_TIME), (half_body, "408", BODY_TIME)]
    {
        let (came, after) = until_closed(site.address, sent).await;
        assert_eq!(came.get(9..12).unwrap_or_default(), answer, "{sent:?} {came}");
        assert!(time <= after && after <= time + 2 * SECOND, "{sent:?}: {after:?}");
    }
    // One that asks again and again stays, however long that takes.
    let mut stream = TcpStream::connect(site.address).await.expect("a listener");
    for _ in 0..5 {
        stream.write_all(format!("{STATUS}\r\n").as_bytes()).await.expect("a connection");
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).await.expect("an answer");
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK\r\n"), "{:?}", &answer[..length]);
        tokio::time::sleep(IDLE_TIME - SECOND).await;
    }
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

#[tokio::test(start_paused = true)]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut site = Site::start("session_auth").await;
    let mut stream = TcpStream::connect(site.address).await.expect("a listener");
    stream.write_all(format!("{STATUS}\r\n").as_bytes()).await.expect("a connection");
    assert_eq!(stream.read_u8().await.expect("an answer"), b'H');
    let began = Instant::now();
    site.stop().await;
    assert!(began.elapsed() < DRAIN_TIME, "{:?}", began.elapsed());
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
    async fn users(&self) -> Result<Arc<UserList>, StoreError> {
        self.fail()
    }
    fn user_count(&self) -> Lookup<'_, u64> {
        found(self.fail())
    }
    fn user(&self, _: &str) -> Lookup<'_, Option<Arc<User>>> {
        found(self.fail())
    }
    fn user_by_email(&self, _: &str) -> Lookup<'_, Option<Arc<User>>> {
        found(self.fail())
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
    async fn add_session(&self, _: SessionId, _: Session, _: Lifetime) -> Result<bool, StoreError> {
        self.fail()
    }
    fn session(&self, _: &str) -> Lookup<'_, Option<UserSession>> {
        found(self.fail())
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
        for request in [me.to_owned(), crate::support::login(crate::support::BOB_FORM)] {
            assert_eq!(split(&send(address, request.as_bytes()).await), expected);
        }
        assert_eq!(split(&send(address, format!("{STATUS}\r\n").as_bytes()).await).0, 200);
        task.abort();
    }
}
