//! Placeholders for values that vary: `<user 1>`, `<session 2>`, by first appearance in a scenario's run.

use uuid::{Uuid, Variant, Version};

use crate::transcript::redact;
use crate::transcript::redact::Id;

/// How long a session ID must be to be looked for wherever it may stand, in characters.
const TELLING: usize = 16;

/// The values seen so far in one run of one scenario, or in one text.
#[derive(Debug, Default)]
pub struct Placeholders {
    users: Vec<String>,
    sessions: Vec<String>,
    /// UUIDs of whose meaning nothing is known.
    ids: Vec<String>,
    hexes: Vec<String>,
    /// Addresses that were made up for another scenario.
    addresses: Vec<String>,
}

impl Placeholders {
    /// Names a user ID, the same for the same ID: `<user 1>`.
    pub fn user(&mut self, id: &str) -> String {
        format!("<user {}>", number(&mut self.users, id))
    }

    /// Names a session ID, the same for the same ID: `<session 1>`.
    pub fn session(&mut self, id: &str) -> String {
        format!("<session {}>", number(&mut self.sessions, id))
    }

    /// Replaces what varies in a program's output; a UUID version 4 not seen before is a session's.
    pub fn in_program(&mut self, output: &str) -> String {
        self.replace(output, Self::session)
    }

    /// Replaces what varies in any text: an id not seen before is one of which nothing is known, `<id 1>`.
    ///
    /// One that is not of version 4 says so, since that is a mistake in most places.
    pub fn in_text(&mut self, text: &str) -> String {
        self.replace(text, Self::id)
    }

    fn id(&mut self, id: &str) -> String {
        format!("<id {}>", number(&mut self.ids, id))
    }

    fn replace(&mut self, text: &str, unknown: fn(&mut Self, &str) -> String) -> String {
        let mut text = text.to_owned();
        for (index, session) in self.sessions.iter().enumerate() {
            if is_telling(session) && !self.users.contains(session) && text.contains(session.as_str()) {
                text = text.replace(session.as_str(), &format!("<session {}>", index + 1));
            }
        }
        redact::redact(&text, |id| match id {
            Id::Uuid(id) | Id::Hex(id) if self.users.iter().any(|user| user == id) => self.user(id),
            Id::Uuid(id) | Id::Hex(id) if self.sessions.iter().any(|session| session == id) => {
                self.session(id)
            }
            Id::Uuid(id) if is_uuid4(id) => unknown(self, id),
            Id::Uuid(id) => format!("{} (not a UUID version 4)", self.id(id)),
            Id::Hex(digits) => format!("<hex {}>", number(&mut self.hexes, digits)),
            Id::StandIn(address) => format!("<address {}>", number(&mut self.addresses, address)),
        })
        .into_owned()
    }
}

/// Tells whether a session ID can only be meant where it stands: a short or plain one is a word like others.
fn is_telling(session: &str) -> bool {
    session.len() >= TELLING
        && session.contains(|letter: char| letter.is_ascii_digit())
        && session.contains(|letter: char| letter.is_ascii_alphabetic())
        && !session.contains('@')
}

/// Tells whether the text is a UUID version 4 as `uuid4()` prints it: 36 characters, lower case, hyphens.
pub fn is_uuid4(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|uuid| {
        uuid.get_version() == Some(Version::Random)
            && uuid.get_variant() == Variant::RFC4122
            && uuid.hyphenated().to_string() == text
    })
}

/// Gives the place of `value` in `seen`, counted from one; a new value goes to the end.
fn number(seen: &mut Vec<String>, value: &str) -> usize {
    let index = seen.iter().position(|old| old == value).unwrap_or_else(|| {
        seen.push(value.to_owned());
        seen.len() - 1
    });
    index + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "61997a1b-3f8a-4b0f-87f6-19d5cafee63f";
    const B: &str = "02079cb4-6847-48aa-924e-0514d82a43f4";

    #[test]
    fn the_same_value_keeps_its_name_and_another_gets_another() {
        let mut names = Placeholders::default();
        assert_eq!(names.session(A), "<session 1>");
        assert_eq!(names.session(B), "<session 2>");
        assert_eq!(names.session(A), "<session 1>");
        assert_eq!(names.user(A), "<user 1>");
    }

    #[test]
    fn ids_in_a_programs_output_are_named() {
        let mut names = Placeholders::default();
        names.user(B);
        let printed = format!("User with ID: {B} has a Session ID: {A}");
        assert_eq!(names.in_program(&printed), "User with ID: <user 1> has a Session ID: <session 1>");
    }

    #[test]
    fn what_is_known_is_named_wherever_it_stands_and_what_is_not_is_told_apart() {
        let mut names = Placeholders::default();
        names.user(B);
        names.session("Zm9vYmFyMTIzNDU2Nzg5");
        names.session("bob");
        let old = A.replacen("4b0f", "1b0f", 1);
        assert_eq!(
            names.in_text(&format!("bob: {B}, Zm9vYmFyMTIzNDU2Nzg5, {A}, {A}, {old}, {}", "0af1".repeat(8))),
            "bob: <user 1>, <session 1>, <id 1>, <id 1>, <id 2> (not a UUID version 4), <hex 1>"
        );
    }

    #[test]
    fn only_the_form_that_uuid4_prints_is_a_uuid4() {
        assert!(is_uuid4(A));
        assert!(!is_uuid4(&A.to_uppercase()));
        assert!(!is_uuid4(&A.replace('-', "")));
        assert!(!is_uuid4("61997a1b-3f8a-1b0f-87f6-19d5cafee63f"), "version 1");
        assert!(!is_uuid4("61997a1b-3f8a-4b0f-c7f6-19d5cafee63f"), "another variant");
    }
}
