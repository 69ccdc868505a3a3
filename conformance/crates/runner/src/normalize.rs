//! Normalization: an answer as it was received becomes the typed answer that a transcript shows.
//!
//! What varies is redacted, what is tolerated is left out. Some requirements speak of one aspect of many answers (the
//! form of a timestamp, a password that shows). An answer that breaks one carries a [`Breach`]; the rest of it is
//! shown as if the aspect were in order, so that no other requirement is blamed.
//!
//! `sessions` normalizes the cookies that are set, `value` the JSON of bodies; everything else is here.

mod sessions;
#[cfg(test)]
mod tests;
mod value;

use chrono::{DateTime, Utc};

use spec::digest;
use spec::http;
use spec::http::Exchange;
use spec::scenario::Show;
use spec::transcript::aliases::EmailAliases;
use spec::transcript::placeholders::Placeholders;
use spec::transcript::redact;
use spec::transcript::redact::Redactions;
use spec::transcript::{Answer, Breach, Field, FieldName, Shown};

/// How many lines of a body that is not JSON are shown.
const SHOWN_LINES: usize = 12;

/// How many lines of a body that is shown byte for byte are shown.
const SHOWN_BYTES: usize = 40;

/// Stands for the lines of a body that are not shown.
const MORE_LINES: &str = "…";

/// What the normal form of an answer depends on, beside the answer.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// How much of it the step shows.
    pub show: Show,
    /// Whether the exact form is shown (`curl -i`).
    pub include: bool,
    /// The name of the session cookie.
    pub cookie: CookieName<'a>,
    /// The target's time.
    pub now: DateTime<Utc>,
    /// How many users the target stores that are none of this scenario's; subtracted from the stats.
    pub foreign_users: u64,
}

/// The name of the session cookie.
#[derive(Clone, Copy, Debug)]
pub struct CookieName<'a> {
    /// The name that the target uses.
    pub sent: &'a str,
    /// The name that the scenario writes, which is shown in its place.
    pub written: &'a str,
}

/// Normalizes the answers of one scenario; it remembers what it has named.
#[derive(Debug)]
pub struct Normalizer {
    /// The addresses of the run, named back wherever they show.
    pub emails: EmailAliases,
    /// The placeholders given so far.
    pub names: Placeholders,
    /// What is of the present run alone; it changes with each start of the target.
    pub places: Redactions,
    passwords: Vec<String>,
    since: DateTime<Utc>,
}

impl Normalizer {
    /// Starts a scenario on data that was empty at `since`.
    pub fn new(emails: EmailAliases, since: DateTime<Utc>) -> Self {
        Self {
            emails,
            names: Placeholders::default(),
            places: Redactions::default(),
            passwords: Vec::new(),
            since,
        }
    }

    /// Notes a password that no answer may carry.
    ///
    /// Short ones are passed over: they could stand in an answer by chance.
    pub fn watch_password(&mut self, password: &str) {
        if password.len() >= 8 && !self.passwords.iter().any(|known| known == password) {
            self.passwords.push(password.to_owned());
        }
    }

    /// Normalizes what a step shows of an exchange.
    pub fn exchange(&mut self, view: View<'_>, exchange: &Exchange) -> Answer {
        match &exchange.answer {
            Err(none) => Answer::failure(none.to_string()),
            Ok(answer) => self.answer(view, exchange.request.method == "HEAD", answer),
        }
    }

    /// Normalizes what a program printed.
    pub fn program(&mut self, output: &str) -> Answer {
        let ours = self.ours(output);
        Answer::text(self.names.in_program(&ours).lines().map(str::to_owned).collect())
    }

    /// Replaces what varies in a text.
    fn redact(&mut self, text: &str) -> String {
        let ours = self.ours(text);
        self.names.in_text(&ours)
    }

    /// Replaces what this run made up or chose.
    fn ours(&self, text: &str) -> String {
        self.places.hide(&self.emails.restore(text))
    }

    fn answer(&mut self, view: View<'_>, head: bool, answer: &http::Answer) -> Answer {
        let mut breaches = self.leaks(answer);
        let is_demanded = match view.show {
            Show::Success => answer.is_success(),
            Show::NotSuccess => !answer.is_success(),
            Show::Refused => matches!(answer.status, 401 | 403),
            Show::BelowServerError => answer.status < 500,
            Show::Status | Show::Security | Show::All => false,
        };
        let status_alone = |status| Answer { status: Some(status), ..Answer::default() };
        let mut shown = match (Shown::demanded(view.show).filter(|_| is_demanded), view.show) {
            (Some(words), _) => status_alone(words),
            (None, Show::Status) => status_alone(Shown::Status(answer.status)),
            (None, Show::Security) => self.security(view, head, answer),
            _ if view.include => self.exact(view, head, answer),
            _ => self.plain(view, head, answer),
        };
        breaches.append(&mut shown.breaches);
        breaches.dedup();
        Answer { breaches, ..shown }
    }

