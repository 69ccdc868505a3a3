//! The front matter: which modes a scenario runs in, and with which settings.

use std::ops::Range;

use super::diagnose::{Diagnostic, code, did_you_mean};
use super::tree::{SessionDuration, Settings, Spanned};
use crate::mode::Mode;
use crate::profile::Profile;

/// The keys, and what their values are.
const KEYS: [(&str, &str); 7] = [
    ("modes", "a list such as [session_auth, session_exp_auth]"),
    ("session_name", "a cookie's name"),
    ("session_duration", "a value, or unset"),
    ("tz", "a time zone such as Asia/Tokyo"),
    ("profile", "hardened, or leave the line out"),
    ("clock", "exact, or leave the line out"),
    ("isolated", "true, or leave the line out"),
];

/// What the front matter says.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub(super) modes: Vec<Mode>,
    pub(super) settings: Settings,
    pub(super) exact_clock: bool,
    pub(super) isolated: bool,
}

/// Reads the front matter; gives it with the byte at which the rest of the file starts.
pub(super) fn read(source: &str, errors: &mut Vec<Diagnostic>) -> (Front, usize) {
    let mut front = Front::default();
    let mut lines = lines(source);
    let opening = lines.next().map_or(0..0, |line| line.span);
    if &source[opening.clone()] != "---" {
        let help = "start the file with three lines: ---, modes: [session_auth], ---";
        errors.push(Diagnostic::new(
            code::FRONT_MATTER,
            opening,
            "the file does not start with front matter",
            help,
        ));
        return (front, 0);
    }
    let mut seen: Vec<&str> = Vec::new();
    for line in lines {
        let text = &source[line.span.clone()];
        if text == "---" {
            if !seen.contains(&"modes") {
                let help = "write a line such as modes: [session_auth, session_exp_auth]";
                errors.push(Diagnostic::new(
                    code::KEY,
                    opening,
                    "the front matter does not name the modes",
                    help,
                ));
            }
            return (front, line.next);
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let Some((key, value)) = entry(source, &line.span) else {
            // The rest of an unclosed front matter is Markdown, of which nothing more is to be told.
            let is_closed = source[line.next..].lines().any(|line| line.trim_end() == "---");
            if is_closed {
                let help = "write key: value, and --- after the last one";
                errors.push(Diagnostic::new(code::FRONT_MATTER, line.span, "this is no `key: value`", help));
                continue;
            }
            break;
        };
        if seen.contains(&key.value) {
            let message = format!("the key `{}` stands twice", key.value);
            errors.push(Diagnostic::new(code::KEY, key.span, message, "leave one of them out"));
            continue;
        }
        match KEYS.iter().find(|(name, _)| *name == key.value) {
            Some((name, _)) => seen.push(name),
            None => {
                let names = KEYS.map(|(name, _)| name);
                let help = did_you_mean(key.value, names, format!("the keys are {}", names.join(", ")));
                errors.push(Diagnostic::new(
                    code::KEY,
                    key.span,
                    format!("unknown key `{}`", key.value),
                    help,
                ));
                continue;
            }
        }
        front.set(key.value, value, errors);
    }
    let help = "write --- on a line of its own after the last key";
    errors.push(
        Diagnostic::new(code::FRONT_MATTER, opening, "the front matter is not closed", help)
            .label("it opens here"),
    );
    (front, source.len())
}

impl Front {
    fn set(&mut self, key: &str, value: Spanned<&str>, errors: &mut Vec<Diagnostic>) {
        let wrong = |value: &Spanned<&str>| {
            let what = KEYS.iter().find(|(name, _)| *name == key).map_or("", |(_, what)| what);
            let message = if value.value.is_empty() {
                format!("`{key}` has no value")
            } else {
                format!("`{}` is no value of `{key}`", value.value)
            };
            Diagnostic::new(code::VALUE, value.span.clone(), message, format!("write {what}"))
        };
        let text = unquoted(value.value);
        match key {
            "modes" => match value.value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(list) => self.modes = modes(list, value.span.start + 1, errors),
                None => errors.push(wrong(&value)),
            },
            "session_duration" if value.value == "unset" => {
                self.settings.session_duration = SessionDuration::Unset;
            }
            "session_duration" if !value.value.is_empty() => {
                self.settings.session_duration = SessionDuration::Value(text.to_owned());
            }
            "session_name" if !text.is_empty() => self.settings.session_name = text.to_owned(),
            "tz" if !text.is_empty() => self.settings.tz = Some(text.to_owned()),
            "profile" if text == Profile::Hardened.as_str() => self.settings.profile = Profile::Hardened,
            "clock" if text == "exact" => self.exact_clock = true,
            "isolated" if text == "true" => self.isolated = true,
            _ => errors.push(wrong(&value)),
        }
    }
}

