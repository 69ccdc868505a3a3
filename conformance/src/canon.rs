//! The canonical text of an answer: what varies is named, what is tolerated is left out.
//!
//! Some requirements speak of one aspect of many answers (a timestamp's form, a password that shows). A
//! breach of one is a *finding*, a line `! requirement: what is wrong` below the answer; the rest of the
//! text stays as if the aspect were in order, so that no other requirement is blamed for it.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::emails::Emails;
use crate::exchange::{Answer, Exchange, NoAnswer};
use crate::json;
use crate::names::{Names, is_uuid4};
use crate::scenario::Show;

/// How far a timestamp may be from the target's clock.
const CLOCK_SLACK: TimeDelta = TimeDelta::seconds(5);

/// How much of a body that is not JSON is shown, in lines.
const SHOWN_LINES: usize = 12;

/// How much of a body that is shown byte for byte is shown, in lines.
const SHOWN_BYTES: usize = 40;

/// The keys of a user, in the order in which they are printed.
const USER_KEYS: [&str; 6] = ["created_at", "email", "first_name", "id", "last_name", "updated_at"];

/// What the text of an answer depends on, beside the answer.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// How much of it the step shows.
    pub show: Show,
    /// Whether the exact form is shown (`curl -i`).
    pub include: bool,
    /// The name of the session cookie.
    pub cookie_name: &'a str,
    /// The target's time.
    pub now: DateTime<Utc>,
    /// How many users the target stores that are none of this scenario's; subtracted from the stats.
    pub foreign_users: u64,
}

/// Writes the canonical text of one scenario's answers; it remembers what it has named.
#[derive(Debug)]
pub struct Canon {
    /// The addresses of the run, named back wherever they show.
    pub emails: Emails,
    /// The names given so far.
    pub names: Names,
    passwords: Vec<String>,
    since: DateTime<Utc>,
}

impl Canon {
    /// Starts the text of a scenario on data that was empty at `since`.
    pub fn new(emails: Emails, since: DateTime<Utc>) -> Self {
        Self { emails, names: Names::default(), passwords: Vec::new(), since }
    }

    /// Notes a password that no answer may carry.
    ///
    /// Short ones are passed over: they could stand in an answer by chance.
    pub fn watch_password(&mut self, password: &str) {
        if password.len() >= 8 && !self.passwords.iter().any(|known| known == password) {
            self.passwords.push(password.to_owned());
        }
    }

    /// Writes what a step shows of an exchange.
    pub fn exchange(&mut self, view: View<'_>, exchange: &Exchange) -> Vec<String> {
        match &exchange.answer {
            Err(none) => vec![none.to_string()],
            Ok(answer) => self.answer(view, exchange.request.method == "HEAD", answer),
        }
    }

    /// Writes what a program printed.
    pub fn program(&mut self, output: &str) -> Vec<String> {
        let named = self.emails.name_back(output);
        self.names.in_text(&named).lines().map(str::to_owned).collect()
    }

    /// Counts the outcomes of the same request sent many times at once.
    ///
    /// Where the step shows only that it succeeds, one success is enough, and only the sessions are judged.
    pub fn parallel(&mut self, view: View<'_>, exchanges: &[Exchange]) -> Vec<String> {
        let mut lines = Vec::new();
        let answered: Vec<&Answer> = exchanges.iter().filter_map(|one| one.answer.as_ref().ok()).collect();
        let good = answered.iter().filter(|answer| answer.is_success()).count();
        let silent: Vec<&NoAnswer> = exchanges.iter().filter_map(|one| one.answer.as_ref().err()).collect();
        if view.show == Show::Success && good > 0 {
            lines.push("2xx".to_owned());
        } else {
            for (count, outcome) in [(good, "2xx"), (answered.len() - good, "not 2xx")] {
                if count > 0 {
                    lines.push(format!("{count} × {outcome}"));
                }
            }
            if let Some(first) = silent.first() {
                lines.push(format!("{} × {first}", silent.len()));
            }
        }
        let sessions: Vec<&str> =
            answered.iter().filter_map(|answer| answer.cookie(view.cookie_name)).collect();
        if !sessions.is_empty() {
            lines.push(format!("set-cookie: {}", randomness(&sessions)));
        }
        lines
    }

