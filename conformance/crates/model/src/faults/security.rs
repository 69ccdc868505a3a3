//! Faults against the requirements of security: session IDs, cookies, the time zone.

use serde_json::json;

use super::Fault;
use crate::Route;

/// Returns the first UUID with hyphens in a text.
fn uuid_in(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let found = bytes.windows(36).find(|window| {
        let text = std::str::from_utf8(window).unwrap_or_default();
        uuid::Uuid::try_parse(text).is_ok()
    });
    found.map(|window| String::from_utf8_lossy(window).into_owned())
}

/// Returns a valid UUID version 4 that ends in a number.
fn numbered(number: usize) -> String {
    format!("5535d4d7-3d77-4d06-8281-{number:012x}")
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new(
        "adopts-cookie",
        &["security.no-adopted-id"],
        "adopts a session ID that the login's cookie carries",
    )
    .after(|ctx| {
        let chosen = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().map(str::to_owned);
        if let Some(chosen) = chosen {
            ctx.rename_session(&chosen);
        }
    }),
    Fault::new(
        "adopts-field",
        &["security.no-adopted-id"],
        "adopts a session ID that the login's form carries",
    )
    .after(|ctx| {
        let names = [ctx.machine.rules.session_name.as_str(), "session_id", "id"];
        if let Some(chosen) = names.iter().find_map(|name| ctx.parsed.form_field(name)) {
            ctx.rename_session(&chosen);
        }
    }),
    Fault::new("ids-counted", &["security.unique-ids"], "counts its session IDs up").after(|ctx| {
        let number = ctx.memory.logins;
        ctx.rename_session(&numbered(number));
    }),
    Fault::new(
        "ids-half-random",
        &["security.unique-ids"],
        "makes session IDs random in their first half only",
    )
    .after(|ctx| {
        if let Some(id) = ctx.new_session().map(|session| session.id.clone()) {
            ctx.rename_session(&format!("{}8281-495dc3acfe76", &id[..19]));
        }
    }),
    Fault::new("ids-any-case", &["security.opaque-id"], "does not mind the case of a session ID").before(
        |ctx| {
            if let Some(cookie) = ctx.cookie() {
                ctx.set_cookie(&cookie.to_lowercase());
            }
        },
    ),
    Fault::new("ids-parsed", &["security.opaque-id"], "reads a session ID in any form of a UUID").before(
        |ctx| {
            if let Some(id) = ctx.cookie().and_then(|cookie| uuid::Uuid::try_parse(&cookie).ok()) {
                ctx.set_cookie(&id.to_string());
            }
        },
    ),
    Fault::new(
        "ids-by-beginning",
        &["security.opaque-id"],
        "takes the beginning of a session ID for the whole",
    )
    .before(|ctx| {
        let cookie = ctx.cookie().unwrap_or_default();
        let begins = |id: &str| cookie.len() >= 8 && id.starts_with(&cookie);
        let id = ctx.machine.state.sessions.iter().map(|one| one.id.clone()).find(|id| begins(id));
        if let Some(id) = id {
            ctx.set_cookie(&id);
        }
    }),
    Fault::new("id-in-query", &["security.id-only-in-cookie"], "reads the session ID from the query too")
        .before(|ctx| {
            if let Some(id) = ctx.request.url.split_once('?').and_then(|(_, query)| uuid_in(query)) {
                ctx.set_cookie(&id);
            }
        }),
    Fault::new("id-in-body", &["security.id-only-in-cookie"], "reads the session ID from the body too")
        .before(|ctx| {
            if let Some(id) = uuid_in(&String::from_utf8_lossy(&ctx.parsed.body)) {
                ctx.set_cookie(&id);
            }
        }),
    Fault::new(
        "id-in-bearer",
        &["security.id-only-in-cookie"],
        "reads the session ID from Authorization too",
    )
    .before(|ctx| {
        let id = ctx.parsed.header("authorization").find_map(uuid_in);
        if let Some(id) = id {
            ctx.set_cookie(&id);
        }
    }),
    Fault::new(
        "id-in-header",
        &["security.id-only-in-cookie"],
        "reads the session ID from a header of its name",
    )
    .before(|ctx| {
        let names = ["x-session-id", "session-id", "x-auth-token", "session", "_my_session_id"];
        if let Some(id) = names.iter().find_map(|name| ctx.parsed.header(name).find_map(uuid_in)) {
            ctx.set_cookie(&id);
        }
    }),
    Fault::new("first-cookie-only", &["security.cookie-parsing"], "looks at the first cookie only").before(
        |ctx| {
            let first =
                ctx.parsed.header("cookie").next().and_then(|line| line.split(';').next()).map(str::to_owned);
            if let Some(first) = first {
                ctx.set_header("cookie", &first);
            }
        },
    ),
    Fault::new("cookie-needs-space", &["security.cookie-parsing"], "splits cookies at \"; \" only").before(
        |ctx| {
            let line = ctx.parsed.header("cookie").next().unwrap_or_default().to_owned();
            let name = ctx.machine.rules.session_name.clone();
            let found =
                line.split("; ").find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
            match found {
                Some(value) if !value.contains(';') => ctx.set_cookie(&value),
                Some(_) => ctx.set_cookie("no"),
                None => ctx.drop_header("cookie"),
            }
        },
    ),
    Fault::new(
        "cookie-name-ends",
        &["security.cookie-parsing"],
        "reads a cookie whose name ends in SESSION_NAME",
    )
    .before(|ctx| {
        let name = format!("{}=", ctx.machine.rules.session_name);
        let line = ctx.parsed.header("cookie").next().unwrap_or_default().to_owned();
        if let Some(value) = line.split(';').find_map(|pair| pair.split_once(&name)).map(|(_, value)| value) {
            ctx.set_cookie(value);
        }
    }),
    Fault::new("local-time", &["security.time-zone"], "counts a session's age in local time").before(|ctx| {
        let hours = match ctx.machine.rules.time_zone.as_deref() {
            Some("Asia/Tokyo") => -9,
            Some("America/New_York") => 5,
            _ => 0,
        };
        ctx.machine.rules.duration = ctx.machine.rules.duration.map(|seconds| seconds + hours * 3600);
    }),
    Fault::new("logout-raced", &["security.logout-once"], "answers every one of concurrent logouts with 200")
        .after(|ctx| {
            let cookie = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().map(str::to_owned);
            let just_ended = ctx.memory.logged_out.iter().any(|session| Some(&session.id) == cookie.as_ref());
            let logout = ctx.parsed.route == Route::Logout && ctx.parsed.method == "DELETE";
            if logout && just_ended && ctx.answer.status == 403 {
                ctx.set_json(200, &json!({}));
            }
        }),
];
