//! SIGKILL to a Redis under load: what two servers acknowledged is there when it is back, and nothing is made up.
//!
//! Parallel clients log in and out, create, change and remove users, at either of two servers by turns, and write down
//! what they were told (`crash/ledger.rs`, the model of what may be found). The Redis has every change on its disk
//! before it answers (`appendfsync always`). After each kill both servers are asked for everything. One Redis that
//! keeps nothing shows that a loss is found. Where Redis has a second for its disk (`appendfsync everysec`), what is
//! lost is counted; what is left must be something that was, and all keys must agree.
//!
//! `CRASH_KILLS` is the number of kills, `CRASH_SEED` what random choices are made from.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::support::http::{Answer, ask};
use crate::support::ledger::{Heard, Ledger};
use crate::support::redis_server::RedisServer;
use crate::support::{PATIENCE, Process, serving};
use fastrand::Rng;
use nix::sys::signal::Signal;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// Kills of one Redis: what all clients remember grows over them.
const BATCH: u64 = 20;

/// Clients at once.
const CLIENTS: usize = 4;

/// Kills of Redis with `everysec`, each on its own as what is lost puts the clients' memories out of date.
const EVERYSEC_KILLS: u64 = 10;

/// Two servers on one Redis, and what all clients remember.
struct Ground {
    redis: RedisServer,
    servers: [Process; 2],
    /// The headers of a session with which every client passes the gate.
    gate: String,
    ledgers: Vec<Ledger>,
    folder: TempDir,
}

impl Ground {
    fn new(redis: RedisServer) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let open = start(&folder, &redis, "");
        let admin = r#"{"email": "admin@hbtn.io", "password": "x"}"#;
        ask(open.address, "POST", "/api/v1/users", "", admin).expect("a user");
        open.kill();
        let servers = [(); 2].map(|()| start(&folder, &redis, "session_db_auth"));
        let form = "email=admin@hbtn.io&password=x";
        let login =
            ask(servers[0].address, "POST", "/api/v1/auth_session/login", "", form).expect("an answer");
        let ledgers = (0..CLIENTS).map(|n| Ledger::new(&format!("client{n}"))).collect();
        Self { redis, servers, gate: login.cookie.expect("a cookie"), ledgers, folder }
    }

    /// Lets all clients ask for changes until one kills the Redis, at a random acknowledgement; how many there were.
    fn load(&mut self, random: &mut Rng) -> Result<usize, String> {
        let (acknowledgements, acknowledged) = (random.usize(1..80), AtomicUsize::new(0));
        let redis = Mutex::new(&mut self.redis);
        let (servers, gate) = (&self.servers, &self.gate);
        std::thread::scope(|scope| {
            let clients: Vec<_> = self
                .ledgers
                .iter_mut()
                .map(|ledger| {
                    let (mut random, redis, acknowledged) = (random.fork(), &redis, &acknowledged);
                    scope.spawn(move || {
                        while acknowledged.load(Ordering::SeqCst) < acknowledgements {
                            let server = random.choice(servers).expect("two");
                            match ledger.perform(ledger.choose(&mut random), server.address, gate)? {
                                Heard::Acknowledged => {}
                                _ if acknowledged.load(Ordering::SeqCst) >= acknowledgements => return Ok(()),
                                heard => return Err(format!("{heard:?}, though nobody was killed")),
                            }
                            if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == acknowledgements {
                                redis.lock().unwrap_or_else(PoisonError::into_inner).kill();
                            }
                        }
                        Ok(())
                    })
                })
                .collect();
            clients.into_iter().try_for_each(|client| client.join().expect("no panic"))
        })?;
        Ok(acknowledged.into_inner())
    }

    /// Compares all that a server says with the ledgers.
    fn compare(&mut self, server: usize) -> Result<(), String> {
        let wrong = self.differences(server)?;
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// As [`compare`](Self::compare), where changes may be lost, but nothing may be made up: counts them.
    fn count_losses(&mut self, server: usize) -> Result<usize, String> {
        let wrong = self.differences(server)?;
        let is_loss =
            |line: &&String| [" is none of ", " is live", " is ended"].iter().any(|kind| line.contains(kind));
        match wrong.iter().find(|line| !is_loss(line)) {
            Some(line) => Err(line.clone()),
            None => Ok(wrong.len()),
        }
    }

    /// Waits until a server has found the Redis again; where what it says is not in the ledgers.
    fn differences(&mut self, server: usize) -> Result<Vec<String>, String> {
        let address = self.servers[server].address;
        let deadline = Instant::now() + PATIENCE;
        let found: Vec<Map<String, Value>> = loop {
            match ask(address, "GET", "/api/v1/users", &self.gate, "") {
                Some(Answer { status: 200, body, .. }) => {
                    break serde_json::from_str(&body).map_err(|error| format!("{error} in {body:?}"))?;
                }
                Some(Answer { status: 503, .. }) if Instant::now() < deadline => {}
                other => return Err(format!("the list of users is {other:?}")),
            }
        };
        let emails: HashSet<_> = found.iter().map(|user| user["email"].as_str()).collect();
        let known: HashSet<_> =
            self.ledgers.iter().flat_map(Ledger::emails).chain(["admin@hbtn.io"]).collect();
        if emails.len() != found.len() || !emails.iter().all(|email| email.is_some_and(|e| known.contains(e)))
        {
            return Err(format!("users that nobody created, or twice, in {emails:?}"));
        }
        let mut wrong = Vec::new();
        for ledger in &mut self.ledgers {
            ledger.compare(&found, address, &mut wrong);
        }
        Ok(wrong)
    }

    fn round(&mut self, random: &mut Rng) -> Result<(), String> {
        self.load(random)?;
        self.redis.restart();
        // What one server has found is in no doubt any more: the other must find the same.
        let first = random.usize(..2);
        self.compare(first)?;
        self.compare(1 - first).map_err(|wrong| format!("at the other server: {wrong}"))?;
        if random.u8(..4) == 0 {
            let killed = random.usize(..2);
            self.servers[killed].signal(Signal::SIGKILL);
            self.servers[killed] = start(&self.folder, &self.redis, "session_db_auth");
        }
        Ok(())
    }
}

