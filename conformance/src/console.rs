//! The console of this process: standard output, and the signals that end it.

use std::io::{IsTerminal as _, Write as _};

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};

use report::style::DIM;
use runner::interruption::Interruption;

/// Prints to standard output; a reader that has gone away is nobody's concern.
pub fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Tells a person at a terminal something that is no part of the result, on standard error.
pub fn tell(text: &str) {
    if std::io::stderr().is_terminal() {
        anstream::eprintln!("{DIM}{text}{DIM:#}");
    }
}

/// Waits for Ctrl-C, SIGTERM or the end of the terminal, and tells which it was.
///
/// The end of the terminal is passed over where it was ignored from the start, as `nohup` has it.
pub async fn interrupted() -> Signal {
    let came = |kind: SignalKind| async move {
        match signal(kind) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    // To listen for a signal is to ignore it no longer, so this is asked first.
    let hangup_is_ignored = ignored(Signal::SIGHUP);
    tokio::select! {
        _ = came(SignalKind::interrupt()) => Signal::SIGINT,
        _ = came(SignalKind::terminate()) => Signal::SIGTERM,
        _ = came(SignalKind::hangup()), if !hangup_is_ignored => Signal::SIGHUP,
    }
}

/// Listens from now on for whatever ends a run, in a task of the present runtime, which ends with it.
pub fn listen() -> Interruption {
    let (sender, interruption) = Interruption::channel();
    tokio::spawn(async move {
        let signal = interrupted().await;
        let _ = sender.send(Some(signal));
        // Whoever waits must find the channel open.
        sender.closed().await;
    });
    interruption
}

/// Tells whether this process ignores a signal, as far as the system says (Linux).
fn ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal as i32 - 1) & 1 == 1
}
