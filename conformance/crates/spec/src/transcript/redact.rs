//! What varies from run to run in a text that an implementation wrote: times, ids, ports, folders.
//!
//! Two runs with the same results make the same reports, whatever a program printed and answered meanwhile. What
//! is known of a run beforehand is looked for as it is ([`Redactions`]), the rest is told by its look ([`redact`]). A
//! time is replaced by its form, an id by a name, so that it is still seen that there was one, and which.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The first port that systems give to who asks for any; one below was somebody's choice, and says something.
const FIRST_FREE: u16 = 32_768;

/// What stands for the parts of a time.
const DATE: &str = "YYYY-MM-DD";
const TIME: &str = "HH:MM:SS";

/// The looks, by name; of those that fit at a place the first counts.
const LOOKS: [(&str, &str); 14] = [
    ("uuid", r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    ("hex", r"\b[0-9a-f]{24,}\b"),
    ("stand_in", r"\b[a-z0-9]{6,}@x\.io\b"),
    // 2026-11-21T11:33:43.123456, 2026/11/21 11:33:43
    ("date_time", r"\b\d{4}[-/]\d\d[-/]\d\d(?<between>[T ])\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"),
    // Sat, 21 Nov 2026 11:33:43
    ("http_date", r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d"),
    // Sat Nov 21 11:33:43 2026
    ("c_time", r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d \d{4}"),
    // 21/Nov/2026 11:33:43
    ("log_time", r"\b\d\d/[A-Z][a-z][a-z]/\d{4}(?<colon>[: ])\d\d:\d\d:\d\d"),
    ("time", r"\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b"),
    // Seconds or milliseconds since 1970, from 2017 to 2033.
    ("epoch", r"\b1[5-9]\d{8}(?:\d{3}|\.\d+)?\b"),
    ("duration", r"\b(?:\d+\.\d+(?<unit> ?(?:s|sec|seconds))|\d+(?:\.\d+)?(?<small> ?(?:ms|µs)))\b"),
    // PID 12, pid=12, process [12], (node:12), [12] [INFO]
    (
        "process",
        r"(?<word>\b(?i:pid)[ :=#\[(]{1,3}|\b(?i:process) \[|\(node:)\d+|\[\d+\](?<level> \[[A-Z]+\])",
    ),
    ("object", r"\b0x[0-9a-f]{6,16}\b"),
    (
        "port",
        r"(?<host>\b(?:127\.0\.0\.1|0\.0\.0\.0|localhost)(?::|', |, )|\[?::1(?:\]:|', ))(?<number>\d{5})\b",
    ),
    (
        "library",
        r"/(?:[\w.+-]+/)*(?<kind>(?:site|dist)-packages/|lib(?:64)?/python3\.\d+/)|/tmp[a-z0-9_]{8}\b",
    ),
];

static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    let looks: Vec<String> = LOOKS.iter().map(|(name, look)| format!("(?<{name}>{look})")).collect();
    // Letters and digits are those of ASCII.
    Regex::new(&format!("(?-u){}", looks.join("|"))).expect("the looks are well formed")
});

/// Something that is random, and by which things are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id<'t> {
    /// A UUID of any version and in any case.
    Uuid(&'t str),
    /// 24 hexadecimal digits or more.
    Hex(&'t str),
    /// An address that a check made up; see [`crate::transcript::aliases`].
    StandIn(&'t str),
}

impl Id<'_> {
    /// Gives it as it stands in the text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Uuid(text) | Self::Hex(text) | Self::StandIn(text) => text,
        }
    }
}