/// Whether the keys of a Redis agree: each user, its email and its place in the list; each session, its user and its
/// place in the user's list.
fn agree(redis: &RedisServer) -> Result<(), String> {
    const CHECK: &str = r"
        local users, wrong = {}, {}
        local function say(what, key) wrong[#wrong + 1] = what .. ' ' .. key end
        for _, id in ipairs(redis.call('ZRANGE', '{auth}:users', 0, -1)) do
          local email, first, last =
            unpack(redis.call('HMGET', '{auth}:user:' .. id, 'email', 'first_name', 'last_name'))
          users[id] = true
          if first ~= last then say('half renamed', id) end
          if not email then say('listed but gone', id)
          elseif redis.call('GET', '{auth}:email:' .. email) ~= id then say('not found by', email) end
        end
        for _, key in ipairs(redis.call('KEYS', '{auth}:user:*')) do
          if not users[string.sub(key, 13)] then say('not listed', key) end
        end
        for _, key in ipairs(redis.call('KEYS', '{auth}:email:*')) do
          if not users[redis.call('GET', key)] then say('email of nobody', key) end
        end
        for _, key in ipairs(redis.call('KEYS', '{auth}:session:*')) do
          local id = string.match(redis.call('GET', key), ' (.+)$')
          if not id or not users[id] then say('session of nobody', key)
          elseif not redis.call('ZSCORE', '{auth}:sessions:' .. id, string.sub(key, 16)) then
            say('session in no list', key) end
        end
        for _, key in ipairs(redis.call('KEYS', '{auth}:sessions:*')) do
          if not users[string.sub(key, 17)] then say('sessions of nobody', key) end
          for _, session in ipairs(redis.call('ZRANGE', key, 0, -1)) do
            if redis.call('EXISTS', '{auth}:session:' .. session) == 0 then say('listed but gone', session) end
          end
        end
        return table.concat(wrong, '; ')";
    let answer = redis.ask(&["EVAL", CHECK, "0"]);
    if answer == "$0\r\n\r\n" { Ok(()) } else { Err(answer) }
}

fn start(folder: &TempDir, redis: &RedisServer, mode: &str) -> Process {
    let mut command = serving(folder.path(), mode);
    command.env("DATABASE_URL", redis.url());
    Process::run(command)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value:?} is no number")))
}

