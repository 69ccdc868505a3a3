//! Names for values that vary: `<user 1>`, `<session 2>`, by first appearance in a scenario's run.

use uuid::{Uuid, Variant, Version};

/// How many characters a hyphenated UUID has.
const UUID_LENGTH: usize = 36;

/// The values seen so far in one run of one scenario.
#[derive(Debug, Default)]
pub struct Names {
    users: Vec<String>,
    sessions: Vec<String>,
}

impl Names {
    /// Names a user ID, the same for the same ID: `<user 1>`.
    pub fn user(&mut self, id: &str) -> String {
        format!("<user {}>", number(&mut self.users, id))
    }

    /// Names a session ID, the same for the same ID: `<session 1>`.
    pub fn session(&mut self, id: &str) -> String {
        format!("<session {}>", number(&mut self.sessions, id))
    }

    /// Replaces every UUID in a program's output by its name; one not seen before becomes a session's.
    ///
    /// A UUID that is not of version 4 stays as it is, so that it shows.
    pub fn in_text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            match rest.get(..UUID_LENGTH).filter(|head| is_uuid4(head)) {
                Some(id) => {
                    let name = match self.users.iter().position(|user| user == id) {
                        Some(_) => self.user(id),
                        None => self.session(id),
                    };
                    out.push_str(&name);
                    rest = &rest[UUID_LENGTH..];
                }
                None => {
                    out.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        out
    }
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
        let mut names = Names::default();
        assert_eq!(names.session(A), "<session 1>");
        assert_eq!(names.session(B), "<session 2>");
        assert_eq!(names.session(A), "<session 1>");
        assert_eq!(names.user(A), "<user 1>");
    }

    #[test]
    fn ids_in_a_programs_output_are_named() {
        let mut names = Names::default();
        names.user(B);
        let printed = format!("User with ID: {B} has a Session ID: {A}");
        assert_eq!(names.in_text(&printed), "User with ID: <user 1> has a Session ID: <session 1>");
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
