//! The console of this process: standard output, and the signals that end it.

use std::io::{IsTerminal as _, Write as _};

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};

use report::style::DIM;
use runner::interruption::Interruption;

/// Prints to standard output. A closed pipe is no error.
pub fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a remark that is no part of the result to standard error, if that is a terminal.
pub fn remark(text: &str) {
    if std::io::stderr().is_terminal() {
        anstream::eprintln!("{DIM}{text}{DIM:#}");
    }
}

/// Waits for SIGINT, SIGTERM or SIGHUP, and returns which one came.
///
/// SIGHUP is left alone if the process ignores it from the start, as under `nohup`.
pub async fn interrupted() -> Signal {
    let receive = |kind: SignalKind| async move {
        match signal(kind) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    // Whoever listens for a signal no longer ignores it, so this comes first.
    let hangup_is_ignored = ignored(Signal::SIGHUP);
    tokio::select! {
        _ = receive(SignalKind::interrupt()) => Signal::SIGINT,
        _ = receive(SignalKind::terminate()) => Signal::SIGTERM,
        _ = receive(SignalKind::hangup()), if !hangup_is_ignored => Signal::SIGHUP,
    }
}

/// Starts a task of the current runtime that listens for the signals that end a run.
pub fn listen() -> Interruption {
    let (sender, interruption) = Interruption::channel();
    tokio::spawn(async move {
        let signal = interrupted().await;
        let _ = sender.send(Some(signal));
        // A receiver that waits must find the channel open.
        sender.closed().await;
    });
    interruption
}

/// Tells whether this process ignores a signal, where the system says so (Linux).
fn ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal as i32 - 1) & 1 == 1
}
