//! JSON paths: which value of an answer a capture keeps.

use std::fmt;

/// A path into a JSON value, as in jq: `.id`, `.[0].id`, `.users`, `.a[1]`. It has at least one step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonPath {
    steps: Vec<PathStep>,
}

/// One step down into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// Into an object's member.
    Key(String),
    /// Into an array's element, counted from 0.
    Index(usize),
}

/// Says why a text is no JSON path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadPath {
    /// What is wrong, as a fragment.
    pub what: &'static str,
    /// Where, in bytes of the path's text.
    pub at: usize,
}

impl JsonPath {
    /// Makes a path of steps; `None` of no steps, or of a key that a path cannot name.
    pub fn new(steps: Vec<PathStep>) -> Option<Self> {
        let fits = |step: &PathStep| match step {
            PathStep::Key(key) => !key.is_empty() && key.chars().all(is_key_letter),
            PathStep::Index(_) => true,
        };
        (!steps.is_empty() && steps.iter().all(fits)).then_some(Self { steps })
    }

    /// Reads a path.
    ///
    /// # Errors
    ///
    /// When the text is not `.key` and `[index]` parts, the first of which starts with a dot.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let mut steps = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if let Some(inner) = rest.strip_prefix(".[").or_else(|| rest.strip_prefix('[').filter(|_| at > 0))
            {
                let start = text.len() - inner.len();
                let end = inner.find(']').ok_or(BadPath { what: "a `[` is not closed", at })?;
                let index =
                    inner[..end].parse().ok().filter(|_| inner[..end].bytes().all(|b| b.is_ascii_digit()));
                let wrong = BadPath { what: "between `[` and `]` stands no element's number", at: start };
                steps.push(PathStep::Index(index.ok_or(wrong)?));
                at = start + end + 1;
            } else if let Some(inner) = rest.strip_prefix('.') {
                let end = inner.find(|letter| !is_key_letter(letter)).unwrap_or(inner.len());
                if end == 0 {
                    return Err(BadPath { what: "after a dot stands no key", at: at + 1 });
                }
                steps.push(PathStep::Key(inner[..end].to_owned()));
                at += 1 + end;
            } else {
                let what = if at == 0 { "a path starts with a dot" } else { "here a `.` or a `[` goes on" };
                return Err(BadPath { what, at });
            }
        }
        if steps.is_empty() {
            return Err(BadPath { what: "the path is empty", at: 0 });
        }
        Ok(Self { steps })
    }

    /// Lists the steps down from the whole value.
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                PathStep::Key(key) => write!(f, ".{key}")?,
                PathStep::Index(index) => write!(f, ".[{index}]")?,
            }
        }
        Ok(())
    }
}

fn is_key_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_what_it_printed() {
        for text in [".id", ".[0].id", ".users", ".a.[1].b.[20]"] {
            assert_eq!(JsonPath::parse(text).expect("it is a path").to_string(), text);
        }
        assert_eq!(JsonPath::parse(".a[1]"), JsonPath::parse(".a.[1]"));
    }

    #[test]
    fn what_is_no_path_is_told_where() {
        let told =
            |text| JsonPath::parse(text).map_err(|bad| format!("{}: {}", bad.at, bad.what)).unwrap_err();
        assert_eq!(told(""), "0: the path is empty");
        assert_eq!(told("."), "1: after a dot stands no key");
        assert_eq!(told("id"), "0: a path starts with a dot");
        assert_eq!(told("[0]"), "0: a path starts with a dot");
        assert_eq!(told(".[0"), "0: a `[` is not closed");
        assert_eq!(told(".a[+1]"), "3: between `[` and `]` stands no element's number");
        assert_eq!(told(".a-b"), "2: here a `.` or a `[` goes on");
    }

    #[test]
    fn a_path_that_could_not_be_written_is_not_made() {
        assert_eq!(JsonPath::new(vec![]), None);
        assert_eq!(JsonPath::new(vec![PathStep::Key("a b".into())]), None);
        assert!(JsonPath::new(vec![PathStep::Index(3)]).is_some());
    }
}