    fn answer(&mut self, view: View<'_>, head: bool, answer: &Answer) -> Vec<String> {
        let mut findings = self.leaks(answer);
        let mut lines = match view.show {
            Show::Success if answer.is_success() => vec!["2xx".to_owned()],
            Show::NotSuccess if !answer.is_success() => vec!["not 2xx".to_owned()],
            Show::Refused if matches!(answer.status, 401 | 403) => vec!["refused".to_owned()],
            Show::BelowServerError if answer.status < 500 => vec!["below 500".to_owned()],
            Show::Status => vec![status_line(answer.status)],
            _ if view.include => self.exact(view, head, answer, &mut findings),
            _ => self.plain(view, head, answer, &mut findings),
        };
        findings.dedup();
        lines.extend(findings);
        lines
    }

    /// The usual form: status, the session cookie, the canonical body.
    fn plain(
        &mut self,
        view: View<'_>,
        head: bool,
        answer: &Answer,
        findings: &mut Vec<String>,
    ) -> Vec<String> {
        let mut lines = vec![status_line(answer.status)];
        lines.extend(self.cookies(view, answer));
        if (300..400).contains(&answer.status) {
            lines.extend(answer.header("location").map(|target| format!("location: {}", path_of(target))));
        }
        if answer.status == 405 || head {
            return lines;
        }
        match answer.json() {
            Some(value) => {
                let value = self.own(value, view.foreign_users);
                lines.extend(self.value(&value, view.now, findings).lines().map(str::to_owned));
            }
            None => lines.extend(self.text(answer)),
        }
        lines
    }

    /// The exact form of `curl -i`: the headers that a requirement speaks of, and the body byte for byte.
    fn exact(
        &mut self,
        view: View<'_>,
        head: bool,
        answer: &Answer,
        findings: &mut Vec<String>,
    ) -> Vec<String> {
        let mut lines = vec![status_line(answer.status)];
        let first = |name: &'static str| answer.header(name).next().unwrap_or("none").to_owned();
        if answer.status == 405 {
            let media_type = first("content-type").split(';').next().unwrap_or_default().to_owned();
            lines.push(format!("allow: {}", allowed(&first("allow"))));
            lines.push(format!("content-type: {media_type}"));
            lines.extend(self.text(answer));
            return lines;
        }
        lines.push(format!("content-type: {}", first("content-type")));
        lines.extend(self.cookies(view, answer));
        lines.push(format!("access-control-allow-origin: {}", first("access-control-allow-origin")));
        let received = String::from_utf8_lossy(&answer.body).into_owned();
        let (length, body) = match self.rewritten(answer, &received, view.foreign_users) {
            Some(shown) if first("content-length") == received.len().to_string() => {
                (shown.len().to_string(), shown)
            }
            Some(shown) => (first("content-length"), shown),
            None => (first("content-length"), received),
        };
        let body = self.name_values(&body, view.now, findings);
        lines.push(format!("content-length: {length}"));
        lines.extend(body.lines().take(SHOWN_BYTES).map(str::to_owned));
        if body.lines().nth(SHOWN_BYTES).is_some() {
            lines.push("…".to_owned());
        }
        if !head && !body.ends_with('\n') {
            lines.push("(no newline at the end)".to_owned());
        }
        lines
    }

    /// Writes a JSON body anew in the form that it has, without what other scenarios stored.
    ///
    /// `None` where it is of no form that is known here: then it is shown as it came.
    fn rewritten(&self, answer: &Answer, received: &str, foreign_users: u64) -> Option<String> {
        let forms: [fn(&Value) -> String; 4] = [
            json::documented,
            |value| format!("{value}\n"),
            |value| value.to_string(),
            |value| format!("{value:#}\n"),
        ];
        let value = answer.json()?;
        let form = forms.into_iter().find(|form| form(&value) == received)?;
        Some(form(&self.own(value, foreign_users)))
    }

