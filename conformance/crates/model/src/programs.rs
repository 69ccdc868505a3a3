//! The documents' programs, as a correct implementation runs them: what they print and what they serve.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use uuid::Uuid;

use super::{Asked, Machine, Second, Session, User};
use spec::http::Answer;
use spec::http::Request;

/// main_0: stores a user and prints its id and its Basic credentials (main0.output).
pub fn main_0(machine: &mut Machine, email: &str, password: &str, now: Second) -> String {
    let id = store(machine, email, password, now);
    let basic = BASE64_STANDARD.encode(format!("{email}:{password}"));
    format!("New user: {id}\nBasic Base64: {basic}\n")
}

/// main_4: stores a user with a session and prints both (main4.user-found).
pub fn main_4(machine: &mut Machine, email: &str, password: &str, now: Second) -> String {
    let user = store(machine, email, password, now);
    let id = Uuid::new_v4().to_string();
    let printed = format!("User with ID: {user} has a Session ID: {id}\n");
    machine.state.sessions.push(Session { id, user, born: now });
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

/// The dictionary of the documents' class SessionAuth, in the order of the logins.
#[derive(Default)]
struct Sessions(Vec<(String, &'static str)>);

impl Sessions {
    /// Makes a session of a user ID; of nothing else there is one.
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

/// main_1: sessions of nothing, of a number and of texts (main1.create-session).
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
        line(&mut out, &format!("{shown} => {id}: {}", sessions.shown()));
    }
    out
}

/// main_2: the users of sessions that exist, and of some that do not (main2.user-for-session).
pub fn main_2() -> String {
    let mut sessions = Sessions::default();
    let mut out = String::new();
    let mut create = |out: &mut String, user_id: &'static str| {
        let id = sessions.create(Some(user_id));
        line(out, &format!("{user_id} => {id}: {}", sessions.shown()));
        id
    };
    let (first, second) = (create(&mut out, "abcde"), create(&mut out, "fghij"));
    out.push_str("---\nNone => None\n89 => None\ndoesntexist => None\n---\n");
    line(&mut out, &format!("{first} => abcde"));
    line(&mut out, &format!("{second} => fghij"));
    out.push_str("---\n");
    let third = create(&mut out, "abcde");
    for id in [&third, &first] {
        line(&mut out, &format!("{id} => {}", sessions.user_of(id)));
    }
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

/// Tells whether the gate wants credentials for a path, with one path excluded (gate.wildcard).
pub fn requires_auth(path: &str, excluded: &str) -> bool {
    let with_slash = |path: &str| format!("{}/", path.trim_end_matches('/'));
    match excluded.strip_suffix('*') {
        Some(prefix) => !path.starts_with(prefix),
        None => with_slash(path) != with_slash(excluded),
    }
}

/// main_3: the cookie server's answer (main3.cookie-value).
pub fn main_3(session_name: &str, request: &Request) -> Answer {
    let asked = Asked::of(request);
    let value = asked.cookies(session_name).next().unwrap_or("None").to_owned();
    page(&format!("Cookie value: {value}\n"))
}

/// main_4: the session server's answer (main4.user-found).
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
