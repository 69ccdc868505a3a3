//! The front matter: which modes a scenario runs in, and with which settings.

use std::ops::Range;

use crate::catalogue::Profile;
use crate::catalogue::{Mode, Subject};
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::tree::{SessionDuration, Settings, Spanned};

/// The keys, and what their values are.
const KEYS: [(&str, &str); 8] = [
    ("server", "redis, or leave the line out"),
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
    pub(super) modes: Vec<Subject>,
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
            let of_redis = seen.contains(&"server");
            if let Some(other) = seen.iter().find(|key| of_redis && !["server", "isolated"].contains(key)) {
                let message = format!("`server` and `{other}` do not go together");
                let help =
                    "a scenario of a Redis server has no modes or settings of the API: leave one of them out";
                errors.push(Diagnostic::new(code::KEY, opening.clone(), message, help));
            }
            if !of_redis && !seen.contains(&"modes") {
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
            "server" if text == Subject::Redis.as_str() => self.modes = vec![Subject::Redis],
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
fn modes(list: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Vec<Subject> {
    let mut modes: Vec<Subject> = Vec::new();
    let mut at = start;
    for item in list.split(',') {
        let name = item.trim();
        let from = at + (item.len() - item.trim_start().len());
        let span = from..from + name.len();
        at += item.len() + 1;
        match name.parse::<Mode>().map(Subject::Api) {
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
mod tests;
