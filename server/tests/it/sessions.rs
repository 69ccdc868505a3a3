//! Sessions from login to logout, expiry and restart.

use std::collections::HashSet;

use crate::support::{BOB, SESSION_MODES, Site, login};
use chrono::TimeDelta;

#[tokio::test]
async fn each_login_makes_a_session_and_logout_ends_that_one_alone() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        let mut cookies = HashSet::new();
        for _ in 0..8 {
            cookies.insert(site.log_in().await);
        }
        assert_eq!(cookies.len(), 8);
        let mut cookies = cookies.into_iter();
        let first = cookies.next().expect("eight");
        assert_eq!(site.log_out(&first).await, 200);
        assert_eq!(site.me(&first).await, 403);
        assert_eq!(site.log_out(&first).await, 403);
        for cookie in cookies {
            assert_eq!(site.me(&cookie).await, 200);
        }
        assert_eq!(site.log_out("").await, 401);
    }
}

#[tokio::test]
async fn an_id_counts_only_as_it_was_issued_and_only_in_its_cookie() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        let cookie = site.log_in().await;
        let id = cookie.trim_end().split_once('=').expect("a cookie").1;
        for other in [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            format!("\"{id}\""),
            id[..35].to_owned(),
            format!("{id}0"),
            format!("{id}{id}"),
            format!("%{:x}{}", id.as_bytes()[0], &id[1..]),
        ] {
            assert_eq!(site.me(&format!("Cookie: _my_session_id={other}\r\n")).await, 403, "{other}");
        }
        for headers in [
            format!("Cookie: other={id}\r\n"),
            format!("Cookie: x_my_session_id={id}\r\n"),
            format!("X-Session-Id: {id}\r\n"),
            format!("Cookie: =_my_session_id={id}\r\n"),
        ] {
            assert_eq!(site.me(&headers).await, 401, "{headers}");
        }
        assert_eq!(site.me(&format!("Authorization: Bearer {id}\r\n")).await, 403);
        assert_eq!(site.status("GET", &format!("/api/v1/users/me?_my_session_id={id}"), "").await, 401);
        assert_eq!(site.me(&format!("Cookie: a=1\r\nCookie: b=2;_my_session_id={id};c=3\r\n")).await, 200);
    }
}

#[tokio::test]
async fn an_id_that_the_client_chose_is_never_adopted() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        let chosen = "Cookie: _my_session_id=5535d4d7-3d77-4d06-8281-495dc3acfe76\r\n";
        let request =
            login(crate::support::BOB_FORM).replacen("Host: h\r\n", &format!("Host: h\r\n{chosen}"), 1);
        let answer = site.send(&request).await;
        assert!(answer.contains("Set-Cookie") && !answer.contains("5535d4d7"), "{answer}");
        assert_eq!(site.me(chosen).await, 403);
    }
}

#[tokio::test]
async fn a_session_is_live_at_exactly_its_duration_and_over_just_after() {
    for (mode, after) in [("session_exp_auth", 403), ("session_db_auth", 403), ("session_auth", 200)] {
        let site = Site::start(mode).await;
        let cookie = site.log_in().await;
        for (step, expected) in
            [(30_000_000, 200), (30_000_000, 200), (1, after), (-1, 200), (86_400_000_000, after)]
        {
            site.clock.advance(TimeDelta::microseconds(step));
            assert_eq!(site.me(&cookie).await, expected, "{mode} {step}");
        }
        let later = site.log_in().await;
        assert_eq!((site.me(&later).await, site.me(&cookie).await), (200, after), "{mode}");
    }
}

#[tokio::test]
async fn without_a_positive_duration_sessions_never_expire() {
    for mode in ["session_exp_auth", "session_db_auth"] {
        for duration in ["", "0", "-60", "abc", "60s", "999999999999999999999999"] {
            let site = Site::start_with(&[("AUTH_TYPE", mode), ("SESSION_DURATION", duration)]).await;
            let cookie = site.log_in().await;
            site.clock.advance(TimeDelta::days(36_500));
            assert_eq!(site.me(&cookie).await, 200, "{mode} {duration}");
        }
    }
}

#[tokio::test]
async fn sessions_in_the_database_survive_a_kill_with_their_age_and_others_do_not() {
    for mode in SESSION_MODES {
        let mut site = Site::start(mode).await;
        let (live, ended) = (site.log_in().await, site.log_in().await);
        assert_eq!(site.log_out(&ended).await, 200);
        site.clock.advance(TimeDelta::seconds(59));
        site = site.kill_and_start().await;
        let kept = mode == "session_db_auth";
        assert_eq!(site.me(&live).await, if kept { 200 } else { 403 }, "{mode}");
        assert_eq!(site.me(&ended).await, 403, "{mode}");
        site.clock.advance(TimeDelta::seconds(2));
        assert_eq!(site.me(&live).await, 403, "{mode}");
        assert_eq!(site.status("GET", "/api/v1/users", &site.log_in().await).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_logouts_exactly_one_succeeds() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        for _ in 0..10 {
            let cookie = site.log_in().await;
            let mut all = futures_util::future::join_all((0..6).map(|_| site.log_out(&cookie))).await;
            all.sort_unstable();
            assert_eq!(all, [200, 403, 403, 403, 403, 403], "{mode}");
            assert_eq!(site.me(&cookie).await, 403);
        }
    }
}

#[tokio::test]
async fn the_sessions_of_a_deleted_user_are_over() {
    for mode in SESSION_MODES {
        let site = Site::start(mode).await;
        let cookie = site.log_in().await;
        let deleted = site.ask("DELETE", &format!("/api/v1/users/{BOB}"), &cookie).await;
        assert_eq!(deleted, (200, "{}\n".to_owned()));
        assert_eq!(site.me(&cookie).await, 403, "{mode}");
    }
}

#[tokio::test]
async fn session_name_renames_the_cookie_both_ways() {
    let site = Site::start_with(&[("AUTH_TYPE", "session_auth"), ("SESSION_NAME", "other")]).await;
    let cookie = site.log_in().await;
    assert!(cookie.starts_with("Cookie: other="), "{cookie}");
    assert_eq!(site.me(&cookie).await, 200);
    assert_eq!(site.me(&cookie.replace("other=", "_my_session_id=")).await, 401);
}

#[tokio::test]
async fn credentials_are_read_from_the_form_body_only() {
    let site = Site::start("session_auth").await;
    let path = "/api/v1/auth_session/login";
    let missing = (400, "{\n  \"error\": \"email missing\"\n}\n".to_owned());
    let json = r#"{"email": "bobsession@hbtn.io", "password": "fake pwd"}"#;
    assert_eq!(site.post("POST", path, "Content-Type: application/json\r\n", json).await, missing);
    assert_eq!(site.post("POST", path, "", "email=bobsession@hbtn.io&password=fake+pwd").await, missing);
    let query = format!("{path}?email=bobsession@hbtn.io&password=fake+pwd");
    assert_eq!(site.post("POST", &query, "", "").await, missing);
}
