//! The store in Redis: what it keeps there and for how long, and two servers that share it.

use std::process::Output;
use std::sync::Arc;

use crate::support::redis_server::{Nobody, RedisServer};
use crate::support::{BOB_FORM, Process, at, bob, config, exchange, listen, login, send, serving, split};
use server::accounts::{Lifetime, Names, PasswordHash, Session, SessionId};
use server::store::{Redis, RedisUrl, Store};
use server::{App, ManualClock, SystemClock, User};

/// A redis-server with nothing in it, where there is one.
fn started(options: &[&str]) -> Option<RedisServer> {
    (!crate::support::redis_server::is_skipped("users and sessions in Redis"))
        .then(|| RedisServer::start(options))
}

async fn open(server: &RedisServer) -> Redis {
    Redis::open(&RedisUrl::parse(&server.url()).expect("a URL")).await.expect("a Redis")
}

fn keys(server: &RedisServer) -> Vec<String> {
    let answer = server.ask(&["KEYS", "*"]);
    answer.lines().filter(|line| !line.starts_with(['*', '$'])).map(str::to_owned).collect()
}

fn integer(server: &RedisServer, words: &[&str]) -> i64 {
    let answer = server.ask(words);
    answer.trim_end().strip_prefix(':').and_then(|number| number.parse().ok()).expect(&answer)
}

#[tokio::test]
async fn everything_is_under_one_prefix_and_no_session_id_is_at_rest() {
    let Some(server) = started(&[]) else { return };
    let (store, bob, id) = (open(&server).await, bob(), SessionId::random());
    store.add_user(Arc::clone(&bob)).await.expect("a write");
    let session = Session { user_id: bob.id.clone(), created_at: at("2026-11-21T00:00:00Z") };
    store.add_session(id.clone(), session, Lifetime::UNLIMITED).await.expect("a write");
    let all = keys(&server);
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(all.iter().all(|key| key.starts_with("{auth}:")), "{all:?}");
    assert_eq!(server.ask(&["SAVE"]), "+OK\r\n");
    let file = std::fs::read(server.folder().join("dump.rdb")).expect("a file");
    let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("bobsession@hbtn.io") && !holds(id.as_str()) && !holds(&id.as_str()[..13]));
    assert_eq!(store.remove_user(bob.id.as_str()).await, Ok(true));
    assert_eq!(keys(&server), ["{auth}:numbers"], "what is left is the number of the last user");
}

#[tokio::test]
async fn redis_lets_go_of_sessions_a_day_after_their_lifetime_and_of_their_list_with_the_last() {
    const DAY: i64 = 86_400;
    let Some(server) = started(&[]) else { return };
    let (store, bob) = (open(&server).await, bob());
    store.add_user(Arc::clone(&bob)).await.expect("a write");
    let list = format!("{{auth}}:sessions:{}", bob.id);
    let log_in = async |seconds| {
        let id = SessionId::random();
        let session = Session { user_id: bob.id.clone(), created_at: at("2026-11-21T00:00:00Z") };
        store.add_session(id, session, Lifetime::from_seconds(seconds)).await.expect("a write");
        // Seconds that are left, rounded up.
        let left = |key: &str| (integer(&server, &["PTTL", key]) + 999).div_euclid(1000);
        let mut of_sessions: Vec<_> = keys(&server)
            .iter()
            .filter(|key| key.starts_with("{auth}:session:"))
            .map(|key| left(key))
            .collect();
        of_sessions.sort_unstable();
        (of_sessions, left(&list))
    };
    let near = |found: i64, lifetime: i64| (lifetime + DAY - 30..=lifetime + DAY).contains(&found);
    let (sessions, list) = log_in(3600).await;
    assert!(near(sessions[0], 3600) && near(list, 3600), "{sessions:?} {list}");
    let (sessions, list) = log_in(60).await;
    assert!(near(sessions[0], 60) && near(sessions[1], 3600) && near(list, 3600), "{sessions:?} {list}");
    let (sessions, list) = log_in(7200).await;
    assert!(near(sessions[2], 7200) && near(list, 7200), "{sessions:?} {list}");
    let (sessions, list) = log_in(0).await;
    // -1 ms, which rounds up to 0: for ever.
    assert!(sessions[0] == 0 && list == 0, "{sessions:?} {list}");
    let (_, list) = log_in(60).await;
    assert_eq!(list, 0, "one of them is still for ever");
}