#[test]
fn nothing_acknowledged_is_lost_when_redis_is_killed_in_the_middle_of_changes() {
    if crate::support::redis_server::is_skipped("SIGKILL to a Redis") {
        return;
    }
    let seed = number("CRASH_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let kills = number("CRASH_KILLS").unwrap_or(20);
    let mut random = Rng::with_seed(seed);
    let mut ground = Ground::new(RedisServer::durable());
    for kill in 1..=kills {
        if kill % BATCH == 0 {
            ground = Ground::new(RedisServer::durable());
        }
        ground.round(&mut random).unwrap_or_else(|wrong| panic!("CRASH_SEED={seed}, kill {kill}: {wrong}"));
    }
    println!("kills of a Redis survived: {kills} of {kills}, CRASH_SEED={seed}");
}

#[test]
fn what_a_redis_with_a_second_for_its_disk_loses_is_counted_and_the_rest_agrees() {
    if crate::support::redis_server::is_skipped("SIGKILL to a Redis with everysec") {
        return;
    }
    let seed = number("CRASH_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let (mut random, mut lost, mut acknowledged) = (Rng::with_seed(seed), 0, 0);
    for kill in 1..=EVERYSEC_KILLS {
        // What the clients pass the gate with is on the disk.
        let mut ground = Ground::new(RedisServer::durable());
        assert_eq!(ground.redis.ask(&["CONFIG", "SET", "appendfsync", "everysec"]), "+OK\r\n");
        acknowledged += ground.load(&mut random).expect("a load");
        ground.redis.restart();
        let mut check = || {
            let lost = ground.count_losses(0)?;
            ground.compare(1).map_err(|wrong| format!("at the other server: {wrong}"))?;
            agree(&ground.redis).map(|()| lost)
        };
        lost += check().unwrap_or_else(|wrong| panic!("CRASH_SEED={seed}, kill {kill}: {wrong}"));
    }
    println!(
        "kills of a Redis with everysec: {EVERYSEC_KILLS}, lost: {lost} of {acknowledged} acknowledged changes, \
         CRASH_SEED={seed}"
    );
}

#[test]
fn keys_that_do_not_agree_are_found_out() {
    if crate::support::redis_server::is_skipped("that keys which do not agree are found") {
        return;
    }
    let ground = Ground::new(RedisServer::start(&[]));
    agree(&ground.redis).expect("all is well");
    for (change, back) in [
        ("RENAME {auth}:email:admin@hbtn.io aside", "RENAME aside {auth}:email:admin@hbtn.io"),
        ("RENAME {auth}:users aside", "RENAME aside {auth}:users"),
        ("SET {auth}:session:x 1-nobody", "DEL {auth}:session:x"),
        ("ZADD {auth}:sessions:nobody 1 nothing", "DEL {auth}:sessions:nobody"),
    ] {
        let ask = |line: &str| ground.redis.ask(&line.split(' ').collect::<Vec<_>>());
        ask(change);
        assert!(agree(&ground.redis).is_err(), "{change}");
        ask(back);
        agree(&ground.redis).expect("all is well again");
    }
}

#[test]
fn a_redis_that_forgets_is_found_out() {
    if crate::support::redis_server::is_skipped("that a loss in Redis is found") {
        return;
    }
    let mut ground = Ground::new(RedisServer::start(&[]));
    ground.load(&mut Rng::with_seed(1)).expect("a load");
    ground.redis.restart();
    let lost = ground.compare(0).expect_err("everything is lost");
    assert!(lost.contains("Forbidden"), "{lost}");
}
