//! Faults of the logout.

use serde_json::Value;

use super::Fault;

const OK: &str = "logout.ok";
const OTHERS: &str = "logout.only-that-session";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("logout-204", &[OK], "answers a logout with 204 and nothing").after(|turn| {
        if turn.is(OK) {
            turn.answer.status = 204;
            turn.drop_header("content-type");
            turn.answer.body.clear();
        }
    }),
    Fault::new("logout-null", &[OK], "answers a logout with null").after(|turn| {
        if turn.is(OK) {
            turn.json(200, &Value::Null);
        }
    }),
    Fault::new("logout-404", &[OK], "answers a logout with 404 and keeps the session").after(|turn| {
        if turn.is(OK) {
            turn.undo();
            turn.error(404, "Not found");
        }
    }),
    Fault::new("logout-keeps", &["logout.ends-session"], "answers a logout and keeps the session").after(
        |turn| {
            if turn.is(OK) {
                turn.undo();
            }
        },
    ),
    Fault::new(
        "logout-first-of-user",
        &["logout.ends-session", OTHERS],
        "ends the first session of the user at a logout, whichever was used",
    )
    .after(|turn| {
        if let Some(ended) = turn.ended() {
            turn.undo();
            let sessions = &mut turn.machine.state.sessions;
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
    .after(|turn| {
        if let Some(ended) = turn.ended()
            && turn.machine.state.sessions.iter().any(|one| one.user == ended.user)
            && turn.was.sessions.last().is_some_and(|newest| *newest != ended)
        {
            turn.undo();
        }
    }),
    Fault::new("logout-of-user", &[OTHERS], "ends every session of the user at a logout").after(|turn| {
        if let Some(ended) = turn.ended() {
            turn.machine.state.sessions.retain(|session| session.user != ended.user);
        }
    }),
    Fault::new("logout-of-everybody", &[OTHERS], "ends everybody's sessions at a logout").after(|turn| {
        if turn.ended().is_some() {
            turn.machine.state.sessions.clear();
        }
    }),
    Fault::new("logout-of-next", &[OTHERS], "ends at a logout also the session of who logged in next").after(
        |turn| {
            if let Some(ended) = turn.ended()
                && let Some(place) = turn.was.sessions.iter().position(|session| *session == ended)
                && let Some(next) = turn.was.sessions.get(place + 1)
            {
                turn.machine.state.sessions.retain(|session| session.id != next.id);
            }
        },
    ),
    Fault::new("logout-of-older", &[OTHERS], "ends at a logout the older sessions of the user too").after(
        |turn| {
            if let Some(ended) = turn.ended() {
                let place = turn.was.sessions.iter().position(|session| *session == ended).unwrap_or(0);
                let older = turn.was.sessions[..place].to_vec();
                let goes = |one: &crate::Session| one.user == ended.user && older.contains(one);
                turn.machine.state.sessions.retain(|session| !goes(session));
            }
        },
    ),
    Fault::new("logout-strict-slash", &["logout.slash"], "does not know logout with a slash at its end")
        .after(|turn| {
            if turn.is(OK) && turn.asked.path.ends_with('/') {
                turn.undo();
                turn.error(404, "Not found");
            }
        }),
    Fault::new("logout-missing-404", &["logout.missing"], "answers a logout without credentials with 404")
        .after(|turn| {
            if turn.asked.route == crate::Route::Logout && turn.answer.status == 401 {
                turn.error(404, "Not found");
            }
        }),
    Fault::new("logout-again-200", &["logout.missing"], "answers a second logout with 200 too").after(
        |turn| {
            let cookie = turn.asked.cookies(&turn.machine.rules.session_name).next().map(str::to_owned);
            if turn.asked.route == crate::Route::Logout
                && turn.asked.method == "DELETE"
                && turn.answer.status == 403
                && turn.memory.logged_out.iter().any(|session| Some(&session.id) == cookie.as_ref())
            {
                turn.json(200, &serde_json::json!({}));
            }
        },
    ),
];
