//! Faults of sessions in the database.

use super::Fault;

const SURVIVES: &str = "db.survives-restart";
const LOGOUT: &str = "db.logout-survives-restart";
const EXPIRY: &str = "db.expiry-survives-restart";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("sessions-lost", &[SURVIVES], "forgets every session at a restart").restart(|ctx| {
        ctx.machine.state.sessions.clear();
    }),
    Fault::new("sessions-lost-later", &[SURVIVES], "forgets at the second restart what it kept at the first")
        .restart(|ctx| {
            let old = &ctx.memory.at_start.sessions;
            ctx.machine.state.sessions.retain(|session| !old.contains(session));
        }),
    Fault::new("oldest-session-kept", &[SURVIVES], "keeps only the oldest session over a restart").restart(
        |ctx| {
            ctx.machine.state.sessions.truncate(1);
        },
    ),
    Fault::new(
        "newest-of-user-kept",
        &[SURVIVES],
        "keeps only the newest session of each user over a restart",
    )
    .restart(|ctx| {
        let all = ctx.machine.state.sessions.clone();
        ctx.machine.state.sessions.retain(|session| {
            let newest = all.iter().rev().find(|other| other.user == session.user);
            newest.is_some_and(|newest| newest.id == session.id)
        });
    }),
    Fault::new("logout-forgotten", &[LOGOUT], "has logged-out sessions alive again after a restart").restart(
        |ctx| {
            if ctx.machine.rules.keeps_sessions() {
                ctx.machine.state.sessions.extend(ctx.memory.logged_out.iter().cloned());
            }
        },
    ),
    Fault::new(
        "old-logout-forgotten",
        &[LOGOUT],
        "has alive again after a restart what was logged out of sessions older than the last start",
    )
    .restart(|ctx| {
        if ctx.machine.rules.keeps_sessions() {
            let old = &ctx.memory.at_start.sessions;
            let back = ctx.memory.logged_out.iter().filter(|session| old.contains(session)).cloned();
            ctx.machine.state.sessions.extend(back);
        }
    }),
    Fault::new("restart-renews", &[EXPIRY], "counts a session's age from the last restart").restart(|ctx| {
        ctx.machine.state.sessions.iter_mut().for_each(|session| session.created_at = ctx.now);
    }),
    Fault::new("restored-never-expire", &[EXPIRY], "never ends a session that it had at its start").before(
        |ctx| {
            if let Some(session) = ctx.session()
                && ctx.memory.at_start.sessions.contains(&session)
            {
                ctx.machine.rules.duration = None;
            }
        },
    ),
];
