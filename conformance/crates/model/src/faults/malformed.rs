//! Faults that show in malformed requests: the server crashes.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use super::{AfterRequest, Fault};
use crate::Route;

const NO_ERROR: &str = "security.no-server-error";

/// Answers like a server whose handler has crashed.
fn crash(ctx: &mut AfterRequest<'_>) {
    ctx.undo();
    ctx.set_error(500, "Internal Server Error");
}

/// Crashes if the request writes a user and its body contains one of these texts.
fn crash_on(ctx: &mut AfterRequest<'_>, texts: &[&str]) {
    let body = String::from_utf8_lossy(&ctx.parsed.body);
    if writes_users(ctx) && texts.iter().any(|text| body.contains(text)) {
        crash(ctx);
    }
}

/// Returns whether the request has reached the handler that creates or updates users.
fn writes_users(ctx: &AfterRequest<'_>) -> bool {
    let writes = matches!(ctx.parsed.method.as_str(), "POST" | "PUT");
    writes && matches!(ctx.parsed.route, Route::Users | Route::User(_)) && !is_refused(ctx)
}

/// Returns whether the gate has refused the request.
fn is_refused(ctx: &AfterRequest<'_>) -> bool {
    matches!(ctx.answer.status, 401 | 403)
}

/// Returns whether one of these fields is present, and is neither a string nor null.
fn has_non_string(ctx: &AfterRequest<'_>, names: &[&str]) -> bool {
    let non_string = |value: &Value| !value.is_string() && !value.is_null();
    ctx.parsed
        .object()
        .is_some_and(|fields| names.iter().any(|name| fields.get(*name).is_some_and(non_string)))
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("array-500", &[NO_ERROR], "crashes on JSON that is no object").after(|ctx| {
        let other = serde_json::from_slice::<Value>(&ctx.parsed.body).is_ok_and(|one| !one.is_object());
        if other && writes_users(ctx) {
            crash(ctx);
        }
    }),
    Fault::new("nan-500", &[NO_ERROR], "crashes on NaN in JSON").after(|ctx| crash_on(ctx, &["NaN"])),
    Fault::new("odd-email-500", &[NO_ERROR], "crashes on an email or a password that is no string").after(
        |ctx| {
            if writes_users(ctx) && has_non_string(ctx, &["email", "password"]) {
                crash(ctx);
            }
        },
    ),
    Fault::new("odd-name-500", &[NO_ERROR], "crashes on a name that is no string").after(|ctx| {
        if writes_users(ctx) && has_non_string(ctx, &["first_name", "last_name"]) {
            crash(ctx);
        }
    }),
    Fault::new("surrogate-500", &[NO_ERROR], "crashes on half of a surrogate pair in JSON")
        .after(|ctx| crash_on(ctx, &["\\ud800", "\\udfff"])),
    Fault::new("nested-500", &[NO_ERROR], "crashes on JSON that is deeply nested")
        .after(|ctx| crash_on(ctx, &["[[[[[[[["])),
    Fault::new("utf8-500", &[NO_ERROR], "crashes on Base64 of bytes that are not UTF-8").after(|ctx| {
        let broken = ctx.parsed.header("authorization").any(|value| {
            let bytes = value.strip_prefix("Basic ").and_then(|text| BASE64_STANDARD.decode(text).ok());
            bytes.is_some_and(|bytes| String::from_utf8(bytes).is_err())
        });
        if broken && ctx.answer.status == 403 {
            crash(ctx);
        }
    }),
    Fault::new("odd-login-500", &[NO_ERROR], "crashes on a login that is no form").after(|ctx| {
        let no_form = ctx.parsed.form_field("email").is_none() && !ctx.parsed.body.is_empty();
        if ctx.parsed.route == Route::Login && no_form {
            crash(ctx);
        }
    }),
    Fault::new("bare-cookie-500", &[NO_ERROR], "crashes on a cookie without a value").after(|ctx| {
        let bare = ctx.parsed.header("cookie").any(|line| line.split(';').any(|pair| !pair.contains('=')));
        if bare && is_refused(ctx) {
            crash(ctx);
        }
    }),
];
