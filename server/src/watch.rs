//! Watches one connection: for how long it has been idle, or busy sending a head, and whether its answer is
//! read; and carries the word that it is to finish.
//!
//! hyper's own header timeout runs from the end of the last request, so it cannot tell an idle client from
//! one that sends a byte now and then; and it makes a timer per request, where this stores a number. Nor does
//! this read a clock: the server counts the seconds for all of its connections.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::{HEAD_TIME, IDLE_TIME};

/// Waiting for a request, or for the client to read the last answer.
const IDLE: u8 = 0;
/// A part of a head has been read.
const RECEIVING: u8 = 1;
/// A request is being answered; its body has a limit of its own.
const ANSWERING: u8 = 2;

/// The seconds since a server began, which it counts and its connections read.
#[derive(Default)]
pub struct Seconds(AtomicU64);

impl Seconds {
    /// Another second has passed.
    pub fn pass(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a connection is doing and until when it may.
pub struct Watch {
    seconds: Arc<Seconds>,
    // The connection's task writes these, the server's reads the second.
    phase: AtomicU8,
    deadline: AtomicU64,
    // The server's task sets the one, and wakes the connection's, which has left its waker in the other.
    told_to_finish: AtomicBool,
    connection: AtomicWaker,
}

impl Watch {
    /// A connection that has just been opened.
    pub fn new(seconds: Arc<Seconds>) -> Self {
        let watch = Self {
            seconds,
            phase: AtomicU8::new(IDLE),
            deadline: AtomicU64::new(0),
            told_to_finish: AtomicBool::new(false),
            connection: AtomicWaker::new(),
        };
        watch.expect_within(IDLE_TIME);
        watch
    }

    /// A head has arrived.
    pub fn request_begins(&self) {
        self.phase.store(ANSWERING, Ordering::Relaxed);
        self.deadline.store(u64::MAX, Ordering::Relaxed);
    }

    /// The answer is ready to be sent.
    pub fn answer_is_made(&self) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.expect_within(IDLE_TIME);
    }

    /// Whether the connection has done nothing for too long.
    pub fn is_overdue(&self) -> bool {
        self.seconds.now() >= self.deadline.load(Ordering::Relaxed)
    }

    /// Tells the connection to finish what it is doing, and then to close.
    pub fn tell_to_finish(&self) {
        self.told_to_finish.store(true, Ordering::Release);
        self.connection.wake();
    }

    /// Whether it is told to; else its task will be woken then. `known` is the waker that was left here last, for the
    /// same one is not left again with every request.
    pub fn is_told_to_finish(&self, context: &Context<'_>, known: &mut Option<Waker>) -> bool {
        let waker = context.waker();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.connection.register(waker);
            *known = Some(waker.clone());
        }
        self.told_to_finish.load(Ordering::Acquire)
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

    /// The second that has begun is not counted, so that nothing is overdue before its time.
    fn expect_within(&self, time: Duration) {
        self.deadline.store(self.seconds.now() + time.as_secs() + 1, Ordering::Relaxed);
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
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        // Or the end came, after which nothing is waited for.
        self.watch.bytes_came();
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
    use futures_util::task::noop_waker;

    use super::*;

    fn watch() -> Watch {
        Watch::new(Arc::default())
    }

    fn pass(watch: &Watch, time: Duration) {
        (0..time.as_secs()).for_each(|_| watch.seconds.pass());
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_idle_connection_has_longer_than_one_that_sends_a_head() {
        let watch = watch();
        pass(&watch, IDLE_TIME);
        assert!(!watch.is_overdue());
        watch.bytes_came();
        pass(&watch, HEAD_TIME);
        watch.bytes_came();
        assert!(!watch.is_overdue());
        pass(&watch, SECOND);
        assert!(watch.is_overdue(), "more bytes of a head do not prolong its time");
    }

    #[test]
    fn an_answer_that_is_read_slowly_is_sent_as_long_as_it_moves() {
        let watch = watch();
        watch.request_begins();
        pass(&watch, IDLE_TIME * 3);
        assert!(!watch.is_overdue());
        watch.answer_is_made();
        for _ in 0..3 {
            pass(&watch, IDLE_TIME / 2);
            watch.bytes_went();
            assert!(!watch.is_overdue());
        }
        pass(&watch, IDLE_TIME + SECOND);
        assert!(watch.is_overdue());
    }

    #[test]
    fn a_connection_that_is_told_to_finish_knows_it() {
        let watch = watch();
        let waker = noop_waker();
        let context = Context::from_waker(&waker);
        let mut known = None;
        assert!(!watch.is_told_to_finish(&context, &mut known));
        watch.tell_to_finish();
        assert!(watch.is_told_to_finish(&context, &mut known));
    }
}
