//! Faults of the expiry of sessions.

use super::Fault;
use spec::catalogue::Mode;

const NEVER: &str = "expiry.never";
const BEFORE: &str = "expiry.live-before";
const AFTER: &str = "expiry.dead-after";
const SLIDING: &str = "expiry.not-sliding";
const OWN: &str = "expiry.per-session";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("expires-at-half", &[BEFORE], "ends sessions at half of SESSION_DURATION").before(|ctx| {
        ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds / 2);
    }),
    Fault::new("expires-a-second-early", &[BEFORE], "ends sessions one second before their last").before(
        |ctx| {
            ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds - 2);
        },
    ),
    Fault::new("expires-after-60", &[BEFORE, AFTER], "takes SESSION_DURATION for 60, whatever it says")
        .before(|ctx| {
            ctx.machine.rules.duration = ctx.machine.rules.duration.map(|_| 60);
        }),
    Fault::new("expires-never", &[AFTER], "never ends a session").before(|ctx| {
        ctx.machine.rules.duration = None;
    }),
    Fault::new("expires-a-second-late", &[AFTER], "ends sessions one second after they should").before(
        |ctx| {
            ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds + 1);
        },
    ),
    Fault::new("expires-in-minutes", &[AFTER], "takes SESSION_DURATION for minutes").before(|ctx| {
        ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds * 60);
    }),
    Fault::new("expires-within-the-day", &[AFTER], "has a session alive again a day later").before(|ctx| {
        if let (Some(session), Some(duration)) = (ctx.session(), ctx.machine.rules.duration) {
            let within_the_day = (ctx.now - session.created_at) % 86_400;
            if within_the_day <= duration && ctx.now - session.created_at >= 86_400 {
                ctx.machine.rules.duration = None;
            }
        }
    }),
    Fault::new("expired-401", &[AFTER], "answers an expired session with 401").after(|ctx| {
        if ctx.is_for("expiry.dead-after") {
            ctx.set_error(401, "Unauthorized");
        }
    }),
    Fault::new(
        "expires-at-boundary",
        &["expiry.boundary"],
        "ends a session at its last second, not after it",
    )
    .before(|ctx| {
        if ctx.machine.rules.mode == Mode::SessionExpAuth {
            ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds - 1);
        }
    }),
    Fault::new("use-prolongs", &[SLIDING], "prolongs a session at every use").after(|ctx| {
        let cookie = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().unwrap_or_default();
        if ctx.answer.status == 200 {
            let used = ctx.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
            used.for_each(|session| session.created_at = ctx.now);
        }
    }),
    Fault::new("me-prolongs", &[SLIDING], "prolongs a session when it reads users/me").after(|ctx| {
        let cookie = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().unwrap_or_default();
        if ctx.is_for("me.authenticated") {
            let used = ctx.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
            used.for_each(|session| session.created_at = ctx.now);
        }
    }),
    Fault::new("late-use-prolongs", &[SLIDING], "prolongs a session that is used in its second half").after(
        |ctx| {
            let cookie = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().unwrap_or_default();
            let half = ctx.machine.rules.duration.map(|seconds| seconds / 2);
            if ctx.answer.status == 200 {
                let used = ctx.machine.state.sessions.iter_mut().filter(|session| session.id == cookie);
                used.filter(|session| half.is_some_and(|half| ctx.now - session.created_at > half))
                    .for_each(|session| session.created_at = ctx.now);
            }
        },
    ),
    Fault::new("login-prolongs", &[OWN], "prolongs a user's other sessions at a login").after(|ctx| {
        if let Some(user) = ctx.new_session().map(|session| session.user.clone()) {
            let of_user = ctx.machine.state.sessions.iter_mut().filter(|session| session.user == user);
            of_user.for_each(|session| session.created_at = ctx.now);
        }
    }),
    Fault::new("any-login-prolongs", &[OWN], "prolongs every session at anybody's login").after(|ctx| {
        if ctx.new_session().is_some() {
            ctx.machine.state.sessions.iter_mut().for_each(|session| session.created_at = ctx.now);
        }
    }),
    Fault::new("first-login-counts", &[OWN], "counts a session's age from its user's first login").after(
        |ctx| {
            let Some(user) = ctx.new_session().map(|session| session.user.clone()) else { return };
            let first = ctx
                .previous
                .sessions
                .iter()
                .find(|session| session.user == user)
                .map(|session| session.created_at);
            if let (Some(first), Some(session)) = (first, ctx.new_session()) {
                session.created_at = first;
            }
        },
    ),
    Fault::new("wrong-login-prolongs", &[OWN], "prolongs a user's sessions at a login with a wrong password")
        .after(|ctx| {
            if ctx.is_for("login.wrong-password") {
                let email = ctx.parsed.form_field("email").unwrap_or_default();
                let user = ctx.previous.users_with_email(&email).next().map(|user| user.id.clone());
                let of_user = ctx.machine.state.sessions.iter_mut();
                of_user.filter(|session| Some(&session.user) == user.as_ref()).for_each(|session| {
                    session.created_at = ctx.now;
                });
            }
        }),
    Fault::new("zero-expires", &[NEVER], "ends sessions at once where SESSION_DURATION is no duration")
        .before(|ctx| {
            if ctx.machine.rules.mode.expires() && ctx.machine.rules.duration.is_none() {
                ctx.machine.rules.duration = Some(-1);
            }
        }),
    Fault::new(
        "no-duration-is-an-hour",
        &[NEVER],
        "gives sessions an hour where SESSION_DURATION is no duration",
    )
    .before(|ctx| {
        if ctx.machine.rules.mode.expires() && ctx.machine.rules.duration.is_none() {
            ctx.machine.rules.duration = Some(3600);
        }
    }),
    Fault::new("plain-expires", &["expiry.plain-never"], "ends sessions after a minute in session_auth too")
        .before(|ctx| {
            if ctx.machine.rules.mode == Mode::SessionAuth {
                ctx.machine.rules.duration = Some(60);
            }
        }),
];
