//! The documents' programs (main_0 to main_4) with a correct implementation: their output and their answers.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use uuid::Uuid;

use super::{Asked, Machine, Second, Session, User};
use spec::http::Answer;
use spec::http::Request;

/// Runs main_0: stores a user. Returns the output, which shows the user's id and Basic credentials (main0.output).
pub fn main_0(machine: &mut Machine, email: &str, password: &str, now: Second) -> String {
    let id = store(machine, email, password, now);
    let basic = BASE64_STANDARD.encode(format!("{email}:{password}"));
    format!("New user: {id}\nBasic Base64: {basic}\n")
}

/// Runs main_4 until it serves: stores a user with a session. Returns the output, which shows both ids
/// (main4.user-found).
pub fn main_4(machine: &mut Machine, email: &str, password: &str, now: Second) -> String {
    let user = store(machine, email, password, now);
    let id = Uuid::new_v4().to_string();
    let printed = format!("User with ID: {user} has a Session ID: {id}\n");
    machine.state.sessions.push(Session { id, user, created_at: now });
    printed
}

fn store(machine: &mut Machine, email: &str, password: &str, now: Second) -> String {
    let id = Uuid::new_v4().to_string();
    machine.state.users.push(User {
        id: id.clone(),
        email: email.to_owned(),
        password: password.to_owned(),
        created_at: Some(now),
        updated_at: Some(now),
        ..User::default()
    });
    id
}

/// The dictionary of the documents' class `SessionAuth`: session IDs and user ids, in the order of creation.
#[derive(Default)]
struct Sessions(Vec<(String, &'static str)>);

impl Sessions {
    /// Creates a session for a user id. Returns its ID, or `None` as Python prints it if there is no user id.
    fn create(&mut self, user_id: Option<&'static str>) -> String {
        let Some(user_id) = user_id else { return "None".to_owned() };
        let id = Uuid::new_v4().to_string();
        self.0.push((id.clone(), user_id));
        id
    }

    fn user_of(&self, id: &str) -> &'static str {
        self.0.iter().find(|(session, _)| session == id).map_or("None", |(_, user)| user)
    }

    fn shown(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(id, user)| format!("'{id}': '{user}'")).collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

/// Runs main_1: creates sessions for `None`, a number and strings. Returns the output (main1.create-session).
pub fn main_1() -> String {
    let mut sessions = Sessions::default();
    let mut out = format!("<class 'dict'>: {}\n", sessions.shown());
    let tries = [
        ("None", None),
        ("89", None),
        ("abcde", Some("abcde")),
        ("fghij", Some("fghij")),
        ("abcde", Some("abcde")),
    ];
    for (shown, user_id) in tries {
        let id = sessions.create(user_id);
        push_line(&mut out, &format!("{shown} => {id}: {}", sessions.shown()));
    }
    out
}

/// Runs main_2: looks up the users of existing and of unknown sessions. Returns the output
/// (main2.user-for-session).
pub fn main_2() -> String {
    let mut sessions = Sessions::default();
    let mut out = String::new();
    let mut create = |out: &mut String, user_id: &'static str| {
        let id = sessions.create(Some(user_id));
        push_line(out, &format!("{user_id} => {id}: {}", sessions.shown()));
        id
    };
    let (first, second) = (create(&mut out, "abcde"), create(&mut out, "fghij"));
    out.push_str("---\nNone => None\n89 => None\ndoesntexist => None\n---\n");
    push_line(&mut out, &format!("{first} => abcde"));
    push_line(&mut out, &format!("{second} => fghij"));
    out.push_str("---\n");
    let third = create(&mut out, "abcde");
    for id in [&third, &first] {
        push_line(&mut out, &format!("{id} => {}", sessions.user_of(id)));
    }
    out
}

fn push_line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

/// Returns whether the gate demands credentials for `path`, where `excluded` is the only excluded path
/// (gate.wildcard).
pub fn requires_auth(path: &str, excluded: &str) -> bool {
    let with_slash = |path: &str| format!("{}/", path.trim_end_matches('/'));
    match excluded.strip_suffix('*') {
        Some(prefix) => !path.starts_with(prefix),
        None => with_slash(path) != with_slash(excluded),
    }
}

/// Returns the answer of main_3, the cookie server (main3.cookie-value).
pub fn main_3(session_name: &str, request: &Request) -> Answer {
    let asked = Asked::of(request);
    let value = asked.cookies(session_name).next().unwrap_or("None").to_owned();
    page(&format!("Cookie value: {value}\n"))
}

/// Returns the answer of main_4, the session server (main4.user-found).
pub fn session_server(machine: &Machine, request: &Request) -> Answer {
    let asked = Asked::of(request);
    let session = asked.cookies(&machine.rules.session_name).next().and_then(|id| machine.state.session(id));
    page(&match session {
        Some(session) => format!("User found: {}\n", session.user),
        None => "No user found\n".to_owned(),
    })
}

fn page(text: &str) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    Answer { status: 200, headers, body: text.as_bytes().to_vec() }
}
