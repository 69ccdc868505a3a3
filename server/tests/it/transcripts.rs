//! Answers byte for byte as the documents show them.

use crate::support::{BOB_BASIC, BOB_FORM, SESSION_MODES, Site, login};

const BOB_JSON: &str = "{\n  \"created_at\": \"2017-10-16 04:23:04\", \n  \"email\": \"bobsession@hbtn.io\", \n  \
    \"first_name\": null, \n  \"id\": \"cf3ddee1-ff24-49e4-a40b-2540333fe992\", \n  \"last_name\": null, \n  \
    \"updated_at\": \"2017-10-16 04:23:04\"\n}\n";

const PAGE_405: &str = r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>405 Method Not Allowed</title>
<h1>Method Not Allowed</h1>
<p>The method is not allowed for the requested URL.</p>
"#;

#[tokio::test]
async fn a_login_answers_the_documented_bytes() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        let answer = site.send(&login(BOB_FORM)).await;
        let session =
            answer.split_once("_my_session_id=").and_then(|(_, rest)| rest.get(..36)).expect(&answer);
        let expected = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
             Set-Cookie: _my_session_id={session}; Path=/\r\nAccess-Control-Allow-Origin: *\r\n\
             Content-Length: 210\r\nServer: session-server\r\nDate: Mon, 16 Oct 2017 04:57:08 GMT\r\n\r\n{BOB_JSON}"
        );
        assert_eq!(answer, expected);
        assert_eq!(session.parse().map(|id: uuid::Uuid| id.get_version_num()), Ok(4), "{session}");
    }
}

#[tokio::test]
async fn a_wrong_method_gets_the_documented_page_and_the_right_ones() {
    let site = Site::start("session_auth").await;
    let answer = site.send("GET /api/v1/auth_session/login HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let expected = format!(
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/html\r\nAllow: POST\r\n\
         Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Length: 178\r\nServer: session-server\r\nDate: Mon, 16 Oct 2017 04:57:08 GMT\r\n\r\n{PAGE_405}"
    );
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_login_transcript_holds() {
    let site = Site::start("session_auth").await;
    for (body, status, error) in [
        ("", 400, "email missing"),
        ("email=", 400, "email missing"),
        ("email=&password=", 400, "email missing"),
        ("password=test", 400, "email missing"),
        ("email=guillaume@hbtn.io", 400, "password missing"),
        ("email=guillaume@hbtn.io&password=", 400, "password missing"),
        ("email=guillaume@hbtn.io&password=test", 404, "no user found for this email"),
        ("email=Bobsession@hbtn.io&password=fake+pwd", 404, "no user found for this email"),
        ("email=bobsession@hbtn.io&password=test", 401, "wrong password"),
    ] {
        let answer = site.send(&login(body)).await;
        let expected = (status, format!("{{\n  \"error\": \"{error}\"\n}}\n"));
        assert_eq!(crate::support::split(&answer), expected, "{body}");
        assert!(!answer.contains("Set-Cookie"), "{answer}");
    }
    let cookie = site.log_in().await;
    assert_eq!(site.ask("GET", "/api/v1/users/me", &cookie).await, (200, BOB_JSON.to_owned()));
    let logout = "/api/v1/auth_session/logout";
    assert_eq!(site.ask("GET", logout, &cookie).await, (405, PAGE_405.to_owned()));
    assert_eq!(site.ask("DELETE", logout, &cookie).await, (200, "{}\n".to_owned()));
    let forbidden = (403, "{\n  \"error\": \"Forbidden\"\n}\n".to_owned());
    assert_eq!(site.ask("GET", "/api/v1/users/me", &cookie).await, forbidden);
    assert_eq!(site.ask("DELETE", logout, &cookie).await, forbidden);
}

#[tokio::test]
async fn head_answers_the_headers_of_get() {
    let site = Site::start("basic_auth").await;
    let request = |method: &str| format!("{method} /api/v1/users/me HTTP/1.1\r\nHost: h\r\n{BOB_BASIC}\r\n");
    let get = site.send(&request("GET")).await;
    assert_eq!(site.send(&request("HEAD")).await, get.strip_suffix(BOB_JSON).expect("Bob"));
}
