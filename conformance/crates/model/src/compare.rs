//! The comparison of an answer with an allowed response.

use serde_json::Value;
use uuid::{Uuid, Version};

use super::render;
use super::response::{AllowedResponse, Body, Effect, read_timestamp, timestamp, user_json};
use super::state::{Second, User};
use spec::http::Answer;

/// The facts that a comparison depends on, beside the allowed response and the answer.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The name of the session cookie.
    pub cookie_name: &'a str,
    /// Whether the method was HEAD, so that the answer has no body.
    pub head: bool,
    /// Whether the server stores users that the model does not know.
    pub foreign_users: bool,
    /// Whether the path is below `/api/v1/`.
    pub under_api: bool,
    /// The first and the last second in which the server may have answered; `None` if its clock is not known.
    pub window: Option<(Second, Second)>,
}

/// One difference between an answer and an allowed response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The part of the answer that differs.
    pub aspect: Aspect,
    /// The text of the expected part.
    pub expected: String,
    /// The text of the actual part.
    pub actual: String,
}

/// A part of an answer that has requirements of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The status, and the content of the body.
    StatusOrBody,
    /// The keys of a user and the types of its values (users.shape).
    Shape,
    /// The times of a user (users.timestamps).
    Timestamps,
    /// A field of a user that shows the password or its hash (users.hide-password).
    Password,
    /// The session cookie that a login sets (login.cookie).
    Cookie,
    /// A session cookie that a failed login sets (login.wrong-password).
    UnexpectedCookie,
    /// The HTML page and the `Allow` header of a 405 (errors.method-not-allowed-page).
    NotAllowedPage,
    /// The CORS header (cors.any-origin).
    Cors,
}

/// The longest part of a body that a difference shows, in characters.
const MAX_SHOWN: usize = 300;

/// The keys of a user (users.shape).
const KEYS: [&str; 6] = ["created_at", "email", "first_name", "id", "last_name", "updated_at"];

/// Returns the differences between `answer` and `allowed`; empty if they agree.
///
/// A difference in [`Aspect::StatusOrBody`] is the only one, because the other parts mean nothing in a wrong answer.
pub fn compare(allowed: &AllowedResponse, answer: &Answer, context: Context<'_>) -> Vec<Difference> {
    if !allowed.status.admits(answer.status) {
        return vec![status_or_body(allowed, answer)];
    }
    let mut found = Vec::new();
    let value = answer.json();
    let is_right = context.head
        || match (&allowed.body, &value) {
            (Body::Any | Body::NotAllowed(_), _) => true,
            (Body::Error(text), Some(value)) => value["error"] == *text,
            (Body::Json(expected), Some(value)) => {
                let counts = context.foreign_users && expected["users"].is_u64();
                expected == value || (counts && value["users"].is_u64())
            }
            (Body::User(user), Some(value)) => is_user(user, value, context, &mut found),
            (Body::Users(users), Some(Value::Array(values))) => {
                let among = |user: &User| {
                    values
                        .iter()
                        .find(|value| value["id"] == user.id.as_str())
                        .is_some_and(|value| is_user(user, value, context, &mut found))
                };
                let all = users.iter().filter(|user| !user.id.is_empty()).all(among);
                all && (context.foreign_users || users.len() == values.len())
            }
            _ => false,
        };
    if !is_right {
        return vec![status_or_body(allowed, answer)];
    }
    match (&allowed.effect, answer.cookie(context.cookie_name)) {
        (Effect::LogIn(_), cookie) => found.extend(wrong_cookie(answer, cookie, context.cookie_name)),
        (_, Some(value)) if allowed.requirement.starts_with("login.") => found.push(Difference {
            aspect: Aspect::UnexpectedCookie,
            expected: "no session cookie".to_owned(),
            actual: format!("Set-Cookie: {}={value}", context.cookie_name),
        }),
        _ => {}
    }
    if let Body::NotAllowed(methods) = &allowed.body {
        found.extend(wrong_page(answer, methods));
    }
    if context.under_api
        && allowed.unspecified.is_none()
        && !answer.header("access-control-allow-origin").any(|origin| origin == "*")
    {
        found.push(Difference {
            aspect: Aspect::Cors,
            expected: "Access-Control-Allow-Origin: *".to_owned(),
            actual: "no such field".to_owned(),
        });
    }
    found
}

fn status_or_body(allowed: &AllowedResponse, answer: &Answer) -> Difference {
    Difference { aspect: Aspect::StatusOrBody, expected: expected_text(allowed), actual: answer_text(answer) }
}

