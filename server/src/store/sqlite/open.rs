//! Opening the database file: creating it, or checking that it is ours, whole, and not in use.
//!
//! A file that is refused is not changed by a byte: a read-only connection inspects it first.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;
use tracing::warn;

use super::log;
use super::readers::Readers;
use super::rows::{corrupt, time};
use crate::accounts::{Session, UserId};
use crate::store::digest::SessionDigest;
use crate::store::index::Index;

/// "sess", in the header of our files: `file` and `sqlite3` show it, and other programs' databases lack it.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"sess");

/// The version of the tables below.
const FORMAT: u32 = 2;

/// Tries to lock the file, and the pause between them: half a second in all, as the owner may be about to give the lock up.
/// After `kill -9` the system takes a moment, and so do aborted tasks in the same process.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The size above which the operator is told why the start takes its time.
const LARGE_BYTES: u64 = 32 * 1024 * 1024;

/// Times are microseconds since 1970. Rows keep the order of their making by their rowid.
///
/// Sessions have no index here, but one in memory: a login writes to the end of one table, where an index on
/// random keys would have it write a page of its own.
const TABLES: &str = "
    CREATE TABLE users (
        id TEXT NOT NULL UNIQUE,
        email TEXT NOT NULL UNIQUE,
        password BLOB NOT NULL,
        first_name TEXT,
        last_name TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
        key BLOB NOT NULL,
        user_id TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
";

/// The parts of an open store.
pub struct Opened {
    pub writer: Connection,
    pub readers: Readers,
    pub user_count: u64,
    pub sessions: Index,
    pub lock: Arc<Lock>,
}

/// The right to use a database file, given up when it is dropped or the process ends, however that ends.
///
/// It is a lock (flock) on a file beside the database. If it were on the database, closing that file would release the
/// locks by which SQLite keeps other programs out.
pub struct Lock {
    _file: File,
}

/// The error of a database that cannot be opened.
#[derive(Debug, Error)]
#[error("cannot use the database {}: {reason}", path.display())]
pub struct OpenError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Directory,
    Locked,
    Foreign,
    Format(u32),
    Damaged(String),
    OrphanLog,
    Unwritable(PathBuf, io::Error),
    Io(io::Error),
    Sqlite(rusqlite::Error),
}

impl OpenError {
    /// Makes the error of an I/O error at `path`.
    pub fn new(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), reason: error.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("it is a directory; name a file"),
            Self::Locked => f.write_str("another process is using it; stop that first, or name another file"),
            Self::Foreign => f.write_str("it was not made by this server; name another file"),
            Self::Format(format) => {
                write!(
                    f,
                    "it has format {format}, and this server reads format {FORMAT}; use the server that made it"
                )
            }
            Self::Damaged(how) => write!(f, "it is damaged ({how}); restore a copy, or name another file"),
            Self::OrphanLog => {
                f.write_str("it is missing, but its log (-wal) is there; restore it, or move the log away")
            }
            Self::Unwritable(path, error) => write!(f, "{} cannot be written: {error}", path.display()),
            Self::Io(error) => error.fmt(f),
            Self::Sqlite(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens the database at `path`, or creates it.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    // A name like `:memory:` must mean a file, like all others.
    let path = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
    try_open(&path).map_err(|reason| OpenError { path, reason })
}

fn try_open(path: &Path) -> Result<Opened, Reason> {
    if path.is_dir() {
        return Err(Reason::Directory);
    }
    let lock = Arc::new(lock(path)?);
    let sessions = if path.try_exists()? {
        if let Some(announcement) = announcement(path, path.metadata()?.len()) {
            warn!("{announcement}");
        }
        // SQLite would silently open a file that it cannot write for reading.
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| Reason::Unwritable(path.to_owned(), error))?;
        inspect(path)?
    } else {
        create(path)?;
        Index::new()
    };
    let writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let readers = Readers::open(|| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    let user_count: i64 = writer.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
    // The names of the file and its log must be on the disk before their contents count. A start that was killed may not
    // have done that, and SQLite ignores it if it cannot open the folder.
    File::open(path.parent().expect("a file is in a folder"))?.sync_all()?;
    Ok(Opened { writer, readers, user_count: user_count.unsigned_abs(), sessions, lock })
}

/// Returns the message to the operator before a file of so many bytes is read.
fn announcement(path: &Path, bytes: u64) -> Option<String> {
    (bytes > LARGE_BYTES)
        .then(|| format!("checking and reading {}, {} MiB", path.display(), bytes / (1024 * 1024)))
}

fn lock(path: &Path) -> Result<Lock, Reason> {
    lock_with(path, || thread::sleep(LOCK_PAUSE))
}

fn lock_with(path: &Path, mut pause: impl FnMut()) -> Result<Lock, Reason> {
    let name = beside(path, "-lock");
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let file = opened.map_err(|error| Reason::Unwritable(name, error))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) => pause(),
        }
    }
    Err(Reason::Locked)
}

