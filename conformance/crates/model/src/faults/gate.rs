//! Faults of the gate: what is let through, what is refused, and how.

use super::Fault;
use crate::Route;
use spec::catalogue::Mode;

const MISSING: &str = "gate.missing";
const EXCLUDED: &str = "gate.excluded";
const ROUTING: &str = "gate.before-routing";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("mode-ignored", &["mode.selected"], "runs open whatever AUTH_TYPE says").before(|turn| {
        turn.open_the_gate();
    }),
    Fault::new("nobody-let-in", &["mode.selected"], "lets in whoever sends no credentials").before(|turn| {
        if turn.sends_no_credentials() && turn.asked.route != Route::Login {
            turn.open_the_gate();
        }
    }),
    Fault::new(
        "login-opens-all",
        &["mode.selected"],
        "asks nobody for credentials once somebody has logged in",
    )
    .before(|turn| {
        if turn.sends_no_credentials() && turn.asked.route != Route::Login && turn.memory.logins > 0 {
            turn.open_the_gate();
        }
    }),
    Fault::new("off-closed", &["gate.off"], "asks for credentials to read where AUTH_TYPE is unset").after(
        |turn| {
            let reads = turn.asked.method == "GET" && !turn.asked.route.is_excluded();
            if turn.machine.rules.mode == Mode::Off && reads {
                turn.error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("missing-403", &[MISSING], "answers 403 where credentials are missing").after(|turn| {
        if turn.is(MISSING) {
            turn.error(403, "Forbidden");
        }
    }),
    Fault::new("missing-other-text", &[MISSING], "names the error of missing credentials in lower case")
        .after(|turn| {
            if turn.is(MISSING) {
                turn.error(401, "unauthorized");
            }
        }),
    Fault::new("missing-on-get-only", &[MISSING], "closes routes to GET only").before(|turn| {
        if turn.asked.method != "GET" && turn.asked.route != Route::Logout {
            turn.open_the_gate();
        }
    }),
    Fault::new("unknown-401", &["gate.unknown"], "answers 401 where credentials identify nobody").after(
        |turn| {
            if turn.answer.status == 403 && turn.asked.route != Route::Forbidden {
                turn.error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("login-closed", &[EXCLUDED], "asks for credentials at login").after(|turn| {
        if turn.asked.route == Route::Login && turn.asked.header("cookie").next().is_none() {
            turn.undo();
            turn.drop_header("set-cookie");
            turn.error(401, "Unauthorized");
        }
    }),
    Fault::new(
        "excluded-without-slash",
        &[EXCLUDED],
        "asks for credentials at an excluded path without a slash",
    )
    .after(|turn| {
        if turn.machine.rules.mode != Mode::Off
            && matches!(turn.asked.route, Route::Status | Route::Forbidden)
            && !turn.asked.path.ends_with('/')
        {
            turn.error(401, "Unauthorized");
        }
    }),
    Fault::new("excluded-with-slash", &[EXCLUDED], "asks for credentials at an excluded path with a slash")
        .after(|turn| {
            if turn.machine.rules.mode != Mode::Off
                && matches!(turn.asked.route, Route::Status | Route::Forbidden)
                && turn.asked.path.ends_with('/')
            {
                turn.error(401, "Unauthorized");
            }
        }),
    Fault::new("routing-first", &[ROUTING], "looks for the route before it asks for credentials").before(
        |turn| {
            if turn.asked.route == Route::Unknown && turn.asked.is_plain() {
                turn.open_the_gate();
            }
        },
    ),
    Fault::new("method-first", &[ROUTING], "looks at the method before it asks for credentials").before(
        |turn| {
            let methods = turn.asked.route.methods();
            if !methods.is_empty() && !methods.contains(&turn.asked.method.as_str()) {
                turn.open_the_gate();
            }
        },
    ),
    Fault::new("plain-auth-opens", &["gate.plain-auth"], "lets any Authorization header in").before(|turn| {
        if turn.machine.rules.mode == Mode::Auth && turn.asked.header("authorization").next().is_some() {
            turn.open_the_gate();
        }
    }),
    Fault::new("plain-auth-401", &["gate.plain-auth"], "answers any Authorization header with 401").after(
        |turn| {
            if turn.is("gate.plain-auth") {
                turn.error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("wildcard-literal", &["gate.wildcard"], "reads the * of an excluded path as a letter")
        .requires_auth(|path, excluded| path.trim_end_matches('/') != excluded.trim_end_matches('/')),
    Fault::new("wildcard-anywhere", &["gate.wildcard"], "excludes every path that has the prefix anywhere")
        .requires_auth(|path, excluded| {
            let word = excluded.trim_end_matches('*').rsplit('/').next().unwrap_or_default();
            !path.contains(word.get(..1).unwrap_or_default())
        }),
];
