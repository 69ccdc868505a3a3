//! The timeline: a history as text, with one line per request that shows its interval.

use serde_json::Value;

use super::fixtures::Fixtures;
use super::history::{Call, History};
use super::operation::Operation;
use spec::http::Answer;
use spec::transcript::placeholders::Placeholders;

/// The longest part of an answer's content that a line shows, in characters.
const SHOWN: usize = 60;

/// Returns a history as lines. The line of the call `marked` says that no order explains it.
pub fn draw(names: &mut Placeholders, history: &History, marked: usize, fixtures: &Fixtures) -> String {
    let rows: Vec<[String; 3]> = (0..history.calls().len())
        .map(|index| {
            let call = &history.calls()[index];
            let client = format!("client {}", call.client + 1);
            let request = fixtures.without_nonce(&request(names, call, fixtures));
            let reply = match (history.answer(index), history.failure(index)) {
                (Some(answer), _) => fixtures.without_nonce(&reply(names, answer, fixtures)),
                (None, Some(none)) => none.to_string(),
                (None, None) => String::new(),
            };
            [client, request, reply]
        })
        .collect();
    let width = rows.iter().map(|[_, request, _]| request.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for (index, [client, request, reply]) in rows.iter().enumerate() {
        let span = span(history.interval(index), history.events().len());
        let mark = if index == marked { "   ← no order of the requests explains this" } else { "" };
        out.push_str(&format!("  {client}  {span}  {request:<width$}  {reply}{mark}\n"));
    }
    out
}

/// Returns an interval between two of `length` events as a line of box characters.
fn span((begin, end): (usize, usize), length: usize) -> String {
    let part = |place| match place {
        _ if place == begin => '├',
        _ if place == end => '┤',
        _ if begin < place && place < end => '─',
        _ => ' ',
    };
    (0..length).map(part).collect()
}

fn request(names: &mut Placeholders, call: &Call, fixtures: &Fixtures) -> String {
    let parsed = &call.parsed;
    let session = parsed.cookies(&fixtures.cookie_name).next().map(|id| names.session(id));
    let path = names.in_text(&parsed.path);
    let detail = match call.operation {
        Operation::Login(actor) => Fixtures::documented().user(actor).email,
        Operation::WrongLogin(actor) => {
            format!("{}, wrong password", Fixtures::documented().user(actor).email)
        }
        Operation::Rename(_) => String::from_utf8_lossy(&parsed.body).into_owned(),
        Operation::Create(_) => {
            parsed.object().and_then(|user| Some(user.get("email")?.as_str()?.to_owned())).unwrap_or_default()
        }
        _ => String::new(),
    };
    [format!("{} {path}", parsed.method), session.unwrap_or_default(), detail]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

fn reply(names: &mut Placeholders, answer: &Answer, fixtures: &Fixtures) -> String {
    let cookie = answer.cookie(&fixtures.cookie_name).map(|id| format!(", sets {}", names.session(id)));
    let content = short(names, &String::from_utf8_lossy(&answer.body));
    format!("{} {content}{}", answer.status, cookie.unwrap_or_default())
}

/// Returns a short form of a content: the number of users, or the values of one user, or a cut text.
pub fn short(names: &mut Placeholders, content: &str) -> String {
    let content = match serde_json::from_str(content) {
        Ok(Value::Array(users)) => format!("{} users", users.len()),
        Ok(Value::Object(user)) if user.get("email").is_some_and(Value::is_string) => {
            let shown =
                ["email", "first_name", "last_name"].iter().filter_map(|key| user.get(*key)?.as_str());
            shown.collect::<Vec<_>>().join(", ")
        }
        Ok(value) => value.to_string(),
        Err(_) => content.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let content = names.in_text(&content);
    let cut: String = content.chars().take(SHOWN).collect();
    let dots = if cut.len() < content.len() { " …" } else { "" };
    cut + dots
}
