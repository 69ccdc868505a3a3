//! What the counts tell of requests, beside the log, and what they never tell.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::support::{BOB_BASIC, BOB_FORM, Process, Site, command, exchange, login, split};
use bytes::Bytes;
use http::Request;
use nix::sys::signal::Signal;
use serde_json::Value;
use server::Respond as _;
use server::http::framing::RequestBody;
use server::ops::metrics_page::MetricsPage;

/// Nobody but this client has said these.
const SECRETS: [&str; 4] = ["fake pwd", "fake+pwd", "bobsession", "Ym9ic2Vzc2lvbkBoYnRuLmlvOmZha2UgcHdk"];

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")
}

#[test]
fn every_request_is_a_line_without_a_secret_and_a_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = command(folder.path());
    server.envs([("AUTH_TYPE", "session_auth"), ("API_PORT", "0"), ("METRICS_ADDR", "127.0.0.1:0")]);
    server.envs([("LOG_LEVEL", "info"), ("LOG_FORMAT", "json")]);
    let mut process = Process::run(server);
    let mut log = BufReader::new(process.stderr());
    let mut first = String::new();
    log.read_line(&mut first).expect("a line");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    let page = first["message"].as_str().and_then(|text| text.strip_prefix("counts are at http://"));
    let page =
        page.and_then(|url| url.strip_suffix("/metrics")).expect("an address").parse().expect("an address");
    let secret_id = "0123456789abcdef";
    let requests = [
        (get("/api/v1/status", ""), "GET", "/api/v1/status", 200),
        (get("/api/v1/users/me", BOB_BASIC), "GET", "/api/v1/users/me", 403),
        (get(&format!("/api/v1/users/{secret_id}?password=fake+pwd"), ""), "GET", "/api/v1/users/{id}", 401),
        (get("/bobsession", &format!("Cookie: _my_session_id={secret_id}\r\n")), "GET", "other", 403),
        (login(BOB_FORM), "POST", "/api/v1/auth_session/login", 404),
        ("BOBSESSION /api/v1/users HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "other", "other", 401),
        (get("/api/v1//bobsession", ""), "GET", "other", 400),
        ("GET /api/v1/users HTTP/1.1\r\nHost: bob session\r\n\r\n".to_owned(), "GET", "/api/v1/users", 400),
    ];
    for (request, _, _, status) in &requests {
        assert_eq!(split(&exchange(process.address, request.as_bytes())).0, *status, "{request}");
    }
    let (status, counts) = split(&exchange(page, get("/metrics", "").as_bytes()));
    assert_eq!(status, 200);
    for (_, method, route, status) in &requests {
        let count =
            format!("requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} 1\n");
        assert!(counts.contains(&count), "{count} {counts}");
        let timed = format!("request_duration_seconds_count{{route=\"{route}\"}} ");
        assert!(counts.contains(&timed), "{timed} {counts}");
    }
    assert!(counts.contains("\nconnections ") && counts.ends_with("# EOF\n"), "{counts}");
    assert_eq!(split(&exchange(page, get("/api/v1/status", "").as_bytes())).0, 404, "counts only");
    assert_eq!(
        split(&exchange(process.address, get("/metrics", "").as_bytes())).0,
        401,
        "on its own address only"
    );

    process.signal(Signal::SIGTERM);
    let mut lines = String::new();
    log.read_to_string(&mut lines).expect("UTF-8");
    assert!(process.wait().success());
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(told.len(), 9, "{lines}");
    for (line, (_, method, route, status)) in told.iter().zip(&requests) {
        let [expected_method, expected_route, mode] = [*method, *route, "session_auth"].map(Value::from);
        assert_eq!(
            [&line["method"], &line["route"], &line["mode"], &line["status"]],
            [&expected_method, &expected_route, &mode, &Value::from(*status)],
        );
        assert!(line["micros"].is_u64() && line["level"] == "INFO", "{line}");
    }
    for secret in SECRETS.iter().chain([&secret_id]) {
        assert!(!lines.contains(secret) && !counts.contains(secret), "{secret}: {lines} {counts}");
    }
}

#[tokio::test]
async fn counts_may_be_asked_for_without_a_log() {
    let site = Site::start_with(&[("AUTH_TYPE", "auth"), ("METRICS_ADDR", "127.0.0.1:0")]).await;
    assert_eq!(site.status("GET", "/api/v1/status", "").await, 200);
    let page = MetricsPage(Arc::clone(site.app.metrics().expect("counts")));
    let (head, ()) = Request::get("/metrics").body(()).expect("a request").into_parts();
    let mut body = RequestBody::from(Bytes::new());
    let counts = page.respond(&head, &mut body, Ipv4Addr::LOCALHOST.into()).await.into_body();
    let counts = String::from_utf8(counts.into()).expect("UTF-8");
    assert!(counts.contains("route=\"/api/v1/status\",status=\"200\"} 1\n"), "{counts}");
}

#[tokio::test]
async fn open_connections_are_counted_until_they_end() {
    let site = Site::start_with(&[("AUTH_TYPE", "auth"), ("METRICS_ADDR", "127.0.0.1:0")]).await;
    let connections = &site.app.metrics().expect("counts").connections;
    assert_eq!(connections.get(), 0);
    let mut open = tokio::net::TcpStream::connect(site.address).await.expect("a connection");
    tokio::io::AsyncWriteExt::write_all(&mut open, get("/api/v1/status", "").as_bytes())
        .await
        .expect("a server");
    assert_eq!(tokio::io::AsyncReadExt::read_u8(&mut open).await.expect("an answer"), b'H');
    assert_eq!(connections.get(), 1);
    drop(open);
    while connections.get() > 0 {
        tokio::task::yield_now().await;
    }
}
