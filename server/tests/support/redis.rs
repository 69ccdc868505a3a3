//! A redis-server of the test's own.
#![expect(dead_code, reason = "every test binary uses a part of it")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Says why there is no redis-server here, if there is none.
pub fn missing() -> Option<String> {
    let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    let how = "no redis-server; apt-get install redis-server";
    (!found.is_ok_and(|status| status.success())).then(|| how.to_owned())
}

/// A redis-server on a free port of the loopback address, in a folder and a process group of its own; both are gone
/// when it is dropped.
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
            if let Some(child) = spawn(&folder, &options, port) {
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
        let group = Pid::from_raw(self.child.id().try_into().expect("a process ID"));
        // It may have ended by itself.
        let _ = killpg(group, Signal::SIGKILL);
        self.child.wait().expect("an end");
    }

    /// Starts it again on its data and its port, once it has ended.
    pub fn restart(&mut self) {
        self.child = spawn(&self.folder, &self.options, self.port).expect("its port is free");
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Asks for something in a connection of its own; the answer as it was sent.
    pub fn ask(&self, words: &[&str]) -> String {
        ask(self.address(), words)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a redis-server; `None` if it ended before it was ready.
fn spawn(folder: &TempDir, options: &[String], port: u16) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder.path());
    command.args(["--save", "", "--daemonize", "no"]).args(options).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("a redis-server");
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
        // A replica is ready when it listens, whether or not its primary is.
        if line.contains("Ready to accept connections") {
            // What it says later must go somewhere, or it would wait to say it.
            thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Some(child);
        }
        line.clear();
    }
    child.wait().expect("an end");
    None
}

/// Sends one command in RESP; the answer as it was sent, as far as it comes at once.
pub fn ask(address: SocketAddr, words: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).expect("a redis-server");
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(command.as_bytes()).expect("a redis-server that reads");
    // It closes when it has answered everything.
    stream.shutdown(Shutdown::Write).expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    answer
}