/// Reads the names between the brackets, the first of which starts at byte `start`; gives them in order.
fn modes(list: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Vec<Mode> {
    let mut modes: Vec<Mode> = Vec::new();
    let mut at = start;
    for item in list.split(',') {
        let name = item.trim();
        let from = at + (item.len() - item.trim_start().len());
        let span = from..from + name.len();
        at += item.len() + 1;
        match name.parse::<Mode>() {
            Ok(mode) if modes.contains(&mode) => {
                let message = format!("the mode `{mode}` stands twice");
                errors.push(Diagnostic::new(code::VALUE, span, message, "leave one of them out"));
            }
            Ok(mode) => modes.push(mode),
            Err(_) if name.is_empty() => {
                let help =
                    "write the modes between the brackets, with commas between them: [auth, basic_auth]";
                errors.push(Diagnostic::new(
                    code::VALUE,
                    start - 1..start + list.len() + 1,
                    "a mode is missing in the list",
                    help,
                ));
            }
            Err(error) => {
                errors.push(Diagnostic::new(
                    code::VALUE,
                    span,
                    format!("unknown mode `{name}`"),
                    error.advice(),
                ));
            }
        }
    }
    modes.sort_unstable();
    modes
}

/// Cuts `key: value`; a comment after white space is no part of the value.
fn entry<'a>(source: &'a str, span: &Range<usize>) -> Option<(Spanned<&'a str>, Spanned<&'a str>)> {
    let line = &source[span.clone()];
    let colon = line.find(':')?;
    let (key, rest) = (&line[..colon], &line[colon + 1..]);
    if key.is_empty()
        || key.contains(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'))
    {
        return None;
    }
    let rest = rest.split(" #").next().unwrap_or_default();
    let value = rest.trim();
    let start = span.start + colon + 1 + (rest.len() - rest.trim_start().len());
    Some((
        Spanned { value: key, span: span.start..span.start + colon },
        Spanned { value, span: start..start + value.len() },
    ))
}

fn unquoted(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}

/// One line: its place without trailing white space, and where the next one starts.
pub(super) struct Line {
    pub(super) span: Range<usize>,
    pub(super) next: usize,
}

/// Iterates over the lines of a text.
pub(super) fn lines(source: &str) -> impl Iterator<Item = Line> {
    let mut at = 0;
    source.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        Line { span: start..start + line.trim_end().len(), next: at }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> String {
        let mut errors = Vec::new();
        read(source, &mut errors);
        super::super::diagnose::render_all(&errors, "x.md", source, false)
    }

    #[test]
    fn every_key_is_read() {
        let source = "---\r\nmodes: [session_db_auth, off] # both\nsession_name: \"sid\"\nsession_duration: 5\ntz: Asia/Tokyo\n\n# why\nclock: exact\nisolated: true\n---\nrest";
        let mut errors = Vec::new();
        let (front, at) = read(source, &mut errors);
        assert_eq!(errors, []);
        assert_eq!(front.modes, [Mode::Off, Mode::SessionDbAuth]);
        assert_eq!(front.settings.session_name, "sid");
        assert_eq!(front.settings.session_duration, SessionDuration::Value("5".into()));
        assert_eq!(front.settings.tz.as_deref(), Some("Asia/Tokyo"));
        assert!(front.exact_clock && front.isolated);
        assert_eq!(&source[at..], "rest");
    }

    #[test]
    fn a_duration_can_be_unset_and_empty() {
        let duration = |text: &str| {
            let source = format!("---\nmodes: [off]\nsession_duration: {text}\n---\n");
            read(&source, &mut Vec::new()).0.settings.session_duration
        };
        assert_eq!(duration("unset"), SessionDuration::Unset);
        assert_eq!(duration("\"\""), SessionDuration::Value(String::new()));
        assert_eq!(duration("abc"), SessionDuration::Value("abc".into()));
    }

    #[test]
    fn front_matter_must_be_there_and_be_closed() {
        insta::assert_snapshot!(told("# Title\n"), @r"
        error[S001]: the file does not start with front matter
         --> x.md:1:1
          |
        1 | # Title
          | ^^^^^^^
          |
          = help: start the file with three lines: ---, modes: [session_auth], ---
        ");
        insta::assert_snapshot!(told(""), @r"
        error[S001]: the file does not start with front matter
         --> x.md:1:1
          |
        1 |
          | ^
          |
          = help: start the file with three lines: ---, modes: [session_auth], ---
        ");
        insta::assert_snapshot!(told("---\nmodes: [off]\n# Title\n\ntext\n"), @r"
        error[S001]: the front matter is not closed
         --> x.md:1:1
          |
        1 | ---
          | ^^^ it opens here
          |
          = help: write --- on a line of its own after the last key
        ");
        insta::assert_snapshot!(told("---\nmodes [off]\nisolated: true\n---\n"), @r"
        error[S001]: this is no `key: value`
         --> x.md:2:1
          |
        2 | modes [off]
          | ^^^^^^^^^^^
          |
          = help: write key: value, and --- after the last one

        error[S002]: the front matter does not name the modes
         --> x.md:1:1
          |
        1 | ---
          | ^^^
          |
          = help: write a line such as modes: [session_auth, session_exp_auth]
        ");
    }

    #[test]
    fn keys_are_known_and_stand_once() {
        insta::assert_snapshot!(told("---\nmodes: [off]\nsesion_name: a\nxyz: 1\nmodes: [auth]\n---\n"), @r"
        error[S002]: unknown key `sesion_name`
         --> x.md:3:1
          |
        3 | sesion_name: a
          | ^^^^^^^^^^^
          |
          = help: did you mean `session_name`?

        error[S002]: unknown key `xyz`
         --> x.md:4:1
          |
        4 | xyz: 1
          | ^^^
          |
          = help: the keys are modes, session_name, session_duration, tz, profile, clock, isolated

        error[S002]: the key `modes` stands twice
         --> x.md:5:1
          |
        5 | modes: [auth]
          | ^^^^^
          |
          = help: leave one of them out
        ");
    }

    #[test]
    fn values_are_of_their_key() {
        insta::assert_snapshot!(told("---\nmodes: [of, auth,, auth]\nclock: wall\nisolated:\n---\n"), @r"
        error[S003]: unknown mode `of`
         --> x.md:2:9
          |
        2 | modes: [of, auth,, auth]
          |         ^^
          |
          = help: did you mean `off`?

        error[S003]: a mode is missing in the list
         --> x.md:2:8
          |
        2 | modes: [of, auth,, auth]
          |        ^^^^^^^^^^^^^^^^^
          |
          = help: write the modes between the brackets, with commas between them: [auth, basic_auth]

        error[S003]: the mode `auth` stands twice
         --> x.md:2:20
          |
        2 | modes: [of, auth,, auth]
          |                    ^^^^
          |
          = help: leave one of them out

        error[S003]: `wall` is no value of `clock`
         --> x.md:3:8
          |
        3 | clock: wall
          |        ^^^^
          |
          = help: write exact, or leave the line out

        error[S003]: `isolated` has no value
         --> x.md:4:10
          |
        4 | isolated:
          |          ^
          |
          = help: write true, or leave the line out
        ");
        insta::assert_snapshot!(told("---\nmodes: auth\n---\n"), @r"
        error[S003]: `auth` is no value of `modes`
         --> x.md:2:8
          |
        2 | modes: auth
          |        ^^^^
          |
          = help: write a list such as [session_auth, session_exp_auth]
        ");
        insta::assert_snapshot!(told("---\nmodes: []\n---\n"), @r"
        error[S003]: a mode is missing in the list
         --> x.md:2:8
          |
        2 | modes: []
          |        ^^
          |
          = help: write the modes between the brackets, with commas between them: [auth, basic_auth]
        ");
    }
}
