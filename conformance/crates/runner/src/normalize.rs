//! The canonical text of an answer: what varies is named, what is tolerated is left out.
//!
//! Some requirements speak of one aspect of many answers (a timestamp's form, a password that shows). A
//! breach of one is a *finding*, a line `! requirement: what is wrong` below the answer; the rest of the
//! text stays as if the aspect were in order, so that no other requirement is blamed for it.
//!
//! - `sessions` writes the cookies that are set, `value` the JSON of bodies; everything else is here.

mod sessions;
#[cfg(test)]
mod tests;
mod value;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use spec::http::{Answer, Exchange};
use spec::scenario::Show;
use spec::transcript::aliases::Emails;
use spec::transcript::placeholders::Names;
use spec::transcript::redact;
use spec::transcript::redact::Places;

/// How much of a body that is not JSON is shown, in lines.
const SHOWN_LINES: usize = 12;

/// How much of a body that is shown byte for byte is shown, in lines.
const SHOWN_BYTES: usize = 40;

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
    /// What is of the present run alone; it changes with each start of the target.
    pub places: Places,
    passwords: Vec<String>,
    since: DateTime<Utc>,
}

impl Canon {
    /// Starts the text of a scenario on data that was empty at `since`.
    pub fn new(emails: Emails, since: DateTime<Utc>) -> Self {
        Self { emails, names: Names::default(), places: Places::default(), passwords: Vec::new(), since }
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
        let ours = self.ours(output);
        self.names.in_program(&ours).lines().map(str::to_owned).collect()
    }

    /// Replaces what varies in a text.
    fn steady(&mut self, text: &str) -> String {
        let ours = self.ours(text);
        self.names.in_text(&ours)
    }

    /// Replaces what this run made up or chose.
    fn ours(&self, text: &str) -> String {
        self.places.hide(&self.emails.name_back(text))
    }

    fn answer(&mut self, view: View<'_>, head: bool, answer: &Answer) -> Vec<String> {
        let mut findings = self.leaks(answer);
        let mut lines = match view.show {
            Show::Success if answer.is_success() => vec!["2xx".to_owned()],
            Show::NotSuccess if !answer.is_success() => vec!["not 2xx".to_owned()],
            Show::Refused if matches!(answer.status, 401 | 403) => vec!["refused".to_owned()],
            Show::BelowServerError if answer.status < 500 => vec!["below 500".to_owned()],
            Show::Status => vec![status_line(answer.status)],
            Show::Security => self.security(view, head, answer, &mut findings),
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
            lines.extend(
                answer.header("location").map(|target| format!("location: {}", self.steady(path_of(target)))),
            );
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

    /// The usual form, and the header fields by which an answer is kept from others; they have no order.
    fn security(
        &mut self,
        view: View<'_>,
        head: bool,
        answer: &Answer,
        findings: &mut Vec<String>,
    ) -> Vec<String> {
        let mut lines = self.plain(view, head, answer, findings);
        let body =
            lines.split_off(lines.iter().position(|line| line.starts_with('{')).unwrap_or(lines.len()));
        lines.extend(Self::attributes(view, answer));
        lines.extend(answer.header("cache-control").map(|value| format!("cache-control: {value}")));
        let scheme = |value: &str| value.split_ascii_whitespace().next().unwrap_or_default().to_owned();
        lines.extend(
            answer.header("www-authenticate").map(|value| format!("www-authenticate: {}", scheme(value))),
        );
        let seconds =
            |value: &str| if value.parse::<u32>().is_ok() { "<seconds>" } else { "(not in seconds)" };
        lines.extend(answer.header("retry-after").map(|value| format!("retry-after: {}", seconds(value))));
        lines.extend(body);
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
        let mut length = first("content-length");
        let is_right = length == received.len().to_string();
        let body = self.rewritten(answer, &received, view.foreign_users).unwrap_or(received);
        if is_right {
            length = redact::length(&self.places.hide(&body)).to_string();
        }
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

    /// A body that is no JSON: an HTML page by its title, other text by its first lines.
    fn text(&mut self, answer: &Answer) -> Vec<String> {
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(title) = title(&text) {
            return vec![format!("<title>{}</title>", self.steady(title))];
        }
        let named = self.steady(&text);
        let mut lines: Vec<String> = named.lines().take(SHOWN_LINES).map(str::to_owned).collect();
        if named.lines().nth(SHOWN_LINES).is_some() {
            lines.push("…".to_owned());
        }
        lines
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
