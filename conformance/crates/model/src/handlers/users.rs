//! The handlers that create and update users.

use serde_json::{Map, Value};

use super::{AuthenticatedRequest, EMAIL_MISSING, NOT_FOUND, PASSWORD_MISSING};
use crate::response::{AllowedResponse, Body, Effect, Status};
use crate::{Unspecified, User};

const WRONG_FORMAT: &str = "Wrong format";

impl AuthenticatedRequest<'_> {
    /// Returns the responses to POST of users (users.create, and its errors).
    pub(super) fn create(&self) -> Vec<AllowedResponse> {
        let refused = AllowedResponse::error("users.create-wrong-format", 400, WRONG_FORMAT);
        let Some(fields) = self.parsed.object() else { return self.not_an_object(refused) };
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

    /// Returns the responses to PUT of a user (users.update, users.update-only-names, and its errors).
    pub(super) fn update(&self, id: &str) -> Vec<AllowedResponse> {
        let unknown = AllowedResponse::error("users.update-unknown", 404, NOT_FOUND);
        let refused = AllowedResponse::error("users.update-wrong-format", 400, WRONG_FORMAT);
        let Some(user) = self.state.user(id) else {
            let mut all = vec![unknown];
            if self.parsed.object().is_none() || !self.says_json() {
                all.extend(
                    self.not_an_object(refused).into_iter().map(|one| one.because(Unspecified::Malformed)),
                );
            }
            return all;
        };
        let Some(fields) = self.parsed.object() else { return self.not_an_object(refused) };
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

    /// Returns the responses to a body that is not a JSON object, on a route that expects one.
    fn not_an_object(&self, refused: AllowedResponse) -> Vec<AllowedResponse> {
        let is_other_json = serde_json::from_slice::<Value>(&self.parsed.body).is_ok();
        let mut all = vec![refused];
        if is_other_json {
            all.push(
                AllowedResponse::unspecified(Unspecified::OddUser, Status::Below500)
                    .with_effect(Effect::Observe),
            );
        } else if is_nearly_json(&self.parsed.body) || !self.says_json() {
            all.push(
                AllowedResponse::unspecified(Unspecified::Malformed, Status::Below500)
                    .with_effect(Effect::Observe),
            );
        }
        all
    }

    fn says_json(&self) -> bool {
        self.parsed.header("content-type").any(|kind| {
            let mut parts = kind.split(';').map(str::trim);
            let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
            is_json && parts.all(|part| part.is_empty() || part.eq_ignore_ascii_case("charset=utf-8"))
        })
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
