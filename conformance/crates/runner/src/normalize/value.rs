//! JSON bodies: users and their times, in whatever order and with whatever white space they come.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::Normalizer;
use spec::http;
use spec::json;
use spec::transcript::Breach;
use spec::transcript::placeholders::{Placeholders, is_uuid4};
use spec::transcript::redact;

/// How far a timestamp may be from the target's clock.
const CLOCK_SLACK: TimeDelta = TimeDelta::seconds(5);

/// The keys of a user, in the order in which they are printed.
const USER_KEYS: [&str; 6] = ["created_at", "email", "first_name", "id", "last_name", "updated_at"];

impl Normalizer {
    /// Leaves out what other scenarios stored: their users in a list or by their ids, their number in the stats.
    pub(super) fn own(&self, value: Value, foreign_users: u64) -> Value {
        let is_own = |item: &Value| email(item).is_none_or(|address| self.emails.owns(address));
        match value {
            Value::Array(mut items) => {
                items.retain(is_own);
                // The documents give a list no order.
                items.sort_by_key(|item| email(item).map(|address| self.emails.restore(address)));
                Value::Array(items)
            }
            Value::Object(mut fields) => {
                if fields.iter().all(|(key, field)| email(field).is_some() && field["id"] == **key) {
                    fields.retain(|_, field| is_own(field));
                }
                if let Some(count) = fields.get("users").and_then(Value::as_u64).filter(|_| fields.len() == 1)
                {
                    fields.insert("users".to_owned(), Value::from(count.saturating_sub(foreign_users)));
                }
                Value::Object(fields)
            }
            other => other,
        }
    }

    /// One line of canonical JSON; an array of objects takes a line for each.
    pub(super) fn value(&mut self, value: &Value, now: DateTime<Utc>, breaches: &mut Vec<Breach>) -> String {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let lines: Vec<String> = items.iter().map(|item| self.value(item, now, breaches)).collect();
                format!("[\n  {}\n]", lines.join(",\n  "))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item, now, breaches)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) if email(value).is_some() && fields.contains_key("id") => {
                self.user(fields, now, breaches)
            }
            Value::Object(fields) => {
                let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
                // By what stays the same: ids as keys would put the fields in another order each time.
                fields.sort_by_cached_key(|(key, field)| {
                    let blank = |text: &str| redact::redact(text, |_| String::new()).into_owned();
                    (blank(key), blank(&self.emails.restore(&field.to_string())))
                });
                let fields: Vec<String> = fields
                    .into_iter()
                    .map(|(key, field)| {
                        let key = json::quoted(&self.redact(key));
                        format!("{key}: {}", self.value(field, now, breaches))
                    })
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::String(text) => json::quoted(&self.redact(text)),
            other => self.redact(&other.to_string()),
        }
    }

    fn user(
        &mut self,
        fields: &Map<String, Value>,
        now: DateTime<Utc>,
        breaches: &mut Vec<Breach>,
    ) -> String {
        for key in fields.keys().filter(|key| !USER_KEYS.contains(&key.as_str())) {
            let key = json::quoted(&self.redact(key));
            breaches.push(shape(format!("a user has the key {key}, which is none of a user's")));
        }
        let printed: Vec<String> = USER_KEYS
            .iter()
            .map(|key| {
                let shown = match (*key, fields.get(*key)) {
                    (_, None) => {
                        breaches.push(shape(format!("a user has no key \"{key}\"")));
                        if key.ends_with("_at") { "<time>".to_owned() } else { "null".to_owned() }
                    }
                    ("id", Some(Value::String(id))) => {
                        if !is_uuid4(id) {
                            breaches.push(shape("a user's id is not a UUID version 4".to_owned()));
                        }
                        self.names.user(id)
                    }
                    ("first_name" | "last_name", Some(Value::String(name))) if name.is_empty() => {
                        // No scenario gives an empty name.
                        breaches.push(shape(format!("a user's {key} is \"\", not null")));
                        "null".to_owned()
                    }
                    ("created_at" | "updated_at", Some(time)) => {
                        breaches.extend(self.time_flaw(key, time, now));
                        "<time>".to_owned()
                    }
                    (_, Some(field)) => self.value(field, now, breaches),
                };
                format!("\"{key}\": {shown}")
            })
            .collect();
        format!("{{{}}}", printed.join(", "))
    }

    /// Says what is wrong with a timestamp: its form, or its distance from the target's clock.
    fn time_flaw(&self, key: &str, value: &Value, now: DateTime<Utc>) -> Option<Breach> {
        let flaw = match value.as_str().and_then(timestamp) {
            None => {
                let form = Placeholders::default().in_text(&value.to_string());
                format!("is {form}, not UTC seconds as \"YYYY-MM-DD HH:MM:SS\"")
            }
            Some(time) if time < self.since - CLOCK_SLACK => {
                "lies before this run began, by the target's own clock".to_owned()
            }
            Some(time) if time > now + CLOCK_SLACK => {
                "lies in the future of the target's own clock".to_owned()
            }
            Some(_) => return None,
        };
        Some(Breach::new("users.timestamps", format!("{key} {flaw}")))
    }

    /// Names the values inside a body that is shown byte for byte.
    pub(super) fn name_values(
        &mut self,
        text: &str,
        now: DateTime<Utc>,
        breaches: &mut Vec<Breach>,
    ) -> String {
        let mut named = self.ours(text);
        let value = serde_json::from_str::<Value>(text).unwrap_or_default();
        let users = match &value {
            Value::Array(items) => items.iter().collect(),
            single => vec![single],
        };
        for user in users.into_iter().filter(|user| email(user).is_some()) {
            if let Some(id) = user["id"].as_str() {
                named = named.replace(id, &self.names.user(id));
            }
            for key in ["created_at", "updated_at"] {
                breaches.extend(self.time_flaw(key, &user[key], now));
                // The documented form may vary; another accepted one is a difference in bytes, and the same each run.
                if let Some(time) = user[key].as_str().filter(|time| timestamp(time).is_some()) {
                    let name = if time.contains(' ') { "<time>" } else { "YYYY-MM-DDTHH:MM:SS" };
                    named = named.replace(time, name);
                }
            }
        }
        self.names.in_text(&named)
    }

    /// Writes a JSON body anew in the form that it has, without what other scenarios stored.
    ///
    /// `None` where it is of no form that is known here: then it is shown as it came.
    pub(super) fn rewritten(
        &self,
        answer: &http::Answer,
        received: &str,
        foreign_users: u64,
    ) -> Option<String> {
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
}

/// Makes a breach of the requirement about the fields of a user.
fn shape(what: String) -> Breach {
    Breach::new("users.shape", what)
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
