//! The log of the binary: one line per event on standard error.

use std::io;

use crate::config::Config;

/// Writes from here on what the settings ask for. Only the first call in a process counts.
pub fn start(config: &Config) {
    let log =
        tracing_subscriber::fmt().with_max_level(config.log_level).with_writer(io::stderr).with_ansi(false);
    // A log that another has begun is as good.
    let _ = if config.log_json { log.json().flatten_event(true).try_init() } else { log.try_init() };
}
