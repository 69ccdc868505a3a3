//! `authenticate EMAIL PASSWORD` makes `$CREDENTIAL` the header that lets a user in, whatever the mode.

use std::collections::BTreeSet;

use super::steps::{missing, nothing_after};
use super::words::Word;
use crate::scenario::action::{Action, Authenticate, Capture, CaptureSource};
use crate::scenario::curl::{Curl, Data, DataKind};
use crate::scenario::diagnose::{Diagnostic, code};
use crate::scenario::template::{Piece, Template, Variable};

/// Reads the words after `authenticate`.
pub(super) fn authenticate(step: &Word, rest: &[Word]) -> Result<Authenticate, Diagnostic> {
    const FORM: &str = "authenticate EMAIL \"PASSWORD\"";
    match rest {
        [] => Err(missing(step, "an email and a password", FORM)),
        [_] => Err(missing(step, "a password", FORM)),
        [email, password, rest @ ..] => {
            nothing_after("authenticate", rest)?;
            Ok(Authenticate { email: email.template.clone(), password: password.template.clone() })
        }
    }
}

/// Refuses the step where a mode of the scenario lets nobody in; `shut` says whether one does.
pub(super) fn in_vain(action: &Action, shut: bool, word: &Word) -> Option<Diagnostic> {
    let message = "`authenticate` in the mode auth, which lets nobody in";
    let help = "leave auth out of the modes, and write a scenario of its own for it";
    let refused = shut && matches!(action, Action::Authenticate(_));
    refused.then(|| Diagnostic::new(code::STEP, word.span.clone(), message, help))
}

/// The variables that hold credentials, which only a header of their own is to carry.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    names: BTreeSet<String>,
}

impl Credentials {
    /// Checks what a step does with credentials, and notes which it keeps.
    pub(super) fn step(&mut self, words: &[Word], action: &Action) -> Option<Diagnostic> {
        let mut used = words.iter().flat_map(|word| &word.variables);
        let misused = used.find(|used| self.names.contains(&used.value) && !self.are_whole(action));
        let misused = misused.map(|used| {
            let message = format!("`${}` is a header or nothing, and no part of anything else", used.value);
            let help = format!("write -H \"${0}\", or keep it with a step NAME=${0}", used.value);
            Diagnostic::new(code::VARIABLE, used.span.clone(), message, help)
        });
        match action {
            Action::Authenticate(_) => {
                self.names.insert(Authenticate::VARIABLE.to_owned());
            }
            Action::Capture(Capture { name, from: CaptureSource::Variable(value) }) if self.holds(value) => {
                self.names.insert(name.clone());
            }
            _ => action.sets().into_iter().for_each(|name| {
                self.names.remove(name);
            }),
        }
        misused
    }

    /// Tells whether every credential in a step is a header of its own, or the whole of what is kept.
    fn are_whole(&self, action: &Action) -> bool {
        let is_kept = matches!(action, Action::Capture(_));
        let headers = action.request().map_or(&[][..], |curl| &curl.headers);
        action.templates().into_iter().all(|template| {
            let carries = template.variables().any(|name| self.names.contains(name));
            let has_room = is_kept || headers.iter().any(|header| std::ptr::eq(header, template));
            !carries || (has_room && self.holds(template))
        })
    }

    fn holds(&self, template: &Template) -> bool {
        matches!(template.pieces(), [Piece::Variable(Variable { name, transform: None })] if self.names.contains(name))
    }
}

impl Authenticate {
    /// The name of the variable that the step sets.
    pub const VARIABLE: &str = "CREDENTIAL";

    /// Returns the login of a session mode, written as in the documents.
    pub fn login(&self) -> Curl {
        Curl {
            method: Some("POST".to_owned()),
            data: vec![field("email=", &self.email), field("password=", &self.password)],
            ..Curl::get("/api/v1/auth_session/login")
        }
    }

    /// Returns `EMAIL:PASSWORD`, the credentials of Basic authentication.
    pub fn user(&self) -> Template {
        joined("", &self.email, [Piece::Literal(":".to_owned())].iter().chain(self.password.pieces()))
    }
}

/// Makes a field of a form; only a value that a form would read otherwise is encoded.
fn field(name: &str, value: &Template) -> Data {
    let is_plain = value.as_literal().is_some_and(|text| !text.contains(['&', '+', '%', ';']));
    let kind = if is_plain { DataKind::Plain } else { DataKind::UrlEncode };
    Data { kind, value: joined(name, value, &[]) }
}

