//! Faults of the documents' programs.

use super::Fault;

/// Changes every line that begins so.
fn lines(text: &str, begin: &str, change: impl Fn(&str) -> String) -> String {
    let line = |line: &str| if line.starts_with(begin) { change(line) } else { line.to_owned() };
    text.lines().map(|one| line(one) + "\n").collect()
}

pub(super) static FAULTS: &[Fault] =
    &[
        Fault::new("main-0-email-only", &["main0.output"], "prints the Base64 of the email alone in main_0")
            .printed(|text| lines(text, "Basic Base64: ", |_| "Basic Base64: Ym9iQGhidG4uaW8=".to_owned())),
        Fault::new("main-1-number", &["main1.create-session"], "makes a session of a number in main_1")
            .printed(|text| {
                lines(text, "89 => None: {}", |_| {
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
        .printed(|text| lines(text, "doesntexist => ", |_| "doesntexist => abcde".to_owned())),
        Fault::new(
            "main-2-session",
            &["main2.user-for-session"],
            "gives the session ID for the user ID in main_2",
        )
        .printed(|text| {
            lines(text, "", |line| match line.split_once(" => fghij") {
                Some((id, "")) => format!("{id} => {id}"),
                _ => line.to_owned(),
            })
        }),
        Fault::new("main-3-one-word", &["main3.cookie-value"], "cuts a cookie's value at the first space")
            .after(|turn| {
                if turn.is("main3.cookie-value") {
                    let text = String::from_utf8_lossy(&turn.answer.body).into_owned();
                    let words: Vec<&str> = text.split_whitespace().take(3).collect();
                    turn.answer.body = (words.join(" ") + "\n").into_bytes();
                }
            }),
        Fault::new(
            "main-3-name-begins",
            &["main3.cookie-value"],
            "reads a cookie whose name begins with SESSION_NAME",
        )
        .after(|turn| {
            let name = turn.machine.rules.session_name.clone();
            let value =
                turn.asked.header("cookie").find_map(|line| line.strip_prefix(&name)?.split_once('='));
            if let Some((_, value)) = value
                && turn.is("main3.cookie-value")
            {
                turn.answer.body = format!("Cookie value: {value}\n").into_bytes();
            }
        }),
        Fault::new(
            "main-3-empty",
            &["main3.cookie-value"],
            "has an empty value where no cookie is sent to main_3",
        )
        .after(|turn| {
            if turn.is("main3.cookie-value") && turn.asked.header("cookie").next().is_none() {
                turn.answer.body = b"Cookie value: \n".to_vec();
            }
        }),
        Fault::new("main-4-nobody", &["main4.user-found"], "finds no user for the session of main_4").after(
            |turn| {
                if turn.is("main4.user-found") {
                    turn.answer.body = b"No user found\n".to_vec();
                }
            },
        ),
        Fault::new("main-4-anybody", &["main4.user-found"], "finds a user for any session cookie in main_4")
            .after(|turn| {
                let carries = turn.asked.cookies(&turn.machine.rules.session_name).next().is_some();
                if turn.is("main4.user-found")
                    && carries
                    && let Some(user) = turn.machine.state.users.first()
                {
                    turn.answer.body = format!("User found: {}\n", user.id).into_bytes();
                }
            }),
    ];
