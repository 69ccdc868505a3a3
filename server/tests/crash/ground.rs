//! A folder with a database in it, and what all clients remember of it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

use crate::support::http::{Answer, ask};
use crate::support::ledger::{Act, Heard, Ledger};
use crate::support::{Process, serving};

const MODE: &str = "session_db_auth";
const ADMIN: &str = "admin@hbtn.io";

/// One server's data, killed again and again.
#[derive(Clone)]
pub struct Ground {
    folder: PathBuf,
    admin: Map<String, Value>,
    /// The headers of the admin's session, with which every client passes the gate.
    gate: String,
    pub ledgers: Vec<Ledger>,
}

impl Ground {
    /// Makes a database with one user and a session of it, for so many clients.
    pub fn new(folder: &Path, clients: usize) -> Self {
        let open = Process::start(folder, "");
        let credentials = format!(r#"{{"email": "{ADMIN}", "password": "x"}}"#);
        let created = ask(open.address, "POST", "/api/v1/users", "", &credentials).expect("an answer");
        let admin = serde_json::from_str(&created.body).expect("a user");
        stop(open);
        let closed = Process::start(folder, MODE);
        let form = format!("email={ADMIN}&password=x");
        let login = ask(closed.address, "POST", "/api/v1/auth_session/login", "", &form).expect("an answer");
        stop(closed);
        let ledgers = (0..clients).map(|n| Ledger::new(&format!("client{n}"))).collect();
        Self { folder: folder.to_owned(), admin, gate: login.cookie.expect("a cookie"), ledgers }
    }

    /// The same data at another place.
    pub fn copied_to(&self, folder: &Path) -> Self {
        for entry in std::fs::read_dir(&self.folder).expect("a folder") {
            let entry = entry.expect("an entry");
            std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
        }
        self.moved_to(folder)
    }

    /// The same memory of other data.
    pub fn moved_to(&self, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..self.clone() }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.join("server.db")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("server.db-wal")
    }

    /// The command that serves this data.
    pub fn serving(&self) -> Command {
        serving(&self.folder, MODE)
    }

    pub fn start(&self) -> Process {
        Process::start(&self.folder, MODE)
    }

    /// Lets the first client ask for a change.
    pub fn perform(&mut self, act: Act, address: SocketAddr) -> Result<Heard, String> {
        self.ledgers[0].perform(act, address, &self.gate)
    }

    pub fn gate(&self) -> &str {
        &self.gate
    }

    /// Compares everything with what was acknowledged before a crash, and goes on from what was found.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn compare(&mut self, process: &Process) -> Result<(), String> {
        let mut wrong = Vec::new();
        let found = self.list(process)?;
        for field in ["id", "email"] {
            let distinct: HashSet<_> = found.iter().map(|user| user[field].as_str()).collect();
            if distinct.len() != found.len() || distinct.contains(&None) {
                wrong.push(format!("users share their {field}, or have none"));
            }
        }
        match ask(process.address, "GET", "/api/v1/stats", &self.gate, "") {
            Some(Answer { status: 200, body, .. })
                if body == format!("{{\n  \"users\": {}\n}}\n", found.len()) => {}
            other => wrong.push(format!("{} users, and stats say {other:?}", found.len())),
        }
        if found.first() != Some(&self.admin) {
            wrong.push(format!("the first user is {:?}, not {:?}", found.first(), self.admin));
        }
        for ledger in &mut self.ledgers {
            ledger.compare(&found, process.address, &mut wrong);
            let emails: Vec<_> = ledger.emails().collect();
            let places =
                found.iter().filter_map(|user| emails.iter().position(|email| user["email"] == *email));
            if !places.is_sorted() {
                wrong.push("users are not in the order of their creation".to_owned());
            }
        }
        let known: HashSet<_> = self.ledgers.iter().flat_map(Ledger::emails).collect();
        for user in found.iter().skip(1) {
            if !user["email"].as_str().is_some_and(|email| known.contains(email)) {
                wrong.push(format!("nobody created {user:?}"));
            }
        }
        self.compare_file(&mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Compares a server that has refused changes: none of them may show. What was in doubt stays so.
    pub fn compare_running(&self, process: &Process) -> Result<(), String> {
        let mut certain = self.clone();
        certain.forget_refusals();
        certain.compare(process)
    }

    /// The headers of each session and the user it leads to, where nothing is in doubt.
    pub fn owners(&self) -> impl Iterator<Item = (&str, Option<&Map<String, Value>>)> {
        let owners = self.ledgers.iter().flat_map(Ledger::owners);
        owners.chain([(self.gate.as_str(), Some(&self.admin))])
    }

    /// Compares only whose each email and each session is; a server that cannot say so says nothing wrong. The
    /// session whose headers are `doubtful` may be over.
    pub fn compare_owners(&self, process: &Process, doubtful: Option<&str>) -> Result<(), String> {
        for (cookie, owner) in self.owners() {
            let expected = owner.map(|user| [user["id"].clone(), user["email"].clone()]);
            match ask(process.address, "GET", "/api/v1/users/me", cookie, "") {
                Some(Answer { status: 200, body, .. }) => {
                    let user: Map<String, Value> = serde_json::from_str(&body).map_err(|e| e.to_string())?;
                    if expected != Some([user["id"].clone(), user["email"].clone()]) {
                        return Err(format!("a session of {expected:?} leads to {user:?}"));
                    }
                }
                Some(Answer { status: 403, .. }) if expected.is_none() || doubtful == Some(cookie) => {}
                Some(Answer { status: 503, .. }) => {}
                other => return Err(format!("a session of {expected:?}: {other:?}")),
            }
        }
        Ok(())
    }

    /// Takes every refused change for not made, now and after any restart.
    pub fn forget_refusals(&mut self) {
        self.ledgers = self.ledgers.drain(..).map(Ledger::without_doubts).collect();
    }

    /// What requests cannot see: sessions that lead nowhere.
    fn compare_file(&self, wrong: &mut Vec<String>) {
        let count = |query| {
            let file = Connection::open_with_flags(self.file(), OpenFlags::SQLITE_OPEN_READ_ONLY);
            let count: rusqlite::Result<i64> =
                file.and_then(|file| file.query_row(query, [], |row| row.get(0)));
            usize::try_from(count.expect("a database")).expect("a number")
        };
        let sessions = count("SELECT count(*) FROM sessions");
        let live = 1 + self.ledgers.iter().map(Ledger::live).sum::<usize>();
        let most = live + self.ledgers.iter().map(|ledger| ledger.unheard).sum::<usize>();
        if !(live..=most).contains(&sessions) {
            wrong.push(format!("{sessions} sessions are stored, not {live} to {most}"));
        }
    }

    fn list(&self, process: &Process) -> Result<Vec<Map<String, Value>>, String> {
        match ask(process.address, "GET", "/api/v1/users", &self.gate, "") {
            Some(Answer { status: 200, body, .. }) => {
                serde_json::from_str(&body).map_err(|error| format!("{error} in {body:?}"))
            }
            other => Err(format!("the list of users is {other:?}")),
        }
    }
}

/// The same command, run by a program that takes it as its last argument.
pub fn run_by(mut program: Command, command: &Command) -> Command {
    program.arg(command.get_program()).env_clear();
    program.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    program.current_dir(command.get_current_dir().expect("a folder"));
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Stops a server politely.
pub fn stop(process: Process) {
    process.signal(Signal::SIGTERM);
    assert!(process.wait().success(), "SIGTERM is no failure");
}
