//! What befalls a Redis: each request is answered in bounded time, by 503 where nobody can say more, never wrongly,
//! and all is well again when Redis is.
//!
//! `crash.rs` kills it in the middle of changes, `connection.rs` makes it slow.

use crate::support::redis_server::{Nobody, RedisServer};
use crate::support::redis_site::{Site, UNAVAILABLE};
use crate::support::{BOB, PATIENCE, exchange, split};

/// Says that a test is not made here, where there is no redis-server.
fn is_skipped() -> bool {
    crate::support::redis_server::is_skipped("what befalls a Redis")
}

#[test]
fn a_redis_that_is_gone_is_503_and_when_it_is_back_nothing_is_lost() {
    if is_skipped() {
        return;
    }
    let mut site = Site::start(RedisServer::durable());
    site.is_well("before");
    for _ in 0..2 {
        site.redis.kill();
        site.is_unavailable("gone");
        site.redis.restart();
        site.recovers("back");
    }
    let status = split(&exchange(site.process.address, b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\n\r\n")).0;
    assert_eq!(status, 200);
    // An outage is told once, however many requests meet it.
    site.says(&["failed to ask redis://", " answers again", "failed to ask redis://", " answers again"]);
}

#[test]
fn connections_that_are_cut_or_refused_are_made_again() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&[]));
    site.way.cut();
    site.recovers("cut");
    let nobody = Nobody::new();
    site.way.lead(nobody.address());
    site.way.cut();
    site.is_unavailable("refused");
    site.way.lead(site.redis.address());
    site.recovers("led back");
}

#[test]
fn another_password_is_503_until_it_is_the_right_one() {
    if is_skipped() {
        return;
    }
    let options = ["--requirepass", "hunter2", "--appendonly", "yes"];
    let site = Site::start_as(":hunter2@", RedisServer::start(&options));
    let other = RedisServer::start(&["--requirepass", "sesame"]);
    site.way.lead(other.address());
    site.way.cut();
    // The connection that was cut may be told as well, or the next request may find none.
    site.is_unavailable("a wrong password");
    site.way.lead(site.redis.address());
    site.recovers("the right password");
    site.says(&["failed to ask redis://", " answers again"]);
}

#[test]
fn a_right_that_is_taken_away_is_told_once_and_service_resumes_when_it_is_given_back() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::durable());
    assert_eq!(site.redis.ask(&["ACL", "SETUSER", "default", "-@scripting"]), "+OK\r\n");
    site.is_unavailable("no scripts");
    assert_eq!(site.redis.ask(&["ACL", "SETUSER", "default", "+@all"]), "+OK\r\n");
    site.recovers("scripts");
    site.says(&["no permissions", " answers again"]);
}

#[test]
fn a_redis_that_is_full_refuses_what_adds_and_serves_the_rest() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&["--maxmemory-policy", "noeviction"]));
    let keys = site.redis.ask(&["DBSIZE"]);
    assert_eq!(site.redis.ask(&["CONFIG", "SET", "maxmemory", "1"]), "+OK\r\n");
    let expected = (503, UNAVAILABLE.to_owned());
    assert_eq!([site.login(), site.create("kim@h")], [expected.clone(), expected]);
    assert_eq!(site.redis.ask(&["DBSIZE"]), keys, "nothing is half made");
    assert_eq!(site.me().0, 200);
    assert_eq!(site.ask("DELETE", "/api/v1/auth_session/logout").0, 200);
    assert_eq!(site.me().0, 403);
    assert_eq!(site.redis.ask(&["CONFIG", "SET", "maxmemory", "0"]), "+OK\r\n");
    assert_eq!(site.login().0, 200);
    site.says(&["set appendonly yes", "\"OOM\"", "\"OOM\""]);
}

