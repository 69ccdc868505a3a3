//! The whole run of session_db_auth against two servers that share one Redis, behind one address by turns; and requests
//! at once, each to the other server than the last, whose answers must fit some order of them (`concurrency`).
//!
//! This program is also what is checked: started with `--pair`, it starts a redis-server and two servers on it in the
//! working directory, and leads every connection to the other server than the last one ([`Pair`]). Every now and then
//! it stops or kills one of the two and starts it anew, and the suite must not notice; but not with `--steady-pair`, as
//! nobody could answer a request to a server that is being killed. It writes down what it did.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use search::concurrency::{Campaign, Setup, SetupError, Trials};
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use targets::Stop;
use targets::command::Command as Project;
use targets::instance::Instance;
use targets::progress::event::NoListener;
use test_support::implementations::skipped;
use test_support::program::{code, conformance, server_path, stderr, stdout};
use test_support::skip::missing;
use tokio::signal::unix::{SignalKind, signal};

/// The argument that makes this program a pair; the path of the server and of the record follow.
const PAIR: &str = "--pair";

/// The same, and neither server is ever stopped.
const STEADY_PAIR: &str = "--steady-pair";

/// The number of plans.
const CASES: u32 = 60;

/// Connections between two restarts of a server, of one and the other by turns.
const TURNS: usize = 10;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [first, server, record] = &arguments[..]
        && (first == PAIR || first == STEADY_PAIR)
    {
        let (server, record) = (Path::new(server), Path::new(record));
        return Pair::run(server, record, first == STEADY_PAIR).expect("two servers and a Redis");
    }
    let trials = match missing("redis-server", "redis-server") {
        None => vec![
            Trial::test("session_db_auth is met by two servers on one Redis", is_met),
            Trial::test("two servers on one Redis answer requests at once in some order", is_in_order),
        ],
        Some(missing) => skipped("pair", "two servers on one Redis", &missing),
    };
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The command that starts a pair of this kind, which writes down what it does in `record`.
fn command(kind: &str, record: &Path) -> io::Result<String> {
    let quoted = |path: &Path| format!("'{}'", path.display());
    let (exe, server) = (std::env::current_exe()?, server_path());
    Ok(format!("{} {kind} {} {}", quoted(&exe), quoted(&server), quoted(record)))
}

fn is_in_order() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (project, record) = (folder.path().join("project"), folder.path().join("record"));
    std::fs::create_dir(&project)?;
    let target = Project::new(&project, Some(&command(STEADY_PAIR, &record)?), ClockKind::None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bag = runtime.block_on(async {
        let mut instance = Instance::open(&target, &NoListener).await?;
        let setup = Setup::seed(&mut instance, Mode::SessionDbAuth, &[SeedMethod::Api]).await?;
        instance.end(Stop::Polite).await?;
        let campaign = Campaign { cases: CASES, seed: 1, repeats: 5 };
        let bag = campaign.run(&mut Trials::new(&instance, setup)).await?;
        Ok::<_, SetupError>(bag)
    })?;
    if let Some(violation) = bag.violations.first() {
        return Err(violation.to_string().into());
    }
    assert_eq!(bag.cases, CASES, "a hunt that finds nothing tries every case");
    let recorded = std::fs::read_to_string(&record)?;
    let turns = |which| recorded.lines().filter(|line| **line == format!("connection {which}")).count();
    println!("{CASES} plans: {} and {} connections", turns(0), turns(1));
    if turns(0).min(turns(1)) < 2 * usize::try_from(CASES)? {
        return Err(format!("too few connections to tell: {} and {}", turns(0), turns(1)).into());
    }
    Ok(())
}

fn is_met() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (project, record) = (folder.path().join("project"), folder.path().join("record"));
    std::fs::create_dir(&project)?;
    let command = command(PAIR, &record)?;
    let project = project.display().to_string();
    let output = conformance(&[
        "check",
        &project,
        "--command",
        &command,
        "--mode",
        "session_db_auth",
        "--strict",
        "--exact",
        "--json",
        "-",
    ]);
    if code(&output) != 0 {
        return Err(format!("{}\n{}", stdout(&output), stderr(&output)).into());
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let (must, target) = (&report["summary"]["must"], &report["target"]);
    let met = must["met"].as_u64().unwrap_or_default();
    if met < 50 || ["not_met", "blocked", "error"].iter().any(|kind| must[kind] != 0) {
        return Err(format!("{must}").into());
    }
    let mut done = BTreeMap::<_, usize>::new();
    for line in std::fs::read_to_string(&record)?.lines() {
        *done.entry(line.to_owned()).or_default() += 1;
    }
    println!("{met} musts are met, clock {}: {done:?}", target["clock"]);
    for what in ["SIGKILL 0", "SIGKILL 1", "SIGTERM 0", "SIGTERM 1"] {
        if done.get(what).is_none_or(|&times| times < 2) {
            return Err(format!("{what} came too seldom to tell: {done:?}").into());
        }
    }
    Ok(())
}