/// Returns the text of an allowed response: its status and its body.
pub fn expected_text(allowed: &AllowedResponse) -> String {
    let status = match allowed.status {
        super::Status::Is(status) => status.to_string(),
        super::Status::Refusal => "a refusal".to_owned(),
        super::Status::Below500 => "a status below 500".to_owned(),
        super::Status::Any => "any status".to_owned(),
    };
    let body = match &allowed.body {
        Body::Error(text) => serde_json::json!({"error": text}).to_string(),
        Body::Json(value) => value.to_string(),
        Body::User(user) => user_json(user).to_string(),
        Body::Users(users) => render::json_text(&users.iter().map(user_json).collect(), 0),
        Body::NotAllowed(_) | Body::Any => String::new(),
    };
    format!("{status} {body}").trim_end().to_owned()
}

/// Returns the text of an answer: its status and its body in one line, cut to 300 characters.
pub fn answer_text(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let in_one_line = || text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = answer.json().map_or_else(in_one_line, |value| value.to_string());
    let cut: String = text.chars().take(MAX_SHOWN).collect();
    let dots = if cut.len() < text.len() { " …" } else { "" };
    format!("{} {cut}{dots}", answer.status).trim_end().to_owned()
}

/// Returns whether `value` is `user` by its email, id and names. Adds all other differences to `found`.
fn is_user(user: &User, value: &Value, context: Context<'_>, found: &mut Vec<Difference>) -> bool {
    let Some(fields) = value.as_object() else { return false };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let names = [("first_name", &user.first_name), ("last_name", &user.last_name)];
    // An empty string for a missing name is a difference of shape only.
    let is_name = |(name, known): &(&str, &Option<String>)| match known {
        Some(known) => text(name) == Some(known),
        None => text(name).is_none_or(str::is_empty),
    };
    let is_id = text("id").is_some_and(is_uuid_v4);
    let is_new = user.id.is_empty();
    if text("email") != Some(&user.email)
        || !(is_new || text("id") == Some(&user.id))
        || !names.iter().all(is_name)
    {
        return false;
    }
    let mut note =
        |aspect, expected: String, actual: String| found.push(Difference { aspect, expected, actual });
    let secret = |key: &str| ["pass", "hash", "pwd"].iter().any(|part| key.to_lowercase().contains(part));
    let empty = names.iter().any(|(name, known)| known.is_none() && fields.get(*name) != Some(&Value::Null));
    if let Some((key, secret)) = fields.iter().find(|(key, _)| secret(key)) {
        note(Aspect::Password, "no password and no hash of one".to_owned(), format!("{key}: {secret}"));
    } else if !is_id
        || empty
        || fields.len() != KEYS.len()
        || !KEYS.iter().all(|key| fields.contains_key(*key))
    {
        let expected =
            format!("an object of {}; the id a UUID version 4, a missing name null", KEYS.join(", "));
        note(Aspect::Shape, expected, value.to_string());
    }
    for (name, known) in [("created_at", user.created_at), ("updated_at", user.updated_at)] {
        let Some(field) = fields.get(name) else { continue };
        let read = field.as_str().and_then(read_timestamp);
        let expected = match (known, read) {
            (Some(known), read) if read != Some(known) => timestamp(known),
            (None, None) => "YYYY-MM-DD HH:MM:SS".to_owned(),
            (None, Some(read)) if is_new && context.window.is_some_and(|window| is_outside(read, window)) => {
                context.window.map(|(from, _)| timestamp(from)).unwrap_or_default()
            }
            _ => continue,
        };
        note(Aspect::Timestamps, format!("{name}: \"{expected}\""), format!("{name}: {field}"));
    }
    true
}

/// Returns whether a time is outside the window, with a second of tolerance for the reading of the clock.
fn is_outside(moment: Second, (from, to): (Second, Second)) -> bool {
    moment < from - 1 || moment > to + 1
}

/// Returns whether a text is a UUID version 4 with hyphens.
fn is_uuid_v4(text: &str) -> bool {
    let id = Uuid::parse_str(text).ok().filter(|_| text.len() == 36);
    id.is_some_and(|id| id.get_version() == Some(Version::Random))
}

