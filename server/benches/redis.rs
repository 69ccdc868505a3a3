//! `just bench-redis`: what one, two and four servers on one Redis do, beside the embedded store.
//!
//! All have their turns under load one after the other, several rounds of it, from so many connections in all; every
//! figure is the median of the rounds. In each round redis-benchmark asks the same Redis for its own GET and SET, which
//! is the most that anybody could ask of it without pipelines. The CPU times are those of all servers together and of
//! the Redis: what one of its processors can carry is 10⁵ divided by the latter. `--quick` measures less.

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/support/redis_server.rs"]
mod redis;
mod support;

use std::process::Command;
use std::sync::Arc;

use futures_util::future::join_all;
use redis::RedisServer;
use server::accounts::{Lifetime, Session, SessionId};
use server::store::{Redis, RedisUrl, Store as _};
use server::{Clock as _, SystemClock, UserId};
use support::load::{Outcome, Requests, Until, load};
use support::process::{Process, cpu_of};
use support::{Effort, median, people, table};
use tempfile::TempDir;

/// Connections at once, to all servers of a row together.
const CLIENTS: usize = 64;

/// Sessions that are stored before the first request, all of one user.
const SESSIONS: usize = 10_000;

/// Users whose memory is measured.
const MANY: usize = 10_000;

const PROCESSES: [usize; 3] = [1, 2, 4];

fn main() {
    support::peer::become_one();
    if let Some(why) = test_support::skip::missing("redis-server", "redis-server") {
        return eprintln!("nothing is measured: {why}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(Effort::asked_for()));
}

async fn measure(effort: Effort) {
    memory().await;
    for fsync in ["everysec", "always"] {
        let redis = RedisServer::start(&["--appendonly", "yes", "--appendfsync", fsync]);
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let rows = rows(&folder, &redis).await;
        if fsync == "everysec" {
            compare("GET /users/me by cookie", &rows, &redis, |row| Arc::clone(&row.me), effort).await;
        }
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let login = Arc::new(Requests::same("POST /api/v1/auth_session/login", form, &people::form()));
        let title = format!("POST /auth_session/login, appendfsync {fsync}");
        compare(&title, &rows, &redis, |_| Arc::clone(&login), effort).await;
    }
}

async fn open(redis: &RedisServer) -> Redis {
    Redis::open(&RedisUrl::parse(&redis.url()).expect("a URL")).await.expect("a Redis")
}

/// Tells what users and sessions take of a Redis's memory, with its tables of keys.
async fn memory() {
    let redis = RedisServer::start(&[]);
    let store = open(&redis).await;
    let used = || {
        let info = redis.ask(&["INFO", "memory"]);
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("a figure");
        used.parse::<f64>().expect("a number")
    };
    let mut before = used();
    let mut since = |what: &str, count: usize| {
        let now = used();
        println!("  {what}: {:.0} bytes each", (now - before) / count as f64);
        before = now;
    };
    println!("\nmemory of {MANY} users and their sessions");
    people::fill_store(&store, MANY, 0).await;
    since("users", MANY);
    let users = store.users().await.expect("users");
    let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
    let log_in = async |id: &UserId| {
        let session = Session { user_id: id.clone(), created_at: SystemClock.now() };
        let added = store.add_session(SessionId::random(), session, Lifetime::from_seconds(86_400)).await;
        assert_eq!(added, Ok(true));
    };
    join_all(ids.iter().map(log_in)).await;
    since("the first session of each", MANY);
    for _ in 0..9 {
        join_all(ids.iter().map(log_in)).await;
    }
    since("nine more", 9 * MANY);
}

/// Servers that take the load together.
struct Row {
    name: String,
    servers: Vec<Process>,
    /// With the cookies that are valid there.
    me: Arc<Requests>,
}

async fn rows(folder: &TempDir, redis: &RedisServer) -> Vec<Row> {
    let me = |ids: Vec<String>| {
        let cookies = ids.into_iter().map(|id| format!("_my_session_id={id}")).collect();
        Arc::new(Requests::differing("/api/v1/users/me", "Cookie: ", cookies))
    };
    let embedded = people::fill(&folder.path().join("server.db"), 1, SESSIONS).await;
    let mut rows = vec![Row {
        name: "embedded, 1 process".to_owned(),
        servers: vec![Process::ours(folder.path(), "session_db_auth")],
        me: me(embedded),
    }];
    let shared = me(people::fill_store(&open(redis).await, 1, SESSIONS).await);
    for count in PROCESSES {
        let servers = (0..count).map(|_| Process::on_redis(folder.path(), &redis.url())).collect();
        rows.push(Row { name: format!("Redis, processes: {count}"), servers, me: Arc::clone(&shared) });
    }
    rows
}

/// CPU seconds of 10⁵ requests at the servers and at the Redis, requests a second, p50 and p99 in milliseconds.
type Turn = [f64; 5];

/// Puts the rows under load in turns, asks the Redis itself, and prints a table.
async fn compare(
    title: &str,
    rows: &[Row],
    redis: &RedisServer,
    requests: impl Fn(&Row) -> Arc<Requests>,
    effort: Effort,
) {
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); rows.len()];
    let mut limits: [Vec<[f64; 3]>; 2] = Default::default();
    for round in 1..=effort.rounds {
        eprintln!("{title}: round {round} of {}", effort.rounds);
        for (row, turns) in rows.iter().zip(&mut turns) {
            turns.push(turn(row, redis, &requests(row), effort).await);
        }
        for (limit, own) in limits.iter_mut().zip(own_rates(redis, effort)) {
            limit.push(own);
        }
    }
    let mut table = Vec::new();
    for (row, turns) in rows.iter().zip(&turns) {
        let column = |column: usize| median(turns.iter().map(|turn| turn[column]).collect());
        let cells = [format!("{:.2}", column(0)), format!("{:.2}", column(1)), format!("{:.0}", column(2))];
        let times = [column(3), column(4)].map(|millis| format!("{millis:.2}"));
        table.push([vec![row.name.clone()], cells.to_vec(), times.to_vec()].concat());
    }
    for (name, limit) in ["redis-benchmark GET", "redis-benchmark SET"].into_iter().zip(&limits) {
        let column = |column: usize| median(limit.iter().map(|own| own[column]).collect());
        let cells = ["-".to_owned(), "-".to_owned(), format!("{:.0}", column(0))];
        let times = [column(1), column(2)].map(|millis| format!("{millis:.2}"));
        table.push([vec![name.to_owned()], cells.to_vec(), times.to_vec()].concat());
    }
    let heading = ["server", "CPU s/10⁵", "Redis CPU s/10⁵", "requests/s", "p50 ms", "p99 ms"];
    table::print(&format!("{title}, {CLIENTS} connections"), &heading, &table);
}

