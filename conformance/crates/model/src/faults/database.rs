//! Faults of sessions in the database.

use super::Fault;

const SURVIVES: &str = "db.survives-restart";
const LOGOUT: &str = "db.logout-survives-restart";
const EXPIRY: &str = "db.expiry-survives-restart";

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("sessions-lost", &[SURVIVES], "forgets every session at a restart").restart(|turn| {
        turn.machine.state.sessions.clear();
    }),
    Fault::new("sessions-lost-later", &[SURVIVES], "forgets at the second restart what it kept at the first")
        .restart(|turn| {
            let old = &turn.memory.at_start.sessions;
            turn.machine.state.sessions.retain(|session| !old.contains(session));
        }),
    Fault::new("oldest-session-kept", &[SURVIVES], "keeps only the oldest session over a restart").restart(
        |turn| {
            turn.machine.state.sessions.truncate(1);
        },
    ),
    Fault::new(
        "newest-of-user-kept",
        &[SURVIVES],
        "keeps only the newest session of each user over a restart",
    )
    .restart(|turn| {
        let all = turn.machine.state.sessions.clone();
        turn.machine.state.sessions.retain(|session| {
            let newest = all.iter().rev().find(|other| other.user == session.user);
            newest.is_some_and(|newest| newest.id == session.id)
        });
    }),
    Fault::new("logout-forgotten", &[LOGOUT], "has logged-out sessions alive again after a restart").restart(
        |turn| {
            if turn.machine.rules.keeps_sessions() {
                turn.machine.state.sessions.extend(turn.memory.logged_out.iter().cloned());
            }
        },
    ),
    Fault::new(
        "old-logout-forgotten",
        &[LOGOUT],
        "has alive again after a restart what was logged out of sessions older than the last start",
    )
    .restart(|turn| {
        if turn.machine.rules.keeps_sessions() {
            let old = &turn.memory.at_start.sessions;
            let back = turn.memory.logged_out.iter().filter(|session| old.contains(session)).cloned();
            turn.machine.state.sessions.extend(back);
        }
    }),
    Fault::new("restart-renews", &[EXPIRY], "counts a session's age from the last restart").restart(|turn| {
        turn.machine.state.sessions.iter_mut().for_each(|session| session.born = turn.now);
    }),
    Fault::new("restored-never-expire", &[EXPIRY], "never ends a session that it had at its start").before(
        |turn| {
            if let Some(session) = turn.session()
                && turn.memory.at_start.sessions.contains(&session)
            {
                turn.machine.rules.duration = None;
            }
        },
    ),
];