/// Returns the difference in the cookie of a login.
fn wrong_cookie(answer: &Answer, cookie: Option<&str>, name: &str) -> Option<Difference> {
    let line = answer.header("set-cookie").find(|line| line.starts_with(&format!("{name}=")));
    let parts = || line.unwrap_or_default().split(';').map(str::trim);
    let is_id = cookie.is_some_and(is_uuid_v4);
    let everywhere = parts().any(|part| part.eq_ignore_ascii_case("path=/"));
    let actual = || answer.header("set-cookie").next().map_or("no Set-Cookie".to_owned(), str::to_owned);
    (!is_id || !everywhere).then(|| Difference {
        aspect: Aspect::Cookie,
        expected: format!("Set-Cookie: {name}=<a UUID version 4>; Path=/"),
        actual: actual(),
    })
}

/// Returns the difference in the page of a 405.
fn wrong_page(answer: &Answer, methods: &[&str]) -> Option<Difference> {
    let allowed: Vec<&str> = answer.header("allow").flat_map(|line| line.split(',')).map(str::trim).collect();
    let page = String::from_utf8_lossy(&answer.body);
    let is_page = page.contains("<title>405 Method Not Allowed</title>");
    let is_right = is_page && methods.iter().all(|method| allowed.contains(method));
    (!is_right).then(|| Difference {
        aspect: Aspect::NotAllowedPage,
        expected: format!("the page 405 Method Not Allowed, with Allow: {}", methods.join(", ")),
        actual: format!("Allow: {}; {}", allowed.join(", "), answer_text(answer)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Status, Unspecified};
    use super::*;

    const CONTEXT: Context<'static> =
        Context { cookie_name: "s", head: false, foreign_users: false, under_api: true, window: None };

    fn answer(status: u16, body: &Value, cookie: Option<&str>) -> Answer {
        let mut headers = vec![("access-control-allow-origin".to_owned(), "*".to_owned())];
        headers.extend(cookie.map(|line| ("set-cookie".to_owned(), line.to_owned())));
        Answer { status, headers, body: body.to_string().into_bytes() }
    }

    fn aspects(allowed: &AllowedResponse, answer: &Answer) -> Vec<Aspect> {
        compare(allowed, answer, CONTEXT).into_iter().map(|one| one.aspect).collect()
    }

    fn bob() -> User {
        let id = "5535d4d7-3d77-4d06-8281-495dc3acfe76".to_owned();
        User { id, email: "bob@hbtn.io".to_owned(), created_at: Some(0), ..User::default() }
    }

    fn shown_bob() -> Value {
        json!({"created_at": "1970-01-01 00:00:00", "email": "bob@hbtn.io", "first_name": null,
            "id": bob().id, "last_name": null, "updated_at": "1970-01-01T00:00:09"})
    }

    #[test]
    fn a_user_is_compared_with_what_is_known_of_it() {
        let allowed = AllowedResponse::new("users.get", 200, Body::User(bob()));
        assert_eq!(aspects(&allowed, &answer(200, &shown_bob(), None)), []);
        let with = |key: &str, value: Value| {
            let mut shown = shown_bob();
            shown[key] = value;
            aspects(&allowed, &answer(200, &shown, None))
        };
        assert_eq!(with("email", json!("ann@hbtn.io")), [Aspect::StatusOrBody]);
        assert_eq!(with("first_name", json!("Bob")), [Aspect::StatusOrBody]);
        assert_eq!(with("first_name", json!("")), [Aspect::Shape]);
        assert_eq!(with("age", json!(3)), [Aspect::Shape]);
        assert_eq!(with("password", json!("x")), [Aspect::Password]);
        assert_eq!(with("created_at", json!("1970-01-01 00:00:01")), [Aspect::Timestamps]);
        assert_eq!(with("updated_at", json!("yesterday")), [Aspect::Timestamps]);
        assert_eq!(aspects(&allowed, &answer(404, &shown_bob(), None)), [Aspect::StatusOrBody]);
    }

    #[test]
    fn a_login_sets_a_session_cookie_and_a_failed_login_sets_none() {
        let login =
            AllowedResponse::new("login.ok", 200, Body::User(bob())).with_effect(Effect::LogIn(bob().id));
        let id = "s=5535d4d7-3d77-4d06-8281-495dc3acfe76; Path=/";
        assert_eq!(aspects(&login, &answer(200, &shown_bob(), Some(id))), []);
        for wrong in [None, Some("s=1; Path=/"), Some("t=5535d4d7-3d77-4d06-8281-495dc3acfe76; Path=/")] {
            assert_eq!(aspects(&login, &answer(200, &shown_bob(), wrong)), [Aspect::Cookie], "{wrong:?}");
        }
        let refused = AllowedResponse::error("login.wrong-password", 401, "wrong password");
        let text = json!({"error": "wrong password"});
        assert_eq!(aspects(&refused, &answer(401, &text, None)), []);
        assert_eq!(aspects(&refused, &answer(401, &text, Some(id))), [Aspect::UnexpectedCookie]);
    }

    #[test]
    fn an_unspecified_response_has_any_body_and_needs_no_cors_header() {
        let open = AllowedResponse::unspecified(Unspecified::Spelling, Status::Refusal);
        let bare = Answer { status: 404, headers: Vec::new(), body: Vec::new() };
        assert_eq!(aspects(&open, &bare), []);
        assert_eq!(aspects(&open, &Answer { status: 200, ..bare.clone() }), [Aspect::StatusOrBody]);
        let known = AllowedResponse::error("errors.not-found", 404, "Not found");
        assert_eq!(aspects(&known, &answer(404, &json!({"error": "Not found"}), None)), []);
        assert_eq!(aspects(&known, &bare), [Aspect::StatusOrBody]);
    }

    #[test]
    fn a_list_has_all_users_in_any_order_and_no_others_unless_there_are_unknown_ones() {
        let other = "11111111-3d77-4d06-8281-495dc3acfe76".to_owned();
        let ann = User { id: other.clone(), email: "ann@hbtn.io".to_owned(), ..bob() };
        let mut shown_ann = shown_bob();
        (shown_ann["id"], shown_ann["email"]) = (json!(other), json!("ann@hbtn.io"));
        let both = AllowedResponse::new("users.list", 200, Body::Users(vec![bob(), ann]));
        assert_eq!(aspects(&both, &answer(200, &json!([shown_ann, shown_bob()]), None)), []);
        let one = answer(200, &json!([shown_bob()]), None);
        assert_eq!(aspects(&both, &one), [Aspect::StatusOrBody]);
        let only_bob = AllowedResponse::new("users.list", 200, Body::Users(vec![bob()]));
        let two = answer(200, &json!([shown_ann, shown_bob()]), None);
        assert_eq!(aspects(&only_bob, &two), [Aspect::StatusOrBody]);
        let foreign = Context { foreign_users: true, ..CONTEXT };
        assert_eq!(compare(&only_bob, &two, foreign), []);
    }

    #[test]
    fn a_new_user_has_a_new_id_and_the_present_time() {
        let new = User { email: "bob@hbtn.io".to_owned(), ..User::default() };
        let created = AllowedResponse::new("users.create", 200, Body::User(new));
        let at = |window| compare(&created, &answer(200, &shown_bob(), None), Context { window, ..CONTEXT });
        assert_eq!(at(None), []);
        // The user was created at second 0 and updated at second 9.
        assert_eq!(at(Some((1, 8))), []);
        let late = at(Some((2, 8)));
        assert_eq!(late[0].expected, "created_at: \"1970-01-01 00:00:02\"");
        assert_eq!((late.len(), late[0].aspect), (1, Aspect::Timestamps));
    }

    #[test]
    fn a_405_has_the_page_and_lists_the_methods() {
        let page = AllowedResponse::new("errors.method-not-allowed", 405, Body::NotAllowed(&["GET", "POST"]));
        let with = |allow: &str, body: &str| {
            let mut answer = answer(405, &Value::Null, None);
            answer.headers.push(("allow".to_owned(), allow.to_owned()));
            aspects(&page, &Answer { body: body.as_bytes().to_vec(), ..answer })
        };
        let title = "<title>405 Method Not Allowed</title>";
        assert_eq!(with("POST, OPTIONS, HEAD, GET", title), []);
        assert_eq!(with("POST", title), [Aspect::NotAllowedPage]);
        assert_eq!(with("GET, POST", "405"), [Aspect::NotAllowedPage]);
    }

    #[test]
    fn the_cors_header_is_expected_below_the_api_only() {
        let allowed = AllowedResponse::error("errors.not-found", 404, "Not found");
        let bare = Answer { headers: Vec::new(), ..answer(404, &json!({"error": "Not found"}), None) };
        assert_eq!(aspects(&allowed, &bare), [Aspect::Cors]);
        assert_eq!(compare(&allowed, &bare, Context { under_api: false, ..CONTEXT }), []);
    }

    #[test]
    fn a_long_answer_is_cut() {
        let text = answer_text(&answer(200, &json!("x".repeat(400)), None));
        assert_eq!(text.chars().count(), "200 ".len() + MAX_SHOWN + " …".chars().count());
        assert_eq!(
            expected_text(&AllowedResponse::error("x", 404, "Not found")),
            "404 {\"error\":\"Not found\"}"
        );
    }
}