#[tokio::test]
async fn sessions_that_redis_has_let_go_of_leave_the_list_as_others_are_made() {
    let Some(server) = started(&[]) else { return };
    let (store, bob) = (open(&server).await, bob());
    store.add_user(Arc::clone(&bob)).await.expect("a write");
    let log_in = async || {
        let session = Session { user_id: bob.id.clone(), created_at: at("2026-11-21T00:00:00Z") };
        store.add_session(SessionId::random(), session, Lifetime::from_seconds(60)).await.expect("a write");
    };
    for _ in 0..4 {
        log_in().await;
    }
    for key in keys(&server).iter().filter(|key| key.starts_with("{auth}:session:")) {
        // As if its time had passed.
        assert_eq!(integer(&server, &["PEXPIRE", key, "0"]), 1);
    }
    log_in().await;
    assert_eq!(integer(&server, &["ZCARD", &format!("{{auth}}:sessions:{}", bob.id)]), 1);
}

#[tokio::test]
async fn a_session_that_is_ended_leaves_nothing() {
    let Some(server) = started(&[]) else { return };
    let (store, bob, id) = (open(&server).await, bob(), SessionId::random());
    store.add_user(Arc::clone(&bob)).await.expect("a write");
    let before = integer(&server, &["DBSIZE"]);
    let session = Session { user_id: bob.id.clone(), created_at: at("2026-11-21T00:00:00Z") };
    store.add_session(id.clone(), session, Lifetime::from_seconds(60)).await.expect("a write");
    assert_eq!(integer(&server, &["DBSIZE"]), before + 2, "a session, and the list of sessions");
    assert_eq!(store.end_session(id.as_str()).await, Ok(true));
    assert_eq!(integer(&server, &["DBSIZE"]), before);
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_whole_and_in_order() {
    let Some(server) = started(&[]) else { return };
    let store = open(&server).await;
    let emails: Vec<_> = (0..1001).map(|number| format!("{number}@h")).collect();
    for email in &emails {
        let user =
            User::new(email.clone(), PasswordHash::sha256("x"), Names::default(), at("2026-11-21T00:00:00Z"));
        assert_eq!(store.add_user(Arc::new(user)).await, Ok(true));
    }
    let list = store.users().await.expect("users");
    assert_eq!(list.iter().map(|user| user.email.clone()).collect::<Vec<_>>(), emails);
    assert_eq!(store.user_count().await, Ok(1001));
}

#[tokio::test]
async fn the_clock_rule_of_the_server_decides_and_not_redis() {
    let Some(server) = started(&[]) else { return };
    let url = server.url();
    let settings = [("AUTH_TYPE", "session_db_auth"), ("SESSION_DURATION", "60"), ("DATABASE_URL", &url)];
    let clock = Arc::new(ManualClock::new(at("2017-10-16T04:57:08.5Z")));
    let app = App::open(&config(&settings), std::path::Path::new(""), clock.clone()).await.expect("a Redis");
    app.store().add_user(bob()).await.expect("a write");
    let (address, _stop, _task) = listen(Arc::new(app)).await;
    let (_, cookie) = split_cookie(&send(address, login(BOB_FORM).as_bytes()).await);
    let me = format!("GET /api/v1/users/me HTTP/1.1\r\nHost: h\r\n{cookie}\r\n");
    for (time, status) in
        [("2017-10-16T04:58:08.5Z", 200), ("2017-10-16T04:58:08.500001Z", 403), ("2017-10-16T03:00:00Z", 200)]
    {
        clock.set(at(time));
        assert_eq!(split(&send(address, me.as_bytes()).await).0, status, "{time}");
    }
}

/// The status of an answer and the header line that sends its cookie back.
fn split_cookie(answer: &str) -> (u16, String) {
    let cookie = answer.split_once("Set-Cookie: ").and_then(|(_, rest)| rest.split(';').next());
    (split(answer).0, format!("Cookie: {}\r\n", cookie.expect(answer)))
}

fn serving_on(server: &RedisServer, mode: &str, folder: &std::path::Path) -> Process {
    let mut command = serving(folder, mode);
    command.env("DATABASE_URL", server.url());
    Process::run(command)
}

fn ask(process: &Process, method: &str, path: &str, headers: &str) -> u16 {
    split(&exchange(
        process.address,
        format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n").as_bytes(),
    ))
    .0
}

#[test]
fn a_login_at_one_server_is_valid_at_all_and_a_logout_at_one_ends_it_at_all() {
    let Some(server) = started(&[]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { open(&server).await.add_user(bob()).await.expect("a write") });
    let processes = [(); 2].map(|()| serving_on(&server, "session_db_auth", folder.path()));
    let (me, out) = ("/api/v1/users/me", "/api/v1/auth_session/logout");
    for (one, other) in [(0, 1), (1, 0)] {
        let (one, other) = (&processes[one], &processes[other]);
        let (status, cookie) = split_cookie(&exchange(one.address, login(BOB_FORM).as_bytes()));
        assert_eq!(status, 200);
        assert_eq!([ask(one, "GET", me, &cookie), ask(other, "GET", me, &cookie)], [200, 200]);
        assert_eq!(ask(other, "DELETE", out, &cookie), 200);
        assert_eq!([ask(one, "GET", me, &cookie), ask(other, "GET", me, &cookie)], [403, 403]);
    }
    for round in 0..50 {
        let (_, cookie) = split_cookie(&exchange(processes[round % 2].address, login(BOB_FORM).as_bytes()));
        // Two at each, all at the same moment.
        let barrier = std::sync::Barrier::new(4);
        let mut statuses = std::thread::scope(|scope| {
            let clients = [0, 1, 0, 1].map(|at| {
                let (process, barrier, cookie) = (&processes[at], &barrier, &cookie);
                scope.spawn(move || {
                    barrier.wait();
                    ask(process, "DELETE", out, cookie)
                })
            });
            clients.map(|client| client.join().expect("no panic"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403, 403, 403], "round {round}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        0,
        "nothing is kept beside Redis"
    );
}

#[tokio::test]
async fn sessions_of_the_modes_that_forget_them_stay_in_their_server_and_end_with_the_user_anywhere() {
    let Some(server) = started(&[]) else { return };
    let url = server.url();
    for mode in ["session_auth", "session_exp_auth"] {
        let settings = config(&[("AUTH_TYPE", mode), ("DATABASE_URL", &url)]);
        let open = async || {
            App::open(&settings, std::path::Path::new(""), Arc::new(SystemClock)).await.expect("a Redis")
        };
        let (one, other) = (open().await, open().await);
        let bob = bob();
        assert_eq!(one.store().add_user(Arc::clone(&bob)).await, Ok(true));
        let id = one.service().create_session(&bob.id).await.expect("a write").expect("a user");
        assert!(one.store().session(id.as_str()).await.expect("a read").is_some());
        assert!(other.store().session(id.as_str()).await.expect("a read").is_none());
        assert_eq!(other.store().remove_user(bob.id.as_str()).await, Ok(true));
        assert!(one.store().session(id.as_str()).await.expect("a read").is_none());
    }
}

/// The exit code and the one line on standard error of a server that does not start.
fn refusal(url: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = serving(folder.path(), "session_db_auth");
    command.env("DATABASE_URL", url);
    let Output { status, stderr, .. } = Process::spawn(command).err().expect("it must not start");
    let text = String::from_utf8(stderr).expect("UTF-8");
    assert!(text.starts_with("server: ") && text.ends_with('\n') && text.lines().count() == 1, "{text:?}");
    (status.code(), text)
}

#[test]
fn a_redis_that_cannot_be_used_is_one_line_with_what_to_do_and_without_the_password() {
    let nobody = Nobody::new();
    let closed = nobody.address();
    let (code, line) = refusal(&format!("redis://:hunter2@{closed}/1"));
    let expected = format!("server: cannot use the database redis://{closed}/1: ");
    assert!(code == Some(1) && line.starts_with(&expected), "{line}");
    assert!(line.ends_with("; start redis-server there, or correct DATABASE_URL\n"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    let Some(server) = started(&["--requirepass", "sesame"]) else { return };
    for secret in ["", ":hunter2@"] {
        let (code, line) = refusal(&format!("redis://{secret}{}", server.address()));
        assert!(
            code == Some(1) && line.contains("; write its password, DATABASE_URL=redis://:PASS"),
            "{line}"
        );
        assert!(!line.contains("hunter2") && !line.contains("sesame"), "{line}");
    }
    let (code, line) = refusal(&format!("redis://:sesame@{}/99", server.address()));
    assert!(code == Some(1) && line.contains("DB index is out of range"), "{line}");
    let right = format!("redis://:sesame@{}", server.address());
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = serving(folder.path(), "");
    command.env("DATABASE_URL", right);
    assert_eq!(ask(&Process::run(command), "GET", "/api/v1/users", ""), 200);
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &closed.port().to_string()]);
    let (code, line) = refusal(&replica.url());
    assert!(code == Some(1) && line.contains("; name the primary of this replica"), "{line}");
}

#[test]
fn a_redis_that_repeats_what_it_was_told_makes_nobody_show_the_password() {
    let Some(server) = started(&["--rename-command", "HELLO", "", "--requirepass", "sesame"]) else { return };
    let asked = server.ask_raw(b"HELLO 3 AUTH default sesame\r\nAUTH sesame\r\n");
    assert!(asked.contains("sesame"), "{asked}");
    let (code, line) = refusal(&format!("redis://:sesame@{}", server.address()));
    assert!(code == Some(1) && line.contains("HELLO") && !line.contains("sesame"), "{line}");
    assert!(!line.contains("with args"), "{line}");
}

#[test]
fn a_user_of_redis_needs_no_more_rights_than_the_readme_says_and_no_less() {
    let Some(server) = started(&["--appendonly", "yes"]) else { return };
    let rights = ["on", ">sesame", "~{auth}:*", "+@read", "+@write", "+@scripting", "+@connection", "+info"];
    let user: Vec<_> = ["ACL", "SETUSER", "kim"].into_iter().chain(rights).collect();
    assert_eq!(server.ask(&user), "+OK\r\n");
    let url = format!("redis://kim:sesame@{}", server.address());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Redis::open(&RedisUrl::parse(&url).expect("a URL")).await.expect("a Redis");
        assert_eq!(store.add_user(bob()).await, Ok(true));
        let (id, bob) = (SessionId::random(), bob());
        let session = Session { user_id: bob.id.clone(), created_at: bob.created_at };
        assert_eq!(store.add_session(id.clone(), session, Lifetime::from_seconds(60)).await, Ok(true));
        assert!(store.session(id.as_str()).await.expect("a read").is_some());
        assert_eq!(store.remove_user(bob.id.as_str()).await, Ok(true));
    });
    for right in ["-client|kill", "-evalsha"] {
        assert_eq!(server.ask(&["ACL", "SETUSER", "kim", right]), "+OK\r\n");
        let (code, line) = refusal(&url);
        assert!(code == Some(1) && line.contains("; give its user the rights"), "{line}");
        assert!(!line.contains("sesame"), "{line}");
        assert_eq!(server.ask(&["ACL", "SETUSER", "kim", right.replace('-', "+").as_str()]), "+OK\r\n");
    }
}

#[test]
fn a_redis_of_a_test_ends_with_the_process_group_of_the_test() {
    let Some(server) = started(&[]) else { return };
    let group = |of| nix::unistd::getpgid(of).expect("a process");
    assert_eq!(group(Some(server.pid())), group(None));
}

#[test]
fn settings_by_which_a_redis_may_forget_are_told_at_the_start() {
    for (options, expected) in [
        (&["--appendonly", "yes", "--maxmemory-policy", "noeviction"][..], &[][..]),
        (&["--appendonly", "no"], &["set appendonly yes"]),
        (&["--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"], &["set maxmemory-policy noeviction"]),
    ] {
        let Some(server) = started(options) else { return };
        let folder = tempfile::tempdir().expect("a folder");
        let said = serving_on(&server, "session_db_auth", folder.path()).kill_and_read();
        let lines: Vec<_> = said.lines().collect();
        let is_said = lines.iter().zip(expected).all(|(line, expected)| line.contains(expected));
        assert!(is_said && lines.len() == expected.len(), "{options:?}: {said}");
    }
}
