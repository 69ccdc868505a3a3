//! Spellings: a protected path written in ways that some servers take for another, and others do not.

use std::fmt::Write as _;

/// One change of a path's spelling; a place is taken modulo the path's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A slash becomes two.
    DoubleSlash(usize),
    /// A segment `.` is put in.
    Dot(usize),
    /// A segment is put in, and left again with `..`.
    Detour(usize, &'static str),
    /// A letter is percent-encoded.
    Percent(usize),
    /// A letter is written in the other case.
    Case(usize),
    /// Something is put to the end.
    End(&'static str),
}

/// What may stand behind a path.
pub const ENDS: [&str; 9] = [";x", "%00", "%2f", "?x=1", "//", ".json", "/.", "%20", "/%2e"];

/// What a detour may lead through: also what is open to everybody.
pub const DETOURS: [&str; 4] = ["status", "auth_session/login", "x", "%2e"];

/// Writes a path otherwise.
pub fn spell(path: &str, changes: &[Change]) -> String {
    changes.iter().fold(path.to_owned(), |path, change| change.of(&path))
}

impl Change {
    fn of(self, path: &str) -> String {
        let nth = |wanted: &dyn Fn(char) -> bool, place: usize| {
            let places: Vec<usize> =
                path.char_indices().filter(|(_, letter)| wanted(*letter)).map(|(at, _)| at).collect();
            (!places.is_empty()).then(|| places[place % places.len()])
        };
        let insert = |at: Option<usize>, text: &str| match at {
            Some(at) => format!("{}{text}{}", &path[..at], &path[at..]),
            None => path.to_owned(),
        };
        let is_slash = |letter: char| letter == '/';
        let is_letter = |letter: char| letter.is_ascii_alphabetic();
        match self {
            Self::DoubleSlash(place) => insert(nth(&is_slash, place), "/"),
            Self::Dot(place) => insert(nth(&is_slash, place), "/."),
            Self::Detour(place, through) => {
                let up = "/..".repeat(through.split('/').count());
                insert(nth(&is_slash, place), &format!("/{through}{up}"))
            }
            Self::Percent(place) => match nth(&is_letter, place) {
                Some(at) => {
                    let mut out = path[..at].to_owned();
                    write!(out, "%{:02x}", path.as_bytes()[at]).expect("writing to a string cannot fail");
                    out + &path[at + 1..]
                }
                None => path.to_owned(),
            },
            Self::Case(place) => match nth(&is_letter, place) {
                Some(at) => {
                    let letter = path.as_bytes()[at] ^ 0x20;
                    format!("{}{}{}", &path[..at], char::from(letter), &path[at + 1..])
                }
                None => path.to_owned(),
            },
            Self::End(end) => format!("{path}{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_otherwise_in_each_way() {
        let of = |change| spell("/a/b", &[change]);
        assert_eq!(of(Change::DoubleSlash(1)), "/a//b");
        assert_eq!(of(Change::Dot(0)), "/./a/b");
        assert_eq!(of(Change::Detour(3, "x/y")), "/a/x/y/../../b");
        assert_eq!(of(Change::Percent(2)), "/%61/b");
        assert_eq!(of(Change::Case(1)), "/a/B");
        assert_eq!(of(Change::End(";x")), "/a/b;x");
        assert_eq!(spell("/a", &[Change::Case(0), Change::Percent(0)]), "/%41");
    }
}
