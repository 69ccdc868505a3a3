//! 5-subscriber.js: receives the messages of a channel until KILL_SERVER.
//!
//! It asks for a PONG on its own connection. Most servers have pushed every earlier message by then. One that delivers
//! later is waited for: only a message that does not come within the timeout is lost. Messages without end are not read
//! to their end.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::client::{NotConnected, NotRun, connected};
use super::{Address, Connection, NoReply, Reply};

/// The documents' channel.
pub const CHANNEL: &str = "holberton school channel";

/// The message at which a subscriber quits.
const LAST: &str = "KILL_SERVER";

/// Whoever prints more lines at once does not come to an end: four messages are published.
const MOST_LINES: usize = 100;

/// The documents' subscriber, as far as it has come.
#[derive(Debug)]
pub struct Subscriber {
    connection: Connection,
    /// What it has printed and nobody has taken yet.
    lines: Vec<String>,
    /// Whether it has quit, or lost its connection.
    ended: bool,
    /// Whether a message has not come in time: no other is waited for then.
    has_lost: bool,
}

impl Subscriber {
    /// Connects and subscribes; returns what it prints where it cannot.
    ///
    /// # Errors
    ///
    /// When the suite cannot connect at all.
    pub async fn start(address: &Address, timeout: Duration) -> Result<Result<Self, Vec<String>>, NotRun> {
        let (mut connection, line) = match connected(address, timeout).await? {
            Ok(connected) => connected,
            Err(NotConnected { line, .. }) => return Ok(Err(vec![line])),
        };
        let why = match connection.ask(&["SUBSCRIBE", CHANNEL]).await {
            Ok(reply) if is_confirmed(&reply, "subscribe") => {
                return Ok(Ok(Self { connection, lines: vec![line], ended: false, has_lost: false }));
            }
            Ok(reply) => format!("not subscribed: {reply}"),
            Err(none) => format!("not subscribed: {none}"),
        };
        Ok(Err(vec![line, why]))
    }

    /// Takes what it has printed since it was asked last.
    pub fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Returns whether it has quit.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Deals with every message that was published before, of which `published` is the last.
    pub async fn catch_up(&mut self, published: Option<&str>) {
        if self.ended {
            return;
        }
        let timeout = self.connection.timeout();
        let deadline = Instant::now() + timeout;
        let mut ponged = false;
        match timeout_at(deadline, self.receive_until(published, &mut ponged)).await {
            Ok(Ok(())) => {}
            Ok(Err(none)) => {
                self.lines.push(none.to_string());
                self.ended = true;
            }
            Err(_) if ponged && !self.ended => self.has_lost = true,
            Err(_) => {
                self.lines.push(NoReply::TimedOut(timeout).to_string());
                self.ended = true;
            }
        }
    }

    /// Receives until the PONG and the message that was published are there.
    async fn receive_until(&mut self, published: Option<&str>, ponged: &mut bool) -> Result<(), NoReply> {
        let published = published.filter(|_| !self.has_lost);
        let already = self.lines.len();
        self.connection.send(&[&["PING"]]).await?;
        loop {
            let is_there =
                published.is_none_or(|wanted| self.lines[already..].iter().any(|one| one == wanted));
            if *ponged && is_there {
                return Ok(());
            }
            let reply = self.connection.receive().await?;
            match classify(&reply) {
                Received::Message(message) => {
                    let is_last = message == LAST;
                    self.print(message)?;
                    if is_last {
                        self.ended = true;
                        return self.quit().await;
                    }
                }
                Received::Pong => *ponged = true,
                Received::Other => self.print(reply.to_string())?,
            }
        }
    }

    /// Prints a line, unless there is no end of them.
    fn print(&mut self, line: String) -> Result<(), NoReply> {
        if self.lines.len() >= MOST_LINES {
            return Err(NoReply::Endless(MOST_LINES));
        }
        self.lines.push(line);
        Ok(())
    }

    /// Unsubscribes and quits: until the server has ended the connection, what it pushes is still heard.
    async fn quit(&mut self) -> Result<(), NoReply> {
        self.connection.send(&[&["UNSUBSCRIBE", CHANNEL], &["QUIT"]]).await?;
        let (mut unsubscribed, mut said_goodbye) = (false, false);
        loop {
            match self.connection.receive().await {
                Ok(reply) if is_confirmed(&reply, "unsubscribe") => unsubscribed = true,
                Ok(Reply::Status(word)) if word == "OK" => said_goodbye = true,
                Ok(reply) => match classify(&reply) {
                    Received::Message(message) => self.print(message)?,
                    Received::Pong => {}
                    Received::Other => self.print(reply.to_string())?,
                },
                Err(NoReply::Closed) => break,
                Err(none) => return Err(none),
            }
        }
        if !unsubscribed {
            self.lines.push("no reply to UNSUBSCRIBE".to_owned());
        }
        if !said_goodbye {
            self.lines.push("no reply to QUIT".to_owned());
        }
        Ok(())
    }
}

/// The meaning of a reply to a subscriber.
enum Received {
    Message(String),
    Pong,
    Other,
}

fn classify(reply: &Reply) -> Received {
    let items = match reply {
        Reply::List(items) => items,
        // Whether a server answers PING well is not the subscriber's concern.
        Reply::Status(_) | Reply::Error(_) => return Received::Pong,
        _ => return Received::Other,
    };
    let texts: Vec<Option<String>> = items.iter().map(Reply::text).collect();
    match texts.iter().map(Option::as_deref).collect::<Vec<_>>().as_slice() {
        [Some("message"), Some(CHANNEL), Some(message)] => Received::Message((*message).to_owned()),
        [Some("pong"), _] => Received::Pong,
        _ => Received::Other,
    }
}

/// Returns whether a reply confirms that the channel is subscribed or unsubscribed.
fn is_confirmed(reply: &Reply, what: &str) -> bool {
    let Reply::List(items) = reply else { return false };
    let [name, channel, Reply::Integer(_)] = items.as_slice() else { return false };
    name.text().as_deref() == Some(what) && channel.text().as_deref() == Some(CHANNEL)
}
