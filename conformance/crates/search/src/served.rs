//! What a server in this process reads and writes: hyper's request as ours, our answer as hyper's.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use spec::http::Answer;
use spec::http::Request;

/// Reads a request whole; a body that breaks off counts as empty.
pub async fn read(request: hyper::Request<Incoming>) -> Request {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Request {
        method: head.method.as_str().to_owned(),
        url: head.uri.path_and_query().map(|path| format!("http://model{path}")).unwrap_or_default(),
        // The absolute form names the host before the path.
        target: head.uri.authority().map(|_| head.uri.to_string()),
        path_as_is: true,
        headers: headers.collect(),
        body: Some(body),
    }
}

/// Writes an answer as it is.
///
/// # Panics
///
/// When its status or a field is none in HTTP: whoever serves here makes answers that are.
pub fn write(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(answer.body)).expect("answers of a server in this process are HTTP")
}
