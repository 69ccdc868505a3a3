//! SIGKILL to a Redis under load: what two servers acknowledged is there when it is back, and nothing is made up.
//!
//! Parallel clients log in and out, create, change and remove users, at either of two servers by turns, and write down
//! what they were told (`crash/ledger.rs`, the model of what may be found). The Redis has every change on its disk
//! before it answers (`appendfsync always`). After each kill both servers are asked for everything. One Redis that
//! keeps nothing shows that a loss is found.
//!
//! `CRASH_KILLS` is the number of kills, `CRASH_SEED` what random choices are made from.

#[path = "crash/http.rs"]
mod http;
#[path = "crash/ledger.rs"]
#[expect(dead_code, reason = "a file that is damaged needs more of it")]
mod ledger;
#[path = "support/redis.rs"]
mod redis;
mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use fastrand::Rng;
use http::{Answer, ask};
use ledger::{Heard, Ledger};
use nix::sys::signal::Signal;
use redis::RedisServer;
use serde_json::{Map, Value};
use support::{PATIENCE, Process, say_skipped, serving};
use tempfile::TempDir;

/// Kills of one Redis: what all clients remember grows over them.
const BATCH: u64 = 20;

/// Clients at once.
const CLIENTS: usize = 4;

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

    /// Lets all clients ask for changes until one kills the Redis, at a random acknowledgement.
    fn load(&mut self, random: &mut Rng) -> Result<(), String> {
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
        })
    }

    /// Waits until a server has found the Redis again, and compares all that it says with the ledgers.
    fn compare(&mut self, server: usize) -> Result<(), String> {
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
        let mut wrong = Vec::new();
        let emails: HashSet<_> = found.iter().map(|user| user["email"].as_str()).collect();
        let known: HashSet<_> =
            self.ledgers.iter().flat_map(Ledger::emails).chain(["admin@hbtn.io"]).collect();
        if emails.len() != found.len() || !emails.iter().all(|email| email.is_some_and(|e| known.contains(e)))
        {
            wrong.push(format!("users that nobody created, or twice, in {emails:?}"));
        }
        for ledger in &mut self.ledgers {
            ledger.compare(&found, address, &mut wrong);
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
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
    if let Some(why) = redis::missing() {
        return say_skipped(&format!("SIGKILL to a Redis: {why}"));
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
fn a_redis_that_forgets_is_found_out() {
    if let Some(why) = redis::missing() {
        return say_skipped(&format!("that a loss in Redis is found: {why}"));
    }
    let mut ground = Ground::new(RedisServer::start(&[]));
    ground.load(&mut Rng::with_seed(1)).expect("a load");
    ground.redis.restart();
    let lost = ground.compare(0).expect_err("everything is lost");
    assert!(lost.contains("Forbidden"), "{lost}");
}
