//! The servers that ours is measured beside, each on the kind of runtime that ours has.

mod bare;
mod framework;
mod log;
mod rows;

use std::fmt;
use std::io::Write as _;

use tokio::net::TcpListener;

/// The environment variable by which this program is told to be a peer.
pub const VARIABLE: &str = "BENCH_PEER";

/// A server to measure ours beside. It shows itself as the words that [`become_one`] reads.
#[derive(Clone, Copy)]
pub enum Peer {
    /// hyper that answers every request with so many bytes.
    Bare(usize),
    /// hyper that appends one line to a file per request, and answers when it is on disk.
    Log,
    /// axum with tower-sessions and their memory store, and so many users.
    Memory(usize),
    /// axum with tower-sessions and sessions in SQLite.
    Rows,
    /// axum with so many users who send their passwords.
    Basic(usize),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare(bytes) => write!(f, "bare {bytes}"),
            Self::Log => f.write_str("log 0"),
            Self::Memory(users) => write!(f, "memory {users}"),
            Self::Rows => f.write_str("rows 1"),
            Self::Basic(users) => write!(f, "basic {users}"),
        }
    }
}

/// Where this program was started as a peer, serves and never returns.
pub fn become_one() {
    let Ok(words) = std::env::var(VARIABLE) else { return };
    let (peer, number) = words.split_once(' ').expect("two words");
    let number = number.parse().expect("a number");
    // As `#[tokio::main]` of our own binary makes it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let line = server::cli::running_on(listener.local_addr().expect("an address"));
        // Whoever connects from here on waits until it serves.
        let mut out = std::io::stdout();
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("a reader");
        match peer {
            "bare" => bare::serve(listener, number).await,
            "log" => log::serve(listener).await,
            _ => framework::serve(listener, peer, number).await,
        }
    });
}
