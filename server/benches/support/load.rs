//! Load on a server: the same requests on so many connections that are kept alive, each sent when the last one
//! is answered.
//!
//! It knows no more of HTTP than where an answer ends, so that it costs less than any server that it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests that differ in one place, where each has one of the values.
pub struct Requests {
    before: Vec<u8>,
    values: Vec<String>,
    after: Vec<u8>,
}

impl Requests {
    /// The same request again and again: a method and a path, more of its head, a body.
    pub fn same(line: &str, headers: &str, body: &str) -> Self {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n{body}");
        Self { before: request.into(), values: vec![String::new()], after: Vec::new() }
    }

    /// GETs that differ in the last header: `header`, then one of the values.
    pub fn differing(path: &str, header: &str, values: Vec<String>) -> Self {
        let before = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}");
        Self { before: before.into(), values, after: b"\r\n\r\n".into() }
    }

    fn write(&self, number: usize, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&self.before);
        into.extend_from_slice(self.values[number % self.values.len()].as_bytes());
        into.extend_from_slice(&self.after);
    }
}

/// When to stop.
#[derive(Clone, Copy)]
pub enum Until {
    /// After so long.
    Time(Duration),
    /// When there were so many requests.
    Count(usize),
}

/// What a server did under load.
pub struct Outcome {
    pub requests: usize,
    pub wall: Duration,
    /// Of each request, sorted.
    pub latencies: Vec<Duration>,
    /// The cookies that were set, `NAME=VALUE`.
    pub cookies: Vec<String>,
}

impl Outcome {
    /// The time within which this part of the requests was answered.
    pub fn quantile(&self, part: f64) -> Duration {
        let last = self.latencies.len() - 1;
        self.latencies[(last as f64 * part).round() as usize]
    }

    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.wall.as_secs_f64()
    }
}

/// Sends requests on so many connections at once. Panics at any answer but 200.
pub async fn load(address: SocketAddr, requests: &Arc<Requests>, clients: usize, until: Until) -> Outcome {
    let since = Instant::now();
    let mut running = JoinSet::new();
    for client in 0..clients {
        let requests = Arc::clone(requests);
        running.spawn(async move {
            let mut connection = Connection::open(address).await;
            let mut latencies = Vec::new();
            let mut cookies = Vec::new();
            // With a count every value has its turn, in order; with a time they are drawn at random.
            let mut turn = Turn::new(client);
            let mut request = Vec::new();
            loop {
                let number = match until {
                    Until::Time(time) if since.elapsed() < time => turn.next(),
                    Until::Count(count) if client + latencies.len() * clients < count => {
                        client + latencies.len() * clients
                    }
                    _ => break,
                };
                requests.write(number, &mut request);
                let sent = Instant::now();
                cookies.extend(connection.exchange(&request).await);
                latencies.push(sent.elapsed());
            }
            (latencies, cookies)
        });
    }
    let (mut latencies, mut cookies) = (Vec::new(), Vec::new());
    while let Some(client) = running.join_next().await {
        let (more_latencies, more_cookies) = client.expect("every answer is right");
        latencies.extend(more_latencies);
        cookies.extend(more_cookies);
    }
    let wall = since.elapsed();
    latencies.sort_unstable();
    Outcome { requests: latencies.len(), wall, latencies, cookies }
}

/// Numbers that look drawn at random (xorshift).
struct Turn(u64);

impl Turn {
    fn new(client: usize) -> Self {
        Self((client as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a listener");
        stream.set_nodelay(true).expect("a connection");
        Self { stream, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads the whole answer; the cookie that it sets.
    async fn exchange(&mut self, request: &[u8]) -> Option<String> {
        self.stream.write_all(request).await.expect("a server that reads");
        self.buffer.clear();
        loop {
            let count = self.stream.read_buf(&mut self.buffer).await.expect("a server that answers");
            assert!(count > 0, "the server closed: {}", String::from_utf8_lossy(&self.buffer));
            if let Some(head) = Head::read(&self.buffer) {
                let mut missing = (head.end + head.length).saturating_sub(self.buffer.len());
                let cookie = head.cookie.map(str::to_owned);
                // The rest of a long answer is counted, not kept.
                while missing > 0 {
                    self.buffer.clear();
                    let count = self.stream.read_buf(&mut self.buffer).await.expect("a whole answer");
                    assert!(0 < count && count <= missing, "the length is right");
                    missing -= count;
                }
                return cookie;
            }
        }
    }
}

/// The head of an answer, as far as it matters here.
struct Head<'a> {
    end: usize,
    length: usize,
    cookie: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// `None` while it is not whole.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = 4 + bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = str::from_utf8(&bytes[..end]).expect("a head is ASCII");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let mut read = Self { end, length: 0, cookie: None };
        for line in head.split("\r\n") {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                read.length = value.parse().expect("a number");
            } else if name.eq_ignore_ascii_case("set-cookie") {
                read.cookie = value.split(';').next();
            }
        }
        Some(read)
    }
}