async fn turn(row: &Row, redis: &RedisServer, requests: &Arc<Requests>, effort: Effort) -> Turn {
    let cpu = || row.servers.iter().map(|server| server.cpu().as_secs_f64()).sum::<f64>();
    let (before, redis_before) = (cpu(), cpu_of(redis.pid()).as_secs_f64());
    let clients = CLIENTS / row.servers.len();
    let loads =
        row.servers.iter().map(|server| load(server.address, requests, clients, Until::Time(effort.time)));
    let outcomes: Vec<Outcome> = join_all(loads).await;
    let (cpu, redis_cpu) = (cpu() - before, cpu_of(redis.pid()).as_secs_f64() - redis_before);
    let rate: f64 = outcomes.iter().map(Outcome::rate).sum();
    let mut latencies: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.latencies).collect();
    latencies.sort_unstable();
    let count = latencies.len();
    let millis = |part: f64| latencies[((count - 1) as f64 * part).round() as usize].as_secs_f64() * 1e3;
    let of_many = |seconds: f64| seconds / count as f64 * 1e5;
    [of_many(cpu), of_many(redis_cpu), rate, millis(0.5), millis(0.99)]
}

/// What redis-benchmark says of GET and of SET from as many connections: requests a second, p50 and p99 in milliseconds.
fn own_rates(redis: &RedisServer, effort: Effort) -> [[f64; 3]; 2] {
    // As long as a turn, at some 10⁵ a second.
    let count = (effort.time.as_secs_f64() * 1e5).to_string();
    let (port, clients) = (redis.port.to_string(), CLIENTS.to_string());
    let output = Command::new("redis-benchmark")
        .args(["-h", "127.0.0.1", "-p", &port, "-c", &clients, "-n", &count, "-t", "get,set", "--csv"])
        .output()
        .expect("redis-benchmark comes with redis-server's tools");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",…
    ["\"GET\"", "\"SET\""].map(|test| {
        let line = text.lines().find(|line| line.starts_with(test)).expect("a line for each");
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        [1, 4, 6].map(|column| cells[column].parse().expect("a number"))
    })
}
