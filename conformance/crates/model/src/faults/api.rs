//! Faults of the routes without users: status, stats, errors, CORS, and the bytes of JSON.

use serde_json::json;

use super::Fault;
use crate::Route;

const NOT_FOUND: &str = "errors.not-found";
const NOT_ALLOWED: &str = "errors.method-not-allowed";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("status-lower-case", &["status.ok"], "answers status with {\"status\": \"ok\"}").after(
        |ctx| {
            if ctx.is_for("status.ok") {
                ctx.set_json(200, &json!({"status": "ok"}));
            }
        },
    ),
    Fault::new("status-strict-slash", &["status.slash"], "does not know status with a slash at its end")
        .after(|ctx| {
            if ctx.is_for("status.ok") && ctx.parsed.path.ends_with('/') {
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new("stats-off-by-one", &["stats.count"], "counts one user too many").after(|ctx| {
        if ctx.is_for("stats.count") {
            let users = ctx.machine.state.users.len();
            ctx.set_json(200, &json!({"users": users + 1}));
        }
    }),
    Fault::new("stats-at-start", &["stats.count"], "counts the users there were when it was started").after(
        |ctx| {
            if ctx.is_for("stats.count") {
                let users = ctx.memory.at_start.users.len();
                ctx.set_json(200, &json!({"users": users}));
            }
        },
    ),
    Fault::new("unauthorized-403", &["errors.unauthorized-route"], "answers the unauthorized route with 403")
        .after(|ctx| {
            if ctx.is_for("errors.unauthorized-route") {
                ctx.set_error(403, "Unauthorized");
            }
        }),
    Fault::new("forbidden-401", &["errors.forbidden-route"], "answers the forbidden route with 401").after(
        |ctx| {
            if ctx.is_for("errors.forbidden-route") {
                ctx.set_error(401, "Forbidden");
            }
        },
    ),
    Fault::new("not-found-page", &[NOT_FOUND], "answers an unknown route with an HTML page").after(|ctx| {
        if ctx.is_for(NOT_FOUND) {
            ctx.set_header("content-type", "text/html");
            ctx.answer.body = b"<!doctype html>\n<title>404 Not Found</title>\n".to_vec();
        }
    }),
    Fault::new("method-not-found", &[NOT_ALLOWED], "answers a wrong method with 404").after(|ctx| {
        if ctx.is_for(NOT_ALLOWED) {
            ctx.set_error(404, "Not found");
        }
    }),
    Fault::new("logout-by-get", &[NOT_ALLOWED], "logs out by GET too").before(|ctx| {
        if ctx.parsed.route == Route::Logout && ctx.parsed.method == "GET" {
            "DELETE".clone_into(&mut ctx.request.method);
        }
    }),
    Fault::new("method-json", &["errors.method-not-allowed-page"], "answers a wrong method with JSON").after(
        |ctx| {
            if ctx.is_for(NOT_ALLOWED) {
                ctx.set_error(405, "Method not allowed");
            }
        },
    ),
    Fault::new("method-without-allow", &["errors.method-not-allowed-page"], "leaves the Allow header out")
        .after(|ctx| ctx.drop_header("allow")),
    Fault::new("cors-missing", &["cors.any-origin"], "allows no other origin").after(|ctx| {
        ctx.drop_header("access-control-allow-origin");
    }),
    Fault::new("cors-not-on-errors", &["cors.any-origin"], "allows other origins on success only").after(
        |ctx| {
            if ctx.answer.status >= 400 {
                ctx.drop_header("access-control-allow-origin");
            }
        },
    ),
    Fault::new("json-compact", &["json.transcript-bytes"], "writes JSON without white space").after(|ctx| {
        if let Some(value) = ctx.answer.json() {
            ctx.answer.body = format!("{value}\n").into_bytes();
        }
    }),
    Fault::new("json-no-newline", &["json.transcript-bytes"], "leaves out the newline at the end of JSON")
        .after(|ctx| {
            if ctx.answer.body.last() == Some(&b'\n') && ctx.answer.json().is_some() {
                ctx.answer.body.pop();
            }
        }),
];