/// Replaces what varies: what has a form by that, and each id by what `name` calls it.
pub fn redact<'t>(text: &'t str, mut name: impl FnMut(Id<'_>) -> String) -> Cow<'t, str> {
    // Nearly every text has neither, and each look has one of the two.
    if !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') {
        return Cow::Borrowed(text);
    }
    VARYING.replace_all(text, |found: &Captures<'_>| replacement(found, &mut name))
}

fn replacement(found: &Captures<'_>, name: &mut dyn FnMut(Id<'_>) -> String) -> String {
    let part = |name: &str| found.name(name).map(|part| part.as_str());
    let whole = &found[0];
    let fraction = |whole: &str| match whole.rfind(['.', ',']) {
        Some(mark) => format!("{}ffffff", &whole[mark..=mark]),
        None => String::new(),
    };
    let look = LOOKS.iter().map(|(name, _)| *name).find(|name| part(name).is_some());
    match look.unwrap_or_default() {
        "uuid" => name(Id::Uuid(whole)),
        "hex" => name(Id::Hex(whole)),
        "stand_in" => name(Id::StandIn(whole)),
        "date_time" => {
            let date = DATE.replace('-', &whole[4..5]);
            format!("{date}{}{TIME}{}", part("between").unwrap_or_default(), fraction(whole))
        }
        "http_date" => format!("Day, DD Mon YYYY {TIME}"),
        "c_time" => format!("Day Mon DD {TIME} YYYY"),
        "log_time" => format!("DD/Mon/YYYY{}{TIME}", part("colon").unwrap_or_default()),
        "time" => format!("{TIME}{}", fraction(whole)),
        "epoch" => "<epoch time>".to_owned(),
        "duration" => format!("N{}", part("unit").or(part("small")).unwrap_or_default()),
        "process" => match (part("word"), part("level")) {
            (Some(word), _) => format!("{word}PID"),
            (None, level) => format!("[PID]{}", level.unwrap_or_default()),
        },
        "object" => "0x...".to_owned(),
        "port" => match part("number").and_then(|number| number.parse().ok()) {
            Some(FIRST_FREE..) => format!("{}PORT", part("host").unwrap_or_default()),
            _ => whole.to_owned(),
        },
        "library" => match part("kind") {
            Some(kind) => format!(".../{kind}"),
            None => "/tmp...".to_owned(),
        },
        _ => whole.to_owned(),
    }
}

/// Gives the length of a text in bytes if all that varies in length had the length of its form.
pub fn length(text: &str) -> usize {
    redact(text, |id| id.as_str().to_owned()).len()
}

/// Gives the last lines of a text, as many as have no more than `most` bytes by [`length`]; at least one.
pub fn last_lines(text: &str, most: usize) -> &str {
    let mut kept = text.len();
    let mut size = 0;
    for line in text.split_inclusive('\n').rev() {
        size += length(line);
        if size > most && kept < text.len() {
            break;
        }
        kept -= line.len();
    }
    &text[kept..]
}

/// Says on which port something listens: one that anybody may be given has no name.
pub fn port(number: u16) -> String {
    if number < FIRST_FREE { format!("port {number}") } else { "a port of its own".to_owned() }
}

/// What is of one run alone and is known beforehand, such as its folder and its port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redactions(Vec<(String, &'static str)>);

impl Redactions {
    /// Adds something, and what stands for it; what is added first is looked for first.
    #[must_use]
    pub fn with(mut self, found: impl Into<String>, name: &'static str) -> Self {
        let found = found.into();
        if !found.is_empty() {
            self.0.push((found, name));
        }
        self
    }

    /// Replaces what is of the run; a number only where it stands as a whole.
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (found, name)| match found.parse::<u64>() {
            Ok(_) => hide_number(&text, found, name),
            Err(_) => text.replace(found.as_str(), name),
        })
    }
}

