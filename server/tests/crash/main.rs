//! Crashes and broken disks: nothing that was acknowledged is lost, and nothing is made up.
//!
//! Clients log in and out, create, change and remove users, and write down what they were told
//! (`support/ledger.rs`). After each accident the server is started again on the same folder and compared with all of
//! it ([`ground`]): an acknowledged change is there, another is wholly there or wholly absent, no session that
//! has ended lives, each session leads to its user, lists and counts agree.
//!
//! - [`kills`]: SIGKILL at random moments under load, and while the server starts.
//! - [`cuts`]: power cuts under load.
//! - [`points`]: SIGKILL at each system call that changes a file.
//! - [`faults`], [`limit`] and [`disk`]: writes, reads and fsyncs that fail, a full disk, a read-only one, limits.
//! - [`damage`]: files that were changed while no server ran.
//! - [`tamper`]: the proof that a comparison can fail.
//!
//! SIGKILL leaves what the system has not yet written to the disk: a server that never called fsync would
//! survive every kill here. What is found by kills is an answer that comes before the commit, or a commit in
//! pieces. That a commit is on the disk is what [`cuts`] shows.
//!
//! `CRASH_KILLS` and `CRASH_CUTS` are the numbers of random kills and of power cuts, `CRASH_SEED` is what random
//! choices are made from; a run prints its seed, and at its end how often each kind of accident was survived.
//! `just crash` does it at length.

mod cuts;
mod damage;
mod disk;
mod faults;
mod ground;
mod kills;
mod limit;
mod points;
mod strace;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;
mod tamper;
mod totals;

use libtest_mimic::{Arguments, Failed, Trial};
use test_support::skip::say_skipped;

/// Servers at once: each has a disk to wait for and clients of its own.
const THREADS: usize = 2;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let seed = number("CRASH_SEED", fastrand::u64(..1_000_000));
    println!("seed {seed}: CRASH_SEED={seed} makes the same random choices");
    let mut trials = Trials(Vec::new());
    of_kills(&mut trials, seed, number("CRASH_KILLS", 200));
    of_files(&mut trials, seed);
    match strace::missing() {
        None => of_system_calls(&mut trials),
        Some(missing) => say_skipped("disk faults", &missing),
    }
    match limit::missing() {
        None => {
            trials.add("faults::few-descriptors", limit::few_descriptors);
            trials.add("faults::file-size-limit", faults::file_size_limit);
        }
        Some(missing) => say_skipped("limits of file sizes and descriptors", &missing),
    }
    match disk::missing() {
        None => {
            trials.add("faults::full-disk", disk::full);
            trials.add("faults::read-only-disk", disk::read_only);
        }
        Some(missing) => say_skipped("full and read-only disks", &missing),
    }
    match cuts::missing() {
        None => {
            let number = number("CRASH_CUTS", 10);
            trials.add("cuts", move || cuts::survives(seed, number));
        }
        Some(missing) => say_skipped("power cuts", &missing),
    }
    let conclusion = libtest_mimic::run(&arguments, trials.0);
    totals::print();
    conclusion.exit();
}

struct Trials(Vec<Trial>);

impl Trials {
    fn add(&mut self, name: impl Into<String>, run: impl FnOnce() -> Result<(), String> + Send + 'static) {
        self.0.push(Trial::test(name, || run().map_err(Failed::from)));
    }
}

/// The number in an environment variable.
fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name}={value:?} is no number")),
        Err(_) => otherwise,
    }
}

fn of_kills(trials: &mut Trials, seed: u64, kills: u64) {
    for batch in 0..kills.div_ceil(kills::BATCH) {
        let left = (kills - batch * kills::BATCH).min(kills::BATCH);
        trials.add(format!("kills::{batch}"), move || kills::batch(seed + batch, left));
    }
}

fn of_files(trials: &mut Trials, seed: u64) {
    for (name, act) in tamper::ACTS {
        trials.add(format!("finds::lost-{name}"), move || tamper::loses(act));
    }
    for (name, tampering, complaint) in tamper::TAMPERINGS {
        trials.add(format!("finds::{name}"), move || tamper::finds(tampering, complaint));
    }
    trials.add("damage::file", damage::of_the_file);
    trials.add("damage::bits", move || damage::of_bits(seed));
    trials.add("damage::session", damage::of_a_session);
    trials.add("damage::large-file", damage::of_a_large_file);
    trials.add("damage::index", damage::of_an_index);
    trials.add("damage::cut-log", move || damage::of_a_cut_log(seed));
    trials.add("damage::bits-of-log", move || damage::of_bits_of_a_log(seed));
}

fn of_system_calls(trials: &mut Trials) {
    for call in points::OF_CHANGES {
        trials.add(format!("points::changes::{call}"), move || points::of_changes(call));
    }
    for call in points::OF_MAKING {
        trials.add(format!("points::making::{call}"), move || points::of_making(call));
    }
    for fault in faults::FAULTS_OF_CALLS {
        trials.add(format!("faults::{}", fault.injection), move || faults::survives(fault));
    }
    for injection in ["pwrite64:error=ENOSPC", "pwrite64:error=EIO", "fsync,fdatasync:error=EIO"] {
        trials.add(format!("faults::start::{injection}"), move || faults::refuses_to_start(injection));
        trials.add(format!("faults::stop::{injection}"), move || faults::stops_under(injection));
    }
    trials.add("faults::unreadable", faults::unreadable);
    trials.add("faults::slow", faults::slow);
}
