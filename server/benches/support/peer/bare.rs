//! Bare hyper: what HTTP itself costs.

use std::convert::Infallible;
use std::future::Future;

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, SERVER};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Answers every request with so many bytes, behind a head like ours to the byte: what a client reads of both is of the
/// same size.
pub async fn serve(listener: TcpListener, bytes: usize) {
    let body = Bytes::from(vec![b'x'; bytes]);
    serve_with(listener, move |_| {
        let mut response = Response::new(Full::new(body.clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(SERVER, HeaderValue::from_static("session-server"));
        std::future::ready(response)
    })
    .await;
}

/// Answers every request with what `answer` makes of it.
pub async fn serve_with<F>(
    listener: TcpListener,
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
) where
    F: Future<Output = Response<Full<Bytes>>> + Send,
{
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let response = answer(request);
                async move { Ok::<_, Infallible>(response.await) }
            });
            // The load ends by closing its connections.
            let mut http = http1::Builder::new();
            http.title_case_headers(true);
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
