//! Interruption: a signal that ends a run.

use nix::sys::signal::Signal;
use tokio::sync::watch;

/// A signal that may come. Clones refer to the same signal.
#[derive(Clone, Debug)]
pub struct Interruption(watch::Receiver<Option<Signal>>);

impl Interruption {
    /// Creates an interruption and the sender of its signal. The sender must live as long as anybody waits.
    pub fn channel() -> (watch::Sender<Option<Signal>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for a future, unless the signal comes first or has come already.
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
