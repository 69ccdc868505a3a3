//! A headless Chromium with a chromedriver of our own.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::webdriver::Session;

/// The options of Chromium: no contact with others, and able to run as root in a container.
const OPTIONS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// The names under which chromedriver finds a browser.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The one browser of this process, started when a trial first wants it.
static BROWSER: Mutex<Option<Browser>> = Mutex::new(None);

/// A browser with the processes and the folder that belong to it; nothing of it is left when it is dropped.
struct Browser {
    session: Session,
    driver_process: Child,
    browser_group: Pid,
    folder: TempDir,
    pages: usize,
}

/// Returns what is missing, if this machine has no browser to drive.
pub fn missing() -> Option<String> {
    let runs = |program: &str| {
        let mut probe = Command::new(program);
        probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let found = runs("chromedriver") && BROWSERS.iter().any(|browser| runs(browser));
    (!found).then(|| {
        "no chromium with chromedriver (Debian: apt-get install chromium chromium-driver)".to_owned()
    })
}

/// Does something with the browser, which is started for it if it does not run.
pub fn with<T>(action: impl FnOnce(&Session) -> T) -> T {
    let mut browser = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    action(&browser.get_or_insert_with(Browser::start).session)
}

/// Puts a page where the browser can load it, and gives its address.
pub fn publish(page: &str) -> String {
    let mut browser = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    let browser = browser.get_or_insert_with(Browser::start);
    browser.pages += 1;
    let path = browser.folder.path().join(format!("page-{}.html", browser.pages));
    std::fs::write(&path, page).expect("a page can be written");
    format!("file://{}", path.display())
}

/// Ends the browser, if it was started.
pub fn quit() {
    drop(BROWSER.lock().unwrap_or_else(PoisonError::into_inner).take());
}

impl Browser {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (driver_process, port) = start_driver(folder.path());
        let (session, capable) = Session::start(port, &capabilities(folder.path()));
        session.load("about:blank");
        // The page of a new tab is Chromium's own.
        session.log("performance");
        let id = capable["goog:processID"].as_i64().and_then(|id| i32::try_from(id).ok());
        let id = id.expect("chromedriver tells the browser's id");
        Self { session, driver_process, browser_group: Pid::from_raw(id), folder, pages: 0 }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Politely first; whatever is left goes by group, so that the folder can be removed.
        self.session.end();
        let _ = killpg(self.browser_group, Signal::SIGKILL);
        let id = i32::try_from(self.driver_process.id()).expect("an id is small");
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        let _ = self.driver_process.wait();
        // What dies may still have written while the folder was being removed.
        let folder = self.folder.path();
        (0..1_000).find(|_| std::fs::remove_dir_all(folder).is_ok() || !folder.exists());
    }
}

/// Starts chromedriver on a free port, which it tells.
fn start_driver(folder: &Path) -> (Child, u16) {
    let mut process = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("chromedriver can be started");
    let output = process.stdout.take().expect("it is a pipe");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines
        .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok())
        .expect("chromedriver tells its port");
    (process, port)
}

fn capabilities(folder: &Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let options: Vec<&str> = OPTIONS.into_iter().chain([profile.as_str()]).collect();
    json!({
        "goog:chromeOptions": { "args": options },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    })
}
