//! Watches one connection: for how long it has been idle, or busy sending a head, and whether its answer is
//! read.
//!
//! hyper's own header timeout runs from the end of the last request, so it cannot tell an idle client from
//! one that sends a byte now and then; and it makes a timer per request, where this stores a number.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::limits::{HEAD_TIME, IDLE_TIME};

/// Waiting for a request, or for the client to read the last answer.
const IDLE: u8 = 0;
/// A part of a head has been read.
const RECEIVING: u8 = 1;
/// A request is being answered; its body has a limit of its own.
const ANSWERING: u8 = 2;

/// What a connection is doing and until when it may.
pub struct Watch {
    opened: Instant,
    // One task uses both; they are atomic because it may move between threads.
    phase: AtomicU8,
    deadline_millis: AtomicU64,
}

impl Watch {
    /// A connection that has just been opened.
    pub fn new() -> Self {
        let millis = IDLE_TIME.as_millis() as u64;
        Self { opened: Instant::now(), phase: AtomicU8::new(IDLE), deadline_millis: AtomicU64::new(millis) }
    }

    /// A head has arrived.
    pub fn request_begins(&self) {
        self.phase.store(ANSWERING, Ordering::Relaxed);
        self.deadline_millis.store(u64::MAX, Ordering::Relaxed);
    }

    /// The answer is ready to be sent.
    pub fn answer_is_made(&self) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.expect_within(IDLE_TIME);
    }

    /// Whether the connection has done nothing for too long.
    pub fn is_overdue(&self) -> bool {
        self.opened.elapsed().as_millis() as u64 >= self.deadline_millis.load(Ordering::Relaxed)
    }

    fn bytes_came(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.phase.store(RECEIVING, Ordering::Relaxed);
            self.expect_within(HEAD_TIME);
        }
    }

    fn bytes_went(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.expect_within(IDLE_TIME);
        }
    }

    fn expect_within(&self, time: Duration) {
        let deadline = (self.opened.elapsed() + time).as_millis() as u64;
        self.deadline_millis.store(deadline, Ordering::Relaxed);
    }
}

/// A stream that tells its watch what comes and goes.
pub struct Watched<'a> {
    pub stream: TcpStream,
    pub watch: &'a Watch,
}

impl AsyncRead for Watched<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.watch.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.watch.bytes_went();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.watch.bytes_went();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_has_longer_than_one_that_sends_a_head() {
        let watch = Watch::new();
        tokio::time::advance(IDLE_TIME - Duration::from_millis(1)).await;
        assert!(!watch.is_overdue());
        watch.bytes_came();
        tokio::time::advance(HEAD_TIME - Duration::from_millis(1)).await;
        watch.bytes_came();
        assert!(!watch.is_overdue());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(watch.is_overdue(), "more bytes of a head do not prolong its time");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_read_slowly_is_sent_as_long_as_it_moves() {
        let watch = Watch::new();
        watch.request_begins();
        tokio::time::advance(IDLE_TIME * 3).await;
        assert!(!watch.is_overdue());
        watch.answer_is_made();
        for _ in 0..3 {
            tokio::time::advance(IDLE_TIME / 2).await;
            watch.bytes_went();
            assert!(!watch.is_overdue());
        }
        tokio::time::advance(IDLE_TIME).await;
        assert!(watch.is_overdue());
    }
}
