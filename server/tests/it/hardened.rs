//! What HARDENED=1 changes, each beside what the documents have.

use crate::support::{BOB, BOB_BASIC, BOB_FORM, Site, config, login, send, split};
use server::accounts::PasswordHash;
use server::auth::PER_EMAIL;

async fn site(mode: &str, hardened: &str) -> Site {
    Site::start_with(&[("AUTH_TYPE", mode), ("HARDENED", hardened)]).await
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split_once("\r\n\r\n").expect(answer).0;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The attributes of the cookie that an answer sets.
fn attributes(answer: &str) -> &str {
    header(answer, "Set-Cookie").expect(answer).split_once("; ").expect(answer).1
}

fn wrong(email: &str) -> String {
    login(&format!("email={email}&password=wrong"))
}

#[tokio::test]
async fn the_cookie_is_for_https_and_for_this_site_alone_and_a_logout_takes_it_back() {
    for (variables, expected, cleared) in [
        (&[("HARDENED", "0")] as &[_], "Path=/", None),
        (
            &[("HARDENED", "1"), ("COOKIE_SECURE", "0")],
            "HttpOnly; SameSite=Lax; Path=/",
            Some("_my_session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"),
        ),
        (
            &[("HARDENED", "1")],
            "Secure; HttpOnly; SameSite=Lax; Path=/",
            Some("_my_session_id=; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"),
        ),
    ] {
        let site = Site::start_with(&[&[("AUTH_TYPE", "session_auth")], variables].concat()).await;
        assert_eq!(attributes(&site.send(&login(BOB_FORM)).await), expected);
        let cookie = site.log_in().await;
        assert_eq!(site.me(&cookie).await, 200);
        let logout = format!("DELETE /api/v1/auth_session/logout HTTP/1.1\r\nHost: h\r\n{cookie}\r\n");
        let answer = site.send(&logout).await;
        assert_eq!((split(&answer).0, header(&answer, "Set-Cookie")), (200, cleared));
        assert_eq!(site.me(&cookie).await, 403);
    }
}

#[tokio::test]
async fn a_login_does_not_tell_which_part_was_wrong() {
    for (hardened, unknown_email, wrong_password) in [
        ("0", (404, "no user found for this email"), (401, "wrong password")),
        ("1", (401, "wrong email or password"), (401, "wrong email or password")),
    ] {
        let site = site("session_auth", hardened).await;
        for (email, (status, error)) in [("nobody", unknown_email), ("bobsession@hbtn.io", wrong_password)] {
            let expected = (status, format!("{{\n  \"error\": \"{error}\"\n}}\n"));
            assert_eq!(split(&site.send(&wrong(email)).await), expected, "{email}");
        }
    }
}

#[tokio::test]
async fn answers_are_not_kept_in_caches() {
    for (hardened, expected) in [("0", None), ("1", Some("no-store"))] {
        let site = site("session_auth", hardened).await;
        assert_eq!(header(&site.send(&login(BOB_FORM)).await, "Cache-Control"), expected);
        assert_eq!(header(&site.send(&wrong("nobody")).await, "Cache-Control"), Some("no-store"));
    }
}

#[tokio::test]
async fn passwords_are_hashed_by_argon2id_the_old_ones_at_their_next_login() {
    let kept = async |site: &Site, id: &str| {
        site.app.store().user(id).await.expect("a read").expect("a user").password.clone()
    };
    for (hardened, is_dear) in [("0", false), ("1", true)] {
        let site = site("session_db_auth", hardened).await;
        assert_eq!(split(&site.send(&wrong("bobsession@hbtn.io")).await).0, 401);
        assert!(
            matches!(kept(&site, BOB).await, PasswordHash::Sha256(_)),
            "a wrong password changes nothing"
        );
        let cookie = site.log_in().await;
        assert_eq!(matches!(kept(&site, BOB).await, PasswordHash::Argon2id(_)), is_dear);
        let json = r#"{"email": "kim@hbtn.io", "password": "x"}"#;
        let headers = format!("{cookie}Content-Type: application/json\r\n");
        let (status, body) = site.post("POST", "/api/v1/users", &headers, json).await;
        assert_eq!(status, 201, "{body}");
        let kim = site.app.store().user_by_email("kim@hbtn.io").await.expect("a read").expect("a user");
        assert_eq!(matches!(kim.password, PasswordHash::Argon2id(_)), is_dear);
        for form in [BOB_FORM, "email=kim@hbtn.io&password=x"] {
            assert_eq!(split(&site.send(&login(form)).await).0, 200, "{form}");
        }
        let site = site.kill_and_start().await;
        assert_eq!(matches!(kept(&site, BOB).await, PasswordHash::Argon2id(_)), is_dear, "it is durable");
        assert_eq!(split(&site.send(&login(BOB_FORM)).await).0, 200);
    }
}

#[tokio::test]
async fn guesses_are_throttled_also_at_the_same_time_and_for_unknown_emails() {
    let guesses = PER_EMAIL.burst + 20;
    for email in ["bobsession@hbtn.io", "nobody"] {
        let site = site("session_auth", "1").await;
        let request = wrong(email);
        let tries = (0..guesses).map(|_| send(site.address, request.as_bytes()));
        let answers = futures_util::future::join_all(tries).await;
        let refused: Vec<_> = answers.iter().filter(|answer| split(answer).0 == 429).collect();
        assert_eq!(refused.len(), 20, "{email}");
        assert_eq!(header(refused[0], "Retry-After"), Some("30"));
        assert_eq!(split(refused[0]).1, "{\n  \"error\": \"too many wrong passwords\"\n}\n");
        assert_eq!(answers.iter().filter(|answer| split(answer).0 == 401).count(), guesses as usize - 20);
        assert_eq!(site.status("GET", "/api/v1/status", "").await, 200);
    }
    let documented = site("session_auth", "0").await;
    for _ in 0..guesses {
        assert_eq!(split(&documented.send(&wrong("bobsession@hbtn.io")).await).0, 401);
    }
}

#[tokio::test]
async fn a_throttled_account_opens_by_itself_and_right_passwords_do_not_close_it() {
    let site = site("session_auth", "1").await;
    for _ in 0..PER_EMAIL.burst {
        assert_eq!(split(&site.send(&login(BOB_FORM)).await).0, 200);
        assert_eq!(split(&site.send(&wrong("bobsession@hbtn.io")).await).0, 401);
    }
    assert_eq!(split(&site.send(&login(BOB_FORM)).await).0, 429);
    site.clock.advance(chrono::TimeDelta::seconds(PER_EMAIL.seconds));
    assert_eq!(split(&site.send(&login(BOB_FORM)).await).0, 200);
}

#[tokio::test]
async fn basic_credentials_are_guesses_too() {
    let site = site("basic_auth", "1").await;
    assert_eq!(site.me(BOB_BASIC).await, 200);
    let wrong = "Authorization: Basic Ym9ic2Vzc2lvbkBoYnRuLmlvOng=\r\n";
    for _ in 0..PER_EMAIL.burst {
        assert_eq!(site.me(wrong).await, 403);
    }
    assert_eq!(site.me(wrong).await, 429);
    assert_eq!(site.me(BOB_BASIC).await, 429);
}

#[test]
fn the_settings_are_off_unless_they_are_asked_for() {
    let read = |variables: &[_]| (config(variables).hardened, config(variables).secure_cookie);
    assert_eq!(read(&[]), (false, true));
    assert_eq!(read(&[("HARDENED", "1"), ("COOKIE_SECURE", "0")]), (true, false));
}
