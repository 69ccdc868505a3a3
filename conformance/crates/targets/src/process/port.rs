//! Ports: a free one for a program, and the owner of one that is listened on.

use std::net::TcpListener;
use std::sync::LazyLock;

use super::listeners::{self, Listener};
use crate::process::process_tag::Running;

/// Returns a port that is free now. Another program may take it before ours does.
pub fn free() -> std::io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}

/// Returns whether the system lists listening sockets, which is tried with one of our own.
pub fn is_known() -> bool {
    static IS_KNOWN: LazyLock<bool> = LazyLock::new(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let address = listener.as_ref().ok().and_then(|listener| listener.local_addr().ok());
        address.is_some_and(|address| belongs_to(address.port(), &[]).is_some())
    });
    *IS_KNOWN
}

/// Returns whether one of `processes` listens on `port`; `None` where nobody does, or the system does not list
/// listening sockets.
pub fn belongs_to(port: u16, processes: &[Running]) -> Option<bool> {
    let all = listeners::all();
    let mut listeners = all.iter().filter(|listener| listener.port == port).peekable();
    listeners.peek()?;
    Some(listeners.any(|listener| is_held(listener, processes)))
}

/// Returns the lowest port on which one of `processes` listens.
pub fn of(processes: &[Running]) -> Option<u16> {
    let all = listeners::all();
    let held = all.iter().filter(|listener| is_held(listener, processes));
    held.map(|listener| listener.port).min()
}

fn is_held(listener: &Listener, processes: &[Running]) -> bool {
    processes.iter().any(|process| process.holds_socket(listener.inode))
}
