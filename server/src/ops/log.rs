//! The log of the binary: one line per event on standard error.

use std::io;

use crate::config::Config;

/// Starts the log that the settings ask for. Only the first call in a process has an effect.
pub fn start(config: &Config) {
    let log =
        tracing_subscriber::fmt().with_max_level(config.log_level).with_writer(io::stderr).with_ansi(false);
    // A log that has been started before is as good.
    let _ = if config.log_json { log.json().flatten_event(true).try_init() } else { log.try_init() };
}