/// Two servers on one Redis, behind the address that the suite has chosen. Everything is in the process group of this
/// program, which the suite ends as a whole.
struct Pair {
    server: PathBuf,
    record: PathBuf,
    redis: String,
    is_steady: bool,
    // Each is read for as long as a connection lasts, and written while it is started anew: so that no request meets
    // a server that is being killed, which no server could answer.
    servers: [RwLock<Running>; 2],
    connections: AtomicUsize,
}

struct Running {
    child: Child,
    address: SocketAddr,
}

impl Pair {
    fn run(server: &Path, record: &Path, is_steady: bool) -> io::Result<()> {
        let variable = |name| std::env::var(name).map_err(io::Error::other);
        let listener = TcpListener::bind(format!("{}:{}", variable("API_HOST")?, variable("API_PORT")?))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut told = runtime.block_on(async { signal(SignalKind::terminate()) })?;
        let (mut redis_child, redis) = start_redis()?;
        let start = || start_server(server, &redis).map(RwLock::new);
        let servers = [start()?, start()?];
        let pair = Arc::new(Self {
            server: server.to_owned(),
            record: record.to_owned(),
            redis,
            is_steady,
            servers,
            connections: AtomicUsize::new(0),
        });
        let of_listener = Arc::clone(&pair);
        // Both kinds of threads end with the process.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let pair = Arc::clone(&of_listener);
                thread::spawn(move || pair.lead(stream));
            }
        });
        runtime.block_on(told.recv());
        for server in &pair.servers {
            server.write().unwrap_or_else(PoisonError::into_inner).stop(Signal::SIGTERM)?;
        }
        // It has every change on its disk.
        redis_child.kill().and_then(|()| redis_child.wait()).map(|_| ())
    }

    /// Leads a connection to the server whose turn it is.
    fn lead(&self, near: TcpStream) {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        if self.is_steady {
            self.note(&format!("connection {}", number % 2)).expect("a record");
        } else if number % TURNS == TURNS - 1 {
            let turn = number / TURNS;
            let signal = if turn % 4 < 2 { Signal::SIGKILL } else { Signal::SIGTERM };
            self.start_anew(turn % 2, signal).expect("a server starts again");
        }
        let server = self.servers[number % 2].read().unwrap_or_else(PoisonError::into_inner);
        let Ok(far) = TcpStream::connect(server.address) else { return };
        thread::scope(|scope| {
            scope.spawn(|| forward(&near, &far));
            forward(&far, &near);
        });
    }

    fn start_anew(&self, which: usize, signal: Signal) -> io::Result<()> {
        let mut server = self.servers[which].write().unwrap_or_else(PoisonError::into_inner);
        server.stop(signal)?;
        *server = start_server(&self.server, &self.redis)?;
        self.note(&format!("{signal} {which}"))
    }

    fn note(&self, what: &str) -> io::Result<()> {
        let mut record = OpenOptions::new().create(true).append(true).open(&self.record)?;
        record.write_all(format!("{what}\n").as_bytes())
    }
}

impl Running {
    fn stop(&mut self, signal: Signal) -> io::Result<()> {
        let id = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        kill(Pid::from_raw(id), signal)?;
        self.child.wait().map(|_| ())
    }
}

/// Starts a redis-server on the data in the working directory; its URL.
fn start_redis() -> io::Result<(Child, String)> {
    // Another program may take the port in between; then there is another port.
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "yes",
        ]);
        // Its clock is the real one: it ends with libfaketime, and the rule of the servers decides all the same.
        command.args(["--appendfsync", "always"]).env_remove("LD_PRELOAD").stdout(Stdio::piped());
        let mut child = command.spawn()?;
        if wait_for(&mut child, "Ready to accept connections")?.is_some() {
            return Ok((child, format!("redis://127.0.0.1:{port}")));
        }
    }
}

fn start_server(server: &Path, redis: &str) -> io::Result<Running> {
    let mut command = Command::new(server);
    command.env("API_HOST", "127.0.0.1").env("API_PORT", "0").env("DATABASE_URL", redis);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let line =
        wait_for(&mut child, "Running on")?.ok_or_else(|| io::Error::other("a server did not start"))?;
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.ok_or_else(|| io::Error::other(line.clone()))?.parse().map_err(io::Error::other)?;
    Ok(Running { child, address })
}

/// Reads what a program prints until a line holds `word`; `None` if it ends before.
fn wait_for(child: &mut Child, word: &str) -> io::Result<Option<String>> {
    let mut lines: BufReader<ChildStdout> = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        if line.contains(word) {
            // What it prints later must go somewhere, or it would wait to print it.
            thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
            return Ok(Some(line));
        }
        line.clear();
    }
    child.wait()?;
    Ok(None)
}

/// Copies what one side sends to the other, and its end.
fn forward(mut from: &TcpStream, mut to: &TcpStream) {
    // Either side may have gone; the other one is told.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
