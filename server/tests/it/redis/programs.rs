//! The documents' Redis programs, run on a redis-server of the test's own: they print what the documents print.
//!
//! The server listens on a socket in a temporary folder, and on no port. Without redis-server the tests say so and are
//! skipped; where `CI` is set, that is a failure.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use test_support::skip::say_skipped;

/// No program takes longer to do the next thing.
const PATIENCE: Duration = Duration::from_secs(60);

const CONNECTED: &str = "Redis client connected to the server\n";

/// A redis-server that ends with its folder when it is dropped, and with the process group of the test.
struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts it; `None` where this machine has none.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--unixsocket", "socket", "--save", "", "--daemonize", "no"]);
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            say_skipped("the Redis programs", "no redis-server (Debian: apt-get install redis-server)");
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let server = Self { child, folder };
        let ready = lines.any(|line| line.expect("it speaks UTF-8").contains("accept connections"));
        assert!(ready, "it serves");
        // What it says later must go somewhere, or it would wait to say it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(server)
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Gives the path of an example of this build.
fn example(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_server")).parent().expect("a binary stands in a folder");
    let path = folder.join("examples").join(name);
    if !path.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "server", "--example", name]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs, since it runs this").success(), "{name} does not build");
    }
    path
}

fn program(name: &str, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(example(name));
    command.args(arguments).env("REDIS_URL", url).stdout(Stdio::piped());
    command
}

/// Runs a program to its end, and gives its exit code and what it printed.
fn run(name: &str, url: &str, arguments: &[&str]) -> (i32, String) {
    let output = program(name, url, arguments).output().expect("it runs");
    (output.status.code().expect("it exits"), String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn values_are_set_and_got_with_callbacks_and_awaited() {
    let Some(redis) = Redis::start() else { return };
    let url = redis.url();
    assert_eq!(run("redis_client", &url, &[]), (0, CONNECTED.to_owned()));
    let unset = format!("{CONNECTED}null\nReply: OK\n100\n");
    assert_eq!(run("redis_op", &url, &[]), (0, unset));
    let mut set = Command::new("redis-cli");
    set.arg("-s").arg(redis.folder.path().join("socket")).args(["set", "Holberton", "School"]);
    assert!(set.stdout(Stdio::null()).status().expect("redis-cli comes with redis-server").success());
    let printed = format!("{CONNECTED}School\nReply: OK\n100\n");
    assert_eq!(run("redis_op", &url, &[]), (0, printed.clone()));
    assert_eq!(run("redis_op_async", &url, &[]), (0, printed));
}

#[test]
fn a_hash_is_stored_and_shown() {
    let Some(redis) = Redis::start() else { return };
    let replies = |reply: &str| reply.repeat(6);
    let hash = "{\n  Portland: '50',\n  Seattle: '80',\n  'New York': '20',\n  Bogota: '20',\n  Cali: '40',\n  Paris: '2'\n}\n";
    let printed = |reply| (0, format!("{CONNECTED}{}{hash}", replies(reply)));
    assert_eq!(run("redis_advanced_op", &redis.url(), &[]), printed("Reply: 1\n"));
    assert_eq!(run("redis_advanced_op", &redis.url(), &[]), printed("Reply: 0\n"), "no field is new again");
}

#[test]
fn a_subscriber_hears_the_messages_until_the_kill_and_no_more() {
    let Some(redis) = Redis::start() else { return };
    let mut subscriber = program("redis_subscriber", &redis.url(), &[]).spawn().expect("it runs");
    let mut heard = subscriber.stdout.take().expect("it is piped");
    let subscribed = || {
        let mut ask = Command::new("redis-cli");
        ask.arg("-s").arg(redis.folder.path().join("socket"));
        let output = ask.args(["pubsub", "numsub", "holberton school channel"]).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).ends_with("\n1\n")
    };
    let since = Instant::now();
    while !subscribed() {
        assert!(since.elapsed() < PATIENCE, "it subscribes");
        assert!(subscriber.try_wait().expect("it is ours").is_none(), "it waits for messages");
    }
    let sent = "About to send Holberton Student #1 starts course\nAbout to send Holberton Student #2 starts course\n\
                About to send KILL_SERVER\nAbout to send Holberton Student #3 starts course\n";
    assert_eq!(run("redis_publisher", &redis.url(), &["0"]), (0, format!("{CONNECTED}{sent}")));
    let mut printed = String::new();
    heard.read_to_string(&mut printed).expect("UTF-8");
    let messages = "Holberton Student #1 starts course\nHolberton Student #2 starts course\nKILL_SERVER\n";
    assert_eq!(printed, format!("{CONNECTED}{messages}"));
    assert!(subscriber.wait().expect("it ends").success(), "it quits");
}

#[test]
fn each_message_is_sent_at_its_time_and_not_before() {
    let Some(redis) = Redis::start() else { return };
    let since = Instant::now();
    let mut publisher = program("redis_publisher", &redis.url(), &[]).spawn().expect("it runs");
    let mut lines = BufReader::new(publisher.stdout.take().expect("it is piped")).lines();
    assert_eq!(lines.next().expect("it prints").expect("UTF-8"), CONNECTED.trim_end());
    for (millis, message) in [
        (100, "Holberton Student #1 starts course"),
        (200, "Holberton Student #2 starts course"),
        (300, "KILL_SERVER"),
        (400, "Holberton Student #3 starts course"),
    ] {
        assert_eq!(lines.next().expect("it prints").expect("UTF-8"), format!("About to send {message}"));
        assert!(since.elapsed() >= Duration::from_millis(millis), "{message} is sent too soon");
    }
    assert!(publisher.wait().expect("it ends").success());
}

#[test]
fn an_address_that_cannot_be_read_is_not_shown_with_its_password() {
    let (code, printed) = run("redis_client", "redis://:secret@127.0.0.1:port", &["0"]);
    assert_eq!(code, 1);
    let told = "Redis client not connected to the server: Error: REDIS_URL is no address: ";
    assert!(printed.starts_with(told) && !printed.contains("secret"), "{printed}");
}

#[test]
fn where_nobody_listens_each_try_says_so() {
    // A port that is taken, by a socket that does not listen: nobody answers there, and nobody else comes.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let address = taken.local_addr().expect("it is bound");
    let url = format!("redis://{address}");
    let line = format!(
        "Redis client not connected to the server: Error: Redis connection to {address} failed - connect ECONNREFUSED {address}\n"
    );
    assert_eq!(run("redis_client", &url, &["0"]), (1, line.repeat(3)));
    for name in ["redis_op", "redis_op_async", "redis_advanced_op", "redis_subscriber", "redis_publisher"] {
        assert_eq!(run(name, &url, &[]), (1, line.clone()), "{name}");
    }
    for name in ["redis_client", "redis_publisher"] {
        assert_eq!(run(name, &url, &["soon"]), (2, String::new()), "{name}");
    }
}
