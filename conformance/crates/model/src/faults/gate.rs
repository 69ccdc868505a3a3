//! Faults of the gate: requests that it lets through or refuses by mistake, and wrong refusals.

use super::Fault;
use crate::Route;
use spec::catalogue::Mode;

const MISSING: &str = "gate.missing";
const EXCLUDED: &str = "gate.excluded";
const ROUTING: &str = "gate.before-routing";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("mode-ignored", &["mode.selected"], "runs open whatever AUTH_TYPE says").before(|ctx| {
        ctx.bypass_gate();
    }),
    Fault::new("nobody-let-in", &["mode.selected"], "lets in whoever sends no credentials").before(|ctx| {
        if ctx.sends_no_credentials() && ctx.parsed.route != Route::Login {
            ctx.bypass_gate();
        }
    }),
    Fault::new(
        "login-opens-all",
        &["mode.selected"],
        "asks nobody for credentials once somebody has logged in",
    )
    .before(|ctx| {
        if ctx.sends_no_credentials() && ctx.parsed.route != Route::Login && ctx.memory.logins > 0 {
            ctx.bypass_gate();
        }
    }),
    Fault::new("off-closed", &["gate.off"], "asks for credentials to read where AUTH_TYPE is unset").after(
        |ctx| {
            let reads = ctx.parsed.method == "GET" && !ctx.parsed.route.is_excluded();
            if ctx.machine.rules.mode == Mode::Off && reads {
                ctx.set_error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("missing-403", &[MISSING], "answers 403 where credentials are missing").after(|ctx| {
        if ctx.is_for(MISSING) {
            ctx.set_error(403, "Forbidden");
        }
    }),
    Fault::new("missing-other-text", &[MISSING], "names the error of missing credentials in lower case")
        .after(|ctx| {
            if ctx.is_for(MISSING) {
                ctx.set_error(401, "unauthorized");
            }
        }),
    Fault::new("missing-on-get-only", &[MISSING], "closes routes to GET only").before(|ctx| {
        if ctx.parsed.method != "GET" && ctx.parsed.route != Route::Logout {
            ctx.bypass_gate();
        }
    }),
    Fault::new("unknown-401", &["gate.unknown"], "answers 401 where credentials identify nobody").after(
        |ctx| {
            if ctx.answer.status == 403 && ctx.parsed.route != Route::Forbidden {
                ctx.set_error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("login-closed", &[EXCLUDED], "asks for credentials at login").after(|ctx| {
        if ctx.parsed.route == Route::Login && ctx.parsed.header("cookie").next().is_none() {
            ctx.undo();
            ctx.drop_header("set-cookie");
            ctx.set_error(401, "Unauthorized");
        }
    }),
    Fault::new(
        "excluded-without-slash",
        &[EXCLUDED],
        "asks for credentials at an excluded path without a slash",
    )
    .after(|ctx| {
        if ctx.machine.rules.mode != Mode::Off
            && matches!(ctx.parsed.route, Route::Status | Route::Forbidden)
            && !ctx.parsed.path.ends_with('/')
        {
            ctx.set_error(401, "Unauthorized");
        }
    }),
    Fault::new("excluded-with-slash", &[EXCLUDED], "asks for credentials at an excluded path with a slash")
        .after(|ctx| {
            if ctx.machine.rules.mode != Mode::Off
                && matches!(ctx.parsed.route, Route::Status | Route::Forbidden)
                && ctx.parsed.path.ends_with('/')
            {
                ctx.set_error(401, "Unauthorized");
            }
        }),
    Fault::new("routing-first", &[ROUTING], "looks for the route before it asks for credentials").before(
        |ctx| {
            if ctx.parsed.route == Route::Unknown && ctx.parsed.is_plain() {
                ctx.bypass_gate();
            }
        },
    ),
    Fault::new("method-first", &[ROUTING], "looks at the method before it asks for credentials").before(
        |ctx| {
            let methods = ctx.parsed.route.methods();
            if !methods.is_empty() && !methods.contains(&ctx.parsed.method.as_str()) {
                ctx.bypass_gate();
            }
        },
    ),
    Fault::new("plain-auth-opens", &["gate.plain-auth"], "lets any Authorization header in").before(|ctx| {
        if ctx.machine.rules.mode == Mode::Auth && ctx.parsed.header("authorization").next().is_some() {
            ctx.bypass_gate();
        }
    }),
    Fault::new("plain-auth-401", &["gate.plain-auth"], "answers any Authorization header with 401").after(
        |ctx| {
            if ctx.is_for("gate.plain-auth") {
                ctx.set_error(401, "Unauthorized");
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
