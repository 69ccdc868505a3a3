//! Faults against what the standards ask of an authentication server.

use serde_json::json;

use super::Fault;
use crate::Route;

/// Gives what a text holds in the form of a UUID.
fn uuid_in(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let found = bytes.windows(36).find(|window| {
        let text = std::str::from_utf8(window).unwrap_or_default();
        uuid::Uuid::try_parse(text).is_ok()
    });
    found.map(|window| String::from_utf8_lossy(window).into_owned())
}

/// Makes a UUID version 4 of a number.
fn numbered(number: usize) -> String {
    format!("5535d4d7-3d77-4d06-8281-{number:012x}")
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new(
        "adopts-cookie",
        &["security.no-adopted-id"],
        "adopts a session ID that the login's cookie carries",
    )
    .after(|turn| {
        let chosen = turn.asked.cookies(&turn.machine.rules.session_name).next().map(str::to_owned);
        if let Some(chosen) = chosen {
            turn.rename_session(&chosen);
        }
    }),
    Fault::new(
        "adopts-field",
        &["security.no-adopted-id"],
        "adopts a session ID that the login's form carries",
    )
    .after(|turn| {
        let names = [turn.machine.rules.session_name.as_str(), "session_id", "id"];
        if let Some(chosen) = names.iter().find_map(|name| turn.asked.form_field(name)) {
            turn.rename_session(&chosen);
        }
    }),
    Fault::new("ids-counted", &["security.unique-ids"], "counts its session IDs up").after(|turn| {
        let number = turn.memory.logins;
        turn.rename_session(&numbered(number));
    }),
    Fault::new(
        "ids-half-random",
        &["security.unique-ids"],
        "makes session IDs random in their first half only",
    )
    .after(|turn| {
        if let Some(id) = turn.new_session().map(|session| session.id.clone()) {
            turn.rename_session(&format!("{}8281-495dc3acfe76", &id[..19]));
        }
    }),
    Fault::new("ids-any-case", &["security.opaque-id"], "does not mind the case of a session ID").before(
        |turn| {
            if let Some(cookie) = turn.cookie() {
                turn.set_cookie(&cookie.to_lowercase());
            }
        },
    ),
    Fault::new("ids-parsed", &["security.opaque-id"], "reads a session ID in any form of a UUID").before(
        |turn| {
            if let Some(id) = turn.cookie().and_then(|cookie| uuid::Uuid::try_parse(&cookie).ok()) {
                turn.set_cookie(&id.to_string());
            }
        },
    ),
    Fault::new(
        "ids-by-beginning",
        &["security.opaque-id"],
        "takes the beginning of a session ID for the whole",
    )
    .before(|turn| {
        let cookie = turn.cookie().unwrap_or_default();
        let begins = |id: &str| cookie.len() >= 8 && id.starts_with(&cookie);
        let id = turn.machine.state.sessions.iter().map(|one| one.id.clone()).find(|id| begins(id));
        if let Some(id) = id {
            turn.set_cookie(&id);
        }
    }),
    Fault::new("id-in-query", &["security.id-only-in-cookie"], "reads the session ID from the query too")
        .before(|turn| {
            if let Some(id) = turn.request.url.split_once('?').and_then(|(_, query)| uuid_in(query)) {
                turn.set_cookie(&id);
            }
        }),
    Fault::new("id-in-body", &["security.id-only-in-cookie"], "reads the session ID from the body too")
        .before(|turn| {
            if let Some(id) = uuid_in(&String::from_utf8_lossy(&turn.asked.body)) {
                turn.set_cookie(&id);
            }
        }),
    Fault::new(
        "id-in-bearer",
        &["security.id-only-in-cookie"],
        "reads the session ID from Authorization too",
    )
    .before(|turn| {
        let id = turn.asked.header("authorization").find_map(uuid_in);
        if let Some(id) = id {
            turn.set_cookie(&id);
        }
    }),
    Fault::new(
        "id-in-header",
        &["security.id-only-in-cookie"],
        "reads the session ID from a header of its name",
    )
    .before(|turn| {
        let names = ["x-session-id", "session-id", "x-auth-token", "session", "_my_session_id"];
        if let Some(id) = names.iter().find_map(|name| turn.asked.header(name).find_map(uuid_in)) {
            turn.set_cookie(&id);
        }
    }),
    Fault::new("first-cookie-only", &["security.cookie-parsing"], "looks at the first cookie only").before(
        |turn| {
            let first =
                turn.asked.header("cookie").next().and_then(|line| line.split(';').next()).map(str::to_owned);
            if let Some(first) = first {
                turn.set_header("cookie", &first);
            }
        },
    ),
    Fault::new("cookie-needs-space", &["security.cookie-parsing"], "splits cookies at \"; \" only").before(
        |turn| {
            let line = turn.asked.header("cookie").next().unwrap_or_default().to_owned();
            let name = turn.machine.rules.session_name.clone();
            let found =
                line.split("; ").find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
            match found {
                Some(value) if !value.contains(';') => turn.set_cookie(&value),
                Some(_) => turn.set_cookie("no"),
                None => turn.drop_header("cookie"),
            }
        },
    ),
    Fault::new(
        "cookie-name-ends",
        &["security.cookie-parsing"],
        "reads a cookie whose name ends in SESSION_NAME",
    )
    .before(|turn| {
        let name = format!("{}=", turn.machine.rules.session_name);
        let line = turn.asked.header("cookie").next().unwrap_or_default().to_owned();
        if let Some(value) = line.split(';').find_map(|pair| pair.split_once(&name)).map(|(_, value)| value) {
            turn.set_cookie(value);
        }
    }),
    Fault::new("local-time", &["security.time-zone"], "counts a session's age in local time").before(
        |turn| {
            let hours = match turn.machine.rules.time_zone.as_deref() {
                Some("Asia/Tokyo") => -9,
                Some("America/New_York") => 5,
                _ => 0,
            };
            turn.machine.rules.duration = turn.machine.rules.duration.map(|seconds| seconds + hours * 3600);
        },
    ),
    Fault::new("logout-raced", &["security.logout-once"], "answers every one of concurrent logouts with 200")
        .after(|turn| {
            let cookie = turn.asked.cookies(&turn.machine.rules.session_name).next().map(str::to_owned);
            let just_ended =
                turn.memory.logged_out.iter().any(|session| Some(&session.id) == cookie.as_ref());
            let logout = turn.asked.route == Route::Logout && turn.asked.method == "DELETE";
            if logout && just_ended && turn.answer.status == 403 {
                turn.json(200, &json!({}));
            }
        }),
];
