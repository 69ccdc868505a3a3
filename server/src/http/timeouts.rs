//! The timeouts of a connection: how long it may be idle, take to send a head, or leave its answer unread.
//!
//! Not by crates, as every request would pay for them. hyper's own header timeout (`header_read_timeout`) runs from the
//! end of the last request, so it cannot tell an idle client from one that sends a byte now and then, and it makes a timer
//! per request; `tokio-io-timeout` would reset one with every read and write. Here a number is stored, and no clock is
//! read: the server counts the seconds for all of its connections. hyper-util's `GracefulShutdown` would poll a tokio
//! `watch` with each request, which locks a list that connections share; here a flag is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::limits::{HEAD_TIME, IDLE_TIME};

/// Waiting for a request, or for the client to read the last answer.
const IDLE: u8 = 0;
/// A part of a head has been read.
const RECEIVING: u8 = 1;
/// A request is being answered; its body has a limit of its own.
const ANSWERING: u8 = 2;

/// The seconds since a server started, which it counts and its connections read.
#[derive(Default)]
pub struct CoarseClock(AtomicU64);

impl CoarseClock {
    /// Counts a second.
    pub fn tick(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state of a connection, and the second at which it must have changed.
pub struct Deadline {
    clock: Arc<CoarseClock>,
    // The connection's task writes these; the server's task reads the second.
    phase: AtomicU8,
    second: AtomicU64,
    // The server's task sets this, and wakes the connection's task, which has left its waker in the next field.
    is_closing: AtomicBool,
    connection: AtomicWaker,
}

impl Deadline {
    /// Returns the deadline of a connection that has just been opened.
    pub fn new(clock: Arc<CoarseClock>) -> Self {
        let deadline = Self {
            clock,
            phase: AtomicU8::new(IDLE),
            second: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            connection: AtomicWaker::new(),
        };
        deadline.set(IDLE_TIME);
        deadline
    }

    /// Suspends the deadline, as a head has arrived.
    pub fn request_begins(&self) {
        self.phase.store(ANSWERING, Ordering::Relaxed);
        self.second.store(u64::MAX, Ordering::Relaxed);
    }

    /// Grants [`IDLE_TIME`] anew, as an answer is ready to be sent.
    pub fn request_ends(&self) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.set(IDLE_TIME);
    }

    /// Grants [`IDLE_TIME`] anew, as the bytes that came after an answer were the rest of a body and not a head.
    pub fn body_ends(&self) {
        let was = self.phase.compare_exchange(RECEIVING, IDLE, Ordering::Relaxed, Ordering::Relaxed);
        if was.is_ok() {
            self.set(IDLE_TIME);
        }
    }

    /// Returns whether the connection has made no progress for too long.
    pub fn has_passed(&self) -> bool {
        self.clock.now() >= self.second.load(Ordering::Relaxed)
    }

    /// Asks the connection to close after the request that it is answering.
    pub fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.connection.wake();
    }

    /// Returns whether the connection was asked to close; otherwise wakes its task when that happens. `known` is the
    /// waker that was left here last, so that the same one is not left again with every request.
    pub fn poll_close(&self, context: &Context<'_>, known: &mut Option<Waker>) -> bool {
        let waker = context.waker();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.connection.register(waker);
            *known = Some(waker.clone());
        }
        self.is_closing.load(Ordering::Acquire)
    }

    fn bytes_read(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.phase.store(RECEIVING, Ordering::Relaxed);
            self.set(HEAD_TIME);
        }
    }

    fn bytes_written(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.set(IDLE_TIME);
        }
    }

    /// The second that has begun is not counted, so that no deadline passes before its time.
    fn set(&self, time: Duration) {
        self.second.store(self.clock.now() + time.as_secs() + 1, Ordering::Relaxed);
    }
}

/// A stream that reports each read and write to a deadline.
pub struct TimedStream<'a> {
    pub stream: TcpStream,
    pub deadline: &'a Deadline,
}

impl AsyncRead for TimedStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        // At the end of the stream, too: nothing is waited for then.
        self.deadline.bytes_read();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TimedStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.deadline.bytes_written();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.deadline.bytes_written();
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

    fn deadline() -> Deadline {
        Deadline::new(Arc::default())
    }

    fn pass(deadline: &Deadline, time: Duration) {
        (0..time.as_secs()).for_each(|_| deadline.clock.tick());
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_idle_connection_has_longer_than_one_that_sends_a_head() {
        let deadline = deadline();
        pass(&deadline, IDLE_TIME);
        assert!(!deadline.has_passed());
        deadline.bytes_read();
        pass(&deadline, HEAD_TIME);
        deadline.bytes_read();
        assert!(!deadline.has_passed());
        pass(&deadline, SECOND);
        assert!(deadline.has_passed(), "more bytes of a head do not prolong its time");
    }

    #[test]
    fn an_answer_that_is_read_slowly_is_sent_as_long_as_it_moves() {
        let deadline = deadline();
        deadline.request_begins();
        pass(&deadline, IDLE_TIME * 3);
        assert!(!deadline.has_passed());
        deadline.request_ends();
        for _ in 0..3 {
            pass(&deadline, IDLE_TIME / 2);
            deadline.bytes_written();
            assert!(!deadline.has_passed());
        }
        pass(&deadline, IDLE_TIME + SECOND);
        assert!(deadline.has_passed());
    }

    #[test]
    fn the_rest_of_a_body_is_not_taken_for_a_head_and_a_request_that_has_begun_is_not_touched() {
        let deadline = deadline();
        deadline.request_begins();
        deadline.request_ends();
        deadline.bytes_read();
        deadline.body_ends();
        pass(&deadline, IDLE_TIME);
        assert!(!deadline.has_passed());
        deadline.request_begins();
        deadline.body_ends();
        pass(&deadline, IDLE_TIME * 2);
        assert!(!deadline.has_passed());
    }

    #[test]
    fn a_connection_that_is_asked_to_close_knows_it() {
        let deadline = deadline();
        let waker = noop_waker();
        let context = Context::from_waker(&waker);
        let mut known = None;
        assert!(!deadline.poll_close(&context, &mut known));
        deadline.close();
        assert!(deadline.poll_close(&context, &mut known));
    }
}