fn joined<'a>(start: &str, middle: &'a Template, end: impl IntoIterator<Item = &'a Piece>) -> Template {
    let start = Piece::Literal(start.to_owned());
    Template::new([start].into_iter().chain(middle.pieces().iter().chain(end).cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::tests::{body, errors, steps, told};
    use crate::scenario::print;

    fn one(step: &str) -> Authenticate {
        let [step] = steps(&format!("$ {step}\n")).try_into().expect("it is one step");
        match step.action {
            Action::Authenticate(authenticate) => authenticate,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_login_is_written_as_in_the_documents() {
        let authenticate = one("authenticate bob@hbtn.io \"fake pwd\"");
        assert_eq!(
            print::curl(&authenticate.login()),
            r#"curl "$URL/api/v1/auth_session/login" -XPOST -d "email=bob@hbtn.io" -d "password=fake pwd""#
        );
        assert_eq!(authenticate.user(), "bob@hbtn.io:fake pwd".into());
    }

    #[test]
    fn what_a_form_would_read_otherwise_is_encoded() {
        let steps = steps("$ authenticate a@b '50% & more'\n$ user a b\n$ authenticate a@b \"$USER\"\n");
        let logins = steps.iter().filter_map(|step| match &step.action {
            Action::Authenticate(authenticate) => Some(print::curl(&authenticate.login())),
            _ => None,
        });
        insta::assert_snapshot!(logins.collect::<Vec<_>>().join("\n"), @r#"
        curl "$URL/api/v1/auth_session/login" -XPOST -d "email=a@b" --data-urlencode "password=50% & more"
        curl "$URL/api/v1/auth_session/login" -XPOST -d "email=a@b" --data-urlencode "password=$USER"
        "#);
    }

    #[test]
    fn a_user_has_an_email_and_a_password() {
        insta::assert_snapshot!(errors("$ authenticate\n$ authenticate a@b\n$ authenticate a@b c d\n$ authenicate a@b c"), @r#"
        error[S008]: `authenticate` without an email and a password
         --> x.md:5:3
          |
        5 | $ authenticate
          |   ^^^^^^^^^^^^
          |
          = help: write authenticate EMAIL "PASSWORD"

        error[S008]: `authenticate` without a password
         --> x.md:6:3
          |
        6 | $ authenticate a@b
          |   ^^^^^^^^^^^^
          |
          = help: write authenticate EMAIL "PASSWORD"

        error[S008]: `authenticate` has one argument too many
         --> x.md:7:22
          |
        7 | $ authenticate a@b c d
          |                      ^
          |
          = help: leave it out; put an argument with white space in quotes

        error[S007]: unknown step `authenicate`
         --> x.md:8:3
          |
        8 | $ authenicate a@b c
          |   ^^^^^^^^^^^
          |
          = help: did you mean `authenticate`?
        "#);
    }

    #[test]
    fn credentials_are_a_header_of_their_own() {
        let set = "$ authenticate a@b c\n$ OLD=$CREDENTIAL\n";
        let used = "$ parallel 2 curl \"$URL\" -H \"A: b\" -H \"$CREDENTIAL\" -H \"$OLD\"\n$ OLD=$URL\n$ curl \"$URL\" -H \"a: $OLD\"\n";
        assert_eq!(steps(&format!("{set}{used}")).len(), 5);
        let misused = "$ curl \"$URL\" -H \"X: $CREDENTIAL\"\n$ curl \"$URL\" -d \"$OLD\"\n$ A=${OLD^^}\n$ user \"$OLD\" c\n";
        insta::assert_snapshot!(errors(&format!("{set}{misused}")), @r#"
        error[S013]: `$CREDENTIAL` is a header or nothing, and no part of anything else
         --> x.md:7:22
          |
        7 | $ curl "$URL" -H "X: $CREDENTIAL"
          |                      ^^^^^^^^^^^
          |
          = help: write -H "$CREDENTIAL", or keep it with a step NAME=$CREDENTIAL

        error[S013]: `$OLD` is a header or nothing, and no part of anything else
         --> x.md:8:19
          |
        8 | $ curl "$URL" -d "$OLD"
          |                   ^^^^
          |
          = help: write -H "$OLD", or keep it with a step NAME=$OLD

        error[S013]: `$OLD` is a header or nothing, and no part of anything else
         --> x.md:9:5
          |
        9 | $ A=${OLD^^}
          |     ^^^^^^^^
          |
          = help: write -H "$OLD", or keep it with a step NAME=$OLD

        error[S013]: `$OLD` is a header or nothing, and no part of anything else
          --> x.md:10:9
           |
        10 | $ user "$OLD" c
           |         ^^^^
           |
           = help: write -H "$OLD", or keep it with a step NAME=$OLD
        "#);
    }

    #[test]
    fn a_mode_that_lets_nobody_in_has_no_credentials() {
        let block = "```console\n$ authenticate a@b c\n```\n";
        insta::assert_snapshot!(told(&body(block).replace("[off]", "[auth, basic_auth]")), @"
        error[S007]: `authenticate` in the mode auth, which lets nobody in
         --> x.md:5:3
          |
        5 | $ authenticate a@b c
          |   ^^^^^^^^^^^^
          |
          = help: leave auth out of the modes, and write a scenario of its own for it
        ");
        insta::assert_snapshot!(told(&body(block).replace("modes: [off]", "server: redis")), @"
        error[S007]: `authenticate` is no step of a scenario of a Redis server
         --> x.md:5:3
          |
        5 | $ authenticate a@b c
          |   ^^^^^^^^^^^^
          |
          = help: the steps of a Redis server are redis, wait, restart and kill
        ");
    }
}
