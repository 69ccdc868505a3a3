//! Listening, accepting within limits, and stopping without dropping what was begun.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{self, AbortHandle, JoinSet};
use tokio::time::{self, MissedTickBehavior};
use tracing::error;

use super::connection::serve_connection;
use super::limits::{ACCEPT_BACKOFF, BACKLOG, CONNECTIONS, DRAIN_TIME, LINGER_TIME, OTHER_FILES, REFUSALS};
use super::respond::Respond;
use super::timeouts::{CoarseClock, Deadline};

/// Listens on `port` of the first address of `host`.
pub async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let not_found = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let address: SocketAddr = tokio::net::lookup_host((host, port)).await?.next().ok_or_else(not_found)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait until the system has forgotten the connections of the last run.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` is ready; then accepts no more connections, and returns when the requests in flight are
/// answered, or after [`DRAIN_TIME`].
///
/// Connections hold the app only while they answer a request: to drop this future and the app closes the store of the app,
/// as `kill -9` would.
///
/// # Errors
///
/// None at present: it waits until connections can be accepted again.
pub async fn serve<R: Respond>(
    listener: TcpListener,
    app: Arc<R>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // Owned here, so that no connection outlives this future; bounded by CONNECTIONS.
    let mut connections = JoinSet::new();
    // Looked at every second.
    let mut open: HashMap<task::Id, (AbortHandle, Arc<Deadline>)> = HashMap::new();
    // Likewise; bounded by REFUSALS.
    let mut refusals = JoinSet::new();
    let room = room();
    let clock = Arc::<CoarseClock>::default();
    let mut second = time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    let mut accepting = true;
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(ended) = connections.join_next_with_id() => {
                open.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            Some(_) = refusals.join_next() => {}
            _ = second.tick() => {
                clock.tick();
                let overdue = open.values().filter(|(_, deadline)| deadline.has_passed());
                overdue.for_each(|(handle, _)| handle.abort());
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() >= room => {
                    if refusals.len() < REFUSALS {
                        refusals.spawn(refuse(stream));
                    }
                }
                Ok((stream, peer)) => {
                    accepting = true;
                    let deadline = Arc::new(Deadline::new(Arc::clone(&clock)));
                    let guard = app.connection_opens();
                    let connection =
                        serve_connection(stream, peer.ip(), Arc::downgrade(&app), Arc::clone(&deadline));
                    let handle = connections.spawn(async move {
                        let _guard = guard;
                        connection.await;
                    });
                    open.insert(handle.id(), (handle, deadline));
                }
                Err(error) => {
                    // Most likely there are no file descriptors left: to try again at once would waste the processor.
                    if std::mem::take(&mut accepting) {
                        error!("failed to accept a connection: {error}");
                    }
                    time::sleep(ACCEPT_BACKOFF).await;
                }
            },
        }
    }
    drop(listener);
    open.values().for_each(|(_, deadline)| deadline.close());
    let drained = async { while connections.join_next().await.is_some() {} };
    // Connections that are still open after that end with `connections`.
    let _ = time::timeout(DRAIN_TIME, drained).await;
    Ok(())
}

/// Returns how many connections may be open at once. Some files are left for the rest of the server.
fn room() -> usize {
    // If the system does not tell, an accept that fails will.
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(now, _)| now);
    let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    room.clamp(1, CONNECTIONS)
}

/// Answers any request with 503, as there are too many connections.
async fn refuse(mut stream: TcpStream) {
    const BODY: &str = "{\n  \"error\": \"Too many connections\"\n}\n";
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\
         Retry-After: 1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // If it were closed with the request unread, the connection would be reset, and the answer lost with it.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // The client is refused, whether or not it has left.
    let _ = time::timeout(LINGER_TIME, told).await;
}
