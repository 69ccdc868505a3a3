//! Variables: every one must be set by a step before the one that uses it.

use std::collections::BTreeSet;

use super::authenticate::Credentials;
use super::expansion::name_at;
use super::words::Word;
use crate::scenario::action::{Action, Authenticate, Capture, CaptureSource};
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::redis::NOBODY;

/// What the steps so far have set.
#[derive(Debug)]
pub(super) struct Known {
    names: BTreeSet<String>,
    credentials: Credentials,
    answer: Answer,
}

/// What a capture would read from.
#[derive(Debug)]
enum Answer {
    NoneYet,
    One,
    Many,
    /// `authenticate` has asked since, in some modes.
    OfLogin,
}

impl Known {
    /// Knows what is set before the first step of the API: `$URL`.
    pub(super) fn of_the_api() -> Self {
        Self::of(["URL"])
    }

    /// Knows what is set before the first step of a Redis server: `$URL`, and `$NOBODY` where none answers.
    pub(super) fn of_redis() -> Self {
        Self::of(["URL", NOBODY])
    }

    fn of<const COUNT: usize>(names: [&str; COUNT]) -> Self {
        Self {
            names: names.map(str::to_owned).into(),
            credentials: Credentials::default(),
            answer: Answer::NoneYet,
        }
    }

    /// Checks what a step uses and notes what it sets; `action` is `None` for a step in error.
    pub(super) fn step(&mut self, words: &[Word], action: Option<&Action>, errors: &mut Vec<Diagnostic>) {
        for used in words.iter().flat_map(|word| &word.variables) {
            if !self.names.contains(&used.value) {
                let message = format!("the variable `${}` is not set by an earlier step", used.value);
                let all: Vec<String> = self.names.iter().map(|name| format!("${name}")).collect();
                let dollar = format!("${}", used.value);
                let help = did_you_mean(
                    &dollar,
                    all.iter().map(String::as_str),
                    format!(
                        "set it before, as in {}=cookie; set so far: {}",
                        used.value.to_uppercase(),
                        all.join(", ")
                    ),
                );
                errors.push(Diagnostic::new(code::VARIABLE, used.span.clone(), message, help));
            }
        }
        if let (Some(Action::Capture(capture)), Some(word)) = (action, words.first()) {
            errors.extend(self.without_answer(capture, word));
        }
        match action {
            Some(action) => {
                errors.extend(self.credentials.step(words, action));
                self.names.extend(action.sets().into_iter().map(str::to_owned));
                match action {
                    Action::Curl(_) => self.answer = Answer::One,
                    Action::Parallel(_) => self.answer = Answer::Many,
                    Action::Authenticate(_) => self.answer = Answer::OfLogin,
                    _ => {}
                }
            }
            None => self.guess(words),
        }
    }

    fn without_answer(&self, capture: &Capture, word: &Word) -> Option<Diagnostic> {
        let (message, help) = match (&capture.from, &self.answer) {
            (CaptureSource::Variable(_), _) | (_, Answer::One) => return None,
            (_, Answer::NoneYet) => (
                "there is no answer yet to keep a value of",
                "write the curl step whose answer has the value before it",
            ),
            (_, Answer::Many) => (
                "`parallel` gets many answers, and which of them has the value is not said",
                "write a curl step before it",
            ),
            (_, Answer::OfLogin) => (
                "`authenticate` stands between this step and the answer to keep a value of",
                "write this step directly below the curl step whose answer has the value",
            ),
        };
        Some(Diagnostic::new(code::CAPTURE, word.span.clone(), message, help))
    }

