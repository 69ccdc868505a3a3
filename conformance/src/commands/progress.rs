//! The progress bar of a check, if standard error is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use targets::progress::event::{Event, EventListener};

/// A progress bar on standard error that counts scenarios.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts the bar; indicatif draws it only on a terminal.
    pub fn on_terminal() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} scenarios, {elapsed}: {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar.set_message("starting, and storing users");
        Self { bar }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl EventListener for Progress {
    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::Planned { scenarios } => self.bar.set_length(*scenarios as u64),
            Event::Began { mode, scenario } => self.bar.set_message(format!("{} in {mode}", scenario.name)),
            Event::Replayed { .. } | Event::Skipped { .. } => self.bar.inc(1),
            Event::Starting { mode, waited, timeout } => {
                let limit = timeout.map_or_else(String::new, |limit| format!(" of {} s", limit.as_secs()));
                self.bar.set_message(format!("starting it in {mode}, {} s{limit}", waited.as_secs()));
            }
            Event::Waited { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
