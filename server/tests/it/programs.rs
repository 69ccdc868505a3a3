//! The documents' programs.

use std::path::Path;
use std::sync::Arc;

use crate::support::{Process, config, exchange, send, split};
use server::programs::{MAIN_0_EMAIL, MAIN_0_PASSWORD, MAIN_4_EMAIL, MAIN_4_PASSWORD};
use server::programs::{main_0, main_1, main_2, main_3, main_4};
use server::{App, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

async fn app(folder: &Path, mode: &str) -> App {
    App::open(&config(&[("AUTH_TYPE", mode)]), folder, Arc::new(SystemClock)).await.expect("a database")
}

fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).expect("UTF-8")
}

/// Replaces each UUID by the letter of its first appearance.
fn lettered(text: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut lettered = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..36).filter(|id| uuid::Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 4))
        {
            Some(id) => {
                let index = seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                    seen.push(id);
                    seen.len() - 1
                });
                lettered.push(char::from(b'A' + u8::try_from(index).expect("few")));
                rest = &rest[36..];
            }
            None => {
                lettered.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    lettered
}

#[tokio::test(flavor = "multi_thread")]
async fn main_0_stores_a_user_that_a_server_started_afterwards_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut out = Vec::new();
    let app = app(folder.path(), "basic_auth").await;
    main_0(&mut out, &app, MAIN_0_EMAIL, MAIN_0_PASSWORD).await.expect("no error");
    assert!(main_0(&mut Vec::new(), &app, MAIN_0_EMAIL, "other").await.is_err(), "the email is taken");
    drop(app);
    let out = text(out);
    assert_eq!(lettered(&out), "New user: A\nBasic Base64: Ym9iQGhidG4uaW86SDBsYmVydG9uU2Nob29sOTgh\n");
    let process = Process::start(folder.path(), "basic_auth");
    let me = "GET /api/v1/users/me HTTP/1.1\r\nHost: h\r\n\
              Authorization: Basic Ym9iQGhidG4uaW86SDBsYmVydG9uU2Nob29sOTgh\r\n\r\n";
    let (status, body) = split(&exchange(process.address, me.as_bytes()));
    assert!(status == 200 && body.contains(&out[10..46]), "{out} {body}");
}

#[test]
fn main_1_prints_the_dictionary_as_python_does() {
    let mut out = Vec::new();
    main_1(&mut out).expect("no error");
    let expected = "<class 'dict'>: {}\nNone => None: {}\n89 => None: {}\nabcde => A: {'A': 'abcde'}\n\
                    fghij => B: {'A': 'abcde', 'B': 'fghij'}\n\
                    abcde => C: {'A': 'abcde', 'B': 'fghij', 'C': 'abcde'}\n";
    assert_eq!(lettered(&text(out)), expected);
}

#[test]
fn main_2_finds_the_users_of_sessions_and_of_nothing_else() {
    let mut out = Vec::new();
    main_2(&mut out).expect("no error");
    let expected = "abcde => A: {'A': 'abcde'}\nfghij => B: {'A': 'abcde', 'B': 'fghij'}\n---\nNone => None\n\
                    89 => None\ndoesntexist => None\n---\nA => abcde\nB => fghij\n---\n\
                    abcde => C: {'A': 'abcde', 'B': 'fghij', 'C': 'abcde'}\nC => abcde\nA => abcde\n";
    assert_eq!(lettered(&text(out)), expected);
}

#[tokio::test]
async fn main_3_shows_the_session_cookie() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let program = tokio::spawn(async move {
        let mut out = Vec::new();
        main_3(&mut out, listener, "_my_session_id", async { stopped.await.unwrap_or_default() })
            .await
            .map(|()| out)
    });
    for (headers, expected) in [
        ("", "Cookie value: None\n"),
        ("Cookie: _my_session_id=Hello\r\n", "Cookie value: Hello\n"),
        ("Cookie: _my_session_id=C is fun\r\n", "Cookie value: C is fun\n"),
        ("Cookie: _my_session_id_fake\r\n", "Cookie value: None\n"),
    ] {
        let answer = send(address, format!("GET / HTTP/1.1\r\nHost: h\r\n{headers}\r\n").as_bytes()).await;
        assert_eq!(split(&answer), (200, expected.to_owned()));
    }
    for (line, status) in [("HEAD /", 200), ("POST /", 405), ("GET /users", 404), ("POST /users", 404)] {
        let answer = send(address, format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await;
        assert_eq!(split(&answer).0, status, "{line}");
    }
    drop(stop);
    let out = text(program.await.expect("no panic").expect("no error"));
    assert_eq!(out, format!(" * Running on http://{address}/ (Press CTRL+C to quit)\n"));
}

#[tokio::test]
async fn main_4_finds_the_user_of_its_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = Arc::new(app(folder.path(), "session_auth").await);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let (stop, stopped) = oneshot::channel::<()>();
    let program = tokio::spawn(async move {
        let mut out = writer;
        let stopped = async { stopped.await.unwrap_or_default() };
        main_4(&mut out, app, listener, MAIN_4_EMAIL, MAIN_4_PASSWORD, stopped).await
    });
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(&mut reader), &mut line).expect("a line");
        // The program still has a line to print.
        (line, reader)
    });
    let (line, _reader) = line.await.expect("no panic");
    assert_eq!(lettered(&line), "User with ID: A has a Session ID: B\n");
    let (user_id, session_id) = (&line[14..50], &line[69..105]);
    for (cookie, expected) in [
        ("".to_owned(), "No user found\n".to_owned()),
        ("Cookie: _my_session_id=Holberton\r\n".to_owned(), "No user found\n".to_owned()),
        (format!("Cookie: _my_session_id={session_id}\r\n"), format!("User found: {user_id}\n")),
    ] {
        let answer = send(address, format!("GET / HTTP/1.1\r\nHost: h\r\n{cookie}\r\n").as_bytes()).await;
        assert_eq!(split(&answer), (200, expected));
    }
    drop(stop);
    program.await.expect("no panic").expect("no error");
}
