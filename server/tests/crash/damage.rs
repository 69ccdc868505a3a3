//! Files that were changed while no server ran: cut off, overwritten, or with a bit flipped.
//!
//! What is promised: a database whose structure is damaged is refused and left as it is, and so is one whose log
//! has lost a commit in its middle. A flipped bit can still change a name, a time or a password's hash, which
//! then lets nobody in, or end the one session in whose key it is: SQLite has no checksums of pages. It never
//! leads a session to another user. A log that is cut off is taken as far as it goes, as after a crash: what it
//! gives is what was there at some moment.

use std::fs;
use std::path::Path;
use std::process::Output;

use fastrand::Rng;
use sha2::{Digest as _, Sha256};

use crate::disk::is_clear_refusal;
use crate::ground::{Ground, stop};
use crate::support::Process;
use crate::support::http::{Answer, ask};
use crate::support::ledger::{Act, Heard};
use crate::tamper::{execute, prepare};
use crate::totals::{FLIPS, LOGS, REFUSALS, judge};

/// A database of many pages.
fn many_users() -> (tempfile::TempDir, Ground) {
    let (folder, mut ground) = prepare();
    let process = ground.start();
    for user in 2..150 {
        perform(&mut ground, &process, Act::Create);
        if user % 5 == 0 {
            perform(&mut ground, &process, Act::LogIn(user));
        }
    }
    stop(process);
    (folder, ground)
}

fn perform(ground: &mut Ground, process: &Process, act: Act) {
    assert_eq!(ground.perform(act, process.address), Ok(Heard::Acknowledged), "{act:?}");
}

/// A file that is not a whole database of ours is refused and untouched.
pub fn of_the_file() -> Result<(), String> {
    let (_folder, mut ground) = many_users();
    let path = ground.file();
    let whole = fs::read(&path).expect("a file");
    let with = |at: usize, bits: u8| {
        let mut bytes = whole.clone();
        bytes[at] ^= bits;
        bytes
    };
    let mut damaged: Vec<_> = (0..50).map(|part| whole[..whole.len() * part / 50].to_vec()).collect();
    damaged.push(vec![0; whole.len()]);
    damaged.push(b"{\"users\": []}\n".to_vec());
    damaged.push(with(0, 1));
    damaged.push(with(63, 2));
    damaged.push(with(68, 1));
    // A quote in the place of a space: what SQLite says of that has several lines.
    let unique = whole.windows(8).position(|bytes| bytes == b" UNIQUE,").expect("a table");
    damaged.push(with(unique, b' ' ^ b'"'));
    // The first byte of a page says what kind of page it is.
    damaged.extend((1..whole.len() / 4096).map(|page| with(page * 4096, 0x40)));
    for bytes in damaged {
        fs::write(&path, &bytes).expect("a write");
        judge(REFUSALS, || is_refused(&ground, &path, &bytes))?;
    }
    fs::remove_file(&path).expect("a file");
    fs::create_dir(&path).expect("a folder");
    judge(REFUSALS, || Process::spawn(ground.serving()).err().ok_or("it started".to_owned()))
        .and_then(|output| is_clear_refusal(&output))?;
    fs::remove_dir(&path).expect("a folder");
    fs::write(&path, &whole).expect("a write");
    ground.compare(&ground.start())
}

fn is_refused(ground: &Ground, path: &Path, bytes: &[u8]) -> Result<(), String> {
    let output = Process::spawn(ground.serving()).err().ok_or("it started")?;
    is_clear_refusal(&output)?;
    if !String::from_utf8_lossy(&output.stderr).contains("cannot use the database ./server.db: ") {
        return Err(format!("{output:?}"));
    }
    if fs::read(path).is_ok_and(|now| now == bytes) { Ok(()) } else { Err("touched".to_owned()) }
}

/// One bit of a file is flipped, anywhere: refused, or every user and every session is whose it was. Only a
/// session whose key it is in may be over.
pub fn of_bits(seed: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let (_folder, ground) = many_users();
    let whole = fs::read(ground.file()).expect("a file");
    for _ in 0..100 {
        let (at, bit) = (random.usize(..whole.len()), random.u8(..8));
        let is_hit = |cookie: &str| {
            let key = key_of(cookie);
            (at.saturating_sub(15)..=at).any(|from| whole[from..].starts_with(&key))
        };
        let doubtful = ground.owners().map(|(cookie, _)| cookie).find(|cookie| is_hit(cookie));
        judge(FLIPS, || match start_with_flip(&ground, &whole, at, bit) {
            Ok(process) => ground.compare_owners(&process, doubtful),
            Err(output) => is_clear_refusal(&output),
        })
        .map_err(|wrong| format!("bit {bit} of byte {at}: {wrong}"))?;
    }
    Ok(())
}

