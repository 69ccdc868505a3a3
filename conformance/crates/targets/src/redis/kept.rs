//! The documents' keys at a Redis server that runs already: what was there is kept aside, and put back.

use std::time::{Duration, Instant};

use crate::Error;
use crate::client;
use crate::redis::{Address, Connection, NoReply, Reply};

/// The keys that the documents' commands and programs write.
const KEYS: [&str; 3] = ["Holberton", "HolbertonSanFrancisco", "HolbertonSchools"];

/// What stood under the documents' keys before a check.
#[derive(Debug)]
pub struct Kept {
    address: Address,
    /// The keys of which it is known what was there; `None` where nothing was.
    values: Vec<(&'static str, Option<Value>)>,
    since: Instant,
}

/// A value as the server writes it down.
#[derive(Debug)]
struct Value {
    dump: Vec<u8>,
    /// How long it was still to live; `None` for ever.
    expires: Option<Duration>,
}

/// What a server says of a key.
enum Found {
    Nothing,
    Something(Value),
    /// It is there and cannot be written down, and why.
    Locked(String),
    /// The server does not even say that.
    Silence,
}

impl Kept {
    /// Writes down what stands under the documents' keys; nothing is changed by that.
    ///
    /// # Errors
    ///
    /// When something is there that cannot be written down; the text says what to do.
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
                Found::Silence => break,
            }
        }
        Ok(kept)
    }

    /// Removes what the check has written, and puts back what was there; tells what could not be put back.
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
            Err(_) => Found::Silence,
        }
    }

    async fn ask(&self, words: &[impl AsRef<[u8]>]) -> Result<Reply, NoReply> {
        Connection::open(&self.address, client::PATIENCE).await?.ask(words).await
    }
}

fn said(reply: &Result<Reply, NoReply>) -> String {
    reply.as_ref().map_or_else(ToString::to_string, ToString::to_string)
}
