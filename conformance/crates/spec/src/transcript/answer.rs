//! The canonical form of what a step printed: typed, with the text of the transcripts as its `Display`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::field::{Cookie, Field, FieldName};
use super::shown::Shown;

/// What a step printed, in canonical form: what varies is redacted, what is tolerated is left out.
///
/// An answer to a request has a status, header fields and a body. A program, a Redis server and a step that failed
/// print lines alone: those are a body without a status. The default is a step that printed nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status, or the words that stand for it; `None` where the step sent no HTTP request.
    pub status: Option<Shown>,
    /// The header fields, in the order in which they are printed.
    pub fields: Vec<Field>,
    /// The lines of the canonical body.
    pub body: Vec<String>,
    /// What is wrong with an aspect of the answer.
    pub breaches: Vec<Breach>,
}

/// A requirement about one aspect of many answers, and how an answer breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The requirement's id.
    pub requirement: String,
    /// What is wrong.
    pub what: String,
}

/// The common refusals, by their documented bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `{"error": "Not found"}`
    NotFound,
    /// `{"error": "Unauthorized"}`
    Unauthorized,
    /// `{"error": "Forbidden"}`
    Forbidden,
}

impl Answer {
    /// Makes the output of a step that sent no HTTP request.
    pub fn text(lines: Vec<String>) -> Self {
        Self { body: lines, ..Self::default() }
    }

    /// Makes what is shown of a step that could not be carried out.
    pub fn failure(line: String) -> Self {
        Self { status: Some(Shown::Failure(line)), ..Self::default() }
    }

    /// Returns whether the step printed nothing.
    pub fn is_empty(&self) -> bool {
        self.status.is_none() && self.fields.is_empty() && self.body.is_empty() && self.breaches.is_empty()
    }

    /// Returns the status code; `None` where there is none, or words stand for it.
    pub fn code(&self) -> Option<u16> {
        self.status.as_ref().and_then(Shown::code)
    }

    /// Returns the session cookies that are set.
    pub fn cookies(&self) -> impl Iterator<Item = &Cookie> {
        self.fields.iter().filter_map(|field| match field {
            Field::Cookie(cookie) => Some(cookie),
            _ => None,
        })
    }

    /// Returns the value of a header field.
    pub fn field(&self, wanted: FieldName) -> Option<&str> {
        self.fields.iter().find_map(|field| match field {
            Field::Named(name, value) if *name == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// Returns the common refusal whose body this is, where the answer shows nothing but that body.
    pub fn refusal(&self) -> Option<Refusal> {
        let [line] = self.body.as_slice() else { return None };
        match line.as_str() {
            _ if !self.fields.is_empty() => None,
            "{\"error\": \"Not found\"}" => Some(Refusal::NotFound),
            "{\"error\": \"Unauthorized\"}" => Some(Refusal::Unauthorized),
            "{\"error\": \"Forbidden\"}" => Some(Refusal::Forbidden),
            _ => None,
        }
    }

    /// Returns the lines that a transcript shows.
    pub fn lines(&self) -> Vec<String> {
        let status = self.status.iter().flat_map(Shown::lines);
        let fields = self.fields.iter().map(ToString::to_string);
        let breaches = self.breaches.iter().map(ToString::to_string);
        status.chain(fields).chain(self.body.iter().cloned()).chain(breaches).collect()
    }
}

impl fmt::Display for Answer {
    /// Writes the lines of the transcript, without a final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl FromStr for Answer {
    type Err = Infallible;

    /// Reads the answer to a request back from its text; see [`Answer::from_lines`].
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from_lines(text.lines().collect()))
    }
}

impl Answer {
    /// Reads the answer to a request back from its lines in a transcript.
    pub fn from_lines(mut lines: Vec<&str>) -> Self {
        let breaches =
            lines.iter().rposition(|line| Breach::parse(line).is_none()).map_or(0, |last| last + 1);
        let breaches = lines.split_off(breaches).into_iter().filter_map(Breach::parse).collect();
        let (status, mut rest) = Shown::take(&lines);
        let mut fields = Vec::new();
        while let Some((field, after)) =
            rest.split_first().and_then(|(line, after)| Some((Field::parse(line)?, after)))
        {
            fields.push(field);
            rest = after;
        }
        Self { status, fields, body: rest.iter().map(|line| (*line).to_owned()).collect(), breaches }
    }
}

impl Breach {
    /// Makes a breach of a requirement.
    pub fn new(requirement: &str, what: impl Into<String>) -> Self {
        Self { requirement: requirement.to_owned(), what: what.into() }
    }

    fn parse(line: &str) -> Option<Self> {
        let (requirement, what) = line.strip_prefix("! ")?.split_once(": ")?;
        Some(Self::new(requirement, what))
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "! {}: {}", self.requirement, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::SessionIds;
    use super::super::shown::Tally;
    use super::*;

    fn read(text: &str) -> Answer {
        let answer: Answer = text.parse().expect("every text is an answer");
        assert_eq!(answer.to_string(), text);
        answer
    }

    #[test]
    fn an_answer_reads_back_as_its_parts() {
        let answer = read(
            "200 OK\nset-cookie: sid=<session 1> (not a UUID version 4); Path=/x\ncache-control: no-store\n{}\n! a.b: c",
        );
        assert_eq!(answer.code(), Some(200));
        let cookie = Cookie {
            name: "sid".to_owned(),
            value: "<session 1>".to_owned(),
            is_uuid4: false,
            path: Some("/x".to_owned()),
        };
        assert_eq!(answer.cookies().collect::<Vec<_>>(), [&cookie]);
        assert_eq!(answer.field(FieldName::CacheControl), Some("no-store"));
        assert_eq!(answer.body, ["{}"]);
        assert_eq!(answer.breaches, [Breach::new("a.b", "c")]);
        assert_eq!(read("404 Not Found\n{\"error\": \"Not found\"}").refusal(), Some(Refusal::NotFound));
        assert_eq!(read("404 Not Found\nlocation: /\n{\"error\": \"Not found\"}").refusal(), None);
    }

    #[test]
    fn words_stand_for_a_status_and_requests_at_once_are_counted() {
        for (text, shown) in [
            ("2xx", Shown::Success),
            ("not 2xx", Shown::NotSuccess),
            ("refused", Shown::Refused),
            ("below 500", Shown::BelowServerError),
            ("599 (no standard status)", Shown::Status(599)),
            ("200 Fine", Shown::Failure("200 Fine".to_owned())),
        ] {
            assert_eq!(read(text).status, Some(shown));
        }
        let answer = read(
            "1 × 2xx\n2 × not 2xx\n3 × no answer\nset-cookie: different session IDs, random in 9 of 122 bits",
        );
        let silent = Some((3, "no answer".to_owned()));
        assert_eq!(answer.status, Some(Shown::Tally(Tally { successes: 1, others: 2, silent })));
        assert_eq!(answer.fields, [Field::SessionIds(SessionIds::Partly { bits: 9 })]);
        assert!(read("").is_empty());
    }
}