/// Creates a database under another name and renames it when it is whole. A file of this name is never incomplete, so that
/// an empty one is known to be damaged.
fn create(path: &Path) -> Result<(), Reason> {
    if beside(path, "-wal").try_exists()? {
        return Err(Reason::OrphanLog);
    }
    let new = beside(path, "-new");
    for leftover in ["", "-wal", "-shm", "-journal"] {
        let name = beside(&new, leftover);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Reason::Unwritable(name, error));
            }
            _ => {}
        }
    }
    // It contains password hashes: others must not read it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let connection = connect(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; PRAGMA journal_mode = WAL;
         BEGIN; {TABLES} COMMIT;"
    ))?;
    connection.close().map_err(|(_, error)| error)?;
    file.sync_all()?;
    Ok(std::fs::rename(&new, path)?)
}

/// Checks that the file is a whole database of ours, without changing it; returns the sessions in it.
fn inspect(path: &Path) -> Result<Index, Reason> {
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    if header.is_empty() {
        return Err(Reason::Damaged("it is empty".to_owned()));
    }
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Err(Reason::Foreign);
    }
    let number = |at| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if number(68) != APPLICATION_ID {
        return Err(Reason::Foreign);
    }
    if number(60) != FORMAT {
        return Err(Reason::Format(number(60)));
    }
    if let Some(how) = log::damage(&beside(path, "-wal"))? {
        return Err(Reason::Damaged(how));
    }
    // SQLite quotes the part of a table that it cannot read, with its line ends; the operator gets one line.
    let how = |text: String| Reason::Damaged(text.split_whitespace().collect::<Vec<_>>().join(" "));
    let damaged = |error: rusqlite::Error| match error.sqlite_error_code() {
        // These say nothing about the contents of the file.
        Some(ErrorCode::CannotOpen | ErrorCode::DatabaseBusy | ErrorCode::OutOfMemory) => error.into(),
        _ => how(error.to_string()),
    };
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(damaged)?;
    // In full, indexes against tables: half a second for a million sessions of 10^5 users. quick_check would take a third
    // of that, and not find a user that an index has lost.
    let check = "PRAGMA integrity_check(1)";
    let verdict: String = connection.query_row(check, [], |row| row.get(0)).map_err(damaged)?;
    if verdict == "ok" { read_sessions(&connection).map_err(damaged) } else { Err(how(verdict)) }
}

/// Reads all sessions: a million in half a second. The user of each exists, or the file is damaged, as no change leaves a
/// session without a user.
fn read_sessions(connection: &Connection) -> rusqlite::Result<Index> {
    // Sessions of one user share the text of its ID.
    let mut user_ids = HashMap::new();
    let mut all = connection.prepare("SELECT id FROM users")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        user_ids.insert(id.as_bytes().to_owned(), UserId::from(id));
    }
    let sessions = Index::new();
    let mut all = connection.prepare("SELECT rowid, key, user_id, created_at FROM sessions")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (rowid, digest): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
        let user_id = user_ids.get(row.get_ref(2)?.as_bytes()?);
        let user_id = user_id.ok_or_else(|| corrupt(&format!("session {rowid} is of no user")))?.clone();
        sessions.add(SessionDigest::from(digest), Session { user_id, created_at: time(row, 3)? }, rowid);
    }
    Ok(sessions)
}

fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Another program may read the file, and lock it for a moment.
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        open(path).err().expect("a refusal").to_string()
    }

    #[test]
    fn a_file_that_only_begins_like_a_database_is_not_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        for bytes in [&b"x"[..], b"SQLite format 3\0", &[b'x'; 100]] {
            std::fs::write(&path, bytes).expect("a file");
            assert!(refusal(&path).contains("it was not made by this server"), "{bytes:?}");
            assert_eq!(std::fs::read(&path).expect("a file"), bytes);
        }
    }

    #[test]
    fn what_stands_in_the_way_of_a_new_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        std::fs::create_dir(beside(&path, "-new")).expect("a folder");
        assert!(refusal(&path).contains("a.db-new cannot be written: Is a directory"), "{}", refusal(&path));
        std::fs::remove_dir(beside(&path, "-new")).expect("a folder");
        assert!(open(&path).is_ok());
    }

    #[test]
    fn a_lock_that_is_given_up_is_had_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let mut held = lock(&path).ok();
        let mut pauses = 0;
        assert!(matches!(lock_with(&path, || pauses += 1), Err(Reason::Locked)));
        assert_eq!(pauses, LOCK_TRIES);
        assert!(lock_with(&path, || held = None).is_ok());
    }

    #[test]
    fn a_start_that_takes_its_time_is_announced() {
        let told = |bytes| announcement(Path::new("a.db"), bytes);
        assert_eq!([told(0), told(32 * 1024 * 1024)], [None, None]);
        assert_eq!(told(32 * 1024 * 1024 + 1).as_deref(), Some("checking and reading a.db, 32 MiB"));
        assert_eq!(told(64 * 1024 * 1024 - 1).as_deref(), Some("checking and reading a.db, 63 MiB"));
    }
}
