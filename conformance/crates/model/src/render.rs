//! Rendering: an allowed response as an HTTP answer, in the documents' bytes.

use std::fmt::Write as _;

use serde_json::{Value, json};
use uuid::Uuid;

use super::response::{AllowedResponse, Body, Effect, user_json};
use super::state::{Second, User};
use spec::http::Answer;

/// Renders a response as an answer. New ids are random; unknown times of a user are `now`.
pub fn render(allowed: &AllowedResponse, cookie_name: &str, now: Second) -> Answer {
    let mut headers = vec![("access-control-allow-origin".to_owned(), "*".to_owned())];
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    if let Effect::LogIn(_) = allowed.effect {
        add("set-cookie", format!("{cookie_name}={}; Path=/", Uuid::new_v4()));
    }
    let whole = |user: &User| {
        let mut user = user.clone();
        if user.id.is_empty() {
            user.id = Uuid::new_v4().to_string();
        }
        user_json(&User {
            created_at: user.created_at.or(Some(now)),
            updated_at: user.updated_at.or(Some(now)),
            ..user
        })
    };
    let status = allowed.status.served();
    let value = match &allowed.body {
        Body::Error(text) => json!({"error": text}),
        Body::Json(value) => value.clone(),
        Body::User(user) => whole(user),
        Body::Users(users) => users.iter().map(whole).collect(),
        Body::Any => json!({"error": "Not found"}),
        Body::NotAllowed(methods) => {
            add("allow", methods.join(", "));
            add("content-type", "text/html".to_owned());
            return Answer { status, headers, body: NOT_ALLOWED.as_bytes().to_vec() };
        }
    };
    add("content-type", "application/json".to_owned());
    let mut body = json_text(&value, 0);
    body.push('\n');
    Answer { status, headers, body: body.into_bytes() }
}

const NOT_ALLOWED: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n\
    <title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n\
    <p>The method is not allowed for the requested URL.</p>\n";

/// Formats JSON as the documents' transcripts show it: sorted keys, two spaces of indentation per level, and a space
/// after the comma at the end of a line. `level` is the level of the value itself, 0 for a whole document.
pub fn json_text(value: &Value, level: usize) -> String {
    let items: Vec<String> = match value {
        Value::Array(items) => items.iter().map(|item| json_text(item, level + 1)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| format!("{}: {}", json!(key), json_text(field, level + 1)))
            .collect(),
        plain => return plain.to_string(),
    };
    let (open, close) = if value.is_array() { ("[", "]") } else { ("{", "}") };
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let mut out = open.to_owned();
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let indent = "  ".repeat(level + 1);
        write!(out, "{comma}\n{indent}{item}").expect("writing to a string cannot fail");
    }
    out + "\n" + &"  ".repeat(level) + close
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_formatted_as_the_transcripts_show_it() {
        let value = json!([{"b": null, "a": "x"}, {}]);
        assert_eq!(json_text(&value, 0), "[\n  {\n    \"a\": \"x\", \n    \"b\": null\n  }, \n  {}\n]");
    }
}
