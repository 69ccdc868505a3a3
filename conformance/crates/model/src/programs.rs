//! The documents' programs (main_0 to main_4) with a correct implementation: their output and their answers.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use uuid::Uuid;

use super::{Machine, ParsedRequest, Second, Session, User};
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

/// Runs main_2: looks up the users of existing and of unknown sessions. Returns the output (main2.user-for-session).
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
    let parsed = ParsedRequest::from(request);
    let value = parsed.cookies(session_name).next().unwrap_or("None").to_owned();
    page(&format!("Cookie value: {value}\n"))
}

/// Returns the answer of main_4, the session server (main4.user-found).
pub fn session_server(machine: &Machine, request: &Request) -> Answer {
    let parsed = ParsedRequest::from(request);
    let session = parsed.cookies(&machine.rules.session_name).next().and_then(|id| machine.state.session(id));
    page(&match session {
        Some(session) => format!("User found: {}\n", session.user),
        None => "No user found\n".to_owned(),
    })
}

fn page(text: &str) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    Answer { status: 200, headers, body: text.as_bytes().to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;
    use spec::catalogue::Mode;

    fn machine() -> Machine {
        Machine::new(Rules::new(Mode::SessionAuth, "_my_session_id", None))
    }

    /// Returns a text with `<id N>` for each UUID, numbered by first occurrence.
    fn numbered(text: &str) -> String {
        let mut ids: Vec<String> = Vec::new();
        let mut out = text.to_owned();
        let is_id = |one: &&str| Uuid::try_parse(one).is_ok();
        for id in text.split(|one: char| !one.is_ascii_alphanumeric() && one != '-').filter(is_id) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
                out = out.replace(id, &format!("<id {}>", ids.len()));
            }
        }
        out
    }

    #[test]
    fn the_outputs_have_the_documents_lines() {
        let mut machine = machine();
        assert_eq!(
            numbered(&main_0(&mut machine, "bob@hbtn.io", "pwd", 0)),
            "New user: <id 1>\nBasic Base64: Ym9iQGhidG4uaW86cHdk\n"
        );
        assert_eq!(
            numbered(&main_1()),
            "<class 'dict'>: {}\nNone => None: {}\n89 => None: {}\nabcde => <id 1>: {'<id 1>': 'abcde'}\n\
             fghij => <id 2>: {'<id 1>': 'abcde', '<id 2>': 'fghij'}\n\
             abcde => <id 3>: {'<id 1>': 'abcde', '<id 2>': 'fghij', '<id 3>': 'abcde'}\n"
        );
        assert_eq!(
            numbered(&main_2()),
            "abcde => <id 1>: {'<id 1>': 'abcde'}\nfghij => <id 2>: {'<id 1>': 'abcde', '<id 2>': 'fghij'}\n\
             ---\nNone => None\n89 => None\ndoesntexist => None\n---\n<id 1> => abcde\n<id 2> => fghij\n---\n\
             abcde => <id 3>: {'<id 1>': 'abcde', '<id 2>': 'fghij', '<id 3>': 'abcde'}\n\
             <id 3> => abcde\n<id 1> => abcde\n"
        );
    }

    #[test]
    fn a_star_excludes_every_path_with_the_prefix_and_a_slash_at_the_end_does_not_count() {
        for (path, excluded, expected) in [
            ("/api/v1/status", "/api/v1/status/", false),
            ("/api/v1/status/", "/api/v1/status", false),
            ("/api/v1/stats", "/api/v1/stat*", false),
            ("/api/v1/users", "/api/v1/stat*", true),
            ("/api/v1/users", "/api/v1/status/", true),
            ("/x/api/v1/stats", "/api/v1/stat*", true),
        ] {
            assert_eq!(requires_auth(path, excluded), expected, "{path} {excluded}");
        }
    }

    #[test]
    fn the_servers_read_the_session_cookie() {
        let with_cookie = |line: &str| {
            let mut request = Request::get("http://h/".to_owned());
            request.headers.push(("Cookie".to_owned(), line.to_owned()));
            request
        };
        let body = |answer: Answer| String::from_utf8(answer.body).expect("a page is text");
        let name = "_my_session_id";
        assert_eq!(body(main_3(name, &with_cookie("a=1; _my_session_id=Hello"))), "Cookie value: Hello\n");
        assert_eq!(body(main_3(name, &with_cookie("a=1"))), "Cookie value: None\n");
        let mut machine = machine();
        main_4(&mut machine, "bob@hbtn.io", "pwd", 0);
        let (session, user) = (machine.state.sessions[0].id.clone(), machine.state.users[0].id.clone());
        let answer = session_server(&machine, &with_cookie(&format!("{name}={session}")));
        assert_eq!(body(answer), format!("User found: {user}\n"));
        assert_eq!(body(session_server(&machine, &with_cookie("_my_session_id=x"))), "No user found\n");
    }
}
