//! Tests of the handlers.

use std::collections::HashSet;

use super::*;
use crate::{Session, apply, render};
use spec::http::Request;

const NAME: &str = "_my_session_id";
const ID: &str = "5535d4d7-3d77-4d06-8281-495dc3acfe76";

/// A server that stores Bob and a session of his.
struct Server {
    rules: Rules,
    state: State,
}

impl Server {
    fn new(mode: Mode) -> Self {
        let bob = User {
            id: ID.to_owned(),
            email: "bob@hbtn.io".to_owned(),
            password: "pwd".to_owned(),
            last_name: Some("Dylan".to_owned()),
            ..User::default()
        };
        let session = Session { id: "s".to_owned(), user: bob.id.clone(), created_at: 0 };
        let state = State { users: vec![bob], sessions: vec![session] };
        Self { rules: Rules::new(mode, NAME, Some("10")), state }
    }

    fn responses(&self, now: Second, request: &Request) -> Vec<AllowedResponse> {
        allowed_responses(&self.state, &self.rules, now, &ParsedRequest::from(request))
    }

    /// Returns the requirement and the served status of the documented response.
    fn documented(&self, request: &Request) -> (&'static str, u16) {
        let first = self.responses(0, request).remove(0);
        (first.requirement, first.status.served())
    }

    /// Serves the documented response, and applies its effect.
    fn serve(&mut self, request: &Request) {
        let first = self.responses(0, request).remove(0);
        let answer = render::render(&first, NAME, 0);
        apply(&mut self.state, &first, &answer, NAME, 0);
    }
}

/// Returns a request with the session cookie.
fn request(method: &str, path: &str, content: Option<(&str, &str)>) -> Request {
    let mut request = Request::get(format!("http://h/api/v1/{path}"));
    method.clone_into(&mut request.method);
    request.headers.push(("Cookie".to_owned(), format!("{NAME}=s")));
    if let Some((kind, body)) = content {
        request.headers.push(("Content-Type".to_owned(), kind.to_owned()));
        request.body = Some(body.as_bytes().to_vec());
    }
    request
}

fn json(method: &str, path: &str, body: &str) -> Request {
    request(method, path, Some(("application/json", body)))
}

fn form(body: &str) -> Request {
    request("POST", "auth_session/login", Some(("application/x-www-form-urlencoded", body)))
}

