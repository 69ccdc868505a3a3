//! What no right answer may tell, whatever its status and body: a session ID that was used before, and a password.

use super::Asked;
use super::blame::Case;
use super::expected::Effect;
use super::fits;
use super::oracle::Deviation;
use super::state::User;
use spec::http::Answer;

/// Finds a login that answers with an ID that was used before (security.unique-ids, security.no-adopted-id).
pub fn used_id(case: Case<'_>) -> Option<Deviation> {
    let Effect::LogIn(_) = case.choice.effect else { return None };
    let id = case.answer?.cookie(&case.rules.session_name)?;
    let line = |(_, value): &(String, String)| value.contains(id);
    let carried =
        case.asked.headers.iter().any(line) || String::from_utf8_lossy(&case.asked.body).contains(id);
    let requirements = if case.history.session(id).is_some() {
        vec!["security.unique-ids", "login.new-session", "login.cookie", "security.no-adopted-id"]
    } else if carried || case.history.was_chosen(id) {
        vec!["security.no-adopted-id"]
    } else {
        return None;
    };
    let (expected, actual) = ("a session ID that is new".to_owned(), format!("{id}, which was used before"));
    Some(Deviation { requirements, expected, actual })
}

/// Finds a password of a stored user in an answer to a request that does not carry it (users.hide-password).
pub fn told_password(users: &[User], asked: &Asked, answer: &Answer) -> Option<Deviation> {
    let body = String::from_utf8_lossy(&answer.body);
    let told = |user: &&User| {
        // A short one may stand there by chance, and so may one that is a name or an address too.
        let telling = user.password.len() >= 8 && !user.email.contains(&user.password);
        telling
            && body.contains(&user.password)
            && !String::from_utf8_lossy(&asked.body).contains(&user.password)
    };
    let named = |user: &&User| {
        let names = [&user.first_name, &user.last_name];
        !names.iter().any(|name| name.as_deref().is_some_and(|name| name.contains(&user.password)))
    };
    users.iter().filter(told).find(named)?;
    let requirements = vec!["users.hide-password"];
    Some(Deviation { requirements, expected: "no password".to_owned(), actual: fits::shown(answer) })
}
