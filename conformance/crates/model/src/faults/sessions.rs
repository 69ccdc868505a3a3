//! Faults of sessions: the user that a session identifies, and the IDs that count.

use super::{AfterRequest, Fault};
use crate::Session;

/// Ends all sessions of the new session's user but the newest `kept` ones.
fn keep_newest(ctx: &mut AfterRequest<'_>, kept: usize) {
    let Some(user) = ctx.new_session().map(|session| session.user.clone()) else { return };
    let sessions = &mut ctx.machine.state.sessions;
    let mut left = sessions.iter().filter(|session| session.user == user).count();
    sessions.retain(|session| {
        let goes = session.user == user && left > kept;
        left -= usize::from(session.user == user);
        !goes
    });
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("one-session-a-user", &["login.new-session"], "ends a user's other sessions at a login")
        .after(|ctx| {
            keep_newest(ctx, 1);
        }),
    Fault::new(
        "two-sessions-a-user",
        &["login.new-session"],
        "ends a user's first session at the third login",
    )
    .after(|ctx| keep_newest(ctx, 2)),
    Fault::new("one-session-at-all", &["login.new-session"], "ends everybody's sessions at a login").after(
        |ctx| {
            if let Some(session) = ctx.new_session().cloned() {
                ctx.machine.state.sessions = vec![session];
            }
        },
    ),
    Fault::new(
        "login-reuses-session",
        &["login.new-session"],
        "gives a user the session that it has already",
    )
    .after(|ctx| {
        let Some(user) = ctx.new_session().map(|session| session.user.clone()) else { return };
        let old = ctx.previous.sessions.iter().find(|session| session.user == user).map(|one| one.id.clone());
        if let Some(old) = old {
            ctx.rename_session(&old);
        }
    }),
    Fault::new(
        "identifies-newest",
        &["session.identifies"],
        "takes every session for the one of the last login",
    )
    .before(|ctx| {
        if ctx.session().is_some()
            && ctx.parsed.method == "GET"
            && let Some(newest) = ctx.machine.state.sessions.last().map(|session| session.id.clone())
        {
            ctx.set_cookie(&newest);
        }
    }),
    Fault::new("opens-me-only", &["session.identifies"], "opens users/me to a session and nothing else")
        .before(|ctx| {
            use crate::Route;
            let narrow = !matches!(ctx.parsed.route, Route::Me | Route::Logout);
            if ctx.session().is_some() && narrow {
                ctx.set_cookie("no");
            }
        }),
    Fault::new("unknown-id-401", &["session.unknown-id"], "answers an unknown session ID with 401").after(
        |ctx| {
            if ctx.is_for("session.unknown-id") {
                ctx.set_error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("unknown-id-opens", &["session.unknown-id"], "lets any session cookie in").before(|ctx| {
        if ctx.cookie().is_some() && ctx.session().is_none() {
            ctx.bypass_gate();
        }
    }),
    Fault::new("any-cookie-name", &["session.other-cookie"], "reads the session ID from any cookie").before(
        |ctx| {
            let live = |session: &Session| {
                let pair = format!("={}", session.id);
                ctx.parsed.header("cookie").any(|line| line.contains(&pair))
            };
            let found =
                ctx.machine.state.sessions.iter().find(|session| live(session)).map(|one| one.id.clone());
            if let Some(id) = found {
                ctx.set_cookie(&id);
            }
        },
    ),
    Fault::new("other-cookie-403", &["session.other-cookie"], "takes any cookie for credentials").after(
        |ctx| {
            if ctx.is_for("gate.missing") && ctx.parsed.header("cookie").next().is_some() {
                ctx.set_error(403, "Forbidden");
            }
        },
    ),
    Fault::new("session-mode-basic", &["session.not-basic"], "takes Basic credentials in a session mode")
        .before(|ctx| {
            if ctx.machine.rules.mode.is_session()
                && ctx.cookie().is_none()
                && ctx.parsed.header("authorization").next().is_some()
            {
                ctx.machine.rules.mode = spec::catalogue::Mode::BasicAuth;
            }
        }),
    Fault::new(
        "not-basic-401",
        &["session.not-basic"],
        "answers Basic credentials in a session mode with 401",
    )
    .after(|ctx| {
        if ctx.is_for("session.not-basic") {
            ctx.set_error(401, "Unauthorized");
        }
    }),
    Fault::new("deleted-user-opens", &["session.user-deleted"], "lets the session of a deleted user in")
        .before(|ctx| {
            if let Some(session) = ctx.session()
                && ctx.machine.state.user(&session.user).is_none()
            {
                ctx.bypass_gate();
            }
        }),
    Fault::new("deleted-user-500", &["session.user-deleted"], "crashes at the session of a deleted user")
        .after(|ctx| {
            if ctx.is_for("session.user-deleted") {
                ctx.set_error(500, "Internal Server Error");
            }
        }),
    Fault::new("memory-kept", &["session.memory-only"], "keeps the sessions of a memory mode over a restart")
        .restart(|ctx| {
            ctx.machine.state.sessions = ctx.previous.sessions.clone();
        }),
];