#[test]
fn each_route_has_its_documented_response() {
    let server = Server::new(Mode::SessionAuth);
    let (bob, unknown) = (format!("users/{ID}"), "users/x");
    for (request, expected) in [
        (request("GET", "status/", None), ("status.ok", 200)),
        (request("GET", "stats", None), ("stats.count", 200)),
        (request("GET", "unauthorized", None), ("errors.unauthorized-route", 401)),
        (request("GET", "forbidden", None), ("errors.forbidden-route", 403)),
        (request("GET", "nothing", None), ("errors.not-found", 404)),
        (request("POST", "stats", None), ("errors.method-not-allowed", 405)),
        (request("GET", "users", None), ("users.list", 200)),
        (request("GET", "users/me", None), ("me.authenticated", 200)),
        (request("GET", &bob, None), ("users.get", 200)),
        (request("GET", unknown, None), ("users.get-unknown", 404)),
        (request("DELETE", &bob, None), ("users.delete", 200)),
        (request("DELETE", unknown, None), ("users.delete-unknown", 404)),
        (json("POST", "users", r#"{"email": "a", "password": "b"}"#), ("users.create", 201)),
        (json("POST", "users", r#"{"password": "b"}"#), ("users.create-email-missing", 400)),
        (json("POST", "users", r#"{"email": "a"}"#), ("users.create-password-missing", 400)),
        (json("POST", "users", "no JSON"), ("users.create-wrong-format", 400)),
        (json("PUT", &bob, r#"{"first_name": "Bob"}"#), ("users.update", 200)),
        (json("PUT", &bob, "no JSON"), ("users.update-wrong-format", 400)),
        (json("PUT", unknown, "{}"), ("users.update-unknown", 404)),
        (form("email=bob@hbtn.io&password=pwd"), ("login.ok", 200)),
        (form("email=&password=pwd"), ("login.email-missing", 400)),
        (form("email=bob@hbtn.io"), ("login.password-missing", 400)),
        (form("email=eve@hbtn.io&password=pwd"), ("login.unknown-email", 404)),
        (form("email=bob@hbtn.io&password=no"), ("login.wrong-password", 401)),
        (request("DELETE", "auth_session/logout", None), ("logout.ok", 200)),
    ] {
        assert_eq!(server.documented(&request), expected, "{} {}", request.method, request.url);
    }
}

#[test]
fn the_gate_answers_before_the_route_is_looked_up() {
    let bare = |method: &str, path: &str| {
        let mut request = request(method, path, None);
        request.headers.clear();
        request
    };
    let server = Server::new(Mode::SessionAuth);
    assert_eq!(server.documented(&bare("GET", "users")), ("gate.missing", 401));
    assert_eq!(server.documented(&bare("GET", "nothing")), ("gate.before-routing", 401));
    assert_eq!(server.documented(&bare("POST", "stats")), ("gate.before-routing", 401));
    assert_eq!(server.documented(&bare("GET", "status")), ("status.ok", 200));
    let off = Server::new(Mode::Off);
    assert_eq!(off.documented(&bare("GET", "users")), ("users.list", 200));
    assert_eq!(off.documented(&bare("GET", "users/me")), ("me.nobody", 404));
}

#[test]
fn every_unspecified_case_has_a_request() {
    let session = Server::new(Mode::SessionDbAuth);
    let basic = Server::new(Mode::BasicAuth);
    let authorization = |value: &str| {
        let mut request = Request::get("http://h/api/v1/users".to_owned());
        request.headers.push(("Authorization".to_owned(), value.to_owned()));
        request
    };
    let mut twice = request("GET", "users", None);
    twice.headers.push(("Cookie".to_owned(), format!("{NAME}=t")));
    let bob = format!("users/{ID}");
    let same_email = r#"{"email": "bob@hbtn.io", "password": "b"}"#;
    let multipart = ("multipart/form-data; boundary=x", "--x--");
    let cases = [
        (&basic, authorization(""), Unspecified::EmptyCredential),
        // bob@hbtn.io:pwd
        (&basic, authorization("Basic Ym9i QGhidG4uaW86cHdk"), Unspecified::JunkInBase64),
        (&session, twice, Unspecified::Repeated),
        (&session, request("GET", "users", None), Unspecified::LastSecond),
        (&session, request("GET", "USERS%2f", None), Unspecified::Spelling),
        (&session, request("OPTIONS", "users", None), Unspecified::ServersOwnMethod),
        (&basic, form("email=a"), Unspecified::NoSessionsHere),
        (&session, request("DELETE", "users/me", None), Unspecified::ChangeMe),
        (&session, request("POST", "users", Some(("text/plain", "{}"))), Unspecified::OtherContentType),
        (&session, json("POST", "users", r#"{"email": 1}"#), Unspecified::OddUser),
        (&session, json("PUT", &bob, r#"{"first_name": null}"#), Unspecified::NullName),
        (&session, json("POST", "users", same_email), Unspecified::SameEmail),
        (&session, request("POST", "auth_session/login", Some(multipart)), Unspecified::MultipartLogin),
        (&session, request("POST", "stats/", None), Unspecified::SlashAndWrongMethod),
        (&session, json("PUT", "users/x", "NaN"), Unspecified::Malformed),
    ];
    let mut reached = HashSet::new();
    for (server, request, case) in cases {
        // Ten seconds are the lifetime of the session.
        let all = server.responses(10, &request);
        assert!(all.iter().any(|one| one.unspecified == Some(case)), "{case:?}: {all:#?}");
        reached.insert(case);
    }
    assert_eq!(reached.len(), 15, "a case stands twice");
}

#[test]
fn an_update_changes_the_names_that_it_gives_and_a_null_may_count_as_given() {
    let server = Server::new(Mode::SessionAuth);
    let names = |body: &str| -> Vec<(Option<String>, Option<String>)> {
        let renamed = |one: AllowedResponse| match one.effect {
            Effect::Rename(user) => Some((user.first_name, user.last_name)),
            _ => None,
        };
        let all = server.responses(0, &json("PUT", &format!("users/{ID}"), body));
        all.into_iter().filter_map(renamed).collect()
    };
    let (bob, dylan) = (Some("Bob".to_owned()), Some("Dylan".to_owned()));
    assert_eq!(names(r#"{"first_name": "Bob"}"#), [(bob.clone(), dylan.clone())]);
    assert_eq!(names(r#"{"last_name": "", "email": "x"}"#), [(None, Some(String::new()))]);
    assert_eq!(names(r#"{"first_name": "Bob", "last_name": null}"#), [(bob.clone(), None), (bob, dylan)]);
}

#[test]
fn the_effects_of_responses_are_applied_one_after_another() {
    let mut server = Server::new(Mode::SessionAuth);
    server.serve(&json("POST", "users", r#"{"email": "ann@hbtn.io", "password": "x"}"#));
    let ann = server.state.users[1].clone();
    assert_eq!((&*ann.email, &*ann.password, ann.created_at), ("ann@hbtn.io", "x", Some(0)));
    server.serve(&json("PUT", &format!("users/{}", ann.id), r#"{"first_name": "Ann"}"#));
    assert_eq!(server.state.users[1].first_name.as_deref(), Some("Ann"));
    server.serve(&form("email=ann@hbtn.io&password=x"));
    assert_eq!(server.state.sessions[1].user, ann.id);
    server.serve(&request("DELETE", &format!("users/{}", ann.id), None));
    assert_eq!((server.state.users.len(), server.state.sessions.len()), (1, 2));
    server.serve(&request("DELETE", "auth_session/logout", None));
    assert_eq!(server.state.sessions.len(), 1);
}