    /// The Set-Cookie lines that matter: the session cookie's, or all of them where it is missing.
    fn cookies(&mut self, view: View<'_>, answer: &Answer) -> Vec<String> {
        let pair = |line: &str| {
            let pair = line.split(';').next().unwrap_or_default();
            pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        };
        // A cookie without a value is one that the server takes back: allowed, and not spoken of.
        let set: Vec<(&str, String, String)> = answer
            .header("set-cookie")
            .filter_map(|line| pair(line).map(|(name, value)| (line, name, value)))
            .filter(|(_, _, value)| !value.is_empty() && value != "\"\"")
            .collect();
        let ours = set.iter().any(|(_, name, _)| name == view.cookie_name);
        set.iter()
            .filter(|(_, name, _)| !ours || name == view.cookie_name)
            .map(|(line, name, value)| {
                let named = self.names.session(value);
                let flaw = if is_uuid4(value) { "" } else { " (not a UUID version 4)" };
                let path = line.split(';').skip(1).find_map(|attribute| {
                    let (key, path) = attribute.split_once('=')?;
                    key.trim().eq_ignore_ascii_case("path").then(|| format!("; Path={}", path.trim()))
                });
                format!("set-cookie: {name}={named}{flaw}{}", path.unwrap_or_default())
            })
            .collect()
    }

    /// A body that is no JSON: an HTML page by its title, other text by its first lines.
    fn text(&mut self, answer: &Answer) -> Vec<String> {
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(title) = title(&text) {
            return vec![format!("<title>{title}</title>")];
        }
        let named = self.names.in_text(&self.emails.name_back(&text));
        let mut lines: Vec<String> = named.lines().take(SHOWN_LINES).map(str::to_owned).collect();
        if named.lines().nth(SHOWN_LINES).is_some() {
            lines.push("…".to_owned());
        }
        lines
    }

    /// Leaves out what other scenarios stored: their users in a list, their number in the stats.
    fn own(&self, value: Value, foreign_users: u64) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items
                    .into_iter()
                    .filter(|item| email(item).is_none_or(|address| self.emails.owns(address)))
                    .collect();
                // The documents give a list no order.
                items.sort_by_key(|item| email(item).map(|address| self.emails.name_back(address)));
                Value::Array(items)
            }
            Value::Object(mut fields) if fields.len() == 1 => {
                if let Some(count) = fields.get("users").and_then(Value::as_u64) {
                    fields.insert("users".to_owned(), Value::from(count.saturating_sub(foreign_users)));
                }
                Value::Object(fields)
            }
            other => other,
        }
    }

    /// One line of canonical JSON; an array of objects takes a line for each.
    fn value(&mut self, value: &Value, now: DateTime<Utc>, findings: &mut Vec<String>) -> String {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let lines: Vec<String> = items.iter().map(|item| self.value(item, now, findings)).collect();
                format!("[\n  {}\n]", lines.join(",\n  "))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item, now, findings)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) if email(value).is_some() && fields.contains_key("id") => {
                self.user(fields, now, findings)
            }
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, field)| {
                        format!("{}: {}", json::quoted(key), self.value(field, now, findings))
                    })
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::String(text) => json::quoted(&self.emails.name_back(text)),
            other => other.to_string(),
        }
    }

    fn user(
        &mut self,
        fields: &Map<String, Value>,
        now: DateTime<Utc>,
        findings: &mut Vec<String>,
    ) -> String {
        for key in fields.keys().filter(|key| !USER_KEYS.contains(&key.as_str())) {
            findings.push(format!(
                "! users.shape: a user has the key {}, which is none of a user's",
                json::quoted(key)
            ));
        }
        let printed: Vec<String> = USER_KEYS
            .iter()
            .map(|key| {
                let shown = match (*key, fields.get(*key)) {
                    (_, None) => {
                        findings.push(format!("! users.shape: a user has no key \"{key}\""));
                        if key.ends_with("_at") { "<time>".to_owned() } else { "null".to_owned() }
                    }
                    ("id", Some(Value::String(id))) => {
                        if !is_uuid4(id) {
                            findings.push("! users.shape: a user's id is not a UUID version 4".to_owned());
                        }
                        self.names.user(id)
                    }
                    ("created_at" | "updated_at", Some(time)) => {
                        findings.extend(self.time_flaw(key, time, now));
                        "<time>".to_owned()
                    }
                    (_, Some(field)) => self.value(field, now, findings),
                };
                format!("\"{key}\": {shown}")
            })
            .collect();
        format!("{{{}}}", printed.join(", "))
    }

    /// Says what is wrong with a timestamp: its form, or its distance from the target's clock.
    fn time_flaw(&self, key: &str, value: &Value, now: DateTime<Utc>) -> Option<String> {
        let flaw = match value.as_str().and_then(timestamp) {
            None => format!("is {value}, not UTC seconds as \"YYYY-MM-DD HH:MM:SS\""),
            Some(time) if time < self.since - CLOCK_SLACK => {
                "lies before this run began, by the target's own clock".to_owned()
            }
            Some(time) if time > now + CLOCK_SLACK => {
                "lies in the future of the target's own clock".to_owned()
            }
            Some(_) => return None,
        };
        Some(format!("! users.timestamps: {key} {flaw}"))
    }

    /// Names the values inside a body that is shown byte for byte.
    fn name_values(&mut self, text: &str, now: DateTime<Utc>, findings: &mut Vec<String>) -> String {
        let mut named = self.emails.name_back(text);
        let Ok(value) = serde_json::from_str::<Value>(text) else { return named };
        let users = match &value {
            Value::Array(items) => items.iter().collect(),
            single => vec![single],
        };
        for user in users.into_iter().filter(|user| email(user).is_some()) {
            if let Some(id) = user["id"].as_str() {
                named = named.replace(id, &self.names.user(id));
            }
            for key in ["created_at", "updated_at"] {
                findings.extend(self.time_flaw(key, &user[key], now));
                // The documented form may vary; another accepted one is a difference in bytes, and the same each run.
                if let Some(time) = user[key].as_str().filter(|time| timestamp(time).is_some()) {
                    let name = if time.contains(' ') { "<time>" } else { "YYYY-MM-DDTHH:MM:SS" };
                    named = named.replace(time, name);
                }
            }
        }
        named
    }

    /// Looks for the passwords of this scenario, and their hashes, anywhere in the answer.
    fn leaks(&self, answer: &Answer) -> Vec<String> {
        let mut all = String::from_utf8_lossy(&answer.body).into_owned();
        for (_, value) in &answer.headers {
            all.push('\n');
            all.push_str(value);
        }
        let mut findings = Vec::new();
        for password in &self.passwords {
            let hash: String = Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect();
            for (kind, secret) in [("a password", password), ("the hash of a password", &hash)] {
                if all.contains(secret.as_str()) {
                    findings.push(format!("! users.hide-password: the answer carries {kind}"));
                }
            }
        }
        findings
    }
}

