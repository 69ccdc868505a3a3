//! The kinds of steps: the words of one step become its [`Action`].

use super::authenticate::authenticate;
use super::captures::capture;
use super::options;
use super::redis::redis;
use super::settings::serve;
use super::words::Word;
use crate::scenario::action::{Action, Parallel, Program, RequireAuth, Sleep, User};
use crate::scenario::curl::Curl;
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::print;

/// The first words of steps, captures apart.
const STEPS: [&str; 16] = [
    "curl",
    "parallel",
    "sleep",
    "restart",
    "kill",
    "serve",
    "user",
    "authenticate",
    "main_0",
    "main_1",
    "main_2",
    "main_3",
    "main_4",
    "require_auth",
    "redis",
    "wait",
];

/// Reads one step; `None` where it has an error. Errors go to `errors`.
pub(super) fn action(words: &[Word], errors: &mut Vec<Diagnostic>) -> Option<Action> {
    let (first, rest) = words.split_first()?;
    let Some(name) = first.template.as_literal() else {
        return match capture(first, rest) {
            Some(capture) => keep(capture, errors).map(Action::Capture),
            None => keep(Err(unknown(first, &print::word(&first.template))), errors),
        };
    };
    if let Some(program) = Program::ALL.into_iter().find(|program| program.as_str() == name) {
        return keep(nothing_after(name, rest).map(|()| Action::Main(program)), errors);
    }
    let result = match name {
        "curl" => return options::curl(rest, first, errors).map(Action::Curl),
        "parallel" => return parallel(first, rest, errors).map(Action::Parallel),
        "serve" => return serve(first, rest, errors).map(Action::Serve),
        "sleep" => sleep(first, rest).map(Action::Sleep),
        "restart" => nothing_after(name, rest).map(|()| Action::Restart),
        "kill" => nothing_after(name, rest).map(|()| Action::Kill),
        "user" => user(first, rest).map(Action::User),
        "authenticate" => authenticate(first, rest).map(Action::Authenticate),
        "require_auth" => require_auth(first, rest).map(Action::RequireAuth),
        "redis" => redis(first, rest).map(Action::Redis),
        "wait" => nothing_after(name, rest).map(|()| Action::Wait),
        _ => match capture(first, rest) {
            Some(capture) => capture.map(Action::Capture),
            None => Err(unknown(first, name)),
        },
    };
    keep(result, errors)
}

fn keep<T>(result: Result<T, Diagnostic>, errors: &mut Vec<Diagnostic>) -> Option<T> {
    result.map_err(|diagnostic| errors.push(diagnostic)).ok()
}

fn unknown(word: &Word, name: &str) -> Diagnostic {
    let all = format!("the steps are {} and NAME=…", STEPS.join(", "));
    let help = did_you_mean(name, STEPS, all);
    Diagnostic::new(code::STEP, word.span.clone(), format!("unknown step `{name}`"), help)
}

/// Says which argument a step lacks, and how the whole is written.
pub(super) fn missing(word: &Word, what: &str, form: &str) -> Diagnostic {
    let name = word.template.as_literal().unwrap_or_default();
    Diagnostic::new(
        code::ARGUMENT,
        word.span.clone(),
        format!("`{name}` without {what}"),
        format!("write {form}"),
    )
}

/// Refuses arguments that are left over.
pub(super) fn nothing_after(name: &str, rest: &[Word]) -> Result<(), Diagnostic> {
    match rest.first() {
        None => Ok(()),
        Some(word) => {
            let message = format!("`{name}` has one argument too many");
            let help = "leave it out; put an argument with white space in quotes";
            Err(Diagnostic::new(code::ARGUMENT, word.span.clone(), message, help))
        }
    }
}

