//! Faults of the logout.

use serde_json::Value;

use super::Fault;

const OK: &str = "logout.ok";
const OTHERS: &str = "logout.only-that-session";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("logout-204", &[OK], "answers a logout with 204 and nothing").after(|ctx| {
        if ctx.is_for(OK) {
            ctx.answer.status = 204;
            ctx.drop_header("content-type");
            ctx.answer.body.clear();
        }
    }),
    Fault::new("logout-null", &[OK], "answers a logout with null").after(|ctx| {
        if ctx.is_for(OK) {
            ctx.set_json(200, &Value::Null);
        }
    }),
    Fault::new("logout-404", &[OK], "answers a logout with 404 and keeps the session").after(|ctx| {
        if ctx.is_for(OK) {
            ctx.undo();
            ctx.set_error(404, "Not found");
        }
    }),
    Fault::new("logout-keeps", &["logout.ends-session"], "answers a logout and keeps the session").after(
        |ctx| {
            if ctx.is_for(OK) {
                ctx.undo();
            }
        },
    ),
    Fault::new(
        "logout-first-of-user",
        &["logout.ends-session", OTHERS],
        "ends the first session of the user at a logout, whichever was used",
    )
    .after(|ctx| {
        if let Some(ended) = ctx.ended_session() {
            ctx.undo();
            let sessions = &mut ctx.machine.state.sessions;
            if let Some(first) = sessions.iter().position(|session| session.user == ended.user) {
                sessions.remove(first);
            }
        }
    }),
    Fault::new(
        "logout-keeps-older",
        &["logout.ends-session"],
        "keeps at a logout the session of a user who has a newer one",
    )
    .after(|ctx| {
        if let Some(ended) = ctx.ended_session()
            && ctx.machine.state.sessions.iter().any(|one| one.user == ended.user)
            && ctx.previous.sessions.last().is_some_and(|newest| *newest != ended)
        {
            ctx.undo();
        }
    }),
    Fault::new("logout-of-user", &[OTHERS], "ends every session of the user at a logout").after(|ctx| {
        if let Some(ended) = ctx.ended_session() {
            ctx.machine.state.sessions.retain(|session| session.user != ended.user);
        }
    }),
    Fault::new("logout-of-everybody", &[OTHERS], "ends everybody's sessions at a logout").after(|ctx| {
        if ctx.ended_session().is_some() {
            ctx.machine.state.sessions.clear();
        }
    }),
    Fault::new("logout-of-next", &[OTHERS], "ends at a logout also the session of who logged in next").after(
        |ctx| {
            if let Some(ended) = ctx.ended_session()
                && let Some(place) = ctx.previous.sessions.iter().position(|session| *session == ended)
                && let Some(next) = ctx.previous.sessions.get(place + 1)
            {
                ctx.machine.state.sessions.retain(|session| session.id != next.id);
            }
        },
    ),
    Fault::new("logout-of-older", &[OTHERS], "ends at a logout the older sessions of the user too").after(
        |ctx| {
            if let Some(ended) = ctx.ended_session() {
                let place = ctx.previous.sessions.iter().position(|session| *session == ended).unwrap_or(0);
                let older = ctx.previous.sessions[..place].to_vec();
                let goes = |one: &crate::Session| one.user == ended.user && older.contains(one);
                ctx.machine.state.sessions.retain(|session| !goes(session));
            }
        },
    ),
    Fault::new("logout-strict-slash", &["logout.slash"], "does not know logout with a slash at its end")
        .after(|ctx| {
            if ctx.is_for(OK) && ctx.parsed.path.ends_with('/') {
                ctx.undo();
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new("logout-missing-404", &["logout.missing"], "answers a logout without credentials with 404")
        .after(|ctx| {
            if ctx.parsed.route == crate::Route::Logout && ctx.answer.status == 401 {
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new("logout-again-200", &["logout.missing"], "answers a second logout with 200 too").after(
        |ctx| {
            let cookie = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().map(str::to_owned);
            if ctx.parsed.route == crate::Route::Logout
                && ctx.parsed.method == "DELETE"
                && ctx.answer.status == 403
                && ctx.memory.logged_out.iter().any(|session| Some(&session.id) == cookie.as_ref())
            {
                ctx.set_json(200, &serde_json::json!({}));
            }
        },
    ),
];
