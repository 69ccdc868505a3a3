//! Faults of the login, except those of the sessions that it creates.

use serde_json::json;

use super::{AfterRequest, Fault};

const OK: &str = "login.ok";

/// Sets a session cookie with a random ID.
fn set_random_cookie(ctx: &mut AfterRequest<'_>) {
    let cookie = format!("{}={}; Path=/", ctx.machine.rules.session_name, uuid::Uuid::new_v4());
    ctx.set_header("set-cookie", &cookie);
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("login-201", &[OK], "answers a login with 201").after(|ctx| {
        if ctx.is_for(OK) {
            ctx.answer.status = 201;
        }
    }),
    Fault::new("login-without-user", &[OK], "answers a login with {}").after(|ctx| {
        if ctx.is_for(OK) {
            ctx.set_json(200, &json!({}));
        }
    }),
    Fault::new("login-oldest", &[OK], "answers every login with the oldest user").after(|ctx| {
        if ctx.is_for(OK)
            && let Some(user) = ctx.machine.state.users.first()
        {
            let user = crate::user_json(user);
            ctx.set_json(200, &user);
        }
    }),
    Fault::new("cookie-without-path", &["login.cookie"], "sets a cookie without Path=/").after(|ctx| {
        let id = ctx.new_session().map(|session| session.id.clone());
        if let Some(id) = id {
            let cookie = format!("{}={id}", ctx.machine.rules.session_name);
            ctx.set_header("set-cookie", &cookie);
        }
    }),
    Fault::new("cookie-no-uuid", &["login.cookie"], "makes session IDs that are no UUIDs").after(|ctx| {
        if let Some(id) = ctx.new_session().map(|session| session.id.replace('-', "")) {
            ctx.rename_session(&id);
        }
    }),
    Fault::new("cookie-uuid-1", &["login.cookie"], "makes session IDs of another version of UUID").after(
        |ctx| {
            if let Some(mut id) = ctx.new_session().map(|session| session.id.clone()) {
                id.replace_range(14..15, "1");
                ctx.rename_session(&id);
            }
        },
    ),
    Fault::new("cookie-name-fixed", &["login.cookie-name"], "sets the cookie under a fixed name").after(
        |ctx| {
            if let Some(id) = ctx.new_session().map(|session| session.id.clone()) {
                ctx.set_header("set-cookie", &format!("_my_session_id={id}; Path=/"));
            }
        },
    ),
    Fault::new("cookie-read-fixed", &["login.cookie-name"], "reads the cookie under a fixed name")
        .before(|ctx| {
            "_my_session_id".clone_into(&mut ctx.machine.rules.session_name);
        })
        .after(|ctx| {
            if let Some(id) = ctx.new_session().map(|session| session.id.clone()) {
                let cookie = format!("{}={id}; Path=/", ctx.machine.rules.session_name);
                ctx.set_header("set-cookie", &cookie);
            }
        }),
    Fault::new("login-strict-slash", &["login.slash"], "does not know login with a slash at its end").after(
        |ctx| {
            if ctx.is_for(OK) && ctx.parsed.path.ends_with('/') {
                ctx.undo();
                ctx.drop_header("set-cookie");
                ctx.set_error(404, "Not found");
            }
        },
    ),
    Fault::new("login-empty-email", &["login.email-missing"], "looks for a user with an empty email").after(
        |ctx| {
            if ctx.is_for("login.email-missing") && ctx.parsed.form_field("email").is_some() {
                ctx.set_error(404, "no user found for this email");
            }
        },
    ),
    Fault::new(
        "login-password-first",
        &["login.email-missing"],
        "asks for the password before the email at login",
    )
    .after(|ctx| {
        let password = ctx.parsed.form_field("password").unwrap_or_default();
        if ctx.is_for("login.email-missing") && password.is_empty() {
            ctx.set_error(400, "password missing");
        }
    }),
    Fault::new(
        "login-empty-password",
        &["login.password-missing"],
        "takes an empty password for a wrong one",
    )
    .after(|ctx| {
        if ctx.is_for("login.password-missing") && ctx.parsed.form_field("password").is_some() {
            ctx.set_error(401, "wrong password");
        }
    }),
    Fault::new(
        "login-user-first",
        &["login.password-missing"],
        "looks for the user before it asks for a password",
    )
    .after(|ctx| {
        let email = ctx.parsed.form_field("email").unwrap_or_default();
        if ctx.is_for("login.password-missing") && ctx.previous.users_with_email(&email).next().is_none() {
            ctx.set_error(404, "no user found for this email");
        }
    }),
    Fault::new("login-unknown-401", &["login.unknown-email"], "answers an unknown email with 401").after(
        |ctx| {
            if ctx.is_for("login.unknown-email") {
                ctx.set_error(401, "wrong password");
            }
        },
    ),
    Fault::new("login-wrong-password-403", &["login.wrong-password"], "answers a wrong password with 403")
        .after(|ctx| {
            if ctx.is_for("login.wrong-password") {
                ctx.set_error(403, "wrong password");
            }
        }),
    Fault::new(
        "login-wrong-password-cookie",
        &["login.wrong-password"],
        "sets a cookie though the password is wrong",
    )
    .after(|ctx| {
        if ctx.is_for("login.wrong-password") {
            set_random_cookie(ctx);
        }
    }),
    Fault::new("login-any-password", &["login.wrong-password"], "lets a wrong password in after a right one")
        .before(|ctx| {
            let email = ctx.parsed.form_field("email").unwrap_or_default();
            let Some(user) = ctx.machine.state.users_with_email(&email).next().cloned() else { return };
            if ctx.machine.state.sessions.iter().any(|session| session.user == user.id)
                && ctx.parsed.form_field("password").is_some_and(|password| !password.is_empty())
            {
                let pairs = [("email", &user.email), ("password", &user.password)];
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                ctx.request.body = Some(body.into_bytes());
            }
        }),
    Fault::new("login-by-json", &["login.form-only"], "reads a JSON body too").before(|ctx| {
        if let Some(fields) = ctx.parsed.object() {
            let pairs = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            if ctx.parsed.route == crate::Route::Login {
                ctx.set_header("content-type", "application/x-www-form-urlencoded");
                ctx.request.body = Some(body.into_bytes());
            }
        }
    }),
    Fault::new("login-by-query", &["login.form-only"], "reads the query string too").before(|ctx| {
        let query = ctx.request.url.split_once('?').map(|(_, query)| query.to_owned());
        if let Some(query) = query
            && ctx.parsed.route == crate::Route::Login
        {
            ctx.set_header("content-type", "application/x-www-form-urlencoded");
            ctx.request.body = Some(query.into_bytes());
        }
    }),
];
