//! The HTTP client, set up as curl is: one connection a request, no redirects, no proxy, no cookie jar.
//!
//! It is hyper's own client on a bare connection: reqwest's URL type repairs a path (dot segments, `%2e`)
//! before it is sent, and what `--path-as-is` and `--request-target` are for is sending it unrepaired.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use spec::http::Request;
use spec::http::{Answer, Exchange, NoAnswer};

/// How long a request may usually take, connection included, before it counts as unanswered.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// No answer of this API comes near this size.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Sends one request on a connection of its own, waits at most `timeout`, and records the exchange.
pub async fn send(request: Request, timeout: Duration) -> Exchange {
    let answer = match tokio::time::timeout(timeout, attempt(&request)).await {
        Ok(answer) => answer,
        Err(_) => Err(NoAnswer::TimedOut(timeout)),
    };
    Exchange { request, answer }
}

async fn attempt(request: &Request) -> Result<Answer, NoAnswer> {
    let (authority, message) = write(request)?;
    let stream = TcpStream::connect(&authority).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => NoAnswer::Refused,
        _ => NoAnswer::NoConnection(error.to_string()),
    })?;
    // A connection that is simply closed keeps its port for a minute, and a long run has ten thousands of them: to
    // find a free one would take more time than all else. Once the answer is there, it may as well be reset.
    let _ = stream.set_zero_linger();
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| diagnose(&error))?;
    // Sender and connection are two halves of one exchange. What has arrived when the connection ends is still read.
    match select(pin!(exchange(sender, message)), pin!(connection.without_shutdown())).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, exchange)) => exchange.await,
    }
}

async fn exchange(
    mut sender: SendRequest<Full<Bytes>>,
    message: http::Request<Full<Bytes>>,
) -> Result<Answer, NoAnswer> {
    let response = sender.send_request(message).await.map_err(|error| diagnose(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|error| {
        match error.downcast_ref::<hyper::Error>() {
            Some(error) => diagnose(error),
            None => NoAnswer::TooLarge(LARGEST_ANSWER),
        }
    })?;
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_bytes().to_vec(),
    })
}

/// Splits the URL into the address to connect to and the message to send there.
fn write(request: &Request) -> Result<(String, http::Request<Full<Bytes>>), NoAnswer> {
    let unsendable = |why: &dyn std::fmt::Display| NoAnswer::Unsendable(why.to_string());
    let rest = request.url.strip_prefix("http://").ok_or_else(|| unsendable(&"the URL is not http://"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.split('#').next().unwrap_or_default();
    let target = match &request.target {
        Some(target) => target.clone(),
        None if path.starts_with('/') => path.to_owned(),
        None => format!("/{path}"),
    };
    let mut builder = http::Request::builder().method(request.method.as_str()).uri(target.as_bytes());
    if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        builder = builder.header("Host", authority);
    }
    for (name, value) in &request.headers {
        builder = builder.header(name.as_str(), value.as_bytes());
    }
    let body = Full::new(Bytes::from(request.body.clone().unwrap_or_default()));
    let message = builder.body(body).map_err(|error| unsendable(&error))?;
    let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    Ok((address, message))
}

fn diagnose(error: &hyper::Error) -> NoAnswer {
    if error.is_parse() { NoAnswer::Garbage } else { NoAnswer::Closed }
}
