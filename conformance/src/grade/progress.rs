//! The progress bar of a grading, if standard error is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar on standard error that counts implementations and estimates the remaining time.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts the bar, which is drawn only on a terminal; `known` of `all` implementations are done already.
    pub fn on_terminal(all: usize, known: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr());
        let template = "{spinner} {pos}/{len} implementations, {elapsed}, about {eta} left: {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_position(known as u64);
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// Counts one more implementation, and shows its name.
    pub fn done(&self, name: &str) {
        self.bar.set_message(format!("{name} is done"));
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