    /// Takes a step in error for what it looks like, so that one mistake is told once.
    fn guess(&mut self, words: &[Word]) {
        let Some(first) = words.first().map(|word| word.template.literal_start()) else { return };
        let name = name_at(first);
        if first[name.len()..].starts_with('=') {
            self.names.extend([name.to_owned(), name.to_uppercase()]);
        } else if name == "user" {
            self.names.insert("USER".to_owned());
        } else if name == "authenticate" {
            self.names.insert(Authenticate::VARIABLE.to_owned());
        } else if name == "curl" {
            self.answer = Answer::One;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::parse::tests::{errors, steps};

    #[test]
    fn a_variable_is_set_before_it_is_used() {
        let source =
            "$ user a b\n$ curl \"$URL/$USER\" -b c=$SESION\n$ SESSION=cookie\n$ curl \"$URL/$USERS\"\n";
        insta::assert_snapshot!(errors(source), @r#"
        error[S013]: the variable `$SESION` is not set by an earlier step
         --> x.md:6:26
          |
        6 | $ curl "$URL/$USER" -b c=$SESION
          |                          ^^^^^^^
          |
          = help: set it before, as in SESION=cookie; set so far: $URL, $USER

        error[S013]: the variable `$USERS` is not set by an earlier step
         --> x.md:8:14
          |
        8 | $ curl "$URL/$USERS"
          |              ^^^^^^
          |
          = help: did you mean `$USER`?
        "#);
        insta::assert_snapshot!(errors("$ curl \"$URL/$x\"\n"), @r#"
        error[S013]: the variable `$x` is not set by an earlier step
         --> x.md:5:14
          |
        5 | $ curl "$URL/$x"
          |              ^^
          |
          = help: set it before, as in X=cookie; set so far: $URL
        "#);
    }

    #[test]
    fn programs_set_what_they_print() {
        assert_eq!(steps("$ main_0\n$ curl \"$URL/$USER\" -H \"A: $BASIC\"\n").len(), 2);
        assert_eq!(steps("$ main_4\n$ A=$SESSION\n$ B=\"$A$USER\"\n").len(), 3);
    }

    #[test]
    fn a_capture_needs_one_answer() {
        insta::assert_snapshot!(errors("$ A=cookie\n$ parallel 2 curl \"$URL\"\n$ B=.id\n"), @r"
        error[S011]: there is no answer yet to keep a value of
         --> x.md:5:3
          |
        5 | $ A=cookie
          |   ^^^^^^^^
          |
          = help: write the curl step whose answer has the value before it

        error[S011]: `parallel` gets many answers, and which of them has the value is not said
         --> x.md:7:3
          |
        7 | $ B=.id
          |   ^^^^^
          |
          = help: write a curl step before it
        ");
        insta::assert_snapshot!(errors("$ curl \"$URL\"\n$ authenticate a b\n$ A=.id\n"), @"
        error[S011]: `authenticate` stands between this step and the answer to keep a value of
         --> x.md:7:3
          |
        7 | $ A=.id
          |   ^^^^^
          |
          = help: write this step directly below the curl step whose answer has the value
        ");
    }

    #[test]
    fn a_credential_is_known_behind_the_step_that_makes_it() {
        assert_eq!(steps("$ authenticate a b\n$ A=$CREDENTIAL\n$ curl \"$URL\" -H \"$A\"\n").len(), 3);
        insta::assert_snapshot!(errors("$ curl \"$URL\" -H \"$CREDENTIALS\"\n$ authenticate a\n$ curl \"$URL\" -H \"$CREDENTIALS\"\n"), @r#"
        error[S013]: the variable `$CREDENTIALS` is not set by an earlier step
         --> x.md:5:19
          |
        5 | $ curl "$URL" -H "$CREDENTIALS"
          |                   ^^^^^^^^^^^^
          |
          = help: set it before, as in CREDENTIALS=cookie; set so far: $URL

        error[S008]: `authenticate` without a password
         --> x.md:6:3
          |
        6 | $ authenticate a
          |   ^^^^^^^^^^^^
          |
          = help: write authenticate EMAIL "PASSWORD"

        error[S013]: the variable `$CREDENTIALS` is not set by an earlier step
         --> x.md:7:19
          |
        7 | $ curl "$URL" -H "$CREDENTIALS"
          |                   ^^^^^^^^^^^^
          |
          = help: did you mean `$CREDENTIAL`?
        "#);
    }

    #[test]
    fn one_mistake_is_told_once() {
        insta::assert_snapshot!(errors("$ curl \"$URL\" -y\n$ session=cookie\n$ A=\"$session $SESSION\"\n"), @r#"
        error[S009]: unknown option of curl `-y`
         --> x.md:5:15
          |
        5 | $ curl "$URL" -y
          |               ^^
          |
          = help: the options are -X, -H, -d, --data-raw, --data-binary, --data-urlencode, -G, -b, -u, -I, -i, -v, -s, -A, -F, --path-as-is, --request-target

        error[S011]: the name `session` is not in capitals
         --> x.md:6:3
          |
        6 | $ session=cookie
          |   ^^^^^^^
          |
          = help: write SESSION=…
        "#);
    }
}
