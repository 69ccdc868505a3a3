//! Users and sessions in one SQLite file, which belongs to one process: others may read it meanwhile and not change it,
//! as what this one has in memory would then be wrong.
//!
//! Sessions are read from memory, where all of them are loaded at start; users from bounded caches in front of a
//! few read connections. Changes go through one writer thread, which commits many in one transaction and answers
//! each when that is durable; then, and before the answer, memory follows.
//!
//! What a broken disk can do: a change that cannot be written is refused and undone, and after a failed fsync
//! all are, until a restart; reads go on. A file or a log that was damaged is refused at start (`open`, `log`),
//! except for what nothing can tell: a bit of a name, a time, a password's hash or a session's key, and the end
//! of a log that a crash may have left so. `tests/crash.rs` tries it all.
//!
//! So a damaged row of a session cannot lead to another user: a user ID with a changed bit is nobody's, and such
//! a file is refused. Nor can it let anybody in: a changed key is that of no ID that was ever given out, and a
//! changed time only moves the end of its own session. With its key a session is lost as by a logout that nobody
//! asked for, and its user logs in again; a checksum in each row could tell, and would keep everybody out for one
//! lost login.

mod log;
mod open;
mod readers;
mod rows;
mod store;
mod transaction;
mod writer;

pub use open::OpenError;
pub use store::Sqlite;
