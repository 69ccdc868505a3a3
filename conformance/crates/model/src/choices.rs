//! The model itself: which answers a correct server may give to a request, in a state, at a moment.
//!
//! The first choice is what the documents say, or what this model serves where they say nothing; the others are
//! what they leave open ([`Open`]). Nothing here changes a state: a choice says what would.

use serde_json::{Map, Value, json};

use super::asked::{Asked, Route};
use super::expected::{Body, Choice, Effect, Status};
use super::identify::{NoUser, Who, identify, user_with};
use super::state::Second;
use super::{Open, Rules, State, User};
use spec::catalogue::Mode;

const UNAUTHORIZED: &str = "Unauthorized";
const FORBIDDEN: &str = "Forbidden";
const NOT_FOUND: &str = "Not found";
const WRONG_FORMAT: &str = "Wrong format";
const EMAIL_MISSING: &str = "email missing";
const PASSWORD_MISSING: &str = "password missing";

/// Lists the right answers to a request; there is at least one.
pub fn choices(state: &State, rules: &Rules, now: Second, asked: &Asked) -> Vec<Choice> {
    match asked.method.as_str() {
        "OPTIONS" => return vec![Choice::open(Open::ServersOwnMethod, Status::Below500)],
        "HEAD" => {
            let get = Asked { method: "GET".to_owned(), ..asked.clone() };
            let bare = |choice: Choice| Choice { body: Body::Any, ..choice };
            let mut heads: Vec<Choice> = choices(state, rules, now, &get).into_iter().map(bare).collect();
            heads.push(Choice::open(Open::ServersOwnMethod, Status::Refusal));
            return heads;
        }
        _ => {}
    }
    if rules.mode == Mode::Off || asked.route.is_excluded() {
        return Turn { state, rules, asked, user: None, session: None }.answers();
    }
    let readings = identify(state, rules, now, asked);
    let answers = |who: &Who| match who {
        Who::Missing if !asked.is_plain() => vec![Choice::open(Open::Spelling, Status::Refusal)],
        Who::Missing => vec![Choice::error(missing(asked), 401, UNAUTHORIZED)],
        Who::Nobody(_) if !asked.is_plain() => vec![Choice::open(Open::Spelling, Status::Refusal)],
        Who::Nobody(rule) => vec![Choice::error(rule, 403, FORBIDDEN)],
        Who::User { id, session } => {
            let turn = Turn { state, rules, asked, user: state.user(id), session: session.as_deref() };
            turn.answers()
        }
    };
    let mut all = answers(&readings.first);
    for (who, why) in &readings.others {
        all.extend(answers(who).into_iter().map(|choice| choice.because(*why)));
    }
    all
}

/// Names the requirement that a request without credentials falls under.
fn missing(asked: &Asked) -> &'static str {
    let known = asked.route.methods().contains(&asked.method.as_str());
    if known { "gate.missing" } else { "gate.before-routing" }
}

/// A request that has come through the gate.
struct Turn<'a> {
    state: &'a State,
    rules: &'a Rules,
    asked: &'a Asked,
    /// The authenticated user.
    user: Option<&'a User>,
    /// The ID of the session that authenticates.
    session: Option<&'a str>,
}

