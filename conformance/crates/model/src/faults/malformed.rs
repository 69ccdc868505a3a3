//! Faults that show in malformed requests: a server crashes on them.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use super::{After, Fault};
use crate::Route;

const NO_ERROR: &str = "security.no-server-error";

/// Answers as a server whose handler has crashed.
fn crash(turn: &mut After<'_>) {
    turn.undo();
    turn.error(500, "Internal Server Error");
}

/// Crashes where users are written and the body holds one of these texts.
fn crash_on(turn: &mut After<'_>, texts: &[&str]) {
    let body = String::from_utf8_lossy(&turn.asked.body);
    if writes_users(turn) && texts.iter().any(|text| body.contains(text)) {
        crash(turn);
    }
}

/// Tells whether the request got to where users are made or changed.
fn writes_users(turn: &After<'_>) -> bool {
    let writes = matches!(turn.asked.method.as_str(), "POST" | "PUT");
    writes && matches!(turn.asked.route, Route::Users | Route::User(_)) && !is_refused(turn)
}

/// Tells whether the gate has refused it.
fn is_refused(turn: &After<'_>) -> bool {
    matches!(turn.answer.status, 401 | 403)
}

/// Tells whether one of these fields is there, and neither a string nor null.
fn is_odd(turn: &After<'_>, names: &[&str]) -> bool {
    let odd = |value: &Value| !value.is_string() && !value.is_null();
    turn.asked.object().is_some_and(|fields| names.iter().any(|name| fields.get(*name).is_some_and(odd)))
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("array-500", &[NO_ERROR], "crashes on JSON that is no object").after(|turn| {
        let other = serde_json::from_slice::<Value>(&turn.asked.body).is_ok_and(|one| !one.is_object());
        if other && writes_users(turn) {
            crash(turn);
        }
    }),
    Fault::new("nan-500", &[NO_ERROR], "crashes on NaN in JSON").after(|turn| crash_on(turn, &["NaN"])),
    Fault::new("odd-email-500", &[NO_ERROR], "crashes on an email or a password that is no string").after(
        |turn| {
            if writes_users(turn) && is_odd(turn, &["email", "password"]) {
                crash(turn);
            }
        },
    ),
    Fault::new("odd-name-500", &[NO_ERROR], "crashes on a name that is no string").after(|turn| {
        if writes_users(turn) && is_odd(turn, &["first_name", "last_name"]) {
            crash(turn);
        }
    }),
    Fault::new("surrogate-500", &[NO_ERROR], "crashes on half of a surrogate pair in JSON")
        .after(|turn| crash_on(turn, &["\\ud800", "\\udfff"])),
    Fault::new("nested-500", &[NO_ERROR], "crashes on JSON that is deeply nested")
        .after(|turn| crash_on(turn, &["[[[[[[[["])),
    Fault::new("utf8-500", &[NO_ERROR], "crashes on Base64 of bytes that are not UTF-8").after(|turn| {
        let broken = turn.asked.header("authorization").any(|value| {
            let bytes = value.strip_prefix("Basic ").and_then(|text| BASE64_STANDARD.decode(text).ok());
            bytes.is_some_and(|bytes| String::from_utf8(bytes).is_err())
        });
        if broken && turn.answer.status == 403 {
            crash(turn);
        }
    }),
    Fault::new("odd-login-500", &[NO_ERROR], "crashes on a login that is no form").after(|turn| {
        let no_form = turn.asked.form_field("email").is_none() && !turn.asked.body.is_empty();
        if turn.asked.route == Route::Login && no_form {
            crash(turn);
        }
    }),
    Fault::new("bare-cookie-500", &[NO_ERROR], "crashes on a cookie without a value").after(|turn| {
        let bare = turn.asked.header("cookie").any(|line| line.split(';').any(|pair| !pair.contains('=')));
        if bare && is_refused(turn) {
            crash(turn);
        }
    }),
];