    /// The usual form: status, the session cookie, the canonical body.
    fn plain(&mut self, view: View<'_>, head: bool, answer: &http::Answer) -> Answer {
        let mut fields = self.cookies(view, answer);
        if (300..400).contains(&answer.status) {
            let targets = answer.header("location");
            fields.extend(targets.map(|target| named(FieldName::Location, self.redact(path_of(target)))));
        }
        let mut breaches = Vec::new();
        let body = match answer.json() {
            _ if answer.status == 405 || head => Vec::new(),
            Some(value) => {
                let value = self.own(value, view.foreign_users);
                self.value(&value, view.now, &mut breaches).lines().map(str::to_owned).collect()
            }
            None => self.text(answer),
        };
        Answer { status: Some(Shown::Status(answer.status)), fields, body, breaches }
    }

    /// The usual form, and the header fields by which an answer is kept from others; they have no order.
    fn security(&mut self, view: View<'_>, head: bool, answer: &http::Answer) -> Answer {
        let mut shown = self.plain(view, head, answer);
        shown.fields.extend(Self::attributes(view, answer));
        let mut show = |name: FieldName, value: &dyn Fn(&str) -> String| {
            shown.fields.extend(answer.header(name.as_str()).map(|text| named(name, value(text))));
        };
        show(FieldName::CacheControl, &str::to_owned);
        show(FieldName::WwwAuthenticate, &|value| {
            value.split_ascii_whitespace().next().unwrap_or_default().to_owned()
        });
        show(FieldName::RetryAfter, &|value| {
            let is_seconds = value.parse::<u32>().is_ok();
            if is_seconds { "<seconds>".to_owned() } else { "(not in seconds)".to_owned() }
        });
        shown
    }

    /// The exact form of `curl -i`: the headers that a requirement speaks of, and the body byte for byte.
    fn exact(&mut self, view: View<'_>, head: bool, answer: &http::Answer) -> Answer {
        let status = Some(Shown::Status(answer.status));
        let first = |name: FieldName| answer.header(name.as_str()).next().unwrap_or("none").to_owned();
        if answer.status == 405 {
            let content_type = first(FieldName::ContentType);
            let media_type = content_type.split(';').next().unwrap_or_default().to_owned();
            let fields = vec![
                named(FieldName::Allow, allowed(&first(FieldName::Allow))),
                named(FieldName::ContentType, media_type),
            ];
            return Answer { status, fields, body: self.text(answer), breaches: Vec::new() };
        }
        let as_sent = |name| named(name, first(name));
        let mut fields = vec![as_sent(FieldName::ContentType)];
        fields.extend(self.cookies(view, answer));
        fields.push(as_sent(FieldName::AllowOrigin));
        let received = String::from_utf8_lossy(&answer.body).into_owned();
        let mut length = first(FieldName::ContentLength);
        let is_right = length == received.len().to_string();
        let body = self.rewritten(answer, &received, view.foreign_users).unwrap_or(received);
        if is_right {
            length = redact::length(&self.places.hide(&body)).to_string();
        }
        fields.push(named(FieldName::ContentLength, length));
        let mut breaches = Vec::new();
        let body = self.name_values(&body, view.now, &mut breaches);
        let mut lines = first_lines(&body, SHOWN_BYTES);
        if !head && !body.ends_with('\n') {
            lines.push("(no newline at the end)".to_owned());
        }
        Answer { status, fields, body: lines, breaches }
    }

    /// A body that is no JSON: an HTML page by its title, other text by its first lines.
    fn text(&mut self, answer: &http::Answer) -> Vec<String> {
        let text = String::from_utf8_lossy(&answer.body);
        match title(&text) {
            Some(title) => vec![format!("<title>{}</title>", self.redact(title))],
            None => first_lines(&self.redact(&text), SHOWN_LINES),
        }
    }

    /// Looks for the passwords of this scenario, and their hashes, anywhere in the answer.
    fn leaks(&self, answer: &http::Answer) -> Vec<Breach> {
        let mut all = String::from_utf8_lossy(&answer.body).into_owned();
        for (_, value) in &answer.headers {
            all.push('\n');
            all.push_str(value);
        }
        let mut breaches = Vec::new();
        for password in &self.passwords {
            let hash = digest::sha256_hex(password);
            for (kind, secret) in [("a password", password), ("the hash of a password", &hash)] {
                if all.contains(secret.as_str()) {
                    breaches.push(Breach::new("users.hide-password", format!("the answer carries {kind}")));
                }
            }
        }
        breaches
    }
}

fn named(name: FieldName, value: String) -> Field {
    Field::Named(name, value)
}

/// Returns the first lines of a text, with a mark where there are more.
fn first_lines(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().take(most).map(str::to_owned).collect();
    lines.extend(text.lines().nth(most).map(|_| MORE_LINES.to_owned()));
    lines
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
