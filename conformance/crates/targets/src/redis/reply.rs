//! Replies: what a Redis server writes, read as RESP2 and shown as redis-cli shows it to a person.
//!
//! It is written by hand, and no crate takes its place: the suite judges what a server writes, so that nothing may
//! repair it on the way. The crates that speak RESP take a bare line feed, a word where a number belongs, or RESP3, and
//! hide from their caller which of them came.

use std::fmt;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// No line of a reply is longer, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// No text of a reply is longer, in bytes.
const LONGEST_TEXT: usize = 1024 * 1024;

/// No list of a reply is longer, and none holds lists so deep.
const LONGEST_LIST: usize = 64 * 1024;
const DEEPEST: usize = 8;

/// No reply is longer as a whole, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What a Redis server answers to one command, or pushes to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+…`: a word, such as OK.
    Status(String),
    /// `-…`: an error.
    Error(String),
    /// `:…`: a whole number.
    Integer(i64),
    /// `$…`: a text.
    Text(Vec<u8>),
    /// `$-1` or `*-1`: nothing.
    Nothing,
    /// `*…`: a list of replies.
    List(Vec<Reply>),
}

/// The reason why what came is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The connection ended.
    Closed,
    /// It is not RESP2, and what of it is not.
    Garbage(String),
}

impl Reply {
    /// Reads one reply.
    pub async fn read(from: &mut (impl AsyncBufRead + Unpin + Send)) -> Result<Self, Unread> {
        let mut limited = from.take(LONGEST);
        let reply = read(&mut limited, 0).await;
        if limited.limit() == 0 && reply == Err(Unread::Closed) {
            return Err(Unread::Garbage(format!("a reply of more than {LONGEST} bytes")));
        }
        reply
    }

    /// Returns a text, or a word, as text; `None` of anything else.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Status(word) => Some(word.clone()),
            _ => None,
        }
    }
}

async fn read(from: &mut (impl AsyncBufRead + Unpin + Send), depth: usize) -> Result<Reply, Unread> {
    let line = line(from).await?;
    let garbage = || Unread::Garbage(shown(&line));
    let (kind, rest) = line.split_at_checked(1).ok_or_else(garbage)?;
    let text = || std::str::from_utf8(rest).map(str::to_owned).map_err(|_| garbage());
    match kind {
        b"+" => Ok(Reply::Status(text()?)),
        b"-" => Ok(Reply::Error(text()?)),
        b":" => text()?.parse().map(Reply::Integer).map_err(|_| garbage()),
        b"$" | b"*" if rest == b"-1" => Ok(Reply::Nothing),
        b"$" => {
            let length: usize = text()?.parse().map_err(|_| garbage())?;
            if length > LONGEST_TEXT {
                return Err(garbage());
            }
            let mut bytes = vec![0; length + 2];
            from.read_exact(&mut bytes).await.map_err(|_| Unread::Closed)?;
            if bytes.split_off(length) != b"\r\n" {
                return Err(Unread::Garbage(format!("a text without an end after {length} bytes")));
            }
            Ok(Reply::Text(bytes))
        }
        b"*" => {
            let length: usize = text()?.parse().map_err(|_| garbage())?;
            if length > LONGEST_LIST || depth == DEEPEST {
                return Err(garbage());
            }
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(Box::pin(read(from, depth + 1)).await?);
            }
            Ok(Reply::List(items))
        }
        _ => Err(garbage()),
    }
}

/// Reads a line that ends as RESP2 lines do, and returns it without its end.
async fn line(from: &mut (impl AsyncBufRead + Unpin + Send)) -> Result<Vec<u8>, Unread> {
    let mut line = Vec::new();
    from.take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(|_| Unread::Closed)?;
    match line.strip_suffix(b"\r\n") {
        Some(text) => Ok(text.to_vec()),
        None if line.is_empty() => Err(Unread::Closed),
        None => Err(Unread::Garbage(shown(&line))),
    }
}

/// Writes the beginning of what is no reply.
fn shown(line: &[u8]) -> String {
    quoted(&line[..line.len().min(60)])
}

