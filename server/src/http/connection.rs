//! One connection: HTTP/1 within limits, closed without dropping a request that has begun.

use std::future::{Future as _, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::framing::{RequestBody, Rest, check_head};
use super::limits::{BODY_TIME, HEAD_BYTES, LINGER_BYTES, LINGER_TIME};
use super::respond::Respond;
use super::timeouts::{Deadline, TimedStream};

/// Serves one connection from `address` to its end.
pub async fn serve_connection<R: Respond>(
    stream: TcpStream,
    address: IpAddr,
    app: Weak<R>,
    deadline: Arc<Deadline>,
) {
    // An answer is one write: waiting for more would delay it. Failing to say so does no harm.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, address, &app, &deadline));
    let mut http = http1::Builder::new();
    http.title_case_headers(true)
        // A client may close its side and still read: it must neither miss its answer nor cancel the handler.
        .half_close(true)
        .auto_date_header(true)
        // The deadline does it.
        .header_read_timeout(None)
        // HEADER_FIELDS is hyper's own number. To set it would have two arrays of that size cleared per request.
        .max_header_size(HEAD_BYTES)
        .max_buf_size(HEAD_BYTES);
    let io = TokioIo::new(TimedStream { stream, deadline: &deadline });
    let mut connection = pin!(http.serve_connection(io, service));
    let (mut closing, mut known_waker) = (false, None);
    poll_fn(|context| {
        if !closing && deadline.poll_close(context, &mut known_waker) {
            closing = true;
            connection.as_mut().graceful_shutdown();
        }
        // An error here is the client's: it broke the protocol, or left.
        connection.as_mut().poll(context).map(|_| ())
    })
    .await;
}

async fn answer<R: Respond>(
    request: Request<Incoming>,
    address: IpAddr,
    app: &Weak<R>,
    deadline: &Arc<Deadline>,
) -> io::Result<Response<Full<Bytes>>> {
    deadline.request_begins();
    let (head, incoming) = request.into_parts();
    let mut body = RequestBody::new(incoming);
    let app = app.upgrade().ok_or_else(|| io::Error::other("the app is gone"))?;
    let mut response = match check_head(&head, &body) {
        // By reference, as a head has some 250 bytes, which every future on its way would move.
        Ok(()) => app.respond(&head, &mut body, address).await,
        Err(refusal) => {
            body.refuse();
            app.refuse(&head, refusal)
        }
    };
    match body.rest(&head.headers) {
        Rest::Nothing => {}
        Rest::Short(rest) => {
            let deadline = Arc::clone(deadline);
            tokio::spawn(async move {
                discard(rest, BODY_TIME).await;
                deadline.body_ends();
            });
        }
        Rest::Long(rest) => {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            if let Some(rest) = rest {
                tokio::spawn(discard(rest, LINGER_TIME));
            }
        }
    }
    deadline.request_ends();
    Ok(response.map(Full::new))
}

/// Reads a body that nobody wants, while the client reads its answer. A connection that is closed with bytes unread is
/// reset, and the answer may be lost with it. hyper closes the connection if this gives up.
async fn discard(body: Incoming, time: Duration) {
    let mut body = Limited::new(body, LINGER_BYTES);
    let discarded = async { while let Some(Ok(_)) = body.frame().await {} };
    // The client has its answer, whether or not it sends the rest.
    let _ = tokio::time::timeout(time, discarded).await;
}