/// A bit of each byte of a session's row is flipped: it is over, refused for a user that there is not, or as it
/// was.
pub fn of_a_session() -> Result<(), String> {
    let (_folder, ground) = prepare();
    let (cookie, user) = ground.owners().next().expect("a session");
    let user_id = user.expect("a user")["id"].as_str().expect("a text");
    let row = [&key_of(cookie)[..], user_id.as_bytes()].concat();
    let whole = fs::read(ground.file()).expect("a file");
    let start = whole.windows(row.len()).position(|bytes| bytes == row).expect("a row");
    // The row ends in its time.
    for at in 0..row.len() + 8 {
        judge(FLIPS, || match start_with_flip(&ground, &whole, start + at, at as u8 % 8) {
            Ok(process) if at < 16 => {
                let answer = ask(process.address, "GET", "/api/v1/users/me", cookie, "");
                match answer {
                    Some(Answer { status: 403, .. }) => ground.compare_owners(&process, Some(cookie)),
                    other => Err(format!("{other:?}")),
                }
            }
            Ok(process) if at >= row.len() => ground.compare_owners(&process, None),
            Ok(_) => Err("it started".to_owned()),
            Err(output) => {
                is_clear_refusal(&output)?;
                let is_of_nobody =
                    String::from_utf8_lossy(&output.stderr).contains("session 2 is of no user");
                if at >= 16 && is_of_nobody == (at < row.len()) { Ok(()) } else { Err(format!("{output:?}")) }
            }
        })
        .map_err(|wrong| format!("byte {at} of a session: {wrong}"))?;
    }
    // Beside a log, which a server that has begun to write would move into the file.
    fs::write(ground.file(), &whole).expect("a write");
    let process = ground.start();
    perform(&mut ground.clone(), &process, Act::Rename(1));
    process.kill();
    let log = fs::read(ground.log()).expect("a log");
    let mut bytes = whole;
    bytes[start + 16] ^= 1;
    fs::write(ground.file(), &bytes).expect("a write");
    judge(REFUSALS, || is_refused(&ground, &ground.file(), &bytes))?;
    if fs::read(ground.log()).is_ok_and(|now| now == log) { Ok(()) } else { Err("touched".to_owned()) }
}

/// What names the session of a cookie in the file.
fn key_of(cookie: &str) -> [u8; 16] {
    let (_, session_id) = cookie.trim_end().split_once('=').expect("a cookie");
    *Sha256::digest(session_id).first_chunk().expect("32 bytes")
}

fn start_with_flip(ground: &Ground, whole: &[u8], at: usize, bit: u8) -> Result<Process, Output> {
    for leftover in ["-wal", "-shm"] {
        let _ = fs::remove_file(ground.file().with_extension(format!("db{leftover}")));
    }
    let mut bytes = whole.to_vec();
    bytes[at] ^= 1 << bit;
    fs::write(ground.file(), bytes).expect("a write");
    Process::spawn(ground.serving())
}

/// An index that names the wrong row since the server has started: an error, not another's session.
pub fn of_an_index() -> Result<(), String> {
    let (_folder, ground) = prepare();
    let (cookie, user) = ground.owners().next().expect("a session");
    let [id, email] = ["id", "email"].map(|field| user.expect("a user")[field].as_str().expect("a text"));
    let login = format!("email={email}&password=x");
    // The user is the second of its table, after the admin.
    for (key, method, path, form) in
        [(id, "GET", "/api/v1/users/me", ""), (email, "POST", "/api/v1/auth_session/login", login.as_str())]
    {
        let whole = fs::read(ground.file()).expect("a file");
        let entry = [key.as_bytes(), &[2]].concat();
        let at = whole.windows(entry.len()).position(|bytes| bytes == entry).expect("an entry of an index");
        let process = ground.start();
        let mut bytes = whole.clone();
        bytes[at + entry.len() - 1] = 3;
        fs::write(ground.file(), bytes).expect("a write");
        judge(REFUSALS, || match ask(process.address, method, path, cookie, form) {
            Some(Answer { status: 503, .. }) => Ok(()),
            other => Err(format!("{path}: {other:?}")),
        })?;
        process.kill();
        fs::write(ground.file(), whole).expect("a write");
    }
    ground.clone().compare(&ground.start())
}

