//! A connection to a Redis server: commands go out, replies come in their order.
//!
//! It is written by hand for the same reason as [`Reply`]: a client that reconnects, pipelines or negotiates a protocol
//! would hide what the server under test does.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::Address;
use super::reply::{Reply, Unread};

/// The reason why no reply came. The text names no address: it is fit for a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// The suite or the machine cannot connect at all, and why: it says nothing of a server.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The server ended the connection.
    #[error("the server closed the connection")]
    Closed,
    /// It took longer than that.
    #[error("no reply within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// It goes on and on: so many messages came.
    #[error("more than {0} messages, and no end of them")]
    Endless(usize),
    /// What came is not of the protocol.
    #[error("what came is no reply of a Redis server: {0}")]
    Garbage(String),
}

/// A connection to a Redis server.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    timeout: Duration,
}

impl Connection {
    /// Connects, and waits for each reply at most `timeout`.
    ///
    /// # Errors
    ///
    /// When nobody accepts.
    pub async fn open(address: &Address, timeout: Duration) -> Result<Self, NoReply> {
        let connecting = TcpStream::connect(address.host_and_port());
        let connected = tokio::time::timeout(timeout, connecting).await;
        let stream =
            connected.map_err(|_| NoReply::TimedOut(timeout))?.map_err(|error| match error.kind() {
                ErrorKind::ConnectionRefused => NoReply::Refused,
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => NoReply::Closed,
                _ => NoReply::NoConnection(error.to_string()),
            })?;
        // A command is sent when it is there, not when the one before it is acknowledged.
        stream.set_nodelay(true).map_err(|error| NoReply::NoConnection(error.to_string()))?;
        Ok(Self { stream: BufReader::new(stream), timeout })
    }

    /// Returns how long each reply is waited for.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends commands in one piece, without waiting for their replies.
    ///
    /// # Errors
    ///
    /// When the connection has ended.
    pub async fn send(&mut self, commands: &[&[&str]]) -> Result<(), NoReply> {
        let message: Vec<u8> = commands.iter().flat_map(|words| written(words)).collect();
        self.write(&message).await
    }

    async fn write(&mut self, message: &[u8]) -> Result<(), NoReply> {
        let sent = tokio::time::timeout(self.timeout, self.stream.write_all(message)).await;
        sent.map_err(|_| NoReply::TimedOut(self.timeout))?.map_err(|_| NoReply::Closed)
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    ///
    /// When none comes, or something that is none.
    pub async fn receive(&mut self) -> Result<Reply, NoReply> {
        let reply = tokio::time::timeout(self.timeout, Reply::read(&mut self.stream)).await;
        reply.map_err(|_| NoReply::TimedOut(self.timeout))?.map_err(|unread| match unread {
            Unread::Closed => NoReply::Closed,
            Unread::Garbage(text) => NoReply::Garbage(text),
        })
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    ///
    /// When none comes, or something that is none.
    pub async fn ask(&mut self, words: &[impl AsRef<[u8]>]) -> Result<Reply, NoReply> {
        match self.write(&written(words)).await {
            // Whoever turns a client away says why before it hangs up.
            Ok(()) | Err(NoReply::Closed) => self.receive().await,
            Err(none) => Err(none),
        }
    }
}

/// Writes a command as a server reads it.
fn written(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut message = format!("*{}\r\n", words.len()).into_bytes();
    for word in words.iter().map(AsRef::as_ref) {
        message.extend(format!("${}\r\n", word.len()).into_bytes());
        message.extend(word);
        message.extend(b"\r\n");
    }
    message
}
