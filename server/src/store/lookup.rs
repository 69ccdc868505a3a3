//! What a store finds, at once or later.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::contract::StoreError;

/// A look for one thing in a store: a future that an engine in this process has ready, and one that asks over a
/// network has in a box.
///
/// So the trait is the same for both, and the box is paid for only where a network costs a thousand times as much.
pub struct Lookup<'a, T>(State<'a, T>);

enum State<'a, T> {
    Ready(std::future::Ready<Result<T, StoreError>>),
    Pending(BoxFuture<'a, Result<T, StoreError>>),
}

impl<'a, T> Lookup<'a, T> {
    /// What was found at once.
    pub fn ready(found: Result<T, StoreError>) -> Self {
        Self(State::Ready(std::future::ready(found)))
    }

    /// What will be found.
    pub fn pending(finding: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self(State::Pending(Box::pin(finding)))
    }

    /// The same look, and `then` what came of it is changed.
    pub fn map<U>(self, then: impl FnOnce(T) -> U + Send + 'a) -> Lookup<'a, U>
    where
        T: 'a,
    {
        match self.0 {
            State::Ready(found) => Lookup::ready(found.into_inner().map(then)),
            State::Pending(finding) => Lookup::pending(finding.map(|found| found.map(then))),
        }
    }
}

impl<T: Unpin> Future for Lookup<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(found) => found.poll_unpin(context),
            State::Pending(finding) => finding.poll_unpin(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_found_is_changed_whenever_it_comes() {
        for found in [Ok(2), Err(StoreError::Read)] {
            let expected = found.map(|number| number * 2);
            assert_eq!(Lookup::ready(found).map(|number| number * 2).now_or_never(), Some(expected));
            let later = Lookup::pending(async move {
                tokio::task::yield_now().await;
                found
            });
            assert_eq!(later.map(|number| number * 2).await, expected);
        }
    }
}
