//! The handlers of the model: the allowed responses to a request, by the gate, the route and the method.
//!
//! The first response is the documented one, or the one that this model serves where the documents say nothing. The
//! others are allowed because the documents leave the case [`Unspecified`]. A handler never changes the state: each
//! response describes its effect.

mod login;
#[cfg(test)]
mod tests;
mod users;

use serde_json::json;

use super::identify::{Identity, identify};
use super::parsed_request::{ParsedRequest, Route};
use super::response::{AllowedResponse, Body, Effect, Status};
use super::state::Second;
use super::{Rules, State, Unspecified, User};
use spec::catalogue::Mode;

const UNAUTHORIZED: &str = "Unauthorized";
const FORBIDDEN: &str = "Forbidden";
const NOT_FOUND: &str = "Not found";
const EMAIL_MISSING: &str = "email missing";
const PASSWORD_MISSING: &str = "password missing";

/// Returns the allowed responses to `parsed` in `state` at `now`, at least one.
pub fn allowed_responses(
    state: &State,
    rules: &Rules,
    now: Second,
    parsed: &ParsedRequest,
) -> Vec<AllowedResponse> {
    match parsed.method.as_str() {
        "OPTIONS" => {
            return vec![AllowedResponse::unspecified(Unspecified::ServersOwnMethod, Status::Below500)];
        }
        "HEAD" => {
            let get = ParsedRequest { method: "GET".to_owned(), ..parsed.clone() };
            let bare = |allowed: AllowedResponse| AllowedResponse { body: Body::Any, ..allowed };
            let mut heads: Vec<AllowedResponse> =
                allowed_responses(state, rules, now, &get).into_iter().map(bare).collect();
            heads.push(AllowedResponse::unspecified(Unspecified::ServersOwnMethod, Status::Refusal));
            return heads;
        }
        _ => {}
    }
    if rules.mode == Mode::Off || parsed.route.is_excluded() {
        return AuthenticatedRequest { state, rules, parsed, user: None, session: None }.responses();
    }
    let interpretations = identify(state, rules, now, parsed);
    let responses = |identity: &Identity| match identity {
        Identity::NoCredentials if !parsed.is_plain() => {
            vec![AllowedResponse::unspecified(Unspecified::Spelling, Status::Refusal)]
        }
        Identity::NoCredentials => vec![AllowedResponse::error(missing(parsed), 401, UNAUTHORIZED)],
        Identity::Rejected(_) if !parsed.is_plain() => {
            vec![AllowedResponse::unspecified(Unspecified::Spelling, Status::Refusal)]
        }
        Identity::Rejected(requirement) => vec![AllowedResponse::error(requirement, 403, FORBIDDEN)],
        Identity::User { id, session } => {
            let request = AuthenticatedRequest {
                state,
                rules,
                parsed,
                user: state.user(id),
                session: session.as_deref(),
            };
            request.responses()
        }
    };
    let mut all = responses(&interpretations.documented);
    for (identity, reason) in &interpretations.alternatives {
        all.extend(responses(identity).into_iter().map(|allowed| allowed.because(*reason)));
    }
    all
}

/// Returns the id of the requirement for a request without credentials.
fn missing(parsed: &ParsedRequest) -> &'static str {
    let known = parsed.route.methods().contains(&parsed.method.as_str());
    if known { "gate.missing" } else { "gate.before-routing" }
}

/// A request that has passed the gate.
struct AuthenticatedRequest<'a> {
    state: &'a State,
    rules: &'a Rules,
    parsed: &'a ParsedRequest,
    /// The authenticated user; `None` on an excluded route or in the mode without authentication.
    user: Option<&'a User>,
    /// The ID of the session that authenticates the request; `None` with any other credentials.
    session: Option<&'a str>,
}

impl AuthenticatedRequest<'_> {
    fn responses(&self) -> Vec<AllowedResponse> {
        let method = self.parsed.method.as_str();
        if !self.parsed.is_plain() {
            let not_found = AllowedResponse::error("errors.not-found", 404, NOT_FOUND);
            return vec![not_found, AllowedResponse::unspecified(Unspecified::Spelling, Status::Below500)];
        }
        if !self.parsed.route.methods().contains(&method) {
            return self.no_such_method();
        }
        match (&self.parsed.route, method) {
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

    /// Returns the responses to a path that does not exist, or that does not know the method.
    fn no_such_method(&self) -> Vec<AllowedResponse> {
        let methods = self.parsed.route.methods();
        if methods.is_empty() {
            return vec![AllowedResponse::error("errors.not-found", 404, NOT_FOUND)];
        }
        let mut all = vec![AllowedResponse::new("errors.method-not-allowed", 405, Body::NotAllowed(methods))];
        if matches!(self.parsed.route, Route::Login | Route::Logout) && !self.rules.mode.is_session() {
            all.push(AllowedResponse::unspecified(Unspecified::NoSessionsHere, Status::Below500));
        }
        if self.parsed.path.ends_with('/') {
            let not_found = AllowedResponse::error("errors.not-found", 404, NOT_FOUND);
            all.push(not_found.because(Unspecified::SlashAndWrongMethod));
        }
        all
    }
}
