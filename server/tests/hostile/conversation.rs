//! What is said on one connection.

use std::fmt;
use std::io::{BufReader, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::answer::Answer;
use crate::corpus::{self, Act, Case, Outcome, Values};
use crate::support::PATIENCE;

/// A request that is answered on every connection that serves on.
const HONEST: &[u8] = b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// All that was said on one connection.
pub struct Conversation {
    /// The answers, in order.
    pub answers: Vec<Answer>,
    /// Whether the server then closed the connection.
    pub closed: bool,
}

impl Conversation {
    /// Plays a case, and finds out whether the server still serves on the connection.
    pub fn hold(stream: &mut TcpStream, case: &Case, values: &Values) -> Result<Self, String> {
        stream.set_write_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(stream.try_clone().map_err(|error| error.to_string())?);
        let has_body = !case.text.starts_with("HEAD ");
        let mut answers = Vec::new();
        let mut ended = false;
        for act in corpus::acts(&case.text, values) {
            match act {
                // The server may refuse, and close, before it has read everything.
                Act::Send(bytes) => drop(stream.write_all(&bytes)),
                Act::Wait => answers.extend(Answer::read(&mut reader, has_body)?),
                Act::End => {
                    ended = true;
                    let _ = stream.shutdown(Shutdown::Write);
                }
            }
        }
        let most = case.expected.iter().map(|outcome| outcome.statuses.len()).max().unwrap_or(0);
        while ended || answers.len() < most {
            match Answer::read(&mut reader, has_body)? {
                Some(answer) => answers.push(answer),
                None => return Ok(Self { answers, closed: true }),
            }
        }
        // Open still? Then what comes next is answered, once, and nothing is left of what came before.
        let _ = stream.write_all(HONEST);
        let Some(honest) = Answer::read(&mut reader, true)? else {
            return Ok(Self { answers, closed: true });
        };
        if honest.status != 200 {
            answers.push(honest);
            return Err(format!("and one more: {}", Self { answers, closed: false }));
        }
        match Answer::read(&mut reader, true)? {
            None => Ok(Self { answers, closed: false }),
            Some(_) => Err("an answer to nothing".to_owned()),
        }
    }

    /// Whether two conversations are the same but for bodies, and what differs each time.
    pub fn is_like(&self, other: &Self) -> bool {
        let comparable = |answer: &Answer| {
            let fields = answer.fields.iter().filter(|(name, _)| name != "date" && name != "set-cookie");
            (answer.status, fields.cloned().collect::<Vec<_>>())
        };
        self.closed == other.closed
            && self.answers.iter().map(comparable).eq(other.answers.iter().map(comparable))
    }

    /// Whether this is what came.
    pub fn is(&self, outcome: &Outcome) -> bool {
        let matches = |status: u16, allowed: &Vec<&str>| {
            let status = status.to_string();
            allowed.iter().any(|allowed| status == *allowed || *allowed == format!("{}xx", &status[..1]))
        };
        let mut pairs = self.answers.iter().zip(&outcome.statuses);
        self.closed == outcome.closes
            && self.answers.len() == outcome.statuses.len()
            && pairs.all(|(answer, allowed)| matches(answer.status, allowed))
            && outcome.texts.iter().all(|text| self.answers.iter().any(|answer| answer.body.contains(text)))
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in &self.answers {
            write!(f, "{} {:?} ", answer.status, answer.body)?;
        }
        f.write_str(if self.closed { "close" } else { "and it serves on" })
    }
}
