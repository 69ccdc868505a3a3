//! Listening, accepting, speaking HTTP/1 within limits, and stopping without dropping what was begun.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use nix::sys::resource::{Resource, getrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time;
use tracing::error;

use crate::app::any_origin;
use crate::limits::{
    ACCEPT_BACKOFF, BACKLOG, CONNECTIONS, DRAIN_TIME, HEAD_BYTES, OTHER_FILES, REFUSAL_TIME, REFUSALS,
};
use crate::observe::Observer;
use crate::reply::Reply;
use crate::watch::{Watch, Watched};
use crate::wire;

/// How often a connection is asked whether it is overdue; the precision of its time limits.
const TICK: Duration = Duration::from_secs(1);

/// Answers requests.
pub trait Respond: Send + Sync + 'static {
    /// The answer to one request, which came from `address`.
    fn respond(
        &self,
        request: Request<Bytes>,
        address: IpAddr,
    ) -> impl Future<Output = Response<Bytes>> + Send;

    /// Who watches the requests, if anybody does.
    fn observer(&self) -> Option<Arc<Observer>> {
        None
    }
}

/// Listens on `port` of the first address that `host` names.
pub async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let not_found = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let address: SocketAddr = tokio::net::lookup_host((host, port)).await?.next().ok_or_else(not_found)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for connections of the last run to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` is ready; then takes no more connections, and returns when the requests in flight
/// are answered, or after [`DRAIN_TIME`].
///
/// Connections hold the app only while a request is answered: whoever drops this future and the app has
/// closed the app's store, as `kill -9` would.
///
/// # Errors
///
/// None at present: a connection that cannot be accepted is waited for.
pub async fn serve<R: Respond>(
    listener: TcpListener,
    app: Arc<R>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // Dropping `stop` tells every connection to finish.
    let (stop, stopped) = watch::channel(());
    // Owned here, so that no connection outlives this future; bounded by CONNECTIONS.
    let mut connections = JoinSet::new();
    // Likewise; bounded by REFUSALS.
    let mut refusals = JoinSet::new();
    let room = room();
    let mut shutdown = pin!(shutdown);
    let observer = app.observer();
    let mut accepting = true;
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            Some(_) = refusals.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() >= room => {
                    if refusals.len() < REFUSALS {
                        refusals.spawn(refuse(stream));
                    }
                }
                Ok((stream, peer)) => {
                    accepting = true;
                    let client = Client { address: peer.ip(), observer: observer.clone() };
                    connections.spawn(converse(stream, client, Arc::downgrade(&app), stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only burn the
                    // processor.
                    if std::mem::take(&mut accepting) {
                        error!("failed to accept a connection: {error}");
                    }
                    time::sleep(ACCEPT_BACKOFF).await;
                }
            },
        }
    }
    drop(listener);
    drop(stop);
    let drained = async { while connections.join_next().await.is_some() {} };
    // What is still open after that has had its chance; it ends with `connections`.
    let _ = time::timeout(DRAIN_TIME, drained).await;
    Ok(())
}

/// How many connections may be open at once: some files are left for the rest of the server.
fn room() -> usize {
    // Where the system does not say, it is found out by accepting.
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(now, _)| now);
    let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    room.clamp(1, CONNECTIONS)
}

/// Tells a client that there is no room for it, whatever it wants.
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
        // Closed with its request unread, the connection would be reset, and the answer lost with it.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // A client that has left, or does not, is refused all the same.
    let _ = time::timeout(REFUSAL_TIME, told).await;
}

/// Who a connection is with, and who watches it.
struct Client {
    address: IpAddr,
    observer: Option<Arc<Observer>>,
}

/// Serves one connection to its end.
async fn converse<R: Respond>(
    stream: TcpStream,
    client: Client,
    app: Weak<R>,
    mut stopped: watch::Receiver<()>,
) {
    // An answer is one write: waiting for more would delay it. Failing to say so does no harm.
    let _ = stream.set_nodelay(true);
    let _open = client.observer.as_ref().map(|observer| observer.connection_opens());
    let watch = Watch::new();
    let service = service_fn(|request| answer(request, &client, &app, &watch));
    let mut http = http1::Builder::new();
    http.title_case_headers(true)
        // A client may close its side and still read: it must neither miss its answer nor cancel the handler.
        .half_close(true)
        .auto_date_header(true)
        // The watch does it.
        .header_read_timeout(None)
        // HEADER_FIELDS is hyper's own number. To set it would have two arrays of that size cleared per request.
        .max_header_size(HEAD_BYTES)
        .max_buf_size(2 * HEAD_BYTES);
    let io = TokioIo::new(Watched { stream, watch: &watch });
    let mut connection = pin!(http.serve_connection(io, service));
    let mut tick = pin!(time::sleep(TICK));
    let mut stopping = false;
    loop {
        tokio::select! {
            // The connection first: it is what nearly every wake is for. That the other two are asked as well
            // costs a lock of `stopped`, one of eight that all connections share, and no allocation.
            biased;
            // An error here is the client's: it broke the protocol, or left.
            _ = connection.as_mut() => return,
            _ = stopped.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tick.as_mut() => {
                if watch.is_overdue() {
                    return;
                }
                tick.as_mut().reset(time::Instant::now() + TICK);
            }
        }
    }
}

async fn answer<R: Respond>(
    request: Request<Incoming>,
    client: &Client,
    app: &Weak<R>,
    watch: &Watch,
) -> io::Result<Response<Full<Bytes>>> {
    watch.request_begins();
    let observation = client.observer.as_ref().and_then(|observer| observer.request_begins(&request));
    let any_origin = any_origin(request.uri().path());
    let response = match wire::receive(request).await {
        Ok(request) => {
            let app = app.upgrade().ok_or_else(|| io::Error::other("the app is gone"))?;
            app.respond(request, client.address).await
        }
        Err(refusal) => {
            let close = HeaderValue::from_static("close");
            Reply::from(refusal).with_header(CONNECTION, close).into_response(any_origin)
        }
    };
    if let Some(observation) = observation {
        observation.ends(response.status());
    }
    watch.answer_is_made();
    Ok(response.map(Full::new))
}
