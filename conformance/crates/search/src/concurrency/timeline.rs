//! The timeline: a history as lines, one for each request, with the span that it took.

use serde_json::Value;

use super::cast::Cast;
use super::history::{Call, History};
use super::plan::Operation;
use spec::http::Answer;
use spec::transcript::placeholders::Placeholders;

/// How much of an answer is shown that has no shorter form, in characters.
const SHOWN: usize = 60;

/// Draws a history; the call that no order explains is marked.
pub fn draw(names: &mut Placeholders, history: &History, marked: usize, cast: &Cast) -> String {
    let rows: Vec<[String; 3]> = (0..history.calls().len())
        .map(|index| {
            let call = &history.calls()[index];
            let client = format!("client {}", call.client + 1);
            let request = cast.as_written(&request(names, call, cast));
            let reply = match (history.answer(index), history.no_answer(index)) {
                (Some(answer), _) => cast.as_written(&reply(names, answer, cast)),
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

/// Draws the span between two of `length` events.
fn span((begin, end): (usize, usize), length: usize) -> String {
    let part = |place| match place {
        _ if place == begin => '├',
        _ if place == end => '┤',
        _ if begin < place && place < end => '─',
        _ => ' ',
    };
    (0..length).map(part).collect()
}

fn request(names: &mut Placeholders, call: &Call, cast: &Cast) -> String {
    let asked = &call.asked;
    let session = asked.cookies(&cast.cookie_name).next().map(|id| names.session(id));
    let path = names.in_text(&asked.path);
    let detail = match call.operation {
        Operation::Login(person) => Cast::written().user(person).email,
        Operation::WrongLogin(person) => {
            format!("{}, wrong password", Cast::written().user(person).email)
        }
        Operation::Rename(_) => String::from_utf8_lossy(&asked.body).into_owned(),
        Operation::Create(_) => {
            asked.object().and_then(|user| Some(user.get("email")?.as_str()?.to_owned())).unwrap_or_default()
        }
        _ => String::new(),
    };
    [format!("{} {path}", asked.method), session.unwrap_or_default(), detail]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

fn reply(names: &mut Placeholders, answer: &Answer, cast: &Cast) -> String {
    let cookie = answer.cookie(&cast.cookie_name).map(|id| format!(", sets {}", names.session(id)));
    let content = short(names, &String::from_utf8_lossy(&answer.body));
    format!("{} {content}{}", answer.status, cookie.unwrap_or_default())
}

/// Writes a content shortly: what tells it from others.
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
