//! The documents' client programs, as Node runs them, with what they print; see `scenarios/redis-*.md`.
//!
//! Each says first whether it is connected. A server that accepts a connection may still turn the client away, so
//! that a connection counts when a first command has been answered, as in Node's client.

use std::time::Duration;

use super::client::{NotConnected, NotRun, connected};
use super::subscriber::{CHANNEL, Subscriber};
use super::{Address, Connection, NoReply, Reply};

/// How often the documents' transcript shows that a refused connection is tried.
const TRIES: usize = 3;

/// The value of 1-redis_op.js and 2-redis_op_async.js, and whose it is.
const SCHOOL: (&str, &str) = ("HolbertonSanFrancisco", "100");

/// The hash of 4-redis_advanced_op.js.
const SCHOOLS: &str = "HolbertonSchools";

/// Its fields and values, in the documents' order.
const FIELDS: [(&str, &str); 6] = [
    ("Portland", "50"),
    ("Seattle", "80"),
    ("New York", "20"),
    ("Bogota", "20"),
    ("Cali", "40"),
    ("Paris", "2"),
];

/// The messages of 5-publisher.js, in the order of their times.
const MESSAGES: [&str; 4] = [
    "Holberton Student #1 starts course",
    "Holberton Student #2 starts course",
    "KILL_SERVER",
    "Holberton Student #3 starts course",
];

/// 0-redis_client.js: says whether it is connected, and tries again where nobody listens.
///
/// # Errors
///
/// When the suite cannot connect at all.
pub async fn connect(address: &Address, timeout: Duration) -> Result<Vec<String>, NotRun> {
    let mut lines = Vec::new();
    for _ in 0..TRIES {
        match connected(address, timeout).await? {
            Ok((_, line)) => {
                lines.push(line);
                break;
            }
            Err(NotConnected { line, is_refused }) => {
                lines.push(line);
                if !is_refused {
                    break;
                }
            }
        }
    }
    Ok(lines)
}

/// 1-redis_op.js: gets, sets and gets values with callbacks: every command is sent before the first reply is there.
///
/// # Errors
///
/// When the suite cannot connect at all.
pub async fn set_get_calling_back(address: &Address, timeout: Duration) -> Result<Vec<String>, NotRun> {
    let (mut connection, line) = match connected(address, timeout).await? {
        Ok(connected) => connected,
        Err(NotConnected { line, .. }) => return Ok(vec![line]),
    };
    let mut lines = vec![line];
    let commands: [&[&str]; 3] = [&["GET", "Holberton"], &["SET", SCHOOL.0, SCHOOL.1], &["GET", SCHOOL.0]];
    if let Err(none) = connection.send(&commands).await {
        lines.push(none.to_string());
        return Ok(lines);
    }
    for show in [logged, printed, logged] {
        if !add(&mut lines, connection.receive().await, show) {
            break;
        }
    }
    Ok(lines)
}

/// 2-redis_op_async.js: the same, each command awaited.
///
/// # Errors
///
/// When the suite cannot connect at all.
pub async fn set_get_awaiting(address: &Address, timeout: Duration) -> Result<Vec<String>, NotRun> {
    let (mut connection, line) = match connected(address, timeout).await? {
        Ok(connected) => connected,
        Err(NotConnected { line, .. }) => return Ok(vec![line]),
    };
    let mut lines = vec![line];
    let _ = add(&mut lines, connection.ask(&["GET", "Holberton"]).await, logged)
        && add(&mut lines, connection.ask(&["SET", SCHOOL.0, SCHOOL.1]).await, printed)
        && add(&mut lines, connection.ask(&["GET", SCHOOL.0]).await, logged);
    Ok(lines)
}

/// 4-redis_advanced_op.js: sets the fields of a hash one by one, and shows it.
///
/// # Errors
///
/// When the suite cannot connect at all.
pub async fn hash(address: &Address, timeout: Duration) -> Result<Vec<String>, NotRun> {
    let (mut connection, line) = match connected(address, timeout).await? {
        Ok(connected) => connected,
        Err(NotConnected { line, .. }) => return Ok(vec![line]),
    };
    let mut lines = vec![line];
    for (field, value) in FIELDS {
        if !add(&mut lines, connection.ask(&["HSET", SCHOOLS, field, value]).await, printed) {
            return Ok(lines);
        }
    }
    match connection.ask(&["HGETALL", SCHOOLS]).await {
        Ok(reply) => lines.extend(object(&reply)),
        Err(none) => lines.push(none.to_string()),
    }
    Ok(lines)
}

/// Adds what a program shows of a reply; false where none came.
fn add(lines: &mut Vec<String>, reply: Result<Reply, NoReply>, show: fn(&Reply) -> String) -> bool {
    let is_there = reply.is_ok();
    lines.push(reply.map_or_else(|none| none.to_string(), |reply| show(&reply)));
    is_there
}

