//! The handlers of the model: the allowed responses to a request, by route and method.
//!
//! The first response is the documented one, or the one that this model serves where the documents say nothing. The
//! others are allowed because the documents leave the case [`Unspecified`]. A handler never changes the state: each
//! response describes its effect.

use serde_json::{Map, Value, json};

use super::asked::{Asked, Route};
use super::identify::{CredentialError, Identity, find_user, identify};
use super::response::{AllowedResponse, Body, Effect, Status};
use super::state::Second;
use super::{Rules, State, Unspecified, User};
use spec::catalogue::Mode;

const UNAUTHORIZED: &str = "Unauthorized";
const FORBIDDEN: &str = "Forbidden";
const NOT_FOUND: &str = "Not found";
const WRONG_FORMAT: &str = "Wrong format";
const EMAIL_MISSING: &str = "email missing";
const PASSWORD_MISSING: &str = "password missing";

/// Returns the allowed responses to `asked` in `state` at `now`, at least one.
pub fn allowed_responses(state: &State, rules: &Rules, now: Second, asked: &Asked) -> Vec<AllowedResponse> {
    match asked.method.as_str() {
        "OPTIONS" => {
            return vec![AllowedResponse::unspecified(Unspecified::ServersOwnMethod, Status::Below500)];
        }
        "HEAD" => {
            let get = Asked { method: "GET".to_owned(), ..asked.clone() };
            let bare = |allowed: AllowedResponse| AllowedResponse { body: Body::Any, ..allowed };
            let mut heads: Vec<AllowedResponse> =
                allowed_responses(state, rules, now, &get).into_iter().map(bare).collect();
            heads.push(AllowedResponse::unspecified(Unspecified::ServersOwnMethod, Status::Refusal));
            return heads;
        }
        _ => {}
    }
    if rules.mode == Mode::Off || asked.route.is_excluded() {
        return AuthenticatedRequest { state, rules, asked, user: None, session: None }.answers();
    }
    let interpretations = identify(state, rules, now, asked);
    let answers = |who: &Identity| match who {
        Identity::NoCredentials if !asked.is_plain() => {
            vec![AllowedResponse::unspecified(Unspecified::Spelling, Status::Refusal)]
        }
        Identity::NoCredentials => vec![AllowedResponse::error(missing(asked), 401, UNAUTHORIZED)],
        Identity::Rejected(_) if !asked.is_plain() => {
            vec![AllowedResponse::unspecified(Unspecified::Spelling, Status::Refusal)]
        }
        Identity::Rejected(requirement) => vec![AllowedResponse::error(requirement, 403, FORBIDDEN)],
        Identity::User { id, session } => {
            let request = AuthenticatedRequest {
                state,
                rules,
                asked,
                user: state.user(id),
                session: session.as_deref(),
            };
            request.answers()
        }
    };
    let mut all = answers(&interpretations.documented);
    for (who, why) in &interpretations.alternatives {
        all.extend(answers(who).into_iter().map(|allowed| allowed.because(*why)));
    }
    all
}

/// Returns the id of the requirement for a request without credentials.
fn missing(asked: &Asked) -> &'static str {
    let known = asked.route.methods().contains(&asked.method.as_str());
    if known { "gate.missing" } else { "gate.before-routing" }
}

/// A request that has passed the gate.
struct AuthenticatedRequest<'a> {
    state: &'a State,
    rules: &'a Rules,
    asked: &'a Asked,
    /// The authenticated user; `None` on an excluded route or in the mode without authentication.
    user: Option<&'a User>,
    /// The ID of the session that authenticates the request; `None` with any other credentials.
    session: Option<&'a str>,
}

