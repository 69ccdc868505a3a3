//! A signal that ends a run, for whoever waits for many things one after another.

use nix::sys::signal::Signal;
use tokio::sync::watch;

/// Becomes known once, when the signal comes; clones know of it alike.
#[derive(Clone, Debug)]
pub struct Interruption(watch::Receiver<Option<Signal>>);

impl Interruption {
    /// Makes an interruption and the sender of its signal, which must live as long as anybody waits.
    pub fn channel() -> (watch::Sender<Option<Signal>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Does something, unless the signal comes before its end or has come.
    ///
    /// # Errors
    ///
    /// The signal.
    pub async fn or<T>(&self, doing: impl Future<Output = T>) -> Result<T, Signal> {
        let mut receiver = self.0.clone();
        tokio::select! {
            biased;
            Ok(signal) = receiver.wait_for(Option::is_some) => Err(signal.unwrap_or(Signal::SIGINT)),
            done = doing => Ok(done),
        }
    }
}