impl Turn<'_> {
    fn answers(&self) -> Vec<Choice> {
        let method = self.asked.method.as_str();
        if !self.asked.is_plain() {
            let not_found = Choice::error("errors.not-found", 404, NOT_FOUND);
            return vec![not_found, Choice::open(Open::Spelling, Status::Below500)];
        }
        if !self.asked.route.methods().contains(&method) {
            return self.no_such_method();
        }
        match (&self.asked.route, method) {
            (Route::Status, _) => vec![Choice::new("status.ok", 200, Body::Json(json!({"status": "OK"})))],
            (Route::Stats, _) => {
                vec![Choice::new("stats.count", 200, Body::Json(json!({"users": self.state.users.len()})))]
            }
            (Route::Unauthorized, _) => {
                vec![Choice::error("errors.unauthorized-route", 401, UNAUTHORIZED)]
            }
            (Route::Forbidden, _) => vec![Choice::error("errors.forbidden-route", 403, FORBIDDEN)],
            (Route::Users, "GET") => {
                vec![Choice::new("users.list", 200, Body::Users(self.state.users.clone()))]
            }
            (Route::Users, _) => self.create(),
            (Route::Me, "GET") => vec![match self.user {
                Some(user) => Choice::new("me.authenticated", 200, Body::User(user.clone())),
                None => Choice::error("me.nobody", 404, NOT_FOUND),
            }],
            (Route::Me, _) => {
                let not_found = Choice::error("users.update-unknown", 404, NOT_FOUND);
                vec![not_found, Choice::open(Open::ChangeMe, Status::Below500)]
            }
            (Route::User(id), "GET") => vec![match self.state.user(id) {
                Some(user) => Choice::new("users.get", 200, Body::User(user.clone())),
                None => Choice::error("users.get-unknown", 404, NOT_FOUND),
            }],
            (Route::User(id), "PUT") => self.update(id),
            (Route::User(id), _) => vec![match self.state.user(id) {
                Some(_) => {
                    Choice::new("users.delete", 200, Body::Json(json!({}))).with(Effect::Delete(id.clone()))
                }
                None => Choice::error("users.delete-unknown", 404, NOT_FOUND),
            }],
            (Route::Login, _) => self.log_in(),
            (Route::Logout, _) => match self.session {
                Some(session) => {
                    let ended = Effect::LogOut(session.to_owned());
                    vec![Choice::new("logout.ok", 200, Body::Json(json!({}))).with(ended)]
                }
                None => vec![Choice::open(Open::NoSessionsHere, Status::Any)],
            },
            (Route::Unknown, _) => vec![Choice::error("errors.not-found", 404, NOT_FOUND)],
        }
    }

    /// A path that does not exist, or one that exists with another method.
    fn no_such_method(&self) -> Vec<Choice> {
        let methods = self.asked.route.methods();
        if methods.is_empty() {
            return vec![Choice::error("errors.not-found", 404, NOT_FOUND)];
        }
        let mut all = vec![Choice::new("errors.method-not-allowed", 405, Body::NotAllowed(methods))];
        if matches!(self.asked.route, Route::Login | Route::Logout) && !self.rules.mode.is_session() {
            all.push(Choice::open(Open::NoSessionsHere, Status::Below500));
        }
        if self.asked.path.ends_with('/') {
            let not_found = Choice::error("errors.not-found", 404, NOT_FOUND);
            all.push(not_found.because(Open::SlashAndWrongMethod));
        }
        all
    }

    /// POST /users (users.create and what is refused before it).
    fn create(&self) -> Vec<Choice> {
        let refused = Choice::error("users.create-wrong-format", 400, WRONG_FORMAT);
        let Some(fields) = self.asked.object() else { return self.no_object(refused) };
        let mut all = match (text(&fields, "email"), text(&fields, "password")) {
            (Text::Missing, _) => {
                vec![Choice::error("users.create-email-missing", 400, EMAIL_MISSING)]
            }
            (Text::Is(_), Text::Missing) => {
                vec![Choice::error("users.create-password-missing", 400, PASSWORD_MISSING)]
            }
            (Text::Is(email), Text::Is(password)) => self.created(&fields, refused.clone(), email, password),
            _ => odd(refused.clone()),
        };
        if ["email", "password"].iter().any(|name| fields.get(*name).is_some_and(Value::is_null)) {
            // Whether a null is missing is left to the server.
            all.push(Choice::open(Open::OddUser, Status::Below500).with(Effect::Observe));
        }
        if !self.says_json() {
            all.push(refused.because(Open::OtherContentType));
        }
        all
    }

    fn created(
        &self,
        fields: &Map<String, Value>,
        refused: Choice,
        email: String,
        password: String,
    ) -> Vec<Choice> {
        let (first_name, last_name) = match (text(fields, "first_name"), text(fields, "last_name")) {
            (Text::Other, _) | (_, Text::Other) => return odd(refused),
            (first, last) => (first.name(fields, "first_name"), last.name(fields, "last_name")),
        };
        let taken = self.state.with_email(&email).next().is_some();
        let user = User { email, password, first_name, last_name, ..User::default() };
        let mut all =
            vec![Choice::new("users.create", 201, Body::User(user.clone())).with(Effect::Store(user))];
        if taken {
            all.push(Choice::open(Open::SameEmail, Status::Refusal));
        }
        all
    }

    /// PUT /users/<id> (users.update, users.update-only-names, and what is refused before it).
    fn update(&self, id: &str) -> Vec<Choice> {
        let unknown = Choice::error("users.update-unknown", 404, NOT_FOUND);
        let refused = Choice::error("users.update-wrong-format", 400, WRONG_FORMAT);
        let Some(user) = self.state.user(id) else {
            let mut all = vec![unknown];
            if self.asked.object().is_none() || !self.says_json() {
                all.extend(self.no_object(refused).into_iter().map(|one| one.because(Open::Malformed)));
            }
            return all;
        };
        let Some(fields) = self.asked.object() else { return self.no_object(refused) };
        let mut all = Vec::new();
        let (first, last) = (text(&fields, "first_name"), text(&fields, "last_name"));
        if matches!(first, Text::Other) || matches!(last, Text::Other) {
            all.extend(odd(refused.clone()));
        } else {
            // A null is given, and is nothing: both readings of "where given" are kept.
            for null_counts in [true, false] {
                let mut renamed = user.clone();
                for (name, field) in
                    [("first_name", &mut renamed.first_name), ("last_name", &mut renamed.last_name)]
                {
                    match fields.get(name) {
                        Some(Value::String(value)) => *field = Some(value.clone()),
                        Some(Value::Null) if null_counts => *field = None,
                        _ => {}
                    }
                }
                renamed.updated_at = None;
                let choice = Choice::new("users.update", 200, Body::User(renamed.clone()))
                    .with(Effect::Rename(renamed));
                all.push(if null_counts { choice } else { choice.because(Open::NullName) });
            }
            if !fields.values().any(Value::is_null) {
                all.truncate(1);
            }
        }
        if !self.says_json() {
            all.push(refused.because(Open::OtherContentType));
        }
        all
    }

    /// A body that is no JSON object, where one is asked for.
    fn no_object(&self, refused: Choice) -> Vec<Choice> {
        let is_other_json = serde_json::from_slice::<Value>(&self.asked.body).is_ok();
        let mut all = vec![refused];
        if is_other_json {
            all.push(Choice::open(Open::OddUser, Status::Below500).with(Effect::Observe));
        } else if is_nearly_json(&self.asked.body) || !self.says_json() {
            all.push(Choice::open(Open::Malformed, Status::Below500).with(Effect::Observe));
        }
        all
    }

    fn says_json(&self) -> bool {
        self.asked.header("content-type").any(|kind| {
            let mut parts = kind.split(';').map(str::trim);
            let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
            is_json && parts.all(|part| part.is_empty() || part.eq_ignore_ascii_case("charset=utf-8"))
        })
    }

    /// POST /auth_session/login (login.*).
    fn log_in(&self) -> Vec<Choice> {
        if !self.rules.mode.is_session() {
            return vec![Choice::open(Open::NoSessionsHere, Status::Any)];
        }
        let given = |name| self.asked.form_field(name).filter(|value| !value.is_empty());
        let Some(email) = given("email") else {
            let missing = Choice::error("login.email-missing", 400, EMAIL_MISSING);
            let mut all = vec![missing];
            let multipart = |kind: &str| kind.to_ascii_lowercase().contains("multipart/form-data");
            if self.asked.header("content-type").any(multipart) {
                all.push(Choice::open(Open::MultipartLogin, Status::Below500));
            }
            return all;
        };
        let Some(password) = given("password") else {
            return vec![Choice::error("login.password-missing", 400, PASSWORD_MISSING)];
        };
        vec![match user_with(self.state, &email, &password) {
            Ok(user) => {
                Choice::new("login.ok", 200, Body::User(user.clone())).with(Effect::LogIn(user.id.clone()))
            }
            Err(NoUser::UnknownEmail) => {
                Choice::error("login.unknown-email", 404, "no user found for this email")
            }
            Err(NoUser::WrongPassword) => Choice::error("login.wrong-password", 401, "wrong password"),
        }]
    }
}

/// What an object says of a field that is to be a string.
enum Text {
    /// It is absent, null or empty.
    Missing,
    /// It is this.
    Is(String),
    /// It is no string.
    Other,
}

impl Text {
    /// Gives the name that it is; an empty one is a name where it is given.
    fn name(self, fields: &Map<String, Value>, field: &str) -> Option<String> {
        match self {
            Self::Is(name) => Some(name),
            _ => fields.get(field).and_then(Value::as_str).map(str::to_owned),
        }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Text {
    match fields.get(name) {
        None | Some(Value::Null) => Text::Missing,
        Some(Value::String(text)) if text.is_empty() => Text::Missing,
        Some(Value::String(text)) => Text::Is(text.clone()),
        Some(_) => Text::Other,
    }
}

/// The answers to a user whose values are no strings.
fn odd(refused: Choice) -> Vec<Choice> {
    vec![refused, Choice::open(Open::OddUser, Status::Below500).with(Effect::Observe)]
}

/// Tells whether some decoders take this for JSON: with NaN, lone surrogates or bytes that are not UTF-8.
fn is_nearly_json(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["NaN", "Infinity", "\\u", "\u{fffd}", "\u{feff}", "1e", "[[["].iter().any(|odd| text.contains(odd))
}
