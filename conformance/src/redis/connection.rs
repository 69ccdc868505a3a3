//! A connection to a Redis server: commands go out, replies come in their order.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::Address;
use super::reply::{Reply, Unread};

/// Says why no reply came. The text names no address: it is fit for a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// There is no connection, and why.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The server ended the connection.
    #[error("the server closed the connection")]
    Closed,
    /// It took longer than that.
    #[error("no reply within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// What came is not of the protocol.
    #[error("what came is no reply of a Redis server: {0}")]
    Garbage(String),
}

/// A connection to a Redis server.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    patience: Duration,
}

impl Connection {
    /// Connects, and waits for each reply at most `patience`.
    ///
    /// # Errors
    ///
    /// When nobody accepts.
    pub async fn open(address: &Address, patience: Duration) -> Result<Self, NoReply> {
        let connecting = TcpStream::connect(address.host_and_port());
        let connected = tokio::time::timeout(patience, connecting).await;
        let stream =
            connected.map_err(|_| NoReply::TimedOut(patience))?.map_err(|error| match error.kind() {
                ErrorKind::ConnectionRefused => NoReply::Refused,
                _ => NoReply::NoConnection(error.to_string()),
            })?;
        Ok(Self { stream: BufReader::new(stream), patience })
    }

    /// Sends a command without waiting for its reply.
    ///
    /// # Errors
    ///
    /// When the connection has ended.
    pub async fn send(&mut self, words: &[&str]) -> Result<(), NoReply> {
        let mut message = format!("*{}\r\n", words.len());
        for word in words {
            message.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        let sent = tokio::time::timeout(self.patience, self.stream.write_all(message.as_bytes())).await;
        sent.map_err(|_| NoReply::TimedOut(self.patience))?.map_err(|_| NoReply::Closed)
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    ///
    /// When none comes, or something that is none.
    pub async fn receive(&mut self) -> Result<Reply, NoReply> {
        let reply = tokio::time::timeout(self.patience, Reply::read(&mut self.stream)).await;
        reply.map_err(|_| NoReply::TimedOut(self.patience))?.map_err(|unread| match unread {
            Unread::Closed => NoReply::Closed,
            Unread::Garbage(text) => NoReply::Garbage(text),
        })
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    ///
    /// When none comes, or something that is none.
    pub async fn ask(&mut self, words: &[&str]) -> Result<Reply, NoReply> {
        self.send(words).await?;
        self.receive().await
    }
}