/// Writes bytes as redis-cli does: in quotes, and what is no printable ASCII escaped.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Writes the reply as redis-cli shows it in a terminal: `"School"`, `(integer) 1`, `(nil)`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(word) => f.write_str(word),
            Self::Error(why) => write!(f, "(error) {why}"),
            Self::Integer(number) => write!(f, "(integer) {number}"),
            Self::Text(bytes) => f.write_str(&quoted(bytes)),
            Self::Nothing => f.write_str("(nil)"),
            Self::List(items) if items.is_empty() => f.write_str("(empty array)"),
            Self::List(items) => {
                let width = items.len().to_string().len();
                for (index, item) in items.iter().enumerate() {
                    let indented = item.to_string().replace('\n', &format!("\n{:1$}", "", width + 2));
                    let end = if index == 0 { "" } else { "\n" };
                    write!(f, "{end}{:>width$}) {indented}", index + 1)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Reply, Unread> {
        let mut from = bytes;
        Reply::read(&mut from).await
    }

    #[tokio::test]
    async fn every_kind_of_reply_is_read_and_shown_as_redis_cli_does() {
        for (bytes, shown) in [
            (&b"+PONG\r\n"[..], "PONG"),
            (b"-ERR unknown command\r\n", "(error) ERR unknown command"),
            (b":-12\r\n", "(integer) -12"),
            (b"$6\r\nSchool\r\n", "\"School\""),
            (b"$0\r\n\r\n", "\"\""),
            (b"$9\r\na\"\\\r\n\t\x00\xc3\xa9\r\n", "\"a\\\"\\\\\\r\\n\\t\\x00\\xc3\\xa9\""),
            (b"$-1\r\n", "(nil)"),
            (b"*-1\r\n", "(nil)"),
            (b"*0\r\n", "(empty array)"),
            (b"*2\r\n$1\r\na\r\n*2\r\n:1\r\n+b\r\n", "1) \"a\"\n2) 1) (integer) 1\n   2) b"),
        ] {
            assert_eq!(read(bytes).await.map(|reply| reply.to_string()).as_deref(), Ok(shown));
        }
        let ten = format!("*10\r\n{}", "+a\r\n".repeat(10));
        let shown = read(ten.as_bytes()).await.expect("it is a list").to_string();
        assert!(shown.starts_with(" 1) a\n 2) a\n") && shown.ends_with("\n10) a"), "{shown}");
    }

    #[tokio::test]
    async fn what_is_no_reply_is_shown_and_not_waited_for() {
        let garbage = |text: &str| Err(Unread::Garbage(text.to_owned()));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n").await, garbage("\"HTTP/1.1 200 OK\""));
        assert_eq!(read(b"+PONG\n").await, garbage("\"+PONG\\n\""));
        assert_eq!(read(b":one\r\n").await, garbage("\":one\""));
        assert_eq!(
            read(b"$2\r\nabcd").await,
            garbage("\"a text without an end after 2 bytes\"".trim_matches('"'))
        );
        assert_eq!(read(b"$1048577\r\n").await, garbage("\"$1048577\""));
        assert_eq!(read(b"*65537\r\n").await, garbage("\"*65537\""));
        assert_eq!(read(b"$-2\r\n").await, garbage("\"$-2\""));
        assert_eq!(read(&b"*1\r\n".repeat(9)).await, garbage("\"*1\""));
        assert_eq!(read(b"\r\n").await, garbage("\"\""));
        let text = [&b"$1000000\r\n"[..], &[b'a'; 1_000_000], b"\r\n"].concat();
        let long = [&b"*5\r\n"[..], &text.repeat(5)].concat();
        assert_eq!(read(&long).await, Err(Unread::Garbage("a reply of more than 4194304 bytes".to_owned())));
        assert_eq!(read(b"").await, Err(Unread::Closed));
        assert_eq!(read(b"$5\r\nab").await, Err(Unread::Closed));
        assert_eq!(read(b"*2\r\n:1\r\n").await, Err(Unread::Closed));
    }
}