#[test]
fn a_key_of_a_wrong_type_is_503_and_a_change_that_meets_one_is_not_half_made() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&[]));
    let session = {
        let keys = site.redis.ask(&["KEYS", "{auth}:session:*"]);
        keys.lines().nth(2).expect("a session").to_owned()
    };
    let id = |kind: &str| format!("{{auth}}:{kind}:{BOB}");
    let (logout, remove) = ("/api/v1/auth_session/logout", format!("/api/v1/users/{BOB}"));
    let unavailable = |answer: (u16, String), what: &str| {
        assert_eq!(answer, (503, UNAVAILABLE.to_owned()), "{what}");
    };
    let contents = || {
        let keys = site.redis.ask(&["KEYS", "*"]);
        let mut keys: Vec<_> = keys.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect();
        keys.sort_unstable();
        let dump = |key: &String| site.redis.ask(&["DEBUG", "DIGEST-VALUE", key]);
        keys.iter().map(|key| (key.clone(), dump(key))).collect::<Vec<_>>()
    };
    let check = |key: &str, refused: &dyn Fn()| {
        assert_eq!(site.redis.ask(&["RENAME", key, "aside"]), "+OK\r\n", "{key}");
        assert_eq!(site.redis.ask(&["XADD", key, "1-1", "a", "b"]), "$3\r\n1-1\r\n");
        let before = contents();
        refused();
        assert_eq!(contents(), before, "{key}");
        assert_eq!(site.redis.ask(&["RENAME", "aside", key]), "+OK\r\n");
        assert_eq!(site.me().0, 200, "{key}");
    };
    check(&session, &|| {
        unavailable(site.me(), "a session");
        unavailable(site.ask("DELETE", logout), "a session");
    });
    check(&id("user"), &|| {
        unavailable(site.me(), "a user");
        unavailable(site.login(), "a user");
        unavailable(site.ask("GET", "/api/v1/users"), "a user");
    });
    check(&id("sessions"), &|| {
        unavailable(site.login(), "a user's sessions");
        unavailable(site.ask("DELETE", logout), "a user's sessions");
        unavailable(site.ask("DELETE", &remove), "a user's sessions");
    });
    check("{auth}:email:bobsession@hbtn.io", &|| unavailable(site.login(), "an email"));
    check("{auth}:users", &|| {
        unavailable(site.ask("GET", "/api/v1/users"), "the users");
        unavailable(site.ask("GET", "/api/v1/stats"), "the users");
        unavailable(site.create("kim@h"), "the users");
        unavailable(site.ask("DELETE", &remove), "the users");
    });
    check("{auth}:numbers", &|| unavailable(site.create("kim@h"), "the numbers"));
    site.is_well("after");
    site.says(&[&["set appendonly yes"], &["WRONGTYPE"; 14][..]].concat());
}

#[test]
fn what_this_server_did_not_write_is_503_and_is_not_shown_in_the_log() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&[]));
    let user = format!("{{auth}}:user:{BOB}");
    for field in ["password", "created_at"] {
        let kept = site.redis.ask(&["HGET", &user, field]);
        assert_eq!(site.redis.ask(&["HSET", &user, field, "bobsession"]), ":0\r\n");
        assert_eq!(site.me(), (503, UNAVAILABLE.to_owned()), "{field}");
        if field == "password" {
            // Its hash is of bytes that no text can give back: a new one will do.
            site.redis.ask(&["HSET", &user, field, "$argon2id$"]);
        } else {
            let kept = kept.lines().nth(1).expect("a value");
            site.redis.ask(&["HSET", &user, field, kept]);
        }
        assert_eq!(site.me().0, 200, "{field}");
    }
    site.says(&[
        "set appendonly yes",
        "its password is of no kind",
        "it holds what this server did not write",
    ]);
}

#[test]
fn a_replica_is_not_asked_and_a_primary_again_is() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&[]));
    let nobody = Nobody::new();
    let port = nobody.address().port().to_string();
    assert_eq!(site.redis.ask(&["REPLICAOF", "127.0.0.1", &port]), "+OK\r\n");
    site.is_unavailable("a replica");
    assert_eq!(site.redis.ask(&["REPLICAOF", "NO", "ONE"]), "+OK\r\n");
    site.recovers("a primary");
}

