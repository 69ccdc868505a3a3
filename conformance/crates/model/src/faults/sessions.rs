//! Faults of sessions: whom they identify, and which IDs count.

use super::{After, Fault};
use crate::Session;

/// Ends the sessions of the new session's user but for the newest `kept`.
fn keep_newest(turn: &mut After<'_>, kept: usize) {
    let Some(user) = turn.new_session().map(|session| session.user.clone()) else { return };
    let sessions = &mut turn.machine.state.sessions;
    let mut left = sessions.iter().filter(|session| session.user == user).count();
    sessions.retain(|session| {
        let goes = session.user == user && left > kept;
        left -= usize::from(session.user == user);
        !goes
    });
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("one-session-a-user", &["login.new-session"], "ends a user's other sessions at a login")
        .after(|turn| {
            keep_newest(turn, 1);
        }),
    Fault::new(
        "two-sessions-a-user",
        &["login.new-session"],
        "ends a user's first session at the third login",
    )
    .after(|turn| keep_newest(turn, 2)),
    Fault::new("one-session-at-all", &["login.new-session"], "ends everybody's sessions at a login").after(
        |turn| {
            if let Some(session) = turn.new_session().cloned() {
                turn.machine.state.sessions = vec![session];
            }
        },
    ),
    Fault::new(
        "login-reuses-session",
        &["login.new-session"],
        "gives a user the session that it has already",
    )
    .after(|turn| {
        let Some(user) = turn.new_session().map(|session| session.user.clone()) else { return };
        let old = turn.was.sessions.iter().find(|session| session.user == user).map(|one| one.id.clone());
        if let Some(old) = old {
            turn.rename_session(&old);
        }
    }),
    Fault::new(
        "identifies-newest",
        &["session.identifies"],
        "takes every session for the one of the last login",
    )
    .before(|turn| {
        if turn.session().is_some()
            && turn.asked.method == "GET"
            && let Some(newest) = turn.machine.state.sessions.last().map(|session| session.id.clone())
        {
            turn.set_cookie(&newest);
        }
    }),
    Fault::new("opens-me-only", &["session.identifies"], "opens users/me to a session and nothing else")
        .before(|turn| {
            use crate::Route;
            let narrow = !matches!(turn.asked.route, Route::Me | Route::Logout);
            if turn.session().is_some() && narrow {
                turn.set_cookie("no");
            }
        }),
    Fault::new("unknown-id-401", &["session.unknown-id"], "answers an unknown session ID with 401").after(
        |turn| {
            if turn.is("session.unknown-id") {
                turn.error(401, "Unauthorized");
            }
        },
    ),
    Fault::new("unknown-id-opens", &["session.unknown-id"], "lets any session cookie in").before(|turn| {
        if turn.cookie().is_some() && turn.session().is_none() {
            turn.open_the_gate();
        }
    }),
    Fault::new("any-cookie-name", &["session.other-cookie"], "reads the session ID from any cookie").before(
        |turn| {
            let live = |session: &Session| {
                let pair = format!("={}", session.id);
                turn.asked.header("cookie").any(|line| line.contains(&pair))
            };
            let found =
                turn.machine.state.sessions.iter().find(|session| live(session)).map(|one| one.id.clone());
            if let Some(id) = found {
                turn.set_cookie(&id);
            }
        },
    ),
    Fault::new("other-cookie-403", &["session.other-cookie"], "takes any cookie for credentials").after(
        |turn| {
            if turn.is("gate.missing") && turn.asked.header("cookie").next().is_some() {
                turn.error(403, "Forbidden");
            }
        },
    ),
    Fault::new("session-mode-basic", &["session.not-basic"], "takes Basic credentials in a session mode")
        .before(|turn| {
            if turn.machine.rules.mode.is_session()
                && turn.cookie().is_none()
                && turn.asked.header("authorization").next().is_some()
            {
                turn.machine.rules.mode = spec::catalogue::Mode::BasicAuth;
            }
        }),
    Fault::new(
        "not-basic-401",
        &["session.not-basic"],
        "answers Basic credentials in a session mode with 401",
    )
    .after(|turn| {
        if turn.is("session.not-basic") {
            turn.error(401, "Unauthorized");
        }
    }),
    Fault::new("deleted-user-opens", &["session.user-deleted"], "lets the session of a deleted user in")
        .before(|turn| {
            if let Some(session) = turn.session()
                && turn.machine.state.user(&session.user).is_none()
            {
                turn.open_the_gate();
            }
        }),
    Fault::new("deleted-user-500", &["session.user-deleted"], "crashes at the session of a deleted user")
        .after(|turn| {
            if turn.is("session.user-deleted") {
                turn.error(500, "Internal Server Error");
            }
        }),
    Fault::new("memory-kept", &["session.memory-only"], "keeps the sessions of a memory mode over a restart")
        .restart(|turn| {
            turn.machine.state.sessions = turn.was.sessions.clone();
        }),
];
