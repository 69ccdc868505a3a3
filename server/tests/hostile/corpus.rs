//! The corpus: text files in which a group is one request with a hole, and each row fills the hole and says
//! what is answered.
//!
//! ```text
//! ## The group's sentence
//! only session_auth                 where it is not for both modes
//! > GET /api/v1/users HTTP/1.1      the request: every line ends in CRLF until the empty one,
//! > Host: h                         what follows that is the body as it stands
//! > ‹›                              the hole
//! >
//! 200        ‹credentials›          the twin: nothing is refused in a group in which nothing succeeds
//! 400 close  ‹credentials›\x00      one answer, 400, and the server closes
//! ```
//!
//! An outcome is the statuses of all answers on the connection, `4xx` for any of a class, `400|413` for either,
//! then `close` where the server closes the connection and nothing where it serves on. A word in double quotes
//! stands in an answer. ` or ` separates outcomes that are both right.

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// One request, or several on one connection, and what is right to answer.
#[derive(Clone)]
pub struct Case {
    /// The file's heading.
    pub heading: &'static str,
    /// The group's sentence and the row, without what makes them long.
    pub name: String,
    /// The modes that it is for.
    pub modes: Vec<&'static str>,
    /// The outcomes that are right.
    pub expected: Vec<Outcome>,
    /// What is sent, with escapes and placeholders.
    pub text: String,
}

/// What is right to answer.
#[derive(Clone)]
pub struct Outcome {
    /// The statuses of the answers: for each, those allowed.
    pub statuses: Vec<Vec<&'static str>>,
    /// Texts that stand in an answer.
    pub texts: Vec<&'static str>,
    /// Whether the server closes the connection then.
    pub closes: bool,
}

/// What a client does.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits for an answer: `‹wait›`.
    Wait,
    /// Closes its side: `‹end›`.
    End,
}

/// What fills the placeholders.
pub struct Values {
    /// `‹credentials›`: a header line that the mode accepts.
    pub credentials: String,
    /// `‹session›`: the ID of a live session.
    pub session: String,
    /// `‹new›`: an address of ten bytes that no user has.
    pub new: String,
}

/// Reads one file. Panics where it breaks the rules above.
pub fn read(file: &'static str) -> Vec<Case> {
    let heading = file.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a heading");
    let heading = heading.split(':').next().expect("a part");
    file.split("\n## ").skip(1).flat_map(|group| read_group(heading, group)).collect()
}

fn read_group(heading: &'static str, group: &'static str) -> Vec<Case> {
    let (sentence, lines) = group.split_once('\n').expect("rows");
    let mut modes = vec!["session_auth", "basic_auth"];
    let (mut template, mut in_body) = (String::new(), false);
    let mut cases = Vec::new();
    for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(mode) = line.strip_prefix("only ") {
            modes = vec![mode];
        } else if let Some(line) = line.strip_prefix('>') {
            let line = line.strip_prefix(' ').unwrap_or(line);
            template.push_str(line);
            if !in_body {
                template.push_str("\\r\\n");
            }
            in_body |= line.is_empty();
        } else {
            let (expected, row) = line.split_once("  ").unwrap_or((line, ""));
            let row = row.trim_start();
            let template = if template.is_empty() { "‹›" } else { &template };
            assert!(template.contains("‹›"), "no hole: {sentence}");
            cases.push(Case {
                heading,
                name: format!("{sentence}: {}", shortened(row)),
                modes: modes.clone(),
                expected: expected.split(" or ").map(Outcome::read).collect(),
                text: template.replace("‹›", row),
            });
        }
    }
    let succeeds = |case: &Case| case.expected.iter().any(Outcome::succeeds);
    assert!(cases.iter().any(succeeds), "nothing succeeds: {sentence}");
    cases
}

impl Case {
    /// Whether several answers are right: the server's must still be one.
    pub fn is_open(&self) -> bool {
        let statuses = &self.expected[0].statuses;
        self.expected.len() > 1
            || statuses.iter().any(|allowed| allowed.len() > 1 || allowed[0].ends_with('x'))
    }
}

impl Outcome {
    fn read(text: &'static str) -> Self {
        let mut outcome = Self { statuses: Vec::new(), texts: Vec::new(), closes: false };
        // Odd parts stand in quotes.
        for (index, part) in text.split('"').enumerate() {
            if index % 2 == 1 {
                outcome.texts.push(part);
                continue;
            }
            for word in part.split_whitespace() {
                assert!(!outcome.closes, "nothing comes after close: {text}");
                match word {
                    "close" => outcome.closes = true,
                    _ => outcome.statuses.push(word.split('|').inspect(|status| check(status)).collect()),
                }
            }
        }
        outcome
    }

    fn succeeds(&self) -> bool {
        self.statuses.iter().flatten().any(|status| status.starts_with('2'))
    }
}

fn check(status: &str) {
    assert!(status.len() == 3 && status.starts_with(|digit| "1245".contains(digit)), "a status? {status}");
    assert!(!status.starts_with('5') || status == "501", "{status} is right nowhere");
}

/// A name for people: repetitions and bodies make rows long.
fn shortened(row: &str) -> String {
    let short: String = row.chars().take(70).collect();
    if short.len() < row.len() { format!("{short}…") } else { short }
}

/// What a client does to send `text`.
pub fn acts(text: &str, values: &Values) -> Vec<Act> {
    let whole = expand(&text.replace("‹wait›", "").replace("‹end›", ""), values, 0);
    let body = whole.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |end| whole.len() - end - 4);
    let mut acts = Vec::new();
    for (index, sent) in text.split("‹end›").enumerate() {
        acts.extend((index > 0).then_some(Act::End));
        for (index, sent) in sent.split("‹wait›").enumerate() {
            acts.extend((index > 0).then_some(Act::Wait));
            acts.push(Act::Send(expand(sent, values, body)));
        }
    }
    acts
}

/// Fills placeholders and undoes escapes; `‹length›` is the number of bytes after the first head.
fn expand(text: &str, values: &Values, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('‹') {
        let (placeholder, after) = after.split_once('›').expect("a closed placeholder");
        bytes.extend(unescape(before));
        bytes.extend(match placeholder {
            "credentials" => values.credentials.clone().into_bytes(),
            "session" => values.session.clone().into_bytes(),
            "SESSION" => values.session.to_uppercase().into_bytes(),
            "new" => values.new.clone().into_bytes(),
            "length" => length.to_string().into_bytes(),
            _ => match placeholder.strip_prefix("base64 ") {
                Some(text) => BASE64_STANDARD.encode(unescape(text)).into_bytes(),
                None => {
                    let (text, times) = placeholder.split_once(" × ").expect(placeholder);
                    unescape(text).repeat(times.parse().expect(placeholder))
                }
            },
        });
        rest = after;
    }
    bytes.extend(unescape(rest));
    bytes
}

/// Undoes `\r`, `\n`, `\t`, `\\` and `\xHH`.
fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    while let Some(part) = parts.next() {
        let (byte, letters) = match part.as_bytes().first() {
            Some(b'r') => (b'\r', 1),
            Some(b'n') => (b'\n', 1),
            Some(b't') => (b'\t', 1),
            Some(b'x') => (u8::from_str_radix(&part[1..3], 16).expect("two digits"), 3),
            Some(_) => panic!("what is \\{part}?"),
            // Two backslashes: what follows the second stands as it is.
            None => {
                bytes.push(b'\\');
                bytes.extend(parts.next().expect("a letter after a backslash").as_bytes());
                continue;
            }
        };
        bytes.push(byte);
        bytes.extend(&part.as_bytes()[letters..]);
    }
    bytes
}
