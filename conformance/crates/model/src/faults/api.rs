//! Faults of the simple API: status, stats, errors, CORS, the bytes.

use serde_json::json;

use super::Fault;
use crate::Route;

const NOT_FOUND: &str = "errors.not-found";
const NOT_ALLOWED: &str = "errors.method-not-allowed";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("status-lower-case", &["status.ok"], "answers status with {\"status\": \"ok\"}").after(
        |turn| {
            if turn.is("status.ok") {
                turn.json(200, &json!({"status": "ok"}));
            }
        },
    ),
    Fault::new("status-strict-slash", &["status.slash"], "does not know status with a slash at its end")
        .after(|turn| {
            if turn.is("status.ok") && turn.asked.path.ends_with('/') {
                turn.error(404, "Not found");
            }
        }),
    Fault::new("stats-off-by-one", &["stats.count"], "counts one user too many").after(|turn| {
        if turn.is("stats.count") {
            let users = turn.machine.state.users.len();
            turn.json(200, &json!({"users": users + 1}));
        }
    }),
    Fault::new("stats-at-start", &["stats.count"], "counts the users there were when it was started").after(
        |turn| {
            if turn.is("stats.count") {
                let users = turn.memory.at_start.users.len();
                turn.json(200, &json!({"users": users}));
            }
        },
    ),
    Fault::new("unauthorized-403", &["errors.unauthorized-route"], "answers the unauthorized route with 403")
        .after(|turn| {
            if turn.is("errors.unauthorized-route") {
                turn.error(403, "Unauthorized");
            }
        }),
    Fault::new("forbidden-401", &["errors.forbidden-route"], "answers the forbidden route with 401").after(
        |turn| {
            if turn.is("errors.forbidden-route") {
                turn.error(401, "Forbidden");
            }
        },
    ),
    Fault::new("not-found-page", &[NOT_FOUND], "answers an unknown route with an HTML page").after(|turn| {
        if turn.is(NOT_FOUND) {
            turn.set_header("content-type", "text/html");
            turn.answer.body = b"<!doctype html>\n<title>404 Not Found</title>\n".to_vec();
        }
    }),
    Fault::new("method-not-found", &[NOT_ALLOWED], "answers a wrong method with 404").after(|turn| {
        if turn.is(NOT_ALLOWED) {
            turn.error(404, "Not found");
        }
    }),
    Fault::new("logout-by-get", &[NOT_ALLOWED], "logs out by GET too").before(|turn| {
        if turn.asked.route == Route::Logout && turn.asked.method == "GET" {
            "DELETE".clone_into(&mut turn.request.method);
        }
    }),
    Fault::new("method-json", &["errors.method-not-allowed-page"], "answers a wrong method with JSON").after(
        |turn| {
            if turn.is(NOT_ALLOWED) {
                turn.error(405, "Method not allowed");
            }
        },
    ),
    Fault::new("method-without-allow", &["errors.method-not-allowed-page"], "leaves the Allow header out")
        .after(|turn| turn.drop_header("allow")),
    Fault::new("cors-missing", &["cors.any-origin"], "allows no other origin").after(|turn| {
        turn.drop_header("access-control-allow-origin");
    }),
    Fault::new("cors-not-on-errors", &["cors.any-origin"], "allows other origins on success only").after(
        |turn| {
            if turn.answer.status >= 400 {
                turn.drop_header("access-control-allow-origin");
            }
        },
    ),
    Fault::new("json-compact", &["json.transcript-bytes"], "writes JSON without white space").after(|turn| {
        if let Some(value) = turn.answer.json() {
            turn.answer.body = format!("{value}\n").into_bytes();
        }
    }),
    Fault::new("json-no-newline", &["json.transcript-bytes"], "leaves out the newline at the end of JSON")
        .after(|turn| {
            if turn.answer.body.last() == Some(&b'\n') && turn.answer.json().is_some() {
                turn.answer.body.pop();
            }
        }),
];
