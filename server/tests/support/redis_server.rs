//! A redis-server of the test's own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use tempfile::TempDir;
use test_support::skip;
use tokio::net::TcpSocket;

/// How long a redis-server may take to do what it must.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tells whether there is no redis-server here, and says then that this is not tested.
pub fn is_skipped(what: &str) -> bool {
    let missing = skip::missing("redis-server", "redis-server");
    missing.inspect(|missing| skip::say_skipped(what, missing)).is_some()
}

/// An address where nobody listens, and nobody else can for as long as it is kept.
pub struct Nobody(TcpSocket);

impl Nobody {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }
}

/// A redis-server on a free port of the loopback address, in a folder of its own; it ends, and its folder with it, when
/// it is dropped. What ends the process group of the test ends it too.
pub struct RedisServer {
    folder: TempDir,
    options: Vec<String>,
    child: Child,
    pub port: u16,
}

impl RedisServer {
    /// Starts one with these options, which stand before others.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        loop {
            // Another program may take the port in between; then there is another port.
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let port = free.expect("a port").port();
            if let Some(child) = spawn(&folder, &options, port, READY) {
                return Self { folder, options, child, port };
            }
        }
    }

    /// One that has every change on its disk before it answers.
    pub fn durable() -> Self {
        Self::start(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        // One that has ended by itself is waited for all the same.
        let _ = self.child.kill();
        self.child.wait().expect("an end");
    }

    /// Starts it again on its data and its port, once it has ended.
    pub fn restart(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        self.child = loop {
            match spawn(&self.folder, &self.options, self.port, READY) {
                Some(child) => break child,
                // Another program may have the port for a moment.
                None => assert!(Instant::now() < deadline, "it does not start again"),
            }
        };
    }

    /// Starts it again so that it takes some eight seconds to read 40,000 keys, and answers five times a second meanwhile.
    pub fn load_slowly(&mut self) {
        let slow = ["--key-load-delay", "200"];
        let options: Vec<_> =
            self.options.iter().map(String::as_str).chain(slow).map(str::to_owned).collect();
        self.child =
            spawn(&self.folder, &options, self.port, "Server initialized").expect("its port is free");
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a process ID"))
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Asks for something in a connection of its own; the answer as it was sent.
    pub fn ask(&self, words: &[&str]) -> String {
        self.ask_all(&[words])
    }

    /// Asks for several things in one connection.
    pub fn ask_all(&self, commands: &[&[&str]]) -> String {
        let mut bytes = Vec::new();
        for words in commands {
            bytes.extend(format!("*{}\r\n", words.len()).bytes());
            for word in *words {
                bytes.extend(format!("${}\r\n{word}\r\n", word.len()).bytes());
            }
        }
        self.ask_raw(&bytes)
    }

    /// Asks for what these bytes say.
    pub fn ask_raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("a redis-server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(bytes).expect("a redis-server that reads");
        stream.write_all(b"*1\r\n$4\r\nQUIT\r\n").expect("a redis-server that reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        answer.strip_suffix("+OK\r\n").expect(&answer).to_owned()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a redis-server says when it can be asked for everything.
const READY: &str = "Ready to accept connections";

/// Starts a redis-server and waits for this word of it; `None` if it ended before.
fn spawn(folder: &TempDir, options: &[String], port: u16, word: &str) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder.path());
    command.args(["--save", "", "--daemonize", "no", "--enable-debug-command", "local"]).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("a redis-server");
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
        if line.contains(word) {
            // What it says later must go somewhere, or it would wait to say it.
            thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Some(child);
        }
        line.clear();
    }
    child.wait().expect("an end");
    None
}
