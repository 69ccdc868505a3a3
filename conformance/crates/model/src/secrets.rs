//! Secrets that no answer may reveal, whatever its status and body: a used session ID and a stored password.

use super::ParsedRequest;
use super::attribution::Observation;
use super::compare;
use super::deviation::Deviation;
use super::response::Effect;
use super::state::User;
use spec::http::Answer;

/// Returns a deviation if a login answers with a session ID that was used before (security.unique-ids,
/// security.no-adopted-id).
pub fn reused_session_id(observation: Observation<'_>) -> Option<Deviation> {
    let Effect::LogIn(_) = observation.allowed.effect else { return None };
    let id = observation.answer?.cookie(&observation.rules.session_name)?;
    let line = |(_, value): &(String, String)| value.contains(id);
    let carried = observation.parsed.headers.iter().any(line)
        || String::from_utf8_lossy(&observation.parsed.body).contains(id);
    let requirements = if observation.history.session(id).is_some() {
        vec!["security.unique-ids", "login.new-session", "login.cookie", "security.no-adopted-id"]
    } else if carried || observation.history.was_client_chosen(id) {
        vec!["security.no-adopted-id"]
    } else {
        return None;
    };
    let (expected, actual) = ("a session ID that is new".to_owned(), format!("{id}, which was used before"));
    Some(Deviation { requirements, expected, actual })
}

/// Returns a deviation if an answer shows the password of a stored user and the request does not
/// (users.hide-password).
pub fn leaked_password(users: &[User], parsed: &ParsedRequest, answer: &Answer) -> Option<Deviation> {
    let body = String::from_utf8_lossy(&answer.body);
    let leaked = |user: &&User| {
        // A short password may occur by chance. One that is part of an email or a name may occur as such.
        let telling = user.password.len() >= 8 && !user.email.contains(&user.password);
        telling
            && body.contains(&user.password)
            && !String::from_utf8_lossy(&parsed.body).contains(&user.password)
    };
    let is_no_name = |user: &&User| {
        let names = [&user.first_name, &user.last_name];
        !names.iter().any(|name| name.as_deref().is_some_and(|name| name.contains(&user.password)))
    };
    users.iter().filter(leaked).find(is_no_name)?;
    let requirements = vec!["users.hide-password"];
    Some(Deviation { requirements, expected: "no password".to_owned(), actual: compare::answer_text(answer) })
}