fn hide_number(text: &str, number: &str, name: &str) -> String {
    // Of another number, or of an id, which has any digits by chance.
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_hexdigit());
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(number) {
        let inside = is_digit(before.chars().next_back()) || is_digit(after.chars().next());
        out.push_str(before);
        out.push_str(if inside { number } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let name = |id: Id<'_>| match id {
            Id::Uuid(_) => "<uuid>".to_owned(),
            Id::Hex(_) => "<hex>".to_owned(),
            Id::StandIn(_) => "<address>".to_owned(),
        };
        redact(text, name).into_owned()
    }

    #[test]
    fn a_time_is_replaced_by_its_form() {
        for (text, form) in [
            ("2026-11-21T11:33:43.123456+00:00", "YYYY-MM-DDTHH:MM:SS.ffffff+00:00"),
            ("[2026/11/21 11:33:43,123]", "[YYYY/MM/DD HH:MM:SS,ffffff]"),
            ("Date: Sat, 21 Nov 2026 11:33:43 GMT", "Date: Day, DD Mon YYYY HH:MM:SS GMT"),
            ("Sat Nov  1 11:33:43 2026", "Day Mon DD HH:MM:SS YYYY"),
            ("[21/Nov/2026 11:33:43] \"GET /\" 404", "[DD/Mon/YYYY HH:MM:SS] \"GET /\" 404"),
            ("11:33:43.1 up", "HH:MM:SS.ffffff up"),
            ("at 1795260823.25, 1795260823123", "at <epoch time>, <epoch time>"),
            ("ready in 312 ms, or 0.31s", "ready in N ms, or Ns"),
        ] {
            assert_eq!(plain(text), form);
        }
    }

    #[test]
    fn what_is_random_is_named_or_left_out() {
        for (text, form) in [
            ("id 61997a1b-3f8a-4b0f-87f6-19d5cafee63f!", "id <uuid>!"),
            ("session_61997A1B-3F8A-1B0F-87F6-19D5CAFEE63F", "session_<uuid>"),
            ("token 61997a1b3f8a4b0f87f619d5cafee63f", "token <hex>"),
            ("<User object at 0x7f3a5c0d1e80>", "<User object at 0x...>"),
            ("Worker with pid: 4242, process [17]", "Worker with pid: PID, process [PID]"),
            ("(node:77) Warning; [4242] [INFO] Booting", "(node:PID) Warning; [PID] [INFO] Booting"),
            ("('127.0.0.1', 43122) and localhost:60000", "('127.0.0.1', PORT) and localhost:PORT"),
            ("KeyError: 'k3x9qz@x.io'", "KeyError: '<address>'"),
            (
                "File \"/home/me/venv/lib/python3.11/site-packages/flask/app.py\"",
                "File \".../site-packages/flask/app.py\"",
            ),
            ("File \"/usr/lib/python3.11/os.py\", line 8", "File \".../lib/python3.11/os.py\", line 8"),
        ] {
            assert_eq!(plain(text), form);
        }
    }

    #[test]
    fn a_length_is_that_of_the_forms_and_of_the_ids_as_they_are() {
        let of_user =
            "{\"created_at\": \"2026-11-21 11:33:43\", \"id\": \"61997a1b-3f8a-4b0f-87f6-19d5cafee63f\"}";
        assert_eq!(length(of_user), of_user.len());
        assert_eq!(length("at 1795260823.2"), length("at 1795260824.2514"));
    }

    #[test]
    fn as_many_lines_are_kept_whatever_the_length_of_what_varies() {
        let kept = |text| last_lines(text, "<epoch time> two\nend\n".len());
        assert_eq!(kept("1795260823.2 one\n1795260823.25 two\nend\n"), "1795260823.25 two\nend\n");
        assert_eq!(kept("1795260823.2511 one\n1795260823 two\nend\n"), "1795260823 two\nend\n");
        assert_eq!(kept("one line that is longer than that"), "one line that is longer than that");
    }

    #[test]
    fn what_says_something_stays() {
        for text in [
            "Running on http://127.0.0.1:5000",
            "[Errno 98] Address already in use",
            "line 7, in <module>; expected 3 arguments, got 12",
            "KeyError: 'API_PORT', after 30 s, version 3.11.7",
            "404 Not Found, Content-Length: 210, 10:30",
            "bob@hbtn.io:H0lbertonSchool98!",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_place_is_hidden_and_a_number_only_as_a_whole() {
        let places =
            Redactions::default().with("/tmp/conformance-x/project", ".").with("/tmp/conformance-x", "...");
        let places = places.with("43121", "API_PORT").with("", "nothing");
        assert_eq!(
            places.hide("/tmp/conformance-x/project/app.py /tmp/conformance-x/tmp :43121/ 0.431217 143121"),
            "./app.py .../tmp :API_PORT/ 0.431217 143121"
        );
        let ids = "f048e1ae-e6d0-4c00-80e1-43121ca1742b a43121";
        assert_eq!(places.hide(ids), ids);
        assert_eq!(places.hide("port43121, 43121"), "portAPI_PORT, API_PORT");
    }

    #[test]
    fn a_port_that_anybody_may_be_given_is_not_told() {
        assert_eq!([port(5000), port(43121)], ["port 5000", "a port of its own"]);
    }
}
