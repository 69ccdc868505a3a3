//! The time of a check, by what it is spent on: `just bench-check` for the reference in process, the spawned reference
//! server and our Flask implementation, `just bench-check FOLDER…` for other implementations.
//!
//! Each is checked once as `conformance check` does it, in a process of its own; then the same number of programs is
//! started with nothing else done to them. What the figures mean:
//!
//! - *waits* are added up over everything that runs side by side, so their sum is longer than the check: the instances
//!   of a check wait for program starts (until the first answer), stops, answers, moved or slept time, and copies of
//!   the folder;
//! - *CPU* is what the system counted, of this process (*our own*: reading the scenarios, sending, comparing,
//!   writing the reports) and of all programs that it started; what the bare starts took of it is told apart. In
//!   process the reference server's own work is counted as ours;
//! - *bare starts* are as many starts of the program as the check made, as many of them side by side, each until its
//!   port answers: no check that makes them can be quicker. The ratio to them says what the rest costs.
//!
//! Other work on the machine stretches all of it alike, the ratios least.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use conformance::reference::Reference;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use runner::check;
use runner::check::{Check, Plan};
use serde::{Deserialize, Serialize};
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::Strictness;
use spec::suite::Suite;
use targets::Target;
use targets::clock;
use targets::clock::{ClockDriver as _, Faketime};
use targets::command::Command;
use targets::progress::cost::Costs;
use targets::progress::event::Work;
use test_support::program::server_path;

/// The argument that tells the second process to check once.
const ONE: &str = "--one";

/// The time between two questions whether a bare start answers.
const POLL: Duration = Duration::from_millis(1);

/// The subject of a check: a word on the command line of this program.
#[derive(Clone, Debug)]
enum Subject {
    Reference,
    Server,
    Folder(PathBuf),
}

impl Subject {
    fn of(word: &str) -> Self {
        match word {
            "reference" => Self::Reference,
            "server" => Self::Server,
            // Cargo runs this in the crate's folder; `just` is given what stands in the workspace's.
            folder => Self::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)),
        }
    }

    fn command(&self, empty: &Path) -> Option<Command> {
        let clock = if clock::library().is_some() { ClockKind::Faketime } else { ClockKind::Wall };
        let made = match self {
            Self::Reference => return None,
            Self::Server => Command::new(empty, Some(&server_path().display().to_string()), clock),
            Self::Folder(folder) => Command::new(folder, None, clock),
        };
        Some(made.unwrap_or_else(|error| panic!("{error}")))
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.split_first() {
        Some((first, rest)) if first == ONE => {
            let measured = measure(&Subject::of(&rest[0]));
            println!("{}", serde_json::to_string(&measured).expect("figures are JSON"));
        }
        Some(_) => words.iter().for_each(|folder| show(folder)),
        None => {
            let flask = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/implementations/flask");
            ["reference", "server", &flask.display().to_string()].into_iter().for_each(show);
        }
    }
}

/// The figures of one check.
#[derive(Debug, Deserialize, Serialize)]
struct Measured {
    outcome: String,
    clock: String,
    wall: Duration,
    waits: Vec<(String, u32, Duration)>,
    starts: u32,
    own_cpu: Duration,
    programs_cpu: Duration,
    peak_kib: i64,
}

/// Checks `subject` once in this process.
fn measure(subject: &Subject) -> Measured {
    let since = Instant::now();
    let suite = Suite::built_in().expect("a test sees to it that it can be read");
    let empty = tempfile::tempdir().expect("a temporary folder can be made");
    let command = subject.command(empty.path());
    let target: &dyn Target = command.as_ref().map_or(&Reference, |command| command);
    let plan = Plan {
        modes: Mode::ALL.map(Into::into).to_vec(),
        scenarios: Vec::new(),
        requirements: Vec::new(),
        seed_methods: SeedMethod::UNAIDED.to_vec(),
        given: None,
        jobs: check::side_by_side(),
    };
    let costs = Costs::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let report = runtime.block_on(Check::new(&suite, target, &plan, &costs).run());
    let report = report.expect("the clock follows its driver").report;
    let strictness = Strictness::default();
    let written =
        report::terminal(&report, &suite.catalogue, strictness) + &report::json(&report, &suite.catalogue);
    assert!(!written.is_empty());
    let wall = since.elapsed();
    let cpu = |who| cpu(&getrusage(who).expect("the system counts"));
    let spent = costs.spent();
    let count = |wanted: Work| spent.iter().find(|(work, _)| *work == wanted).map_or(0, |(_, one)| one.count);
    Measured {
        outcome: format!("{:?}", report.outcome(&suite.catalogue, strictness)),
        clock: report.target.clock.as_str().to_owned(),
        wall,
        waits: spent.iter().map(|(work, one)| (work.as_str().to_owned(), one.count, one.total)).collect(),
        starts: count(Work::Start) + count(Work::Program),
        own_cpu: cpu(UsageWho::RUSAGE_SELF),
        programs_cpu: cpu(UsageWho::RUSAGE_CHILDREN),
        peak_kib: getrusage(UsageWho::RUSAGE_SELF).expect("the system counts").max_rss(),
    }
}

