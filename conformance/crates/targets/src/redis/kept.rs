//! The documents' keys at a Redis server that the suite did not start: their values are saved, and restored afterwards.

use std::time::{Duration, Instant};

use crate::Error;
use crate::client;
use crate::redis::{Address, Connection, NoReply, Reply};

/// The keys that the documents' commands and programs write.
const KEYS: [&str; 3] = ["Holberton", "HolbertonSanFrancisco", "HolbertonSchools"];

/// The values of the documents' keys before a check.
#[derive(Debug)]
pub struct Kept {
    address: Address,
    /// Each key whose value is known; `None` where it had none.
    values: Vec<(&'static str, Option<Value>)>,
    since: Instant,
}

/// A value as the server writes it down.
#[derive(Debug)]
struct Value {
    dump: Vec<u8>,
    /// The time until it expires; `None` where it does not.
    expires: Option<Duration>,
}

/// A server's answer about a key.
enum Found {
    Nothing,
    Something(Value),
    /// It has a value that cannot be saved, and why.
    Locked(String),
    /// The server does not answer.
    NoListener,
}

impl Kept {
    /// Saves the values of the documents' keys. Nothing is changed at the server.
    ///
    /// # Errors
    ///
    /// When there is a value that cannot be saved.
    pub async fn aside(address: &Address) -> Result<Self, Error> {
        let mut kept = Self { address: address.clone(), values: Vec::new(), since: Instant::now() };
        for key in KEYS {
            match kept.find(key).await {
                Found::Nothing => kept.values.push((key, None)),
                Found::Something(value) => kept.values.push((key, Some(value))),
                Found::Locked(why) => {
                    return Err(Error::KeyInUse { key, why, server: address.to_string() });
                }
                // The scenarios tell what it answers; of its keys nothing is known, and none is removed.
                Found::NoListener => break,
            }
        }
        Ok(kept)
    }

    /// Removes the values that the check has written, and restores those before it. Returns what could not be restored.
    pub async fn put_back(self) -> Vec<String> {
        let mut told = Vec::new();
        for (key, value) in &self.values {
            let removed = self.ask(&["DEL", key]).await;
            let Some(value) = value else {
                if !matches!(removed, Ok(Reply::Integer(_))) {
                    told.push(format!("{key} could not be removed: {}", said(&removed)));
                }
                continue;
            };
            let left = value.expires.map(|expires| expires.saturating_sub(self.since.elapsed()));
            if left == Some(Duration::ZERO) {
                continue;
            }
            let left = left.map_or(0, |left| left.as_millis().max(1)).to_string();
            let words: [&[u8]; 5] = [b"RESTORE", key.as_bytes(), left.as_bytes(), &value.dump, b"REPLACE"];
            let restored = self.ask(&words).await;
            if !matches!(restored, Ok(Reply::Status(_))) {
                told.push(format!("{key} could not be put back: {}", said(&restored)));
            }
        }
        told
    }

    async fn find(&self, key: &str) -> Found {
        let why = match self.ask(&["DUMP", key]).await {
            Ok(Reply::Nothing) => return Found::Nothing,
            Ok(Reply::Text(dump)) => match self.ask(&["PTTL", key]).await {
                Ok(Reply::Integer(millis)) => {
                    let expires = u64::try_from(millis).ok().map(Duration::from_millis);
                    return Found::Something(Value { dump, expires });
                }
                other => format!("PTTL: {}", said(&other)),
            },
            other => format!("DUMP: {}", said(&other)),
        };
        match self.ask(&["GET", key]).await {
            Ok(Reply::Text(_)) => Found::Locked(why),
            Ok(Reply::Error(wrong)) if wrong.starts_with("WRONGTYPE") => Found::Locked(why),
            Ok(_) => Found::Nothing,
            Err(_) => Found::NoListener,
        }
    }

    async fn ask(&self, words: &[impl AsRef<[u8]>]) -> Result<Reply, NoReply> {
        Connection::open(&self.address, client::TIMEOUT).await?.ask(words).await
    }
}

fn said(reply: &Result<Reply, NoReply>) -> String {
    reply.as_ref().map_or_else(ToString::to_string, ToString::to_string)
}
