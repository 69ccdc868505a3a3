//! An exchange: one HTTP request with its answer as recorded.

use std::time::Duration;

use crate::http::Request;

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was sent, with every variable filled in.
    pub request: Request,
    /// What came back, or why nothing did.
    pub answer: Result<Answer, NoAnswer>,
}

/// An HTTP response as received; nothing in it is decoded or repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields in the order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The content, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// Iterates over the values of the header field `name` (in lower case).
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Finds the value that the answer sets for the cookie `name`.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.header("set-cookie").find_map(|line| {
            let pair = line.split(';').next()?;
            let (key, value) = pair.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    }

    /// Tells whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body as JSON; `None` where it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Says why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Nobody listens.
    #[error("no answer: the connection was refused")]
    Refused,
    /// There is no way to connect: no such host, for one.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The connection ended before a whole answer had arrived.
    #[error("no answer: the connection was closed before a whole answer had arrived")]
    Closed,
    /// What arrived is not HTTP.
    #[error("no answer: what came back is not HTTP")]
    Garbage,
    /// Nothing, or not everything, arrived in time.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The answer is larger than any answer of this API can be.
    #[error("no answer that ends: more than {0} bytes arrived")]
    TooLarge(usize),
    /// The request cannot be written as HTTP at all.
    #[error("the request could not be sent: {0}")]
    Unsendable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(set_cookie: &str) -> Answer {
        Answer { status: 200, headers: vec![("set-cookie".into(), set_cookie.into())], body: Vec::new() }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        assert_eq!(answer("_my_session_id=abc; Path=/").cookie("_my_session_id"), Some("abc"));
        assert_eq!(answer("x_my_session_id=abc; Path=/").cookie("_my_session_id"), None);
        assert_eq!(answer("_my_session_id").cookie("_my_session_id"), None);
    }
}