/// An index that has lost a user is found at start in a large file, as in a small one.
pub fn of_a_large_file() -> Result<(), String> {
    let (_folder, mut ground) = prepare();
    let filler =
        "CREATE TABLE filler (bytes); INSERT INTO filler VALUES (zeroblob(40000000)); DROP TABLE filler";
    execute(&ground, filler);
    ground.compare(&ground.start())?;
    let (_, user) = ground.owners().next().expect("a session");
    let email = user.expect("a user")["email"].as_str().expect("a text");
    let mut bytes = fs::read(ground.file()).expect("a file");
    let entry = [email.as_bytes(), &[2]].concat();
    let at = bytes.windows(entry.len()).position(|bytes| bytes == entry).expect("an entry of an index");
    bytes[at] ^= 1;
    fs::write(ground.file(), &bytes).expect("a write");
    judge(REFUSALS, || is_refused(&ground, &ground.file(), &bytes))
}

/// A log of a few changes, each of them at its own moment.
struct Log {
    _folder: tempfile::TempDir,
    /// What was acknowledged after each change.
    moments: Vec<Ground>,
    /// The length of the log at each.
    lengths: Vec<usize>,
    file: Vec<u8>,
    bytes: Vec<u8>,
}

impl Log {
    fn new() -> Self {
        let (folder, mut ground) = prepare();
        let process = ground.start();
        let mut moments = vec![ground.clone()];
        let mut lengths = vec![0];
        let acts = [Act::Create, Act::Rename(0), Act::LogIn(0), Act::LogOut(1), Act::Remove(1)];
        for act in acts.into_iter().chain([Act::Create, Act::Rename(0), Act::LogIn(0)]) {
            perform(&mut ground, &process, act);
            moments.push(ground.clone());
            lengths.push(fs::metadata(ground.log()).expect("a log").len() as usize);
        }
        process.kill();
        let [file, bytes] = [ground.file(), ground.log()].map(|path| fs::read(path).expect("a file"));
        Self { _folder: folder, moments, lengths, file, bytes }
    }

    /// Starts with another log in the place of this one: the moment that it gives, or `None` if refused.
    fn start_with(&self, log: &[u8]) -> Result<Option<usize>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let place = self.moments[0].moved_to(folder.path());
        fs::write(place.file(), &self.file).expect("a write");
        fs::write(place.log(), log).expect("a write");
        let process = match Process::spawn(place.serving()) {
            Ok(process) => process,
            Err(output) => {
                is_clear_refusal(&output)?;
                let untouched = fs::read(place.log()).is_ok_and(|now| now == log);
                return if untouched { Ok(None) } else { Err("touched".to_owned()) };
            }
        };
        let is_of = |moment: &Ground| moment.moved_to(folder.path()).compare(&process).is_ok();
        self.moments.iter().rposition(is_of).map(Some).ok_or("it is as it never was".to_owned())
    }
}

/// A log that is cut off gives what was there when it was that long.
pub fn of_a_cut_log(seed: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let log = Log::new();
    let mut cuts: Vec<_> = (0..40).map(|_| random.usize(..log.bytes.len())).collect();
    cuts.extend(&log.lengths);
    for cut in cuts {
        judge(LOGS, || {
            let expected = log.lengths.iter().rposition(|&length| length <= cut);
            let found = log.start_with(&log.bytes[..cut])?;
            if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
        })
        .map_err(|wrong| format!("cut at {cut} of {}: {wrong}", log.bytes.len()))?;
    }
    Ok(())
}

/// A log with a flipped bit is refused if commits follow the bit; else the last commit is missing, as it was
/// never told from one that was cut short.
pub fn of_bits_of_a_log(seed: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let log = Log::new();
    let last = log.moments.len() - 1;
    let mut flips: Vec<_> = (0..60).map(|_| random.usize(..log.bytes.len())).collect();
    // The header of a commit's last frame says most about what follows it.
    let commit = log.lengths[last - 1] - 4096 - 24;
    flips.extend(commit + 4..commit + 24);
    flips.extend([0, 10, 20, 31, log.lengths[last - 1] - 1, log.lengths[last - 1], log.lengths[last] - 1]);
    for at in flips {
        let mut bytes = log.bytes.clone();
        bytes[at] ^= 1 << random.u8(..8);
        judge(LOGS, || {
            let expected = if at < log.lengths[last - 1] { None } else { Some(last - 1) };
            let found = log.start_with(&bytes)?;
            if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
        })
        .map_err(|wrong| format!("byte {at} of {}, {:?}: {wrong}", log.bytes.len(), log.lengths))?;
    }
    Ok(())
}
