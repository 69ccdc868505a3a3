//! Requests, and answers that may have been cut off.

use std::net::SocketAddr;

use crate::support::{exchange, split};

/// An answer that came whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// The header line that sends its cookie back.
    pub cookie: Option<String>,
}

/// Sends a request; `None` if it was not answered in full.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
    whole(&exchange(address, request(method, path, headers, body).as_bytes()))
}

/// A request whose body is JSON or a form.
pub fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let kind = if body.starts_with('{') { "json" } else { "x-www-form-urlencoded" };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/{kind}\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

fn whole(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let field = |name| head.lines().find_map(|line| line.strip_prefix(name));
    if field("Content-Length: ")?.parse() != Ok(body.len()) {
        return None;
    }
    let cookie = field("Set-Cookie: ").and_then(|cookie| cookie.split(';').next());
    let (status, body) = split(text);
    Some(Answer { status, body, cookie: cookie.map(|cookie| format!("Cookie: {cookie}\r\n")) })
}
