//! `just bench-durable`: what a login costs that is on disk before it is answered.
//!
//! Our server in session_db_auth with 10², 10⁴ and 10⁶ stored sessions has its turns beside the disk itself (a line
//! written and synchronized, again and again), beside bare hyper that appends a line per login and groups its
//! fdatasyncs, and beside axum with tower-sessions on SQLite. All use the same file system; every figure is the
//! median of several rounds. Then it is told how long the server takes to start with 10⁶ sessions, and what they
//! take of memory. `--quick` measures less.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use support::load::{Requests, Until, load};
use support::peer::{self, Peer};
use support::process::Process;
use support::table::{self, Limit};
use support::{Effort, disk, median, people};

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 16, 64];

/// Sessions that are stored before the first login.
const STORED: [usize; 3] = [100, 10_000, 1_000_000];

fn main() {
    peer::become_one();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(Effort::asked_for()));
}

async fn measure(effort: Effort) {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let folder = |name: String| {
        let folder = place.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        folder
    };
    let mut servers =
        vec![("bare hyper, grouped log".to_owned(), Process::peer(&folder("log".into()), Peer::Log))];
    for stored in STORED {
        eprintln!("{stored} sessions in a database");
        let folder = folder(stored.to_string());
        let ids = people::fill(&folder.join("server.db"), 1, stored).await;
        if stored == STORED[2] {
            start(&folder, ids).await;
        }
        servers.push((format!("ours, {stored} sessions"), Process::ours(&folder, "session_db_auth")));
    }
    servers.push((
        "axum + tower-sessions, SQLite".to_owned(),
        Process::peer(&folder("rows".into()), Peer::Rows),
    ));
    compare(place.path(), &servers, effort).await;
}

/// Tells how long the server takes to start with so many sessions, and what memory they take.
async fn start(folder: &Path, ids: Vec<String>) {
    let since = Instant::now();
    let server = Process::ours(folder, "session_db_auth");
    println!("\nstart with {} sessions: {:.2} s", ids.len(), since.elapsed().as_secs_f64());
    let before = server.resident_kib();
    let cookies: Vec<_> = ids.into_iter().map(|id| format!("_my_session_id={id}")).collect();
    let count = cookies.len();
    let requests = Requests::differing("/api/v1/users/me", "Cookie: ", cookies);
    load(server.address, &Arc::new(requests), 64, Until::Count(count)).await;
    let after = server.resident_kib();
    println!(
        "  memory: {:.1} MiB then, {:.1} MiB when each was used once",
        before as f64 / 1024.0,
        after as f64 / 1024.0
    );
}

async fn compare(place: &Path, servers: &[(String, Process)], effort: Effort) {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let login = Arc::new(Requests::same("POST /api/v1/auth_session/login", form, &people::form()));
    for clients in CLIENTS {
        let mut disk = Vec::new();
        let mut rates = vec![Vec::new(); servers.len()];
        let mut rest = vec![Vec::new(); servers.len()];
        for round in 1..=effort.rounds {
            eprintln!("{clients} clients: round {round} of {}", effort.rounds);
            disk.push(disk::rate(place, effort.time));
            for (index, (_, server)) in servers.iter().enumerate() {
                let before = server.cpu();
                let outcome = load(server.address, &login, clients, Until::Time(effort.time)).await;
                let cpu = (server.cpu() - before).as_secs_f64() / outcome.requests as f64;
                rates[index].push(outcome.rate());
                let millis = |part| outcome.quantile(part).as_secs_f64() * 1e3;
                rest[index].push([cpu * 1e5, millis(0.5), millis(0.99)]);
            }
        }
        // Turns of the same round are compared with each other, as the disk has better and worse moments.
        let ratio = |rates_of_one: &[f64]| {
            median(rates_of_one.iter().zip(&rates[0]).map(|(one, bare)| one / bare).collect())
        };
        let blank = || String::from("-");
        let mut rows = vec![vec![
            "write + fdatasync".into(),
            format!("{:.0}", median(disk.clone())),
            format!("{:.2}", ratio(&disk)),
        ]];
        rows[0].extend([blank(), blank(), blank(), blank()]);
        for (index, (name, server)) in servers.iter().enumerate() {
            let column = |column: usize| median(rest[index].iter().map(|row| row[column]).collect());
            rows.push(vec![
                name.clone(),
                format!("{:.0}", median(rates[index].clone())),
                format!("{:.2}", ratio(&rates[index])),
                format!("{:.2}", column(0)),
                format!("{:.2}", column(1)),
                format!("{:.2}", column(2)),
                format!("{:.1}", server.resident_kib() as f64 / 1024.0),
            ]);
        }
        let heading = ["server", "logins/s", "to bare hyper", "CPU s/10⁵", "p50 ms", "p99 ms", "MiB"];
        table::print(&format!("durable logins, {clients} clients"), &heading, &rows);
        if clients != 16 {
            for (rates, stored) in rates[1..].iter().zip(STORED) {
                table::goal(&format!("{stored} sessions to bare hyper"), ratio(rates), Limit::AtLeast(0.8));
            }
        }
    }
}
