//! Output tails: the last lines that a program printed, read from its pipe.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;

/// The number of bytes that are kept. Earlier output is dropped.
const KEPT: usize = 16 * 1024;

/// The pause between two reads. The pipe holds 64 KiB meanwhile, and a program that prints more waits.
///
/// Most servers print a line at each request. To wake up for each would be a large part of a check's own work.
const PAUSE: Duration = Duration::from_millis(50);

/// The number of bytes that are read without a pause.
const READ_CHUNK: usize = 64 * 1024;

/// The reading end of a pipe. A task of its own empties it, and so does [`Self::text`].
#[derive(Debug)]
pub struct OutputTail {
    end: Receiver,
    /// Each reader holds it for one chunk at most, so that none mixes with another's.
    kept: Mutex<Kept>,
}

/// The last lines that were read.
#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    /// Whether something before them was dropped.
    cut: bool,
}

impl OutputTail {
    /// Begins to read the end of a pipe, until the last writer has ended.
    ///
    /// # Errors
    ///
    /// When it is not the reading end of a pipe.
    pub fn open(end: OwnedFd) -> io::Result<Arc<Self>> {
        let pipe = Arc::new(Self { end: Receiver::from_owned_fd(end)?, kept: Mutex::default() });
        tokio::spawn(Arc::clone(&pipe).follow());
        Ok(pipe)
    }

    /// Returns the last whole lines of the output until now.
    pub fn text(&self) -> String {
        self.take_in();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A line that was cut says nothing, unless it is the only one.
        let end = kept.bytes.iter().position(|byte| *byte == b'\n').filter(|_| kept.cut);
        let bytes = kept.bytes.make_contiguous();
        String::from_utf8_lossy(&bytes[end.map_or(0, |end| end + 1)..]).into_owned()
    }

    /// Reads on without a pause, until the last writer has ended.
    pub async fn to_end(&self) {
        while self.end.readable().await.is_ok() && !self.take_in() {}
    }

    async fn follow(self: Arc<Self>) {
        while self.end.readable().await.is_ok() && !self.take_in() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads at most one chunk of the waiting output; returns whether the pipe has ended.
    fn take_in(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = [0; 4096];
        for _ in 0..READ_CHUNK / buffer.len() {
            match self.end.try_read(&mut buffer) {
                Ok(0) => return true,
                Ok(count) => kept.add(&buffer[..count]),
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
        false
    }
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let surplus = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..surplus);
        self.cut |= surplus > 0;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn the_text_holds_what_was_printed_a_moment_ago_and_no_half_line() {
        let (end, mut printer) = io::pipe().expect("a pipe can be made");
        let pipe = OutputTail::open(end.into()).expect("it is a pipe");
        printer.write_all(b"one\n").expect("somebody reads");
        pipe.end.readable().await.expect("it is open");
        assert_eq!(pipe.text(), "one\n");
        for number in 0..2000 {
            writeln!(printer, "line {number}").expect("somebody reads");
        }
        drop(printer);
        pipe.to_end().await;
        let text = pipe.text();
        assert!(text.starts_with("line ") && text.ends_with("\nline 1999\n"), "{text}");
        assert!(text.len() <= KEPT && !text.contains("line 1\n"), "{}", text.len());
    }
}
