//! The proof that a comparison can fail: what a faulty server would leave behind, made by hand.

use rusqlite::Connection;
use tempfile::TempDir;

use crate::ground::{Ground, stop};
use crate::support::Process;
use crate::support::ledger::{Act, Heard};
use crate::totals::{TAMPERING, judge};

/// Every kind of change, each possible after [`prepare`].
pub const ACTS: [(&str, Act); 5] = [
    ("create", Act::Create),
    ("rename", Act::Rename(0)),
    ("remove", Act::Remove(0)),
    ("login", Act::LogIn(0)),
    ("logout", Act::LogOut(0)),
];

/// What may be done to a file, each with a part of the complaint. There are two users with a session each, and
/// a name of the first is in doubt.
pub const TAMPERINGS: [(&str, &str, &str); 8] = [
    ("half-a-change", "UPDATE users SET first_name = 'AA' WHERE email LIKE '%-0@%'", "is none of"),
    ("another-change", "UPDATE users SET updated_at = updated_at + 1000000", "is none of"),
    (
        "sessions-of-each-other",
        "UPDATE sessions SET user_id = (SELECT id FROM users ORDER BY rowid DESC)
      WHERE rowid = 2",
        "session 0 leads to",
    ),
    ("no-sessions", "DELETE FROM sessions WHERE rowid > 1", "session 1 is ended"),
    ("session-of-nobody", "INSERT INTO sessions VALUES (zeroblob(16), 'nobody', 0)", "4 is of no user"),
    (
        "session-from-nowhere",
        "INSERT INTO sessions SELECT zeroblob(16), id, 0 FROM users LIMIT 1",
        "4 sessions are stored",
    ),
    (
        "user-from-nowhere",
        "INSERT INTO users VALUES ('x', 'x', zeroblob(32), NULL, NULL, 0, 0)",
        "nobody created",
    ),
    ("order", "UPDATE users SET rowid = 9 WHERE rowid = 2", "not in the order"),
];

/// Two users with a session each.
pub fn prepare() -> (TempDir, Ground) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ground = Ground::new(folder.path(), 1);
    let process = ground.start();
    for act in [Act::Create, Act::Create, Act::LogIn(0), Act::LogIn(1)] {
        assert_eq!(ground.perform(act, process.address), Ok(Heard::Acknowledged), "{act:?}");
    }
    stop(process);
    (folder, ground)
}

/// A change is acknowledged, and the file is as before it: so a server would leave it that answers too early.
pub fn loses(act: Act) -> Result<(), String> {
    let (_folder, mut ground) = prepare();
    let before = tempfile::tempdir().expect("a folder");
    ground.copied_to(before.path());
    let process = ground.start();
    assert_eq!(ground.perform(act, process.address), Ok(Heard::Acknowledged));
    process.kill();
    ground.clone().compare(&ground.start())?;
    let mut lost = ground.moved_to(before.path());
    let process = lost.start();
    judge(TAMPERING, || lost.compare(&process).err().ok_or("it was not missed".to_owned()))?;
    Ok(())
}

/// A file is changed behind the server's back.
pub fn finds(tampering: &str, complaint: &str) -> Result<(), String> {
    let (_folder, mut ground) = prepare();
    let process = ground.start();
    let address = process.address;
    process.kill();
    let unheard = ground.perform(Act::Rename(0), address);
    assert_eq!(unheard, Ok(Heard::Nothing));
    for whole in ["", "UPDATE users SET first_name = 'AA', last_name = 'AA' WHERE email LIKE '%-0@%'"] {
        execute(&ground, whole);
        ground.clone().compare(&ground.start())?;
    }
    execute(&ground, "UPDATE users SET first_name = 'A', last_name = 'A' WHERE email LIKE '%-0@%'");
    execute(&ground, tampering);
    let found = match Process::spawn(ground.serving()) {
        Ok(process) => ground.compare(&process),
        Err(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    };
    judge(TAMPERING, || match found {
        Err(wrong) if wrong.contains(complaint) => Ok(()),
        other => Err(format!("{other:?} instead of {complaint:?}")),
    })
}

/// Changes a file by SQL.
pub fn execute(ground: &Ground, statements: &str) {
    let file = Connection::open(ground.file()).expect("a database");
    file.execute_batch(statements).expect("a change");
}