fn sleep(step: &Word, rest: &[Word]) -> Result<Sleep, Diagnostic> {
    let Some((number, rest)) = rest.split_first() else {
        return Err(missing(step, "a number of seconds", "sleep SECONDS"));
    };
    nothing_after("sleep", rest)?;
    let seconds =
        number.template.as_literal().filter(|text| is_digits(text)).and_then(|text| text.parse().ok());
    let help = "write whole seconds in digits, as in sleep 60";
    let wrong =
        || Diagnostic::new(code::ARGUMENT, number.span.clone(), "this is no number of whole seconds", help);
    Ok(Sleep { seconds: seconds.ok_or_else(wrong)? })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parallel(step: &Word, rest: &[Word], errors: &mut Vec<Diagnostic>) -> Option<Parallel> {
    const FORM: &str = "parallel N curl …, with N from 1 to 256";
    let Some((number, rest)) = rest.split_first() else {
        errors.push(missing(step, "a number of requests", FORM));
        return None;
    };
    let text = number.template.as_literal().unwrap_or_default();
    let count = Some(text).filter(|text| is_digits(text)).and_then(|text| text.parse().ok());
    let count = count.filter(|count| (1..=Parallel::MOST).contains(count));
    if count.is_none() {
        let message = "this is no number of requests";
        errors.push(Diagnostic::new(code::ARGUMENT, number.span.clone(), message, format!("write {FORM}")));
    }
    let curl: Option<Curl> = match rest.split_first() {
        Some((command, rest)) if command.template.as_literal() == Some("curl") => {
            options::curl(rest, command, errors)
        }
        other => {
            let place = other.map_or(&step.span, |(command, _)| &command.span).clone();
            let message = "`parallel` repeats a curl step and nothing else";
            errors.push(Diagnostic::new(code::ARGUMENT, place, message, format!("write {FORM}")));
            None
        }
    };
    Some(Parallel { count: count?, curl: curl? })
}

fn user(step: &Word, rest: &[Word]) -> Result<User, Diagnostic> {
    const FORM: &str = "user EMAIL \"PASSWORD\"";
    match rest {
        [] => Err(missing(step, "an email and a password", FORM)),
        [_] => Err(missing(step, "a password", FORM)),
        [email, password, rest @ ..] => {
            nothing_after("user", rest)?;
            Ok(User { email: email.template.clone(), password: password.template.clone() })
        }
    }
}

fn require_auth(step: &Word, rest: &[Word]) -> Result<RequireAuth, Diagnostic> {
    const FORM: &str = "require_auth EXCLUDED PATH …";
    match rest {
        [] => Err(missing(step, "an excluded path and a path", FORM)),
        [_] => Err(missing(step, "a path to ask for", FORM)),
        [excluded, paths @ ..] => Ok(RequireAuth {
            excluded: excluded.template.clone(),
            paths: paths.iter().map(|path| path.template.clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::tests::{errors, steps};

    fn one(step: &str) -> Action {
        let [step] = steps(&format!("$ {step}\n")).try_into().expect("it is one step");
        step.action
    }

    #[test]
    fn every_step_kind_is_read() {
        assert!(matches!(one("curl $URL"), Action::Curl(_)));
        assert!(matches!(one("parallel 256 curl $URL"), Action::Parallel(Parallel { count: 256, .. })));
        assert_eq!(one("sleep 60"), Action::Sleep(Sleep { seconds: 60 }));
        assert_eq!(one("restart"), Action::Restart);
        assert_eq!(one("kill"), Action::Kill);
        let user = User { email: "a@b".into(), password: "fake pwd".into() };
        assert_eq!(one("user a@b \"fake pwd\""), Action::User(user));
        let ask = RequireAuth { excluded: "/a*".into(), paths: vec!["/a".into(), "/b".into()] };
        assert_eq!(one("require_auth '/a*' /a /b"), Action::RequireAuth(ask));
        for program in Program::ALL {
            assert_eq!(one(program.as_str()), Action::Main(program));
        }
    }

    #[test]
    fn an_unknown_step_suggests_the_nearest() {
        insta::assert_snapshot!(errors("$ restrat\n$ Curl $URL\n$ xyz\n$ $URL"), @r#"
        error[S007]: unknown step `restrat`
         --> x.md:5:3
          |
        5 | $ restrat
          |   ^^^^^^^
          |
          = help: did you mean `restart`?

        error[S007]: unknown step `Curl`
         --> x.md:6:3
          |
        6 | $ Curl $URL
          |   ^^^^
          |
          = help: did you mean `curl`?

        error[S007]: unknown step `xyz`
         --> x.md:7:3
          |
        7 | $ xyz
          |   ^^^
          |
          = help: the steps are curl, parallel, sleep, restart, kill, serve, user, authenticate, main_0, main_1, main_2, main_3, main_4, require_auth, redis, wait and NAME=…

        error[S007]: unknown step `"$URL"`
         --> x.md:8:3
          |
        8 | $ $URL
          |   ^^^^
          |
          = help: the steps are curl, parallel, sleep, restart, kill, serve, user, authenticate, main_0, main_1, main_2, main_3, main_4, require_auth, redis, wait and NAME=…
        "#);
    }

    #[test]
    fn arguments_are_counted() {
        insta::assert_snapshot!(errors("$ sleep\n$ sleep 1 2\n$ restart now\n$ user a\n$ user\n$ user a b c"), @r#"
        error[S008]: `sleep` without a number of seconds
         --> x.md:5:3
          |
        5 | $ sleep
          |   ^^^^^
          |
          = help: write sleep SECONDS

        error[S008]: `sleep` has one argument too many
         --> x.md:6:11
          |
        6 | $ sleep 1 2
          |           ^
          |
          = help: leave it out; put an argument with white space in quotes

        error[S008]: `restart` has one argument too many
         --> x.md:7:11
          |
        7 | $ restart now
          |           ^^^
          |
          = help: leave it out; put an argument with white space in quotes

        error[S008]: `user` without a password
         --> x.md:8:3
          |
        8 | $ user a
          |   ^^^^
          |
          = help: write user EMAIL "PASSWORD"

        error[S008]: `user` without an email and a password
         --> x.md:9:3
          |
        9 | $ user
          |   ^^^^
          |
          = help: write user EMAIL "PASSWORD"

        error[S008]: `user` has one argument too many
          --> x.md:10:12
           |
        10 | $ user a b c
           |            ^
           |
           = help: leave it out; put an argument with white space in quotes
        "#);
        insta::assert_snapshot!(errors("$ require_auth\n$ require_auth /a\n$ main_1 x\n$ kill 9"), @r"
        error[S008]: `require_auth` without an excluded path and a path
         --> x.md:5:3
          |
        5 | $ require_auth
          |   ^^^^^^^^^^^^
          |
          = help: write require_auth EXCLUDED PATH …

        error[S008]: `require_auth` without a path to ask for
         --> x.md:6:3
          |
        6 | $ require_auth /a
          |   ^^^^^^^^^^^^
          |
          = help: write require_auth EXCLUDED PATH …

        error[S008]: `main_1` has one argument too many
         --> x.md:7:10
          |
        7 | $ main_1 x
          |          ^
          |
          = help: leave it out; put an argument with white space in quotes

        error[S008]: `kill` has one argument too many
         --> x.md:8:8
          |
        8 | $ kill 9
          |        ^
          |
          = help: leave it out; put an argument with white space in quotes
        ");
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        insta::assert_snapshot!(errors("$ sleep 1.5\n$ sleep -1\n$ sleep $URL"), @r"
        error[S008]: this is no number of whole seconds
         --> x.md:5:9
          |
        5 | $ sleep 1.5
          |         ^^^
          |
          = help: write whole seconds in digits, as in sleep 60

        error[S008]: this is no number of whole seconds
         --> x.md:6:9
          |
        6 | $ sleep -1
          |         ^^
          |
          = help: write whole seconds in digits, as in sleep 60

        error[S008]: this is no number of whole seconds
         --> x.md:7:9
          |
        7 | $ sleep $URL
          |         ^^^^
          |
          = help: write whole seconds in digits, as in sleep 60
        ");
        insta::assert_snapshot!(errors("$ parallel 0 curl $URL\n$ parallel 257 curl $URL\n$ parallel curl $URL"), @r"
        error[S008]: this is no number of requests
         --> x.md:5:12
          |
        5 | $ parallel 0 curl $URL
          |            ^
          |
          = help: write parallel N curl …, with N from 1 to 256

        error[S008]: this is no number of requests
         --> x.md:6:12
          |
        6 | $ parallel 257 curl $URL
          |            ^^^
          |
          = help: write parallel N curl …, with N from 1 to 256

        error[S008]: this is no number of requests
         --> x.md:7:12
          |
        7 | $ parallel curl $URL
          |            ^^^^
          |
          = help: write parallel N curl …, with N from 1 to 256

        error[S008]: `parallel` repeats a curl step and nothing else
         --> x.md:7:17
          |
        7 | $ parallel curl $URL
          |                 ^^^^
          |
          = help: write parallel N curl …, with N from 1 to 256
        ");
        insta::assert_snapshot!(errors("$ parallel 2 restart\n$ parallel 2\n$ parallel"), @r"
        error[S008]: `parallel` repeats a curl step and nothing else
         --> x.md:5:14
          |
        5 | $ parallel 2 restart
          |              ^^^^^^^
          |
          = help: write parallel N curl …, with N from 1 to 256

        error[S008]: `parallel` repeats a curl step and nothing else
         --> x.md:6:3
          |
        6 | $ parallel 2
          |   ^^^^^^^^
          |
          = help: write parallel N curl …, with N from 1 to 256

        error[S008]: `parallel` without a number of requests
         --> x.md:7:3
          |
        7 | $ parallel
          |   ^^^^^^^^
          |
          = help: write parallel N curl …, with N from 1 to 256
        ");
    }
}
