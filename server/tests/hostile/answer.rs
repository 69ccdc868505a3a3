//! Reading answers strictly: what is not exactly one well-formed answer after another is an error.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::TcpStream;

/// One answer, read to its last byte and no further.
pub struct Answer {
    pub status: u16,
    pub is_http_10: bool,
    /// The header fields as they came.
    pub fields: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads the next answer; `None` where the server has closed the connection instead.
    ///
    /// `has_body` is false for an answer to HEAD.
    pub fn read(stream: &mut BufReader<TcpStream>, has_body: bool) -> Result<Option<Self>, String> {
        let Some(first) = line(stream)? else {
            return Ok(None);
        };
        let status = first.strip_prefix("HTTP/1.1 ").or(first.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.split(' ').next());
        let status: u16 = status
            .filter(|digits| digits.len() == 3)
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("no status line: {first:?}"))?;
        let mut fields = Vec::new();
        loop {
            let line = line(stream)?.ok_or("the connection ends in a head")?;
            if line.is_empty() {
                break;
            }
            let field = line.split_once(": ").filter(|(name, value)| {
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            });
            let (name, value) = field.ok_or_else(|| format!("no header field: {line:?}"))?;
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer =
            Self { status, is_http_10: first.starts_with("HTTP/1.0"), fields, body: String::new() };
        if has_body && status >= 200 && status != 204 {
            let length = answer.length()?;
            let mut body = vec![0; length];
            stream.read_exact(&mut body).map_err(|error| format!("a body ends early: {error}"))?;
            answer.body = String::from_utf8(body).map_err(|error| format!("a body: {error}"))?;
        }
        Ok(Some(answer))
    }

    /// The value of the only header field of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name);
        values.next().filter(|_| values.next().is_none()).map(|(_, value)| value.as_str())
    }

    fn length(&self) -> Result<usize, String> {
        if self.field("transfer-encoding").is_some() {
            return Err("no answer here needs a Transfer-Encoding".to_owned());
        }
        let length = self.field("content-length").and_then(|digits| digits.parse().ok());
        length.ok_or_else(|| format!("not one Content-Length: {:?}", self.fields))
    }
}

/// A line without its CRLF; `None` at the end.
fn line(stream: &mut BufReader<TcpStream>) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line) {
        // A server that closes with bytes unread resets the connection.
        Err(error) if error.kind() == ErrorKind::ConnectionReset && line.is_empty() => return Ok(None),
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Err("it hangs".to_owned()),
        Err(error) => return Err(error.to_string()),
        Ok(0) => return Ok(None),
        Ok(_) => {}
    }
    let line = String::from_utf8(line).map_err(|error| error.to_string())?;
    line.strip_suffix("\r\n").map(|line| Some(line.to_owned())).ok_or_else(|| format!("no CRLF: {line:?}"))
}
