//! The one connection to a Redis: what takes too long on it, and when it ends.
//!
//! The app is in this process, so that its time can be made to pass.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::fault_proxy::FaultProxy;
use crate::support::redis_server::RedisServer;
use crate::support::{BOB, PATIENCE, bob, config};
use bytes::Bytes;
use http::Request;
use server::accounts::{Names, PasswordHash};
use server::http::framing::RequestBody;
use server::http::limits::{STORE_LIST_TIME, STORE_TIME};
use server::store::StoreError;
use server::{App, Respond as _, SystemClock, User};

const UNAVAILABLE: &str = "{\n  \"error\": \"Service unavailable\"\n}\n";

/// Says that a test is not made here, where there is no redis-server.
fn is_skipped() -> bool {
    crate::support::redis_server::is_skipped("a slow Redis")
}

/// An app in this process, and a session of Bob's.
struct Inside {
    app: App,
    cookie: String,
}

impl Inside {
    async fn start(url: &str) -> Self {
        let settings = config(&[("AUTH_TYPE", "session_db_auth"), ("DATABASE_URL", url)]);
        let app = App::open(&settings, Path::new(""), Arc::new(SystemClock)).await.expect("a Redis");
        app.store().add_user(bob()).await.expect("a write");
        let id = app.service().create_session(&BOB.into()).await.expect("a write").expect("a user");
        Self { app, cookie: format!("_my_session_id={}", id.as_str()) }
    }

    async fn respond(&self, method: &str, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("Cookie", &self.cookie);
        let (head, ()) = request.body(()).expect("a request").into_parts();
        let mut body = RequestBody::from(Bytes::new());
        let response = self.app.respond(&head, &mut body, Ipv4Addr::LOCALHOST.into()).await;
        (response.status().as_u16(), String::from_utf8(response.into_body().into()).expect("UTF-8"))
    }
}

#[tokio::test]
async fn a_connection_that_ends_while_nobody_asks_is_noticed_before_the_next_request() {
    if is_skipped() {
        return;
    }
    let redis = RedisServer::start(&[]);
    let way = FaultProxy::new(redis.address());
    let inside = Inside::start(&way.url()).await;
    for _ in 0..3 {
        way.cut();
        // Time that passes by itself does so only when nothing else can happen: the connection's end has been read.
        tokio::time::pause();
        tokio::time::sleep(STORE_TIME).await;
        tokio::time::resume();
        assert_eq!(inside.respond("GET", "/api/v1/users/me").await.0, 200);
    }
}

#[tokio::test]
async fn whatever_takes_too_long_is_503_in_bounded_time() {
    if is_skipped() {
        return;
    }
    let redis = RedisServer::start(&[]);
    let way = FaultProxy::new(redis.address());
    let inside = Inside::start(&way.url()).await;
    let me = "/api/v1/users/me";
    assert_eq!(inside.respond("GET", me).await.0, 200);
    // The answer to the first is held; the others find no connection in time.
    way.hold();
    // Time passes by itself from here on, as nothing can happen.
    tokio::time::pause();
    for _ in 0..3 {
        let asked = tokio::time::Instant::now();
        assert_eq!(inside.respond("GET", me).await, (503, UNAVAILABLE.to_owned()));
        assert!(asked.elapsed() <= STORE_TIME + Duration::from_millis(2), "{:?}", asked.elapsed());
    }
    tokio::time::resume();
    way.release();
    assert_eq!(inside.respond("GET", me).await.0, 200, "on a new connection");
}

