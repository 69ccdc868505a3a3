//! The gate, in every mode.

mod support;

use support::{BOB, BOB_BASIC, SESSION_MODES, Site};

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
