//! Users and sessions in one SQLite file, which belongs to one process. Others may read it meanwhile, but not change it, as
//! the memory of this process would be wrong then.
//!
//! Sessions are read from memory, where all of them are loaded at start; users from bounded caches in front of a
//! few read connections. Changes go through one writer thread, which commits many in one transaction and answers
//! each when that is durable. Memory is updated between the commit and the answer.
//!
//! A broken disk: a change that cannot be written is refused and undone, and after a failed fsync all changes are refused
//! until a restart; reads go on. A damaged file or log is refused at the start (`open`, `log`), except for damage that
//! nothing can tell: a bit of a name, a time, a password's hash or a session's digest, and the end of a log that a crash
//! may have left so. `tests/crash` tries it all.
//!
//! A damaged row of a session cannot lead to another user: no user has an ID with a changed bit, and such a file is
//! refused. Nor can it let anybody in: a changed digest belongs to no ID that was ever given out, and a changed time only
//! moves the end of its own session. A session with a damaged digest is lost, and its user logs in again; a checksum in
//! each row would find it, and would then keep everybody out for one lost login.

mod log;
mod open;
mod readers;
mod rows;
mod store;
mod transaction;
mod writer;

pub use open::OpenError;
pub use store::Sqlite;
