//! The change of state that an answer causes, with the ids and times that the answer shows.

use serde_json::Value;

use super::response::{AllowedResponse, Effect, read_timestamp};
use super::state::{Second, Session, State, User};
use spec::http::Answer;

/// Applies the effect of `allowed` to `state`, where `answer` is the actual answer that the server gave at `now`.
///
/// An answer without the id or the cookie that it should carry changes nothing, because no later request can name the
/// user or the session.
pub fn apply(state: &mut State, allowed: &AllowedResponse, answer: &Answer, cookie_name: &str, now: Second) {
    let shown = || answer.json().unwrap_or_default();
    match &allowed.effect {
        Effect::None => {}
        Effect::Store(user) => store(state, user.clone(), &shown()),
        Effect::Observe if answer.is_success() => {
            let shown = shown();
            let text = |name: &str| shown[name].as_str().map(str::to_owned);
            let user = User {
                email: text("email").unwrap_or_default(),
                first_name: text("first_name"),
                last_name: text("last_name"),
                ..User::default()
            };
            store(state, user, &shown);
        }
        Effect::Observe => {}
        Effect::Rename(renamed) => {
            if let Some(user) = state.user_mut(&renamed.id) {
                *user = User { updated_at: time(&shown(), "updated_at"), ..renamed.clone() };
            }
        }
        Effect::Delete(id) => state.users.retain(|user| user.id != *id),
        Effect::LogIn(user) => {
            if let Some(id) = answer.cookie(cookie_name) {
                state.sessions.push(Session { id: id.to_owned(), user: user.clone(), created_at: now });
            }
        }
        Effect::LogOut(id) => state.sessions.retain(|session| session.id != *id),
    }
}

/// Stores `user` with the id and the times of the shown JSON object, unless a user with that id is already stored.
fn store(state: &mut State, user: User, shown: &Value) {
    let Some(id) = shown["id"].as_str().filter(|id| state.user(id).is_none()) else { return };
    let (created_at, updated_at) = (time(shown, "created_at"), time(shown, "updated_at"));
    state.users.push(User { id: id.to_owned(), created_at, updated_at, ..user });
}

fn time(shown: &Value, name: &str) -> Option<Second> {
    shown[name].as_str().and_then(read_timestamp)
}
