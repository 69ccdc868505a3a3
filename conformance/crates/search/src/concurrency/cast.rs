//! The cast of a trial: the users and cookies that its requests name.

use serde_json::json;
use uuid::Uuid;

use super::plan::{Operation, Person, Whose};
use spec::scenario::curl::{Curl, Data, DataKind};
use spec::scenario::template::{Piece, Template, Variable};
use spec::scenario::{Settings, User};
use targets::NewUser;

/// The password of every user of a trial.
const PASSWORD: &str = "fake pwd";

/// The variable that holds the ID of the session that every client knows.
pub const SHARED: &str = "SESSION";

/// The users and the cookie that requests name.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Stands in each address, so that those of two trials on the same data are not the same; may be empty.
    nonce: String,
    /// The name of the session cookie.
    pub cookie_name: String,
}

impl Cast {
    /// The cast as a scenario writes it.
    pub fn written() -> Self {
        Self { nonce: String::new(), cookie_name: Settings::SESSION_NAME.to_owned() }
    }

    /// A cast with addresses that nobody has used before.
    pub fn unique(cookie_name: &str) -> Self {
        let nonce = Uuid::new_v4().simple().to_string();
        Self { nonce: format!("-{}", &nonce[..12]), cookie_name: cookie_name.to_owned() }
    }

    /// Puts the addresses as they are written into a text with those of this cast.
    pub fn as_written(&self, text: &str) -> String {
        if self.nonce.is_empty() { text.to_owned() } else { text.replace(&self.nonce, "") }
    }

    /// Gives a user who is there from the beginning.
    pub fn user(&self, person: Person) -> NewUser {
        let email = self.email(person.name());
        NewUser { email, password: PASSWORD.to_owned() }
    }

    fn email(&self, name: &str) -> String {
        format!("{name}{}@hbtn.io", self.nonce)
    }

    /// Writes the `user` step for a person.
    pub fn step(&self, person: Person) -> User {
        let NewUser { email, password } = self.user(person);
        User { email: Template::literal(email), password: Template::literal(password) }
    }

    /// Writes the request that stores a person, with a session's ID in the variable SESSION.
    pub fn store(&self, person: Person) -> Curl {
        let NewUser { email, password } = self.user(person);
        let post = with_json("/users", "POST", &json!({"email": email, "password": password}));
        Curl { cookies: vec![self.cookie(SHARED)], ..post }
    }

    /// Writes a right login.
    pub fn login(&self, user: &NewUser) -> Curl {
        let pair = |name: &str, value: &str| Data {
            kind: DataKind::Plain,
            value: Template::literal(format!("{name}={value}")),
        };
        let data = vec![pair("email", &user.email), pair("password", &user.password)];
        Curl { data, ..curl("/auth_session/login", "POST") }
    }

    /// Writes the request of an operation of a client, counted from 0.
    pub fn curl(&self, client: usize, operation: Operation) -> Curl {
        let request = match operation {
            Operation::Visit(_) => curl("/users/me", "GET"),
            Operation::Logout(_) => curl("/auth_session/logout", "DELETE"),
            Operation::Login(person) => self.login(&self.user(person)),
            Operation::WrongLogin(person) => {
                self.login(&NewUser { password: "wrong".to_owned(), ..self.user(person) })
            }
            Operation::Read(person) => of_user(person, "GET"),
            Operation::Rename(person) => {
                let field = if client.is_multiple_of(2) { "first_name" } else { "last_name" };
                let put = with_json("/users/", "PUT", &json!({field: format!("Name {}", client + 1)}));
                Curl { url: of_user(person, "PUT").url, ..put }
            }
            Operation::Create(number) => {
                let email = self.email(["carol", "dave"][number % 2]);
                with_json("/users", "POST", &json!({"email": email, "password": PASSWORD}))
            }
            Operation::Delete(person) => of_user(person, "DELETE"),
            Operation::List => curl("/users", "GET"),
        };
        let cookie = operation.session().map(|whose| self.cookie(&variable(client, whose)));
        Curl { cookies: cookie.into_iter().collect(), ..request }
    }

    fn cookie(&self, variable: &str) -> Template {
        let mut cookie = Template::literal(format!("{}=", self.cookie_name));
        cookie.push(variable_piece(variable));
        cookie
    }
}

/// Names the variable that holds the ID of a session, for a client counted from 0.
pub fn variable(client: usize, whose: Whose) -> String {
    match whose {
        Whose::Shared => SHARED.to_owned(),
        Whose::Own => format!("OWN{}", client + 1),
    }
}

impl Person {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bob, Self::Ann];

    fn name(self) -> &'static str {
        match self {
            Self::Bob => "bob",
            Self::Ann => "ann",
        }
    }

    /// Names the variable that holds the person's id.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Bob => "BOB",
            Self::Ann => "ANN",
        }
    }

    /// Gives the person whose session a client begins with, the client counted from 0.
    pub fn of_client(client: usize) -> Self {
        Self::ALL[(client + 1) % 2]
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

fn of_user(person: Person, method: &str) -> Curl {
    let mut request = curl("/users/", method);
    request.url.push(variable_piece(person.variable()));
    request
}

fn variable_piece(name: &str) -> Piece {
    Piece::Variable(Variable { name: name.to_owned(), transform: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::scenario::print;

    #[test]
    fn each_operation_is_a_request_of_the_documents() {
        let cast = Cast::written();
        let all = [
            Operation::Visit(Whose::Shared),
            Operation::Logout(Whose::Own),
            Operation::Login(Person::Bob),
            Operation::WrongLogin(Person::Ann),
            Operation::Rename(Person::Ann),
            Operation::Create(1),
            Operation::Delete(Person::Bob),
            Operation::List,
        ];
        let lines: Vec<String> = all.into_iter().map(|one| print::curl(&cast.curl(1, one))).collect();
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
    fn addresses_are_sent_as_nobody_else_has_them_and_shown_as_they_are_written() {
        let cast = Cast::unique("s");
        let email = cast.user(Person::Bob).email;
        assert_ne!(email, Cast::unique("s").user(Person::Bob).email);
        assert_eq!(cast.as_written(&email), "bob@hbtn.io");
    }
}