/// What `redis.print` writes.
fn printed(reply: &Reply) -> String {
    match reply {
        Reply::Error(why) => format!("Error: {why}"),
        other => format!("Reply: {}", logged(other)),
    }
}

/// What `console.log` writes of a reply.
fn logged(reply: &Reply) -> String {
    match reply {
        Reply::Nothing => "null".to_owned(),
        Reply::Integer(number) => number.to_string(),
        Reply::Error(_) | Reply::List(_) => reply.to_string(),
        Reply::Status(_) | Reply::Text(_) => reply.text().unwrap_or_default(),
    }
}

/// What `console.log` writes of a hash.
///
/// A hash has no order: its fields are shown in that in which they were set.
fn object(reply: &Reply) -> Vec<String> {
    let Reply::List(items) = reply else { return vec![logged(reply)] };
    let texts: Option<Vec<String>> = items.iter().map(Reply::text).collect();
    let Some(texts) = texts.filter(|texts| texts.len() % 2 == 0) else { return vec![reply.to_string()] };
    let mut pairs: Vec<(&String, &String)> = texts.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect();
    pairs.sort_by_key(|(field, _)| {
        FIELDS.iter().position(|(known, _)| known == field).unwrap_or(FIELDS.len())
    });
    let last = pairs.len().saturating_sub(1);
    let row = |(index, (field, value)): (usize, &(&String, &String))| {
        let is_name = !field.is_empty() && field.chars().all(|letter| letter.is_ascii_alphabetic());
        let field = if is_name { field.to_string() } else { format!("'{field}'") };
        format!("  {field}: '{value}'{}", if index == last { "" } else { "," })
    };
    let rows = pairs.iter().enumerate().map(row);
    ["{".to_owned()].into_iter().chain(rows).chain(["}".to_owned()]).collect()
}

/// 5-publisher.js: sends the documents' messages, each after its time.
///
/// Of the times the order alone is kept: nothing is slept through, and a subscriber that runs beside deals with each
/// message before the next is sent, as it does in the documents' hundred milliseconds.
#[derive(Debug)]
pub struct Publisher {
    connection: Connection,
    line: String,
}

impl Publisher {
    /// Connects; returns the line that says why not, where it does not.
    ///
    /// # Errors
    ///
    /// When the suite cannot connect at all.
    pub async fn connect(address: &Address, timeout: Duration) -> Result<Result<Self, String>, NotRun> {
        let connected = connected(address, timeout).await?;
        let connected = connected.map_err(|NotConnected { line, .. }| line);
        Ok(connected.map(|(connection, line)| Self { connection, line }))
    }

    /// Sends every message and returns what it printed.
    pub async fn run(mut self, mut beside: Option<&mut Subscriber>) -> Vec<String> {
        let mut lines = vec![self.line];
        for message in MESSAGES {
            lines.push(format!("About to send {message}"));
            match self.connection.ask(&["PUBLISH", CHANNEL, message]).await {
                Ok(Reply::Integer(_)) => {}
                Ok(other) => lines.push(other.to_string()),
                Err(none) => {
                    lines.push(none.to_string());
                    break;
                }
            }
            if let Some(subscriber) = beside.as_deref_mut() {
                subscriber.catch_up(Some(message)).await;
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Reply {
        Reply::Text(text.into())
    }

    #[test]
    fn a_hash_is_shown_in_the_order_in_which_it_was_set_whatever_the_servers_is() {
        let reply = ["Paris", "2", "x-y", "1", "New York", "20", "Portland", "50"].map(text).to_vec();
        let shown = object(&Reply::List(reply)).join("\n");
        assert_eq!(shown, "{\n  Portland: '50',\n  'New York': '20',\n  Paris: '2',\n  'x-y': '1'\n}");
    }

    #[test]
    fn what_is_no_hash_is_shown_as_it_is() {
        assert_eq!(object(&Reply::Nothing), ["null"]);
        assert_eq!(object(&Reply::List(vec![text("a")])), ["1) \"a\""]);
        assert_eq!(object(&Reply::Error("WRONGTYPE".to_owned())), ["(error) WRONGTYPE"]);
    }

    #[test]
    fn replies_are_printed_as_redis_print_does() {
        assert_eq!(printed(&Reply::Status("OK".to_owned())), "Reply: OK");
        assert_eq!(printed(&Reply::Integer(1)), "Reply: 1");
        assert_eq!(printed(&Reply::Nothing), "Reply: null");
        assert_eq!(printed(&Reply::Error("ERR no".to_owned())), "Error: ERR no");
    }
}
