//! The fixtures of a trial: the users and the cookie in its requests.

use serde_json::json;
use uuid::Uuid;

use super::actor::Actor;
use super::operation::Operation;
use super::session_ref::SHARED_SESSION;
use spec::scenario::curl::{Curl, Data, DataKind};
use spec::scenario::template::{Piece, Template, Variable};
use spec::scenario::{Settings, User};
use targets::NewUser;

/// The password of every user in a trial.
const PASSWORD: &str = "fake pwd";

/// The users and the cookie in the requests of a trial.
#[derive(Clone, Debug)]
pub struct Fixtures {
    /// A part of each email, so that the emails of two trials on the same data differ; may be empty.
    nonce: String,
    /// The name of the session cookie.
    pub cookie_name: String,
}

impl Fixtures {
    /// Creates the fixtures of a scenario: plain emails and the default cookie name.
    pub fn documented() -> Self {
        Self { nonce: String::new(), cookie_name: Settings::SESSION_NAME.to_owned() }
    }

    /// Creates fixtures with emails that no earlier trial has used.
    pub fn unique(cookie_name: &str) -> Self {
        let nonce = Uuid::new_v4().simple().to_string();
        Self { nonce: format!("-{}", &nonce[..12]), cookie_name: cookie_name.to_owned() }
    }

    /// Returns a text with the plain emails in the place of the unique ones.
    pub fn without_nonce(&self, text: &str) -> String {
        if self.nonce.is_empty() { text.to_owned() } else { text.replace(&self.nonce, "") }
    }

    /// Returns the email and the password of an actor.
    pub fn user(&self, actor: Actor) -> NewUser {
        let email = self.email(actor.name());
        NewUser { email, password: PASSWORD.to_owned() }
    }

    fn email(&self, name: &str) -> String {
        format!("{name}{}@hbtn.io", self.nonce)
    }

    /// Returns the arguments of the scenario step `user` for an actor.
    pub fn step(&self, actor: Actor) -> User {
        let NewUser { email, password } = self.user(actor);
        User { email: Template::literal(email), password: Template::literal(password) }
    }

    /// Returns the request that creates an actor, with the shared session.
    pub fn store(&self, actor: Actor) -> Curl {
        let NewUser { email, password } = self.user(actor);
        let post = with_json("/users", "POST", &json!({"email": email, "password": password}));
        Curl { cookies: vec![self.cookie(SHARED_SESSION)], ..post }
    }

    /// Returns the login of a user.
    pub fn login(&self, user: &NewUser) -> Curl {
        let pair = |name: &str, value: &str| Data {
            kind: DataKind::Plain,
            value: Template::literal(format!("{name}={value}")),
        };
        let data = vec![pair("email", &user.email), pair("password", &user.password)];
        Curl { data, ..curl("/auth_session/login", "POST") }
    }

    /// Returns the request of an operation, for a client counted from 0.
    pub fn curl(&self, client: usize, operation: Operation) -> Curl {
        let request = match operation {
            Operation::Visit(_) => curl("/users/me", "GET"),
            Operation::Logout(_) => curl("/auth_session/logout", "DELETE"),
            Operation::Login(actor) => self.login(&self.user(actor)),
            Operation::WrongLogin(actor) => {
                self.login(&NewUser { password: "wrong".to_owned(), ..self.user(actor) })
            }
            Operation::Read(actor) => user_request(actor, "GET"),
            Operation::Rename(actor) => {
                let field = if client.is_multiple_of(2) { "first_name" } else { "last_name" };
                let put = with_json("/users/", "PUT", &json!({field: format!("Name {}", client + 1)}));
                Curl { url: user_request(actor, "PUT").url, ..put }
            }
            Operation::Create(number) => {
                let email = self.email(["carol", "dave"][number % 2]);
                with_json("/users", "POST", &json!({"email": email, "password": PASSWORD}))
            }
            Operation::Delete(actor) => user_request(actor, "DELETE"),
            Operation::List => curl("/users", "GET"),
        };
        let cookie = operation.session().map(|session| self.cookie(&session.variable(client)));
        Curl { cookies: cookie.into_iter().collect(), ..request }
    }

    fn cookie(&self, variable: &str) -> Template {
        let mut cookie = Template::literal(format!("{}=", self.cookie_name));
        cookie.push(variable_piece(variable));
        cookie
    }
}

fn curl(path: &str, method: &str) -> Curl {
    let method = (method != "GET").then(|| method.to_owned());
    Curl { method, ..Curl::get(&format!("/api/v1{path}")) }
}

fn with_json(path: &str, method: &str, content: &serde_json::Value) -> Curl {
    let data = vec![Data { kind: DataKind::Plain, value: Template::literal(content.to_string()) }];
    Curl { headers: vec!["Content-Type: application/json".into()], data, ..curl(path, method) }
}

fn user_request(actor: Actor, method: &str) -> Curl {
    let mut request = curl("/users/", method);
    request.url.push(variable_piece(actor.variable()));
    request
}

fn variable_piece(name: &str) -> Piece {
    Piece::Variable(Variable { name: name.to_owned(), transform: None })
}

#[cfg(test)]
mod tests {
    use super::super::session_ref::SessionRef;
    use super::*;
    use spec::scenario::print;

    #[test]
    fn each_operation_is_a_documented_request() {
        let fixtures = Fixtures::documented();
        let all = [
            Operation::Visit(SessionRef::Shared),
            Operation::Logout(SessionRef::Own),
            Operation::Login(Actor::Bob),
            Operation::WrongLogin(Actor::Ann),
            Operation::Rename(Actor::Ann),
            Operation::Create(1),
            Operation::Delete(Actor::Bob),
            Operation::List,
        ];
        let lines: Vec<String> = all.into_iter().map(|one| print::curl(&fixtures.curl(1, one))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        curl "$URL/api/v1/users/me" --cookie "_my_session_id=$SESSION"
        curl "$URL/api/v1/auth_session/logout" -XDELETE --cookie "_my_session_id=$OWN2"
        curl "$URL/api/v1/auth_session/login" -XPOST -d "email=bob@hbtn.io" -d "password=fake pwd"
        curl "$URL/api/v1/auth_session/login" -XPOST -d "email=ann@hbtn.io" -d "password=wrong"
        curl "$URL/api/v1/users/$ANN" -XPUT -H "Content-Type: application/json" -d "{\"last_name\":\"Name 2\"}" --cookie "_my_session_id=$OWN2"
        curl "$URL/api/v1/users" -XPOST -H "Content-Type: application/json" -d "{\"email\":\"dave@hbtn.io\",\"password\":\"fake pwd\"}" --cookie "_my_session_id=$OWN2"
        curl "$URL/api/v1/users/$BOB" -XDELETE --cookie "_my_session_id=$OWN2"
        curl "$URL/api/v1/users" --cookie "_my_session_id=$OWN2"
        "#);
    }

    #[test]
    fn emails_are_sent_with_a_unique_part_and_shown_without_it() {
        let fixtures = Fixtures::unique("s");
        let email = fixtures.user(Actor::Bob).email;
        assert_ne!(email, Fixtures::unique("s").user(Actor::Bob).email);
        assert_eq!(fixtures.without_nonce(&email), "bob@hbtn.io");
    }
}