/// Writes a status line with the reason phrase of the standard, whatever the server called it.
pub fn status_line(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    format!("{status} {}", reason.unwrap_or("(no standard status)"))
}

fn email(value: &Value) -> Option<&str> {
    value.get("email")?.as_str()
}

/// Reads either form of timestamp that the requirements accept.
fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|time| time.and_utc())
}

fn title(text: &str) -> Option<&str> {
    let start = text.find("<title>")? + "<title>".len();
    let length = text[start..].find("</title>")?;
    Some(text[start..start + length].trim())
}

/// Lists the methods of an Allow header in order, without those that come with any route.
fn allowed(header: &str) -> String {
    let mut methods: Vec<&str> =
        header.split(',').map(str::trim).filter(|method| !matches!(*method, "OPTIONS" | "HEAD")).collect();
    methods.sort_unstable();
    methods.join(", ")
}

/// Cuts the scheme and host off a URL: a port differs from run to run.
fn path_of(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => url,
    }
}

/// How many session IDs it takes to say that one is random: fewer may agree in a bit by chance.
const ENOUGH_SESSIONS: usize = 16;

/// Says whether session IDs are pairwise different and vary in every bit that a UUID version 4 leaves free.
fn randomness(sessions: &[&str]) -> String {
    let different: std::collections::BTreeSet<&str> = sessions.iter().copied().collect();
    if different.len() < sessions.len() {
        return format!("only {} different session IDs in {} logins", different.len(), sessions.len());
    }
    if sessions.len() < ENOUGH_SESSIONS {
        return format!("only {} sessions: too few to judge their IDs", sessions.len());
    }
    let number =
        |id: &&str| uuid::Uuid::try_parse(id).ok().filter(|_| is_uuid4(id)).map(|uuid| uuid.as_u128());
    let Some(numbers) = different.iter().map(number).collect::<Option<Vec<u128>>>() else {
        return "different session IDs, not all UUIDs of version 4".to_owned();
    };
    let ones = numbers.iter().fold(0, |all, number| all | number);
    let zeros = numbers.iter().fold(0, |all, number| all | !number);
    // 128 bits less the four of the version and the two of the variant.
    match (ones & zeros).count_ones() {
        122 => "different session IDs, random in every bit".to_owned(),
        varying => format!("different session IDs, random in {varying} of 122 bits"),
    }
}
