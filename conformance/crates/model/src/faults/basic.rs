//! Faults of Basic authentication.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{Before, Fault};
use crate::User;
use spec::catalogue::Mode;

/// Gives the value of the Authorization header, in the mode that reads it.
fn value(turn: &Before<'_>) -> Option<String> {
    let reads = turn.machine.rules.mode == Mode::BasicAuth;
    turn.asked.header("authorization").next().filter(|_| reads).map(str::to_owned)
}

/// Gives email and password, as the first colon separates them.
fn credentials(turn: &Before<'_>) -> Option<(String, String)> {
    let value = value(turn)?;
    let bytes = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (email, password) = text.split_once(':')?;
    Some((email.to_owned(), password.to_owned()))
}

/// Gives the user with an address.
fn user_of(turn: &Before<'_>, email: &str) -> Option<User> {
    turn.machine.state.with_email(email).next().cloned()
}

/// Sends these credentials instead.
fn set(turn: &mut Before<'_>, email: &str, password: &str) {
    let encoded = BASE64_STANDARD.encode(format!("{email}:{password}"));
    turn.set_header("authorization", &format!("Basic {encoded}"));
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("basic-never", &["basic.valid"], "lets no credentials in").before(|turn| {
        if value(turn).is_some() {
            turn.set_header("authorization", "Basic");
        }
    }),
    Fault::new("basic-oldest-only", &["basic.valid"], "tries the password of the oldest user only").before(
        |turn| {
            if let Some((email, _)) = credentials(turn) {
                let oldest = turn.machine.state.users.first().is_some_and(|user| user.email == email);
                if !oldest {
                    turn.set_header("authorization", "Basic");
                }
            }
        },
    ),
    Fault::new("basic-scheme-anywhere", &["basic.scheme"], "finds \"Basic \" anywhere in the header").before(
        |turn| {
            if let Some(found) =
                value(turn).and_then(|value| value.find("Basic ").map(|at| value[at..].to_owned()))
            {
                turn.set_header("authorization", &found);
            }
        },
    ),
    Fault::new("basic-scheme-any-case", &["basic.scheme"], "does not mind the case of the scheme").before(
        |turn| {
            if let Some(value) = value(turn)
                && let Some((scheme, rest)) = value.split_once(' ')
                && scheme.eq_ignore_ascii_case("basic")
            {
                turn.set_header("authorization", &format!("Basic {rest}"));
            }
        },
    ),
    Fault::new("basic-base64-500", &["basic.bad-base64"], "crashes on invalid Base64").after(|turn| {
        if turn.is("basic.bad-base64") {
            turn.error(500, "Internal Server Error");
        }
    }),
    Fault::new("basic-base64-401", &["basic.bad-base64"], "answers invalid Base64 with 401").after(|turn| {
        if turn.is("basic.bad-base64") {
            turn.error(401, "Unauthorized");
        }
    }),
    Fault::new("basic-no-colon-500", &["basic.no-colon"], "crashes on credentials without a colon").after(
        |turn| {
            if turn.is("basic.no-colon") {
                turn.error(500, "Internal Server Error");
            }
        },
    ),
    Fault::new("basic-no-colon-401", &["basic.no-colon"], "answers credentials without a colon with 401")
        .after(|turn| {
            if turn.is("basic.no-colon") {
                turn.error(401, "Unauthorized");
            }
        }),
    Fault::new("basic-unknown-email-404", &["basic.unknown-email"], "answers an unknown email with 404")
        .after(|turn| {
            if turn.is("basic.unknown-email") {
                turn.error(404, "Not found");
            }
        }),
    Fault::new(
        "basic-any-email",
        &["basic.unknown-email"],
        "asks for the password of any user, whatever the email",
    )
    .before(|turn| {
        if let Some((_, password)) = credentials(turn)
            && let Some(user) = turn.machine.state.users.iter().find(|user| user.password == password)
        {
            let email = user.email.clone();
            set(turn, &email, &password);
        }
    }),
    Fault::new("basic-any-password", &["basic.wrong-password"], "lets any password in").before(|turn| {
        if let Some((email, _)) = credentials(turn)
            && let Some(user) = user_of(turn, &email)
        {
            set(turn, &email, &user.password);
        }
    }),
    Fault::new("basic-password-prefix", &["basic.wrong-password"], "lets in what begins with the password")
        .before(|turn| {
            if let Some((email, password)) = credentials(turn)
                && let Some(user) = user_of(turn, &email)
                && password.starts_with(&user.password)
            {
                set(turn, &email, &user.password);
            }
        }),
    Fault::new(
        "basic-password-trimmed",
        &["basic.wrong-password"],
        "ignores white space around the password",
    )
    .before(|turn| {
        if let Some((email, password)) = credentials(turn)
            && let Some(user) = user_of(turn, &email)
            && password.trim() == user.password.trim()
        {
            set(turn, &email, &user.password);
        }
    }),
    Fault::new(
        "basic-last-colon",
        &["basic.colon-password"],
        "separates email and password at the last colon",
    )
    .before(|turn| {
        if let Some((_, password)) = credentials(turn)
            && password.contains(':')
        {
            turn.set_header("authorization", "Basic bm9ib2R5Og==");
        }
    }),
    Fault::new("basic-cut-password", &["basic.colon-password"], "cuts the password at its first colon")
        .before(|turn| {
            if let Some((email, password)) = credentials(turn)
                && let Some((cut, _)) = password.split_once(':')
            {
                set(turn, &email, cut);
            }
        }),
];
