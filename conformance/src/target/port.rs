//! Ports: a free one for a program, and whose a listening one is.

use std::net::TcpListener;
use std::sync::LazyLock;

use super::marker::Running;

/// The state of a listening socket in the kernel's tables.
const LISTENING: &str = "0A";

/// Finds a port that is free now; another program may take it before ours does.
pub fn free() -> std::io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}

/// Tells whether the system says who listens: it does where it knows of a listener of our own.
pub fn is_told() -> bool {
    static IS_TOLD: LazyLock<bool> = LazyLock::new(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let address = listener.as_ref().ok().and_then(|listener| listener.local_addr().ok());
        address.is_some_and(|address| belongs_to(address.port(), &[]).is_some())
    });
    *IS_TOLD
}

/// Lists the ports with their sockets' inodes on which somebody listens; nothing where the system does not tell.
fn listening() -> Vec<(u16, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    let text: String = tables.into_iter().flatten().collect();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        let inode = (*fields.get(9)?).to_owned();
        (fields[3] == LISTENING).then_some((u16::from_str_radix(port, 16).ok()?, inode))
    };
    text.lines().filter_map(row).collect()
}

/// Tells whether one of `processes` listens on `port`; `None` where nobody does, or the system does not tell.
pub fn belongs_to(port: u16, processes: &[Running]) -> Option<bool> {
    let listeners: Vec<(u16, String)> = listening().into_iter().filter(|(taken, _)| *taken == port).collect();
    if listeners.is_empty() {
        return None;
    }
    Some(listeners.iter().any(|(_, inode)| processes.iter().any(|process| process.holds_socket(inode))))
}

/// Gives the lowest port on which one of `processes` listens.
pub fn of(processes: &[Running]) -> Option<u16> {
    let held = |inode: &str| processes.iter().any(|process| process.holds_socket(inode));
    listening().into_iter().filter(|(_, inode)| held(inode)).map(|(port, _)| port).min()
}
