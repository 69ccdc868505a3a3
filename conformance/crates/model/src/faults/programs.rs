//! Faults of the documents' programs.

use super::Fault;

/// Replaces every line that starts with `start`.
fn replace_lines(text: &str, start: &str, change: impl Fn(&str) -> String) -> String {
    let line = |line: &str| if line.starts_with(start) { change(line) } else { line.to_owned() };
    text.lines().map(|one| line(one) + "\n").collect()
}

pub(super) static FAULTS: &[Fault] =
    &[
        Fault::new("main-0-email-only", &["main0.output"], "prints the Base64 of the email alone in main_0")
            .printed(|text| {
                replace_lines(text, "Basic Base64: ", |_| "Basic Base64: Ym9iQGhidG4uaW8=".to_owned())
            }),
        Fault::new("main-1-number", &["main1.create-session"], "makes a session of a number in main_1")
            .printed(|text| {
                replace_lines(text, "89 => None: {}", |_| {
                    "89 => 5535d4d7-3d77-4d06-8281-495dc3acfe76: {'5535d4d7-3d77-4d06-8281-495dc3acfe76': 89}"
                        .to_owned()
                })
            }),
        Fault::new("main-1-one-a-user", &["main1.create-session"], "keeps one session a user in main_1")
            .printed(|text| {
                let last = text.lines().last().unwrap_or_default();
                let short = last.rsplit_once(", ").map_or(last.to_owned(), |(kept, _)| format!("{kept}}}"));
                text.replace(last, &short)
            }),
        Fault::new(
            "main-2-unknown",
            &["main2.user-for-session"],
            "finds a user for an unknown session in main_2",
        )
        .printed(|text| replace_lines(text, "doesntexist => ", |_| "doesntexist => abcde".to_owned())),
        Fault::new(
            "main-2-session",
            &["main2.user-for-session"],
            "gives the session ID for the user ID in main_2",
        )
        .printed(|text| {
            replace_lines(text, "", |line| match line.split_once(" => fghij") {
                Some((id, "")) => format!("{id} => {id}"),
                _ => line.to_owned(),
            })
        }),
        Fault::new("main-3-one-word", &["main3.cookie-value"], "cuts a cookie's value at the first space")
            .after(|ctx| {
                if ctx.is_for("main3.cookie-value") {
                    let text = String::from_utf8_lossy(&ctx.answer.body).into_owned();
                    let words: Vec<&str> = text.split_whitespace().take(3).collect();
                    ctx.answer.body = (words.join(" ") + "\n").into_bytes();
                }
            }),
        Fault::new(
            "main-3-name-begins",
            &["main3.cookie-value"],
            "reads a cookie whose name begins with SESSION_NAME",
        )
        .after(|ctx| {
            let name = ctx.machine.rules.session_name.clone();
            let value =
                ctx.parsed.header("cookie").find_map(|line| line.strip_prefix(&name)?.split_once('='));
            if let Some((_, value)) = value
                && ctx.is_for("main3.cookie-value")
            {
                ctx.answer.body = format!("Cookie value: {value}\n").into_bytes();
            }
        }),
        Fault::new(
            "main-3-empty",
            &["main3.cookie-value"],
            "has an empty value where no cookie is sent to main_3",
        )
        .after(|ctx| {
            if ctx.is_for("main3.cookie-value") && ctx.parsed.header("cookie").next().is_none() {
                ctx.answer.body = b"Cookie value: \n".to_vec();
            }
        }),
        Fault::new("main-4-nobody", &["main4.user-found"], "finds no user for the session of main_4").after(
            |ctx| {
                if ctx.is_for("main4.user-found") {
                    ctx.answer.body = b"No user found\n".to_vec();
                }
            },
        ),
        Fault::new("main-4-anybody", &["main4.user-found"], "finds a user for any session cookie in main_4")
            .after(|ctx| {
                let carries = ctx.parsed.cookies(&ctx.machine.rules.session_name).next().is_some();
                if ctx.is_for("main4.user-found")
                    && carries
                    && let Some(user) = ctx.machine.state.users.first()
                {
                    ctx.answer.body = format!("User found: {}\n", user.id).into_bytes();
                }
            }),
    ];