fn cpu(usage: &Usage) -> Duration {
    let parts = [usage.user_time(), usage.system_time()];
    parts.iter().map(|part| Duration::from_micros(u64::try_from(part.num_microseconds()).unwrap_or(0))).sum()
}

/// Checks what `word` names in a process of its own, and prints the figures.
fn show(word: &str) {
    let myself = std::env::current_exe().expect("the system tells");
    let child = Process::new(myself).args([ONE, word]).stderr(Stdio::inherit()).output().expect("it runs");
    assert!(child.status.success(), "{word} was not checked: {}", child.status);
    let one: Measured = serde_json::from_slice(&child.stdout).expect("it prints its figures");
    println!("{word}");
    println!("  {:.2?}, {}, clock {}, {} MiB at most", one.wall, one.outcome, one.clock, one.peak_kib / 1024);
    let waited: Duration = one.waits.iter().map(|(.., total)| *total).sum();
    println!("  waits        {:>8} {:>10} {:>10} {:>8}", "count", "mean", "in all", "share");
    for (work, count, total) in one.waits.iter().filter(|(_, count, _)| *count > 0) {
        let mean = total.checked_div(*count).unwrap_or_default();
        println!("    {work:<12} {count:>6} {mean:>10.1?} {total:>10.2?} {:>6.1} %", share(*total, waited));
    }
    let cpu = one.own_cpu + one.programs_cpu;
    let subject = Subject::of(word);
    let empty = tempfile::tempdir().expect("a temporary folder can be made");
    let bare = subject.command(empty.path()).map(|command| bare(&subject, &command, &one));
    println!("  CPU          {:>8} {:>10} {cpu:>10.2?}", "", "");
    if let Some((_, starts)) = bare {
        println!("    {:<30} {starts:>10.2?} {:>6.1} %", "the programs' starts", share(starts, cpu));
        let rest = one.programs_cpu.saturating_sub(starts);
        println!("    {:<30} {rest:>10.2?} {:>6.1} %", "the programs' answers", share(rest, cpu));
    }
    println!("    {:<30} {:>10.2?} {:>6.1} %", "our own", one.own_cpu, share(one.own_cpu, cpu));
    if let Some((wall, _)) = bare {
        let ratio = one.wall.as_secs_f64() / wall.as_secs_f64();
        println!("  bare starts: {} in {wall:.2?}; the check takes {ratio:.2} times that", one.starts);
    }
    println!();
}

fn share(part: Duration, all: Duration) -> f64 {
    100.0 * part.as_secs_f64() / all.as_secs_f64().max(f64::EPSILON)
}

/// Starts the program as often as the check did, with nothing else done to it.
///
/// Returns the time that this took, and the CPU time of the programs.
fn bare(subject: &Subject, command: &Command, checked: &Measured) -> (Duration, Duration) {
    let left = AtomicU32::new(checked.starts);
    let one_less = |left: u32| left.checked_sub(1);
    let count = || cpu(&getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts"));
    let (since, before) = (Instant::now(), count());
    std::thread::scope(|scope| {
        for _ in 0..check::side_by_side() {
            scope.spawn(|| {
                let place = Place::new(subject, checked);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                    place.start(&command.command().expect("it has one"));
                }
            });
        }
    });
    (since.elapsed(), count() - before)
}

/// A copy of the folder to start programs in.
struct Place {
    folder: tempfile::TempDir,
    clock: Vec<(String, String)>,
}

impl Place {
    fn new(subject: &Subject, checked: &Measured) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        if let Subject::Folder(original) = subject {
            let copied = Process::new("cp").arg("-R").arg(original.join(".")).arg(folder.path()).status();
            assert!(copied.is_ok_and(|status| status.success()), "the folder cannot be copied");
        }
        let file = folder.path().join("clock");
        let clock = match clock::library().filter(|_| checked.clock == ClockKind::Faketime.as_str()) {
            Some(library) => {
                let clock = Faketime::new(library, file, chrono::Utc::now()).expect("it can be written");
                clock.environment()
            }
            None => Vec::new(),
        };
        Self { folder, clock }
    }

    /// Starts the program and ends it at its first answer.
    fn start(&self, command: &str) {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a port is free").port();
        let mut words = command.split(' ');
        let mut program = Process::new(words.next().unwrap_or_default())
            .args(words)
            .current_dir(self.folder.path())
            .envs(self.clock.iter().cloned())
            .env("API_HOST", "127.0.0.1")
            .env("API_PORT", port.to_string())
            .env("AUTH_TYPE", "session_auth")
            .env("SESSION_NAME", "_my_session_id")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it could be started before");
        while !answers(port) && program.try_wait().is_ok_and(|ended| ended.is_none()) {
            std::thread::sleep(POLL);
        }
        program.kill().and_then(|()| program.wait()).expect("it can be killed");
    }
}

/// Tells whether something on `port` answers a request.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked = stream.write_all(b"GET /api/v1/status HTTP/1.0\r\n\r\n");
    asked.is_ok() && stream.read(&mut [0]).is_ok_and(|count| count > 0)
}
