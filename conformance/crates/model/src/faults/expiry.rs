//! Faults of expiry.

use super::Fault;
use spec::catalogue::Mode;

const NEVER: &str = "expiry.never";
const BEFORE: &str = "expiry.live-before";
const AFTER: &str = "expiry.dead-after";
const SLIDING: &str = "expiry.not-sliding";
const OWN: &str = "expiry.per-session";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("expires-at-half", &[BEFORE], "ends sessions at half of SESSION_DURATION").before(|turn| {
        turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds / 2);
    }),
    Fault::new("expires-a-second-early", &[BEFORE], "ends sessions one second before their last").before(
        |turn| {
            turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds - 2);
        },
    ),
    Fault::new("expires-after-60", &[BEFORE, AFTER], "takes SESSION_DURATION for 60, whatever it says")
        .before(|turn| {
            turn.machine.rules.duration = turn.machine.rules.duration.map(|_| 60);
        }),
    Fault::new("expires-never", &[AFTER], "never ends a session").before(|turn| {
        turn.machine.rules.duration = None;
    }),
    Fault::new("expires-a-second-late", &[AFTER], "ends sessions one second after they should").before(
        |turn| {
            turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds + 1);
        },
    ),
    Fault::new("expires-in-minutes", &[AFTER], "takes SESSION_DURATION for minutes").before(|turn| {
        turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds * 60);
    }),
    Fault::new("expires-within-the-day", &[AFTER], "has a session alive again a day later").before(|turn| {
        if let (Some(session), Some(duration)) = (turn.session(), turn.machine.rules.duration) {
            let within_the_day = (turn.now - session.born) % 86_400;
            if within_the_day <= duration && turn.now - session.born >= 86_400 {
                turn.machine.rules.duration = None;
            }
        }
    }),
    Fault::new("expired-401", &[AFTER], "answers an expired session with 401").after(|turn| {
        if turn.is("expiry.dead-after") {
            turn.error(401, "Unauthorized");
        }
    }),
    Fault::new(
        "expires-at-boundary",
        &["expiry.boundary"],
        "ends a session at its last second, not after it",
    )
    .before(|turn| {
        if turn.machine.rules.mode == Mode::SessionExpAuth {
            turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds - 1);
        }
    }),
    Fault::new("use-prolongs", &[SLIDING], "prolongs a session at every use").after(|turn| {
        let cookie = turn.asked.cookies(&turn.machine.rules.session_name).next().unwrap_or_default();
        if turn.answer.status == 200 {
            let used = turn.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
            used.for_each(|session| session.born = turn.now);
        }
    }),
    Fault::new("me-prolongs", &[SLIDING], "prolongs a session when it reads users/me").after(|turn| {
        let cookie = turn.asked.cookies(&turn.machine.rules.session_name).next().unwrap_or_default();
        if turn.is("me.authenticated") {
            let used = turn.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
            used.for_each(|session| session.born = turn.now);
        }
    }),
    Fault::new("late-use-prolongs", &[SLIDING], "prolongs a session that is used in its second half").after(
        |turn| {
            let cookie = turn.asked.cookies(&turn.machine.rules.session_name).next().unwrap_or_default();
            let half = turn.machine.rules.duration.map(|seconds| seconds / 2);
            if turn.answer.status == 200 {
                let used = turn.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
                used.filter(|session| half.is_some_and(|half| turn.now - session.born > half))
                    .for_each(|session| session.born = turn.now);
            }
        },
    ),
    Fault::new("login-prolongs", &[OWN], "prolongs a user's other sessions at a login").after(|turn| {
        if let Some(user) = turn.new_session().map(|session| session.user.clone()) {
            let of_user = turn.machine.state.sessions.iter_mut().filter(|session| session.user == user);
            of_user.for_each(|session| session.born = turn.now);
        }
    }),
    Fault::new("any-login-prolongs", &[OWN], "prolongs every session at anybody's login").after(|turn| {
        if turn.new_session().is_some() {
            turn.machine.state.sessions.iter_mut().for_each(|session| session.born = turn.now);
        }
    }),
    Fault::new("first-login-counts", &[OWN], "counts a session's age from its user's first login").after(
        |turn| {
            let Some(user) = turn.new_session().map(|session| session.user.clone()) else { return };
            let first =
                turn.was.sessions.iter().find(|session| session.user == user).map(|session| session.born);
            if let (Some(first), Some(session)) = (first, turn.new_session()) {
                session.born = first;
            }
        },
    ),
    Fault::new("wrong-login-prolongs", &[OWN], "prolongs a user's sessions at a login with a wrong password")
        .after(|turn| {
            if turn.is("login.wrong-password") {
                let email = turn.asked.form_field("email").unwrap_or_default();
                let user = turn.was.with_email(&email).next().map(|user| user.id.clone());
                let of_user = turn.machine.state.sessions.iter_mut();
                of_user.filter(|session| Some(&session.user) == user.as_ref()).for_each(|session| {
                    session.born = turn.now;
                });
            }
        }),
    Fault::new("zero-expires", &[NEVER], "ends sessions at once where SESSION_DURATION is no duration")
        .before(|turn| {
            if turn.machine.rules.mode.expires() && turn.machine.rules.duration.is_none() {
                turn.machine.rules.duration = Some(-1);
            }
        }),
    Fault::new(
        "no-duration-is-an-hour",
        &[NEVER],
        "gives sessions an hour where SESSION_DURATION is no duration",
    )
    .before(|turn| {
        if turn.machine.rules.mode.expires() && turn.machine.rules.duration.is_none() {
            turn.machine.rules.duration = Some(3600);
        }
    }),
    Fault::new("plain-expires", &["expiry.plain-never"], "ends sessions after a minute in session_auth too")
        .before(|turn| {
            if turn.machine.rules.mode == Mode::SessionAuth {
                turn.machine.rules.duration = Some(60);
            }
        }),
];