#[test]
fn a_primary_that_may_not_write_is_not_asked_as_another_may_have_taken_its_place() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::durable());
    assert_eq!(site.redis.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]), "+OK\r\n");
    site.is_unavailable("no replica");
    assert_eq!(site.redis.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]), "+OK\r\n");
    site.is_well("none is needed");
    site.says(&["NOREPLICAS", " answers again"]);
}

#[test]
fn a_redis_that_loads_its_data_is_503_until_it_has() {
    if is_skipped() {
        return;
    }
    let mut site = Site::start(RedisServer::durable());
    // Enough for it to look up from its work now and then.
    assert_eq!(
        site.redis.ask(&["EVAL", "for n = 1, 40000 do redis.call('SET', n, n) end return 1", "0"]),
        ":1\r\n"
    );
    site.redis.kill();
    site.redis.load_slowly();
    assert!(site.redis.ask(&["GET", "1"]).starts_with("-LOADING "));
    site.is_unavailable("loading");
    site.redis.kill();
    site.redis.restart();
    site.recovers("loaded");
}

/// Waits until a replica has all that its primary had.
fn wait_until_in_step(replica: &RedisServer) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !replica.ask(&["INFO", "replication"]).contains("master_link_status:up") {
        assert!(std::time::Instant::now() < deadline, "the replica finds no primary");
        std::thread::yield_now();
    }
}

#[test]
fn a_failover_to_a_replica_is_followed() {
    if is_skipped() {
        return;
    }
    for is_killed in [true, false] {
        let mut site = Site::start(RedisServer::start(&["--repl-diskless-sync-delay", "0"]));
        let port = site.redis.port.to_string();
        let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &port]);
        wait_until_in_step(&replica);
        let late = site.log_in();
        // Counts what its own connection has changed only, so there is one change more.
        assert_eq!(site.redis.ask_all(&[&["SET", "last", "x"], &["WAIT", "1", "0"]]), "+OK\r\n:1\r\n");
        if is_killed {
            site.redis.kill();
            site.is_unavailable("the primary is gone");
        }
        assert_eq!(replica.ask(&["REPLICAOF", "NO", "ONE"]), "+OK\r\n");
        site.way.lead(replica.address());
        if !is_killed {
            // The old primary still answers on the old connections, and must not be believed.
            let port = replica.port.to_string();
            assert_eq!(site.redis.ask(&["REPLICAOF", "127.0.0.1", &port]), "+OK\r\n");
        }
        site.recovers("the replica is primary");
        site.cookie = late;
        site.is_well("the last login before");
        assert_eq!(site.ask("DELETE", "/api/v1/auth_session/logout").0, 200);
        assert_eq!(site.me().0, 403);
    }
}

#[test]
fn an_old_primary_that_nobody_demotes_is_left_when_it_may_not_write_any_more() {
    if is_skipped() {
        return;
    }
    let site = Site::start(RedisServer::start(&["--repl-diskless-sync-delay", "0"]));
    let port = site.redis.port.to_string();
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &port]);
    wait_until_in_step(&replica);
    assert_eq!(site.redis.ask_all(&[&["SET", "last", "x"], &["WAIT", "1", "0"]]), "+OK\r\n:1\r\n");
    // It may take some time to count the replica, and need not: that is about to go.
    assert_eq!(site.redis.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]), "+OK\r\n");
    assert_eq!(replica.ask(&["REPLICAOF", "NO", "ONE"]), "+OK\r\n");
    site.way.lead(replica.address());
    // It answers on the old connection as a primary, which is never cut.
    assert!(site.redis.ask(&["INFO", "replication"]).contains("role:master"));
    let deadline = std::time::Instant::now() + PATIENCE;
    while !site.redis.ask(&["SET", "late", "x"]).starts_with("-NOREPLICAS ") {
        assert!(std::time::Instant::now() < deadline, "the old primary has not noticed");
    }
    site.recovers("the replica is primary");
    let keys = |redis: &RedisServer| redis.ask(&["KEYS", "{auth}:session:*"]).lines().count();
    assert!(keys(&replica) > keys(&site.redis), "the logins since are at the new primary");
}