#[tokio::test]
async fn a_connection_whose_bytes_go_nowhere_is_left_for_a_new_one() {
    if is_skipped() {
        return;
    }
    let redis = RedisServer::start(&[]);
    let way = FaultProxy::new(redis.address());
    let inside = Inside::start(&way.url()).await;
    let (me, out) = ("/api/v1/users/me", "/api/v1/auth_session/logout");
    way.hold_old();
    tokio::time::pause();
    assert_eq!(inside.respond("GET", me).await, (503, UNAVAILABLE.to_owned()));
    tokio::time::resume();
    assert_eq!(inside.respond("GET", me).await.0, 200);
    way.hold();
    tokio::time::pause();
    assert_eq!(inside.respond("DELETE", out).await, (503, UNAVAILABLE.to_owned()));
    tokio::time::resume();
    // What was held is forwarded, though nobody waits for it any more: what was not acknowledged may have been made.
    way.release();
    let status = inside.respond("GET", me).await.0;
    assert!([200, 403].contains(&status), "{status}");
}

#[tokio::test]
async fn a_change_that_had_no_answer_is_not_made_after_a_newer_one() {
    if is_skipped() {
        return;
    }
    let redis = RedisServer::start(&[]);
    let way = FaultProxy::new(redis.address());
    let inside = Inside::start(&way.url()).await;
    let rename = async |name: &str| {
        let names = Names { first: Some(name.to_owned()), last: None };
        inside
            .app
            .store()
            .rename_user(BOB, names, inside.app.service().now())
            .await
            .map(|user| user.is_some())
    };
    assert_eq!(rename("first").await, Ok(true));
    for _ in 0..3 {
        way.hold_old();
        tokio::time::pause();
        assert_eq!(rename("old").await, Err(StoreError::Write));
        tokio::time::resume();
        assert_eq!(rename("new").await, Ok(true));
        way.release();
        // The old change has come or it never will when the old connection is gone: one is the app's, one asks.
        let deadline = std::time::Instant::now() + PATIENCE;
        while redis.ask(&["CLIENT", "LIST"]).matches("id=").count() > 2 {
            assert!(std::time::Instant::now() < deadline, "the old connection stays");
            tokio::task::yield_now().await;
        }
        let name = redis.ask(&["HGET", &format!("{{auth}}:user:{BOB}"), "first_name"]);
        assert_eq!(name, "$3\r\nnew\r\n");
    }
}

#[tokio::test]
async fn a_list_whose_pages_all_come_late_is_503_in_bounded_time() {
    const NEARLY: Duration = Duration::from_millis(1900);
    if is_skipped() {
        return;
    }
    let redis = RedisServer::start(&[]);
    let way = FaultProxy::new(redis.address());
    let inside = Inside::start(&way.url()).await;
    for number in 0..3000 {
        let (email, password) = (format!("{number}@h"), PasswordHash::sha256("x"));
        let user = User::new(email, password, Names::default(), inside.app.service().now());
        assert_eq!(inside.app.store().add_user(Arc::new(user)).await, Ok(true));
    }
    let list = || inside.respond("GET", "/api/v1/users");
    assert_eq!(list().await.0, 200);
    way.hold_requests();
    // The gate's look for the session comes before the list.
    way.let_one_pass();
    let slow = async {
        let pages = STORE_LIST_TIME.as_secs_f64() / NEARLY.as_secs_f64();
        let (pages, before) = (pages as usize, way.held());
        for page in 1..=pages + 1 {
            let deadline = std::time::Instant::now() + PATIENCE;
            while way.held() < before + page {
                assert!(std::time::Instant::now() < deadline, "nobody asks");
                tokio::task::yield_now().await;
            }
            // At the last one time passes by itself, as nothing can happen.
            if page <= pages {
                tokio::time::advance(NEARLY).await;
                way.let_one_pass();
            }
        }
    };
    // Time does not pass by itself while there is something to do, as there is where `slow` looks again and again.
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    let (answer, ()) = tokio::join!(list(), slow);
    assert_eq!(answer, (503, UNAVAILABLE.to_owned()));
    let taken = asked.elapsed();
    assert!((STORE_LIST_TIME..STORE_LIST_TIME + Duration::from_millis(5)).contains(&taken), "{taken:?}");
    tokio::time::resume();
    way.release();
    assert_eq!(list().await.0, 200);
}