impl AuthenticatedRequest<'_> {
    fn answers(&self) -> Vec<AllowedResponse> {
        let method = self.asked.method.as_str();
        if !self.asked.is_plain() {
            let not_found = AllowedResponse::error("errors.not-found", 404, NOT_FOUND);
            return vec![not_found, AllowedResponse::unspecified(Unspecified::Spelling, Status::Below500)];
        }
        if !self.asked.route.methods().contains(&method) {
            return self.no_such_method();
        }
        match (&self.asked.route, method) {
            (Route::Status, _) => {
                vec![AllowedResponse::new("status.ok", 200, Body::Json(json!({"status": "OK"})))]
            }
            (Route::Stats, _) => {
                vec![AllowedResponse::new(
                    "stats.count",
                    200,
                    Body::Json(json!({"users": self.state.users.len()})),
                )]
            }
            (Route::Unauthorized, _) => {
                vec![AllowedResponse::error("errors.unauthorized-route", 401, UNAUTHORIZED)]
            }
            (Route::Forbidden, _) => vec![AllowedResponse::error("errors.forbidden-route", 403, FORBIDDEN)],
            (Route::Users, "GET") => {
                vec![AllowedResponse::new("users.list", 200, Body::Users(self.state.users.clone()))]
            }
            (Route::Users, _) => self.create(),
            (Route::Me, "GET") => vec![match self.user {
                Some(user) => AllowedResponse::new("me.authenticated", 200, Body::User(user.clone())),
                None => AllowedResponse::error("me.nobody", 404, NOT_FOUND),
            }],
            (Route::Me, _) => {
                let not_found = AllowedResponse::error("users.update-unknown", 404, NOT_FOUND);
                vec![not_found, AllowedResponse::unspecified(Unspecified::ChangeMe, Status::Below500)]
            }
            (Route::User(id), "GET") => vec![match self.state.user(id) {
                Some(user) => AllowedResponse::new("users.get", 200, Body::User(user.clone())),
                None => AllowedResponse::error("users.get-unknown", 404, NOT_FOUND),
            }],
            (Route::User(id), "PUT") => self.update(id),
            (Route::User(id), _) => vec![match self.state.user(id) {
                Some(_) => AllowedResponse::new("users.delete", 200, Body::Json(json!({})))
                    .with_effect(Effect::Delete(id.clone())),
                None => AllowedResponse::error("users.delete-unknown", 404, NOT_FOUND),
            }],
            (Route::Login, _) => self.log_in(),
            (Route::Logout, _) => match self.session {
                Some(session) => {
                    let ended = Effect::LogOut(session.to_owned());
                    vec![AllowedResponse::new("logout.ok", 200, Body::Json(json!({}))).with_effect(ended)]
                }
                None => vec![AllowedResponse::unspecified(Unspecified::NoSessionsHere, Status::Any)],
            },
            (Route::Unknown, _) => vec![AllowedResponse::error("errors.not-found", 404, NOT_FOUND)],
        }
    }

    /// Responds to a path that does not exist, or that does not know the method.
    fn no_such_method(&self) -> Vec<AllowedResponse> {
        let methods = self.asked.route.methods();
        if methods.is_empty() {
            return vec![AllowedResponse::error("errors.not-found", 404, NOT_FOUND)];
        }
        let mut all = vec![AllowedResponse::new("errors.method-not-allowed", 405, Body::NotAllowed(methods))];
        if matches!(self.asked.route, Route::Login | Route::Logout) && !self.rules.mode.is_session() {
            all.push(AllowedResponse::unspecified(Unspecified::NoSessionsHere, Status::Below500));
        }
        if self.asked.path.ends_with('/') {
            let not_found = AllowedResponse::error("errors.not-found", 404, NOT_FOUND);
            all.push(not_found.because(Unspecified::SlashAndWrongMethod));
        }
        all
    }

    /// Responds to POST of users (users.create, and its errors).
    fn create(&self) -> Vec<AllowedResponse> {
        let refused = AllowedResponse::error("users.create-wrong-format", 400, WRONG_FORMAT);
        let Some(fields) = self.asked.object() else { return self.not_an_object(refused) };
        let mut all = match (text(&fields, "email"), text(&fields, "password")) {
            (Text::Missing, _) => {
                vec![AllowedResponse::error("users.create-email-missing", 400, EMAIL_MISSING)]
            }
            (Text::Is(_), Text::Missing) => {
                vec![AllowedResponse::error("users.create-password-missing", 400, PASSWORD_MISSING)]
            }
            (Text::Is(email), Text::Is(password)) => self.created(&fields, refused.clone(), email, password),
            _ => non_string(refused.clone()),
        };
        if ["email", "password"].iter().any(|name| fields.get(*name).is_some_and(Value::is_null)) {
            // A server may or may not take a null for a missing field.
            all.push(
                AllowedResponse::unspecified(Unspecified::OddUser, Status::Below500)
                    .with_effect(Effect::Observe),
            );
        }
        if !self.says_json() {
            all.push(refused.because(Unspecified::OtherContentType));
        }
        all
    }

    fn created(
        &self,
        fields: &Map<String, Value>,
        refused: AllowedResponse,
        email: String,
        password: String,
    ) -> Vec<AllowedResponse> {
        let (first_name, last_name) = match (text(fields, "first_name"), text(fields, "last_name")) {
            (Text::Other, _) | (_, Text::Other) => return non_string(refused),
            (first, last) => (first.name(fields, "first_name"), last.name(fields, "last_name")),
        };
        let taken = self.state.users_with_email(&email).next().is_some();
        let user = User { email, password, first_name, last_name, ..User::default() };
        let mut all = vec![
            AllowedResponse::new("users.create", 201, Body::User(user.clone()))
                .with_effect(Effect::Store(user)),
        ];
        if taken {
            all.push(AllowedResponse::unspecified(Unspecified::SameEmail, Status::Refusal));
        }
        all
    }

    /// Responds to PUT of a user (users.update, users.update-only-names, and its errors).
    fn update(&self, id: &str) -> Vec<AllowedResponse> {
        let unknown = AllowedResponse::error("users.update-unknown", 404, NOT_FOUND);
        let refused = AllowedResponse::error("users.update-wrong-format", 400, WRONG_FORMAT);
        let Some(user) = self.state.user(id) else {
            let mut all = vec![unknown];
            if self.asked.object().is_none() || !self.says_json() {
                all.extend(
                    self.not_an_object(refused).into_iter().map(|one| one.because(Unspecified::Malformed)),
                );
            }
            return all;
        };
        let Some(fields) = self.asked.object() else { return self.not_an_object(refused) };
        let mut all = Vec::new();
        let (first, last) = (text(&fields, "first_name"), text(&fields, "last_name"));
        if matches!(first, Text::Other) || matches!(last, Text::Other) {
            all.extend(non_string(refused.clone()));
        } else {
            // A null counts as a given name in one reading of "where given", and as no name in the other.
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
                let allowed = AllowedResponse::new("users.update", 200, Body::User(renamed.clone()))
                    .with_effect(Effect::Rename(renamed));
                all.push(if null_counts { allowed } else { allowed.because(Unspecified::NullName) });
            }
            if !fields.values().any(Value::is_null) {
                all.truncate(1);
            }
        }
        if !self.says_json() {
            all.push(refused.because(Unspecified::OtherContentType));
        }
        all
    }

    /// Responds to a body that is not a JSON object, on a route that expects one.
    fn not_an_object(&self, refused: AllowedResponse) -> Vec<AllowedResponse> {
        let is_other_json = serde_json::from_slice::<Value>(&self.asked.body).is_ok();
        let mut all = vec![refused];
        if is_other_json {
            all.push(
                AllowedResponse::unspecified(Unspecified::OddUser, Status::Below500)
                    .with_effect(Effect::Observe),
            );
        } else if is_nearly_json(&self.asked.body) || !self.says_json() {
            all.push(
                AllowedResponse::unspecified(Unspecified::Malformed, Status::Below500)
                    .with_effect(Effect::Observe),
            );
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

    /// Responds to POST of a login (login.*).
    fn log_in(&self) -> Vec<AllowedResponse> {
        if !self.rules.mode.is_session() {
            return vec![AllowedResponse::unspecified(Unspecified::NoSessionsHere, Status::Any)];
        }
        let given = |name| self.asked.form_field(name).filter(|value| !value.is_empty());
        let Some(email) = given("email") else {
            let missing = AllowedResponse::error("login.email-missing", 400, EMAIL_MISSING);
            let mut all = vec![missing];
            let multipart = |kind: &str| kind.to_ascii_lowercase().contains("multipart/form-data");
            if self.asked.header("content-type").any(multipart) {
                all.push(AllowedResponse::unspecified(Unspecified::MultipartLogin, Status::Below500));
            }
            return all;
        };
        let Some(password) = given("password") else {
            return vec![AllowedResponse::error("login.password-missing", 400, PASSWORD_MISSING)];
        };
        vec![match find_user(self.state, &email, &password) {
            Ok(user) => AllowedResponse::new("login.ok", 200, Body::User(user.clone()))
                .with_effect(Effect::LogIn(user.id.clone())),
            Err(CredentialError::UnknownEmail) => {
                AllowedResponse::error("login.unknown-email", 404, "no user found for this email")
            }
            Err(CredentialError::WrongPassword) => {
                AllowedResponse::error("login.wrong-password", 401, "wrong password")
            }
        }]
    }
}

/// The value of a field that should be a string.
enum Text {
    /// The field is absent, null or empty.
    Missing,
    /// The field is this string.
    Is(String),
    /// The field has another type.
    Other,
}

impl Text {
    /// Returns the field as a name. Unlike an email, a name may be an empty string.
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

/// Returns the responses to a user with a value that is not a string.
fn non_string(refused: AllowedResponse) -> Vec<AllowedResponse> {
    vec![
        refused,
        AllowedResponse::unspecified(Unspecified::OddUser, Status::Below500).with_effect(Effect::Observe),
    ]
}

/// Returns whether some decoders accept the body as JSON: with NaN, lone surrogates or bytes that are not UTF-8.
fn is_nearly_json(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["NaN", "Infinity", "\\u", "\u{fffd}", "\u{feff}", "1e", "[[["].iter().any(|odd| text.contains(odd))
}
