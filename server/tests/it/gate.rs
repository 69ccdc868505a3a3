//! The gate, in every mode.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use crate::support::{BOB, BOB_BASIC, SESSION_MODES, Site, connect, exchange, split};

const CLOSED: [&str; 5] = ["auth", "basic_auth", "session_auth", "session_exp_auth", "session_db_auth"];

#[tokio::test]
async fn without_credentials_only_the_excluded_paths_are_reached() {
    for mode in CLOSED {
        let site = Site::start(mode).await;
        for slash in ["", "/"] {
            assert_eq!(site.status("GET", &format!("/api/v1/status{slash}"), "").await, 200);
            let unauthorized = site.ask("GET", &format!("/api/v1/unauthorized{slash}"), "").await;
            assert_eq!(unauthorized, (401, "{\n  \"error\": \"Unauthorized\"\n}\n".to_owned()));
            assert_eq!(site.status("GET", &format!("/api/v1/forbidden{slash}"), "").await, 403);
            let login = site.status("POST", &format!("/api/v1/auth_session/login{slash}"), "").await;
            assert_eq!(login, if SESSION_MODES.contains(&mode) { 400 } else { 404 }, "{mode}");
        }
        for (method, path) in [
            ("GET", "/api/v1/users"),
            ("GET", "/api/v1/users/me"),
            ("GET", "/api/v1/stats"),
            ("POST", "/api/v1/users/"),
            ("DELETE", "/api/v1/auth_session/logout"),
            ("PATCH", "/api/v1/users"),
            ("OPTIONS", "/api/v1/users"),
            ("GET", "/api/v1/nothing"),
            ("GET", "/"),
        ] {
            assert_eq!(site.status(method, path, "").await, 401, "{mode} {method} {path}");
        }
    }
}

#[tokio::test]
async fn credentials_that_identify_nobody_are_forbidden() {
    for mode in CLOSED {
        let site = Site::start(mode).await;
        for headers in [
            "Authorization: Test\r\n",
            "Authorization: Basic Ym9iQGhidG4uaW86SDBsYmVydG9uU2Nob29sOTgh\r\n",
            "Authorization: Basic Ym9ic2Vzc2lvbkBoYnRuLmlvOmZha2U=\r\n",
            "Authorization:\r\n",
            "Cookie: _my_session_id=5535d4d7-3d77-4d06-8281-495dc3acfe76\r\n",
            "Cookie: _my_session_id=\r\n",
            "Cookie: _my_session_id=\u{e9}\r\n",
        ] {
            assert_eq!(site.me(headers).await, 403, "{mode} {headers}");
        }
        let basic = if mode == "basic_auth" { 200 } else { 403 };
        assert_eq!(site.me(BOB_BASIC).await, basic, "{mode}");
        assert_eq!(site.me("Cookie: other=1\r\n").await, 401, "{mode}");
    }
}

#[tokio::test]
async fn with_auth_type_unset_every_route_is_open_and_nobody_is_me() {
    let site = Site::start("").await;
    for path in ["/api/v1/users", "/api/v1/stats", &format!("/api/v1/users/{BOB}/")] {
        assert_eq!(site.status("GET", path, "").await, 200, "{path}");
    }
    let not_found = (404, "{\n  \"error\": \"Not found\"\n}\n".to_owned());
    for path in ["/api/v1/users/me", "/api/v1/nothing", "/", "/api/v1/auth_session/login"] {
        assert_eq!(site.ask("GET", path, "").await, not_found, "{path}");
    }
}

#[tokio::test]
async fn every_401_says_how_to_authenticate() {
    for (mode, challenge) in [
        ("basic_auth", "Www-Authenticate: Basic realm=\"api\", charset=\"UTF-8\"\r\n"),
        ("session_auth", "Www-Authenticate: Session realm=\"api\"\r\n"),
        ("", "Www-Authenticate: Session realm=\"api\"\r\n"),
    ] {
        let site = Site::start(mode).await;
        let answer = site.send("GET /api/v1/unauthorized HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert!(answer.contains(challenge), "{answer}");
    }
}

/// Sends the head of a request and returns the head of the answer, with the connection as it is then.
fn ask_with_head(address: SocketAddr, head: &str) -> (String, std::net::TcpStream) {
    let mut stream = connect(address);
    stream.write_all(head.as_bytes()).expect("a connection");
    (read_answer(&mut stream), stream)
}

/// Reads an answer of the gate to its last byte.
fn read_answer(stream: &mut std::net::TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"}\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        answer.push(byte[0]);
    }
    String::from_utf8(answer).expect("UTF-8")
}

fn is_closed(stream: &mut std::net::TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_answers_before_it_has_seen_or_asked_for_any_of_the_body() {
    for mode in CLOSED {
        let site = Site::start(mode).await;
        for (credentials, status) in [("", "401"), ("Authorization: Test\r\n", "403")] {
            for body in [
                "Expect: 100-continue\r\nContent-Length: 40\r\n",
                "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n",
                "Content-Length: 40\r\n",
                "Content-Length: 10000000\r\n",
                "Content-Length: 40\r\nContent-Encoding: gzip\r\n",
                "Transfer-Encoding: chunked\r\n",
            ] {
                let head = format!("POST /api/v1/users HTTP/1.1\r\nHost: h\r\n{credentials}{body}\r\n");
                let address = site.address;
                let (answer, mut stream) = tokio::task::spawn_blocking(move || ask_with_head(address, &head))
                    .await
                    .expect("no panic");
                assert_eq!(answer.get(9..12), Some(status), "{mode} {body}: {answer}");
                let closes = answer.contains("\r\nConnection: close\r\n");
                let is_long = body.starts_with("Expect") || body.contains("10000000");
                assert_eq!(closes, is_long, "{mode} {body}: {answer}");
                if body.starts_with("Expect") {
                    let closed = tokio::task::spawn_blocking(move || is_closed(&mut stream)).await;
                    assert!(closed.expect("no panic"), "{mode} {body}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_body_after_a_refusal_is_discarded_and_the_next_request_answered() {
    let site = Site::start("session_auth").await;
    let address = site.address;
    let asked = tokio::task::spawn_blocking(move || {
        let head = "POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Length: 39\r\n\r\n";
        let (first, mut stream) = ask_with_head(address, head);
        assert_eq!(split(&first).0, 401, "{first}");
        // Read as a request, this body would be one.
        let body = "GET /api/v1/users HTTP/1.1\r\nHost: h\r\n\r\n";
        assert_eq!(body.len(), 39);
        let next = "GET /api/v1/forbidden HTTP/1.1\r\nHost: h\r\n\r\n";
        stream.write_all(format!("{body}{next}").as_bytes()).expect("a connection");
        split(&read_answer(&mut stream)).0
    });
    assert_eq!(asked.await.expect("no panic"), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_long_body_before_it_reads_has_its_refusal() {
    let site = Site::start("session_auth").await;
    let address = site.address;
    let asked = tokio::task::spawn_blocking(move || {
        let body = "x".repeat(1_000_000);
        let head =
            format!("POST /api/v1/users HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
        split(&exchange(address, format!("{head}{body}").as_bytes())).0
    });
    assert_eq!(asked.await.expect("no panic"), 401);
}
