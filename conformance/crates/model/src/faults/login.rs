//! Faults of the login.

use serde_json::json;

use super::{After, Fault};

const OK: &str = "login.ok";

/// Begins a session of whoever the answer concerns, though it should not.
fn set_cookie(turn: &mut After<'_>) {
    let cookie = format!("{}={}; Path=/", turn.machine.rules.session_name, uuid::Uuid::new_v4());
    turn.set_header("set-cookie", &cookie);
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("login-201", &[OK], "answers a login with 201").after(|turn| {
        if turn.is(OK) {
            turn.answer.status = 201;
        }
    }),
    Fault::new("login-without-user", &[OK], "answers a login with {}").after(|turn| {
        if turn.is(OK) {
            turn.json(200, &json!({}));
        }
    }),
    Fault::new("login-oldest", &[OK], "answers every login with the oldest user").after(|turn| {
        if turn.is(OK)
            && let Some(user) = turn.machine.state.users.first()
        {
            let user = crate::user_json(user);
            turn.json(200, &user);
        }
    }),
    Fault::new("cookie-without-path", &["login.cookie"], "sets a cookie without Path=/").after(|turn| {
        let id = turn.new_session().map(|session| session.id.clone());
        if let Some(id) = id {
            let cookie = format!("{}={id}", turn.machine.rules.session_name);
            turn.set_header("set-cookie", &cookie);
        }
    }),
    Fault::new("cookie-no-uuid", &["login.cookie"], "makes session IDs that are no UUIDs").after(|turn| {
        if let Some(id) = turn.new_session().map(|session| session.id.replace('-', "")) {
            turn.rename_session(&id);
        }
    }),
    Fault::new("cookie-uuid-1", &["login.cookie"], "makes session IDs of another version of UUID").after(
        |turn| {
            if let Some(mut id) = turn.new_session().map(|session| session.id.clone()) {
                id.replace_range(14..15, "1");
                turn.rename_session(&id);
            }
        },
    ),
    Fault::new("cookie-name-fixed", &["login.cookie-name"], "sets the cookie under a fixed name").after(
        |turn| {
            if let Some(id) = turn.new_session().map(|session| session.id.clone()) {
                turn.set_header("set-cookie", &format!("_my_session_id={id}; Path=/"));
            }
        },
    ),
    Fault::new("cookie-read-fixed", &["login.cookie-name"], "reads the cookie under a fixed name")
        .before(|turn| {
            "_my_session_id".clone_into(&mut turn.machine.rules.session_name);
        })
        .after(|turn| {
            if let Some(id) = turn.new_session().map(|session| session.id.clone()) {
                let cookie = format!("{}={id}; Path=/", turn.machine.rules.session_name);
                turn.set_header("set-cookie", &cookie);
            }
        }),
    Fault::new("login-strict-slash", &["login.slash"], "does not know login with a slash at its end").after(
        |turn| {
            if turn.is(OK) && turn.asked.path.ends_with('/') {
                turn.undo();
                turn.drop_header("set-cookie");
                turn.error(404, "Not found");
            }
        },
    ),
    Fault::new("login-empty-email", &["login.email-missing"], "looks for a user with an empty email").after(
        |turn| {
            if turn.is("login.email-missing") && turn.asked.form_field("email").is_some() {
                turn.error(404, "no user found for this email");
            }
        },
    ),
    Fault::new(
        "login-password-first",
        &["login.email-missing"],
        "asks for the password before the email at login",
    )
    .after(|turn| {
        let password = turn.asked.form_field("password").unwrap_or_default();
        if turn.is("login.email-missing") && password.is_empty() {
            turn.error(400, "password missing");
        }
    }),
    Fault::new(
        "login-empty-password",
        &["login.password-missing"],
        "takes an empty password for a wrong one",
    )
    .after(|turn| {
        if turn.is("login.password-missing") && turn.asked.form_field("password").is_some() {
            turn.error(401, "wrong password");
        }
    }),
    Fault::new(
        "login-user-first",
        &["login.password-missing"],
        "looks for the user before it asks for a password",
    )
    .after(|turn| {
        let email = turn.asked.form_field("email").unwrap_or_default();
        if turn.is("login.password-missing") && turn.was.with_email(&email).next().is_none() {
            turn.error(404, "no user found for this email");
        }
    }),
    Fault::new("login-unknown-401", &["login.unknown-email"], "answers an unknown email with 401").after(
        |turn| {
            if turn.is("login.unknown-email") {
                turn.error(401, "wrong password");
            }
        },
    ),
    Fault::new("login-wrong-password-403", &["login.wrong-password"], "answers a wrong password with 403")
        .after(|turn| {
            if turn.is("login.wrong-password") {
                turn.error(403, "wrong password");
            }
        }),
    Fault::new(
        "login-wrong-password-cookie",
        &["login.wrong-password"],
        "sets a cookie though the password is wrong",
    )
    .after(|turn| {
        if turn.is("login.wrong-password") {
            set_cookie(turn);
        }
    }),
    Fault::new("login-any-password", &["login.wrong-password"], "lets a wrong password in after a right one")
        .before(|turn| {
            let email = turn.asked.form_field("email").unwrap_or_default();
            let Some(user) = turn.machine.state.with_email(&email).next().cloned() else { return };
            if turn.machine.state.sessions.iter().any(|session| session.user == user.id)
                && turn.asked.form_field("password").is_some_and(|password| !password.is_empty())
            {
                let pairs = [("email", &user.email), ("password", &user.password)];
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                turn.request.body = Some(body.into_bytes());
            }
        }),
    Fault::new("login-by-json", &["login.form-only"], "reads a JSON body too").before(|turn| {
        if let Some(fields) = turn.asked.object() {
            let pairs = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            if turn.asked.route == crate::Route::Login {
                turn.set_header("content-type", "application/x-www-form-urlencoded");
                turn.request.body = Some(body.into_bytes());
            }
        }
    }),
    Fault::new("login-by-query", &["login.form-only"], "reads the query string too").before(|turn| {
        let query = turn.request.url.split_once('?').map(|(_, query)| query.to_owned());
        if let Some(query) = query
            && turn.asked.route == crate::Route::Login
        {
            turn.set_header("content-type", "application/x-www-form-urlencoded");
            turn.request.body = Some(query.into_bytes());
        }
    }),
];
