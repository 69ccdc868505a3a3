//! The documents' Redis client, as Node connects it.

use std::time::Duration;

use super::{Address, Connection, NoReply, Reply};

/// The reason why a program could not be run: the suite itself has no connection, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no connection: {0}")]
pub struct NotRun(pub String);

/// A client that the server turned away.
pub struct NotConnected {
    /// What the program prints.
    pub line: String,
    /// Whether nobody listens.
    pub is_refused: bool,
}

/// Connects, and returns the connection with the line that says so.
///
/// A server that accepts a connection may still turn the client away, so that a connection counts when a first command
/// has been answered.
pub async fn connected(
    address: &Address,
    timeout: Duration,
) -> Result<Result<(Connection, String), NotConnected>, NotRun> {
    let connecting = async {
        let mut connection = Connection::open(address, timeout).await?;
        let reply = connection.ask(&["SELECT", "0"]).await?;
        Ok((connection, reply))
    };
    let (why, is_refused) = match connecting.await {
        Ok((_, Reply::Error(why))) => (why, false),
        Ok((connection, _)) => {
            return Ok(Ok((connection, "Redis client connected to the server".to_owned())));
        }
        Err(NoReply::NoConnection(why)) => return Err(NotRun(why)),
        Err(NoReply::Refused) => ("connect ECONNREFUSED <address>".to_owned(), true),
        Err(why) => (why.to_string(), false),
    };
    let line = format!(
        "Redis client not connected to the server: Error: Redis connection to <address> failed - {why}"
    );
    Ok(Err(NotConnected { line, is_refused }))
}
