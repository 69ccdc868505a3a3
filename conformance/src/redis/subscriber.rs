//! 5-subscriber.js: hears the messages of a channel until KILL_SERVER.
//!
//! What it has not heard, it waits for no time: it asks for a PONG on its own connection. A server sends what it
//! has to push to a subscriber in order, so that a message which was published before must stand before the PONG.

use std::time::Duration;

use super::programs::connected;
use super::{Address, Connection, NoReply, Reply};

/// The documents' channel.
pub const CHANNEL: &str = "holberton school channel";

/// The message at which a subscriber quits.
const LAST: &str = "KILL_SERVER";

/// The documents' subscriber, as far as it has come.
#[derive(Debug)]
pub struct Subscriber {
    connection: Connection,
    /// What it has printed and nobody has taken yet.
    lines: Vec<String>,
    /// Whether it has quit, or lost its connection.
    ended: bool,
}

impl Subscriber {
    /// Connects and subscribes; gives what it prints where it cannot.
    ///
    /// # Errors
    ///
    /// When there is no connection, or the server does not subscribe it.
    pub async fn start(address: &Address, patience: Duration) -> Result<Self, Vec<String>> {
        let (mut connection, line) = connected(address, patience).await.map_err(|line| vec![line])?;
        let why = match connection.ask(&["SUBSCRIBE", CHANNEL]).await {
            Ok(reply) if is_confirmed(&reply, "subscribe") => {
                return Ok(Self { connection, lines: vec![line], ended: false });
            }
            Ok(reply) => format!("not subscribed: {reply}"),
            Err(none) => format!("not subscribed: {none}"),
        };
        Err(vec![line, why])
    }

    /// Takes what it has printed since it was asked last.
    pub fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Tells whether it has quit.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Deals with every message that was published before.
    pub async fn catch_up(&mut self) {
        if self.ended {
            return;
        }
        if let Err(none) = self.hear().await {
            self.lines.push(none.to_string());
            self.ended = true;
        }
    }

    async fn hear(&mut self) -> Result<(), NoReply> {
        self.connection.send(&["PING"]).await?;
        loop {
            let reply = self.connection.receive().await?;
            match heard(&reply) {
                Heard::Message(message) => {
                    let is_last = message == LAST;
                    self.lines.push(message);
                    if is_last {
                        self.ended = true;
                        return self.quit().await;
                    }
                }
                Heard::Pong => return Ok(()),
                Heard::Other => self.lines.push(reply.to_string()),
            }
        }
    }

    /// Unsubscribes and quits: until the server has ended the connection, what it pushes is still heard.
    async fn quit(&mut self) -> Result<(), NoReply> {
        self.connection.send(&["UNSUBSCRIBE", CHANNEL]).await?;
        self.connection.send(&["QUIT"]).await?;
        let (mut unsubscribed, mut said_goodbye) = (false, false);
        loop {
            match self.connection.receive().await {
                Ok(reply) if is_confirmed(&reply, "unsubscribe") => unsubscribed = true,
                Ok(Reply::Status(word)) if word == "OK" => said_goodbye = true,
                Ok(reply) => match heard(&reply) {
                    Heard::Message(message) => self.lines.push(message),
                    Heard::Pong => {}
                    Heard::Other => self.lines.push(reply.to_string()),
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

/// What a subscriber makes of something that the server writes.
enum Heard {
    Message(String),
    Pong,
    Other,
}

fn heard(reply: &Reply) -> Heard {
    let items = match reply {
        Reply::List(items) => items,
        // Whether a server answers PING well is not the subscriber's concern.
        Reply::Status(_) | Reply::Error(_) => return Heard::Pong,
        _ => return Heard::Other,
    };
    let texts: Vec<Option<String>> = items.iter().map(Reply::text).collect();
    match texts.iter().map(Option::as_deref).collect::<Vec<_>>().as_slice() {
        [Some("message"), Some(CHANNEL), Some(message)] => Heard::Message((*message).to_owned()),
        [Some("pong"), _] => Heard::Pong,
        _ => Heard::Other,
    }
}

/// Tells whether a reply confirms that the channel is subscribed or unsubscribed.
fn is_confirmed(reply: &Reply, what: &str) -> bool {
    let Reply::List(items) = reply else { return false };
    let [name, channel, Reply::Integer(_)] = items.as_slice() else { return false };
    name.text().as_deref() == Some(what) && channel.text().as_deref() == Some(CHANNEL)
}
