//! One connection: HTTP/1 within limits, and an end without dropping what was begun.

use std::future::{Future as _, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::app::any_origin;
use crate::limits::HEAD_BYTES;
use crate::observe::Observer;
use crate::reply::Reply;
use crate::serve::Respond;
use crate::watch::{Watch, Watched};
use crate::wire;

/// Who a connection is with, and who observes its requests.
pub struct Client {
    /// Where it comes from.
    pub address: IpAddr,
    /// Who is told of each request.
    pub observer: Option<Arc<Observer>>,
}

/// Serves one connection to its end.
pub async fn converse<R: Respond>(stream: TcpStream, client: Client, app: Weak<R>, watch: Arc<Watch>) {
    // An answer is one write: waiting for more would delay it. Failing to say so does no harm.
    let _ = stream.set_nodelay(true);
    let _open = client.observer.as_ref().map(|observer| observer.connection_opens());
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
        .max_buf_size(HEAD_BYTES);
    let io = TokioIo::new(Watched { stream, watch: &watch });
    let mut connection = pin!(http.serve_connection(io, service));
    let (mut finishing, mut known_waker) = (false, None);
    poll_fn(|context| {
        if !finishing && watch.is_told_to_finish(context, &mut known_waker) {
            finishing = true;
            connection.as_mut().graceful_shutdown();
        }
        // An error here is the client's: it broke the protocol, or left.
        connection.as_mut().poll(context).map(|_| ())
    })
    .await;
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
    let (head, body) = request.into_parts();
    let response = match wire::receive(&head, body).await {
        Ok(body) => {
            let app = app.upgrade().ok_or_else(|| io::Error::other("the app is gone"))?;
            // By reference, as a head has some 250 bytes, which every future on its way would move.
            app.respond(&Request::from_parts(head, body), client.address).await
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
