//! What the tests share: a server in this process, a server in a process of its own, and raw requests.

#[cfg(feature = "redis")]
pub mod fault_proxy;
pub mod http;
pub mod ledger;
#[cfg(feature = "redis")]
pub mod redis_server;
#[cfg(feature = "redis")]
pub mod redis_site;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use server::accounts::{Names, PasswordHash};
use server::{App, Config, ManualClock, Respond, User, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a test waits for what must come, before it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const SESSION_MODES: [&str; 3] = ["session_auth", "session_exp_auth", "session_db_auth"];

/// The user of the transcripts.
pub const BOB: &str = "cf3ddee1-ff24-49e4-a40b-2540333fe992";
pub const BOB_BASIC: &str = "Authorization: Basic Ym9ic2Vzc2lvbkBoYnRuLmlvOmZha2UgcHdk\r\n";
pub const BOB_FORM: &str = "email=bobsession@hbtn.io&password=fake pwd";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

pub fn config(variables: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::from_lookup(lookup).expect("good settings")
}

pub fn bob() -> Arc<User> {
    let created_at = at("2017-10-16T04:23:04.25Z");
    let (id, password) = (BOB.into(), PasswordHash::sha256("fake pwd"));
    let email = "bobsession@hbtn.io".to_owned();
    Arc::new(User::stored(id, email, password, Names::default(), [created_at, created_at]))
}

/// A server in this process, with Bob, at the time of the transcripts.
pub struct Site {
    pub address: SocketAddr,
    pub clock: Arc<ManualClock>,
    pub folder: Option<TempDir>,
    config: Config,
    pub app: Arc<App>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Site {
    pub async fn start(mode: &str) -> Self {
        Self::start_with(&[("AUTH_TYPE", mode), ("SESSION_DURATION", "60")]).await
    }

    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::new(at("2017-10-16T04:57:08.5Z")));
        let site = Self::open(config(variables), folder, clock).await;
        assert_eq!(site.app.store().add_user(bob()).await, Ok(true));
        site
    }

    async fn open(config: Config, folder: TempDir, clock: Arc<ManualClock>) -> Self {
        let app = Arc::new(App::open(&config, folder.path(), clock.clone()).await.expect("a database"));
        let (address, stop, task) = listen(app.clone()).await;
        Self { address, clock, folder: Some(folder), config, app, stop: Some(stop), task }
    }

    /// Drops everything at once, as `kill -9` would, and starts again on the same data.
    pub async fn kill_and_start(mut self) -> Self {
        let folder = self.folder.take().expect("a folder");
        self.task.abort();
        drop(self.app);
        let _ = self.task.await;
        Self::open(self.config, folder, self.clock).await
    }

    /// Stops politely.
    pub async fn stop(&mut self) {
        self.stop.take().expect("running").send(()).expect("a server that listens to it");
        tokio::time::timeout(PATIENCE, &mut self.task).await.expect("in time").expect("no panic");
    }

    /// Sends a request and returns the whole answer.
    pub async fn send(&self, request: &str) -> String {
        send(self.address, request.as_bytes()).await
    }

    /// Sends a request without a body and returns the status and the body.
    pub async fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String) {
        split(&self.send(&format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await)
    }

    pub async fn status(&self, method: &str, path: &str, headers: &str) -> u16 {
        self.ask(method, path, headers).await.0
    }

    pub async fn post(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let length = body.len();
        split(
            &self
                .send(&format!(
                    "{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
                ))
                .await,
        )
    }

    /// Logs Bob in; his Cookie header.
    pub async fn log_in(&self) -> String {
        let answer = self.send(&login(BOB_FORM)).await;
        let (_, cookie) = answer.split_once("Set-Cookie: ").expect(&answer);
        format!("Cookie: {}\r\n", cookie.split(';').next().expect("a cookie"))
    }

    pub async fn me(&self, headers: &str) -> u16 {
        self.status("GET", "/api/v1/users/me", headers).await
    }

    pub async fn log_out(&self, headers: &str) -> u16 {
        self.status("DELETE", "/api/v1/auth_session/logout", headers).await
    }
}

/// Serves `app` on a free port until the sender is used or dropped.
pub async fn listen<R: Respond>(app: Arc<R>) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        serve(listener, app, stopped).await.expect("no error");
    });
    (address, stop, task)
}

pub fn login(form: &str) -> String {
    let form = form.replace(' ', "+");
    format!(
        "POST /api/v1/auth_session/login HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    )
}

/// Sends bytes, closes the sending side, and returns all that comes back.
pub async fn send(address: SocketAddr, request: &[u8]) -> String {
    let request = request.to_owned();
    tokio::task::spawn_blocking(move || exchange(address, &request)).await.expect("no panic")
}

/// As [`send`], on this thread; empty where nobody answers.
pub fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return String::new();
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // The server may refuse, and close, before it has read everything.
    let _ = stream.write_all(request).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("UTF-8")
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a listener");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Status and body of the first answer.
pub fn split(answer: &str) -> (u16, String) {
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).expect(answer);
    let body = answer.split_once("\r\n\r\n").expect(answer).1;
    (status, body.to_owned())
}

/// The binary in a process of its own, on a free port; killed when dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    pub fn start(folder: &Path, mode: &str) -> Self {
        Self::run(serving(folder, mode))
    }

    /// Runs a command that serves.
    pub fn run(command: Command) -> Self {
        Self::spawn(command).unwrap_or_else(|output| {
            panic!("did not start: {} {}", output.status, String::from_utf8_lossy(&output.stderr))
        })
    }

    /// Runs a command that serves; what came of it instead, if it ended before that.
    pub fn spawn(mut command: Command) -> Result<Self, Output> {
        let mut child = command.spawn().expect("a program");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a line");
        if line.is_empty() {
            return Err(child.wait_with_output().expect("an end"));
        }
        let address = line.strip_prefix(" * Running on http://").and_then(|rest| rest.split_once('/'));
        let Some((address, "(Press CTRL+C to quit)\n")) = address.map(|(a, rest)| (a, rest.trim_start()))
        else {
            let _ = child.kill();
            panic!("{line:?} {:?}", child.wait_with_output());
        };
        let address = address.parse().expect("an address");
        Ok(Self { child, address })
    }

    pub fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.id().try_into().expect("a process ID"))
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(self.pid(), signal).expect("a process");
    }

    /// What the process says on standard error; for one reader.
    pub fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("not taken before")
    }

    /// Kills the process with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("an end");
    }

    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("an end")
    }

    /// Kills the process with SIGKILL; what it wrote to standard error.
    pub fn kill_and_read(mut self) -> String {
        self.child.kill().expect("a process");
        self.last_words()
    }

    /// What it wrote to standard error, once it has ended.
    pub fn last_words(mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, to serve on a free port.
pub fn serving(folder: &Path, mode: &str) -> Command {
    let mut command = command(folder);
    command.env("AUTH_TYPE", mode).env("API_PORT", "0");
    command
}

/// The binary with nothing in its environment but where it runs.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.env_clear().env("API_HOST", "127.0.0.1").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
