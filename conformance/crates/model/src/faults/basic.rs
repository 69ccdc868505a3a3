//! Faults of Basic authentication.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{BeforeRequest, Fault};
use crate::User;
use spec::catalogue::Mode;

/// Returns the value of the `Authorization` header, in the mode with Basic authentication only.
fn authorization(ctx: &BeforeRequest<'_>) -> Option<String> {
    let reads = ctx.machine.rules.mode == Mode::BasicAuth;
    ctx.parsed.header("authorization").next().filter(|_| reads).map(str::to_owned)
}

/// Returns the email and the password of the credentials, split at the first colon.
fn credentials(ctx: &BeforeRequest<'_>) -> Option<(String, String)> {
    let value = authorization(ctx)?;
    let bytes = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (email, password) = text.split_once(':')?;
    Some((email.to_owned(), password.to_owned()))
}

/// Returns the first user with this email.
fn user_with_email(ctx: &BeforeRequest<'_>, email: &str) -> Option<User> {
    ctx.machine.state.users_with_email(email).next().cloned()
}

/// Replaces the credentials of the request.
fn set_credentials(ctx: &mut BeforeRequest<'_>, email: &str, password: &str) {
    let encoded = BASE64_STANDARD.encode(format!("{email}:{password}"));
    ctx.set_header("authorization", &format!("Basic {encoded}"));
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("basic-never", &["basic.valid"], "lets no credentials in").before(|ctx| {
        if authorization(ctx).is_some() {
            ctx.set_header("authorization", "Basic");
        }
    }),
    Fault::new("basic-oldest-only", &["basic.valid"], "tries the password of the oldest user only").before(
        |ctx| {
            if let Some((email, _)) = credentials(ctx) {
                let oldest = ctx.machine.state.users.first().is_some_and(|user| user.email == email);
                if !oldest {
                    ctx.set_header("authorization", "Basic");
                }
            }
        },
    ),
    Fault::new("basic-scheme-anywhere", &["basic.scheme"], "finds \"Basic \" anywhere in the header").before(
        |ctx| {
            if let Some(found) =
                authorization(ctx).and_then(|value| value.find("Basic ").map(|at| value[at..].to_owned()))
            {
                ctx.set_header("authorization", &found);
            }
        },
    ),
    Fault::new("basic-scheme-any-case", &["basic.scheme"], "does not mind the case of the scheme").before(
        |ctx| {
            if let Some(value) = authorization(ctx)
                && let Some((scheme, rest)) = value.split_once(' ')
                && scheme.eq_ignore_ascii_case("basic")
            {
                ctx.set_header("authorization", &format!("Basic {rest}"));
            }
        },
    ),
    Fault::new("basic-base64-500", &["basic.bad-base64"], "crashes on invalid Base64").after(|ctx| {
        if ctx.is_for("basic.bad-base64") {
            ctx.set_error(500, "Internal Server Error");
        }
    }),
    Fault::new("basic-base64-401", &["basic.bad-base64"], "answers invalid Base64 with 401").after(|ctx| {
        if ctx.is_for("basic.bad-base64") {
            ctx.set_error(401, "Unauthorized");
        }
    }),
    Fault::new("basic-no-colon-500", &["basic.no-colon"], "crashes on credentials without a colon").after(
        |ctx| {
            if ctx.is_for("basic.no-colon") {
                ctx.set_error(500, "Internal Server Error");
            }
        },
    ),
    Fault::new("basic-no-colon-401", &["basic.no-colon"], "answers credentials without a colon with 401")
        .after(|ctx| {
            if ctx.is_for("basic.no-colon") {
                ctx.set_error(401, "Unauthorized");
            }
        }),
    Fault::new("basic-unknown-email-404", &["basic.unknown-email"], "answers an unknown email with 404")
        .after(|ctx| {
            if ctx.is_for("basic.unknown-email") {
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new(
        "basic-any-email",
        &["basic.unknown-email"],
        "asks for the password of any user, whatever the email",
    )
    .before(|ctx| {
        if let Some((_, password)) = credentials(ctx)
            && let Some(user) = ctx.machine.state.users.iter().find(|user| user.password == password)
        {
            let email = user.email.clone();
            set_credentials(ctx, &email, &password);
        }
    }),
    Fault::new("basic-any-password", &["basic.wrong-password"], "lets any password in").before(|ctx| {
        if let Some((email, _)) = credentials(ctx)
            && let Some(user) = user_with_email(ctx, &email)
        {
            set_credentials(ctx, &email, &user.password);
        }
    }),
    Fault::new("basic-password-prefix", &["basic.wrong-password"], "lets in what begins with the password")
        .before(|ctx| {
            if let Some((email, password)) = credentials(ctx)
                && let Some(user) = user_with_email(ctx, &email)
                && password.starts_with(&user.password)
            {
                set_credentials(ctx, &email, &user.password);
            }
        }),
    Fault::new(
        "basic-password-trimmed",
        &["basic.wrong-password"],
        "ignores white space around the password",
    )
    .before(|ctx| {
        if let Some((email, password)) = credentials(ctx)
            && let Some(user) = user_with_email(ctx, &email)
            && password.trim() == user.password.trim()
        {
            set_credentials(ctx, &email, &user.password);
        }
    }),
    Fault::new(
        "basic-last-colon",
        &["basic.colon-password"],
        "separates email and password at the last colon",
    )
    .before(|ctx| {
        if let Some((_, password)) = credentials(ctx)
            && password.contains(':')
        {
            ctx.set_header("authorization", "Basic bm9ib2R5Og==");
        }
    }),
    Fault::new("basic-cut-password", &["basic.colon-password"], "cuts the password at its first colon")
        .before(|ctx| {
            if let Some((email, password)) = credentials(ctx)
                && let Some((cut, _)) = password.split_once(':')
            {
                set_credentials(ctx, &email, cut);
            }
        }),
];
