//! SIGKILL at random moments.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::ground::{Ground, stop};
use crate::support::Process;
use crate::support::ledger::Heard;
use crate::totals::{KILLS, judge};

/// Kills of one folder: its log grows over them, and is moved into the file a few times.
pub const BATCH: u64 = 25;

/// Clients at once: their changes share commits.
pub const CLIENTS: usize = 4;

/// Kills the servers of one folder so often, and compares after each.
pub fn batch(seed: u64, kills: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let mut ground = Ground::new(folder.path(), CLIENTS);
    let mut process = ground.start();
    for kill in 0..kills {
        process = judge(KILLS, || round(&mut ground, process, &mut random))
            .map_err(|wrong| format!("kill {kill} of {kills}: {wrong}"))?;
    }
    stop(process);
    let process = ground.start();
    ground.compare(&process).map_err(|wrong| format!("after an orderly stop: {wrong}"))
}

/// Kills a server; the next one, if it is as it must be.
fn round(ground: &mut Ground, process: Process, random: &mut Rng) -> Result<Process, String> {
    load(ground, process, random, |_| ())?;
    if random.u8(..8) == 0 {
        kill_at_start(ground, random);
    }
    let process = ground.start();
    ground.compare(&process)?;
    Ok(process)
}

/// Kills while all clients ask for changes: at a random acknowledgement, or a moment later. Right before,
/// calls `look`.
pub fn load(
    ground: &mut Ground,
    process: Process,
    random: &mut Rng,
    look: impl Fn(&Process) + Sync,
) -> Result<(), String> {
    let acknowledgements = random.usize(1..40);
    let pause = Duration::from_micros(if random.bool() { 0 } else { random.u64(..2000) });
    let acknowledged = AtomicUsize::new(0);
    let (address, gate) = (process.address, ground.gate().to_owned());
    let heard: Result<(), String> = std::thread::scope(|scope| {
        let clients: Vec<_> = ground
            .ledgers
            .iter_mut()
            .map(|ledger| {
                let mut random = random.fork();
                let (process, acknowledged, gate, look) = (&process, &acknowledged, &gate, &look);
                scope.spawn(move || {
                    // Once the server is killed its port may be another's.
                    while acknowledged.load(Ordering::SeqCst) < acknowledgements {
                        match ledger.perform(ledger.choose(&mut random), address, gate)? {
                            Heard::Acknowledged => {}
                            Heard::Refused => return Err("refused, though nothing failed".to_owned()),
                            Heard::Nothing if acknowledged.load(Ordering::SeqCst) >= acknowledgements => {
                                return Ok(());
                            }
                            Heard::Nothing => return Err("no answer, though nobody killed it".to_owned()),
                        }
                        if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == acknowledgements {
                            spin(pause);
                            look(process);
                            process.signal(Signal::SIGKILL);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().expect("no panic"))
    });
    process.kill();
    heard
}

/// Kills a server that is starting: it makes the log of the last one its own.
fn kill_at_start(ground: &Ground, random: &mut Rng) {
    let mut starting = ground.serving().spawn().expect("the binary");
    spin(Duration::from_micros(random.u64(..30_000)));
    starting.kill().expect("a process");
    starting.wait().expect("an end");
}

/// Lets a moment pass. Which one does not matter; a sleep would choose it more coarsely.
fn spin(pause: Duration) {
    let start = Instant::now();
    while start.elapsed() < pause {
        spin_loop();
    }
}
