//! `just bench`: what a request costs, beside bare hyper and beside axum with tower-sessions.
//!
//! All servers of a table run at the same time, each in a process of its own, and have their turns under load one
//! after the other, several rounds of it; every figure is the median of the rounds, ratios of those of each round. The CPU time of a request is
//! the server's own, user and system, and the stable figure; requests a second depend on what else the machine
//! does. `--quick` measures less, and words measure their tables only: `just bench cookie basic login
//! status list`.

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use server::accounts::{SessionId, UserList};
use server::http::json;
use support::load::{Requests, Until, load};
use support::peer::{self, Peer};
use support::process::Process;
use support::table::{self, Limit};
use support::{Effort, median, people};
use tempfile::TempDir;

/// Connections at once.
const CLIENTS: usize = 64;

/// The many of the goals.
const SESSIONS: usize = 1_000_000;
const USERS: usize = 100_000;
const LISTED_USERS: usize = 10_000;

/// The bytes of the status as our server shows it.
const STATUS_BYTES: usize = 21;

const ME: &str = "/api/v1/users/me";

fn main() {
    peer::become_one();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(Effort::asked_for()));
}

async fn measure(effort: Effort) {
    let place = Place(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder"));
    if is_asked_for("cookie") {
        by_cookie(&place, effort).await;
    }
    if is_asked_for("basic") {
        by_password(&place, effort).await;
    }
    if is_asked_for("login") {
        login(&place, effort).await;
    }
    if is_asked_for("status") {
        status(&place, effort).await;
    }
    if is_asked_for("list") {
        list(&place, effort).await;
    }
}

/// Whether the command line names this table, or none.
fn is_asked_for(table: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--")).peekable();
    words.peek().is_none() || words.any(|word| word == table)
}

/// Where every server has its folder.
struct Place(TempDir);

impl Place {
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.0.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Our server with so many users.
    async fn ours(&self, mode: &str, users: usize) -> Process {
        let folder = tempfile::tempdir_in(self.0.path()).expect("a folder").keep();
        people::fill(&folder.join("server.db"), users, 0).await;
        Process::ours(&folder, mode)
    }

    fn peer(&self, peer: Peer) -> Process {
        Process::peer(&self.folder(&peer.to_string()), peer)
    }
}

/// A server and what is asked of it.
struct Subject {
    name: String,
    process: Process,
    requests: Arc<Requests>,
}

impl Subject {
    fn new(name: impl Into<String>, process: Process, requests: Requests) -> Self {
        Self { name: name.into(), process, requests: Arc::new(requests) }
    }

    /// Logs in so often; requests that bear the cookies.
    async fn with_sessions(name: &str, process: Process, count: usize) -> Self {
        let cookies = log_in(&process, count).await;
        let name = format!("{name}, {count} sessions");
        Self::new(name, process, Requests::differing(ME, "Cookie: ", cookies))
    }
}

async fn log_in(process: &Process, count: usize) -> Vec<String> {
    eprintln!("{count} logins");
    load(process.address, &Arc::new(login_request()), CLIENTS.min(count), Until::Count(count)).await.cookies
}

/// The bytes of a user as our server shows one.
fn user_bytes() -> usize {
    json::body(&*people::users(1)[0]).len()
}

fn login_request() -> Requests {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    Requests::same("POST /api/v1/auth_session/login", form, &people::form())
}

async fn by_cookie(place: &Place, effort: Effort) {
    // The same head as the others', though nobody looks at it there.
    let cookie = vec![format!("_my_session_id={}", SessionId::random().as_str())];
    let requests = Requests::differing(ME, "Cookie: ", cookie);
    let mut subjects = vec![Subject::new("bare hyper", place.peer(Peer::Bare(user_bytes())), requests)];
    for mode in ["session_auth", "session_exp_auth"] {
        for count in [1, SESSIONS] {
            subjects.push(Subject::with_sessions(mode, place.ours(mode, 1).await, count).await);
        }
    }
    for count in [1, SESSIONS] {
        eprintln!("{count} sessions in a database");
        let folder = place.folder(&format!("database {count}"));
        let ids = people::fill(&folder.join("server.db"), 1, count).await;
        let process = Process::ours(&folder, "session_db_auth");
        let cookies = ids.into_iter().map(|id| format!("_my_session_id={id}")).collect();
        let requests = Requests::differing(ME, "Cookie: ", cookies);
        subjects.push(Subject::new(format!("session_db_auth, {count} sessions"), process, requests));
    }
    for count in [1, SESSIONS] {
        let process = Process::peer(&place.folder(&format!("axum {count}")), Peer::Memory(1));
        subjects.push(Subject::with_sessions("axum + tower-sessions", process, count).await);
    }
    let compared = compare("GET /users/me by cookie", &subjects, effort).await;
    // Subjects by their place above.
    for (what, one, to, limit) in [
        ("session_auth to bare hyper", 1, 0, Limit::AtMost(1.1)),
        ("session_exp_auth to bare hyper", 3, 0, Limit::AtMost(1.1)),
        ("session_db_auth to bare hyper", 5, 0, Limit::AtMost(1.25)),
        ("session_auth, 10⁶ to 1", 2, 1, Limit::AtMost(1.3)),
        ("session_exp_auth, 10⁶ to 1", 4, 3, Limit::AtMost(1.3)),
        ("session_db_auth, 10⁶ to 1", 6, 5, Limit::AtMost(1.3)),
        ("axum to session_auth, 1", 7, 1, Limit::AtLeast(1.7)),
        ("axum to session_auth, 10⁶", 8, 2, Limit::AtLeast(1.7)),
    ] {
        table::goal(what, compared.ratio(one, to), limit);
    }
}

async fn by_password(place: &Place, effort: Effort) {
    let requests = Requests::differing(ME, "Authorization: Basic ", people::basic(1));
    let mut subjects = vec![Subject::new("bare hyper", place.peer(Peer::Bare(user_bytes())), requests)];
    for users in [1, USERS] {
        let process = place.ours("basic_auth", users).await;
        let requests = Requests::differing(ME, "Authorization: Basic ", people::basic(users));
        subjects.push(Subject::new(format!("basic_auth, {users} users"), process, requests));
    }
    for users in [1, USERS] {
        let requests = Requests::differing(ME, "Authorization: Basic ", people::basic(users));
        subjects.push(Subject::new(format!("axum, {users} users"), place.peer(Peer::Basic(users)), requests));
    }
    for subject in &subjects[1..] {
        // Every user is known before the first turn; the first request of one reads the database.
        eprintln!("{}: each sends one request", subject.name);
        load(subject.process.address, &subject.requests, CLIENTS, Until::Count(USERS)).await;
    }
    let compared = compare("GET /users/me by Basic", &subjects, effort).await;
    table::goal("basic_auth, 1 user to bare hyper", compared.ratio(1, 0), Limit::AtMost(1.4));
    table::goal("basic_auth, 10⁵ users to bare hyper", compared.ratio(2, 0), Limit::AtMost(1.4));
}

async fn login(place: &Place, effort: Effort) {
    let mut subjects =
        vec![Subject::new("bare hyper", place.peer(Peer::Bare(user_bytes())), login_request())];
    for mode in ["session_auth", "session_exp_auth", "session_db_auth"] {
        subjects.push(Subject::new(mode, place.ours(mode, 1).await, login_request()));
    }
    subjects.push(Subject::new("axum + tower-sessions", place.peer(Peer::Memory(1)), login_request()));
    let compared = compare("POST /auth_session/login", &subjects, effort).await;
    table::goal("axum to session_auth", compared.ratio(4, 1), Limit::AtLeast(1.7));
}

async fn status(place: &Place, effort: Effort) {
    let request = || Requests::same("GET /api/v1/status", "", "");
    let subjects = [
        Subject::new("bare hyper", place.peer(Peer::Bare(STATUS_BYTES)), request()),
        Subject::new("session_auth", place.ours("session_auth", 1).await, request()),
        Subject::new("axum", place.peer(Peer::Memory(1)), request()),
    ];
    compare("GET /status", &subjects, effort).await;
}

async fn list(place: &Place, effort: Effort) {
    let request = || Requests::same("GET /api/v1/users", "", "");
    let bytes = json::body(&UserList::new(people::users(LISTED_USERS))).len();
    let mut subjects = vec![Subject::new("bare hyper", place.peer(Peer::Bare(bytes)), request())];
    // Without a gate, as axum has none there.
    for users in [LISTED_USERS / 10, LISTED_USERS] {
        subjects.push(Subject::new(format!("ours, {users} users"), place.ours("", users).await, request()));
    }
    subjects.push(Subject::new(
        format!("axum, {LISTED_USERS} users"),
        place.peer(Peer::Memory(LISTED_USERS)),
        request(),
    ));
    let compared = compare("GET /users", &subjects, effort).await;
    // Ten times the bytes; quadratic would be a hundred.
    table::goal("10⁴ users to 10³", compared.ratio(2, 1), Limit::AtMost(13.0));
}

/// The figures of one turn: CPU seconds of 10⁵ requests, requests a second, p50 and p99 in microseconds.
type Turn = [f64; 4];

/// The turns of each subject, in the order of the subjects and of the rounds.
struct Compared(Vec<Vec<Turn>>);

impl Compared {
    fn median(&self, subject: usize, column: usize) -> f64 {
        median(self.0[subject].iter().map(|turn| turn[column]).collect())
    }

    /// What a request of one costs in terms of another's. Turns of the same round are compared with each other:
    /// whatever else the machine was doing then, it did to both.
    fn ratio(&self, one: usize, to: usize) -> f64 {
        median(self.0[one].iter().zip(&self.0[to]).map(|(one, to)| one[0] / to[0]).collect())
    }
}

/// Puts the subjects under load in turns and prints a table.
async fn compare(title: &str, subjects: &[Subject], effort: Effort) -> Compared {
    let mut compared = Compared(vec![Vec::new(); subjects.len()]);
    for subject in subjects {
        load(subject.process.address, &subject.requests, CLIENTS, Until::Time(effort.time)).await;
    }
    for round in 1..=effort.rounds {
        eprintln!("{title}: round {round} of {}", effort.rounds);
        for (subject, turns) in subjects.iter().zip(&mut compared.0) {
            let before = subject.process.cpu();
            let outcome =
                load(subject.process.address, &subject.requests, CLIENTS, Until::Time(effort.time)).await;
            let cpu = (subject.process.cpu() - before).as_secs_f64();
            let micros = |part| outcome.quantile(part).as_secs_f64() * 1e6;
            turns.push([cpu / outcome.requests as f64 * 1e5, outcome.rate(), micros(0.5), micros(0.99)]);
        }
    }
    let row = |(index, subject): (usize, &Subject)| {
        vec![
            subject.name.clone(),
            format!("{:.3}", compared.median(index, 0)),
            format!("{:.2}", compared.ratio(index, 0)),
            format!("{:.0}", compared.median(index, 1)),
            format!("{:.0}", compared.median(index, 2)),
            format!("{:.0}", compared.median(index, 3)),
            format!("{:.1}", subject.process.resident_kib() as f64 / 1024.0),
        ]
    };
    let rows: Vec<_> = subjects.iter().enumerate().map(row).collect();
    let heading = ["server", "CPU s/10⁵", "to first", "requests/s", "p50 µs", "p99 µs", "MiB"];
    table::print(&format!("{title}, {CLIENTS} connections"), &heading, &rows);
    compared
}
