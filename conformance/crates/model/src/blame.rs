//! The blame: which requirements speak against an answer that is not among the right ones.
//!
//! The choice that was missed names one. What happened before tells more: a session that is dead where it should
//! live may have ended by another's logout, by a later login, or by a restart.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::asked::Route;
use super::fits::{Aspect, Difference};
use super::history::{End, History, Past};
use super::state::Second;
use super::{Asked, Choice, Rules};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::scenario::Settings;

/// What the blame depends on, beside the difference.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The settings of the server.
    pub rules: &'a Rules,
    /// What happened before.
    pub history: &'a History,
    /// What was asked.
    pub asked: &'a Asked,
    /// The right answer.
    pub choice: &'a Choice,
    /// What came; `None` where nothing did.
    pub answer: Option<&'a Answer>,
    /// The moment.
    pub now: Second,
}

/// Lists the requirements that the answer may break, the likeliest first; at least one.
pub fn blame(case: Case<'_>, difference: &Difference) -> Vec<&'static str> {
    match difference.aspect {
        Aspect::Main => case.main(),
        Aspect::Shape => vec!["users.shape"],
        Aspect::Password => vec!["users.hide-password"],
        Aspect::Timestamps => vec!["users.timestamps"],
        Aspect::Cookie => vec!["login.cookie", "login.cookie-name"],
        Aspect::NoCookie => vec![case.choice.rule],
        Aspect::Page => vec!["errors.method-not-allowed-page"],
        Aspect::Cors => vec!["cors.any-origin"],
    }
}

impl Case<'_> {
    fn main(&self) -> Vec<&'static str> {
        let mut all = self.of_rule();
        if self.rules.session_name != Settings::SESSION_NAME && self.asked.header("cookie").next().is_some() {
            all.push("login.cookie-name");
        }
        if self.answer.is_none_or(|answer| answer.status >= 500) {
            let at = if self.choice.open.is_some() { 0 } else { all.len() };
            all.insert(at, "security.no-server-error");
        }
        let mut named = Vec::with_capacity(all.len());
        for id in all {
            if !named.contains(&id) {
                named.push(id);
            }
        }
        named
    }

    fn of_rule(&self) -> Vec<&'static str> {
        let rule = self.choice.rule;
        match rule {
            "gate.missing" | "gate.before-routing" => self.unasked(),
            _ if matches!(self.choice.open, Some(super::Open::Spelling)) => vec!["security.gate-spelling"],
            "session.unknown-id" => self.dead_session(),
            "expiry.dead-after" => self.expired(),
            "session.not-basic" if self.carries_id() => vec!["security.id-only-in-cookie", rule],
            "session.user-deleted" | "session.not-basic" | "gate.unknown" => vec![rule, "gate.unknown"],
            _ if rule.starts_with("basic.") => vec![rule, "gate.unknown"],
            _ if self.is_refused() => self.shut_out(),
            "login.email-missing" if self.is_no_form() => vec!["login.form-only", rule],
            _ => self.inside(),
        }
    }

    fn status(&self) -> u16 {
        self.answer.map_or(0, |answer| answer.status)
    }

    fn is_refused(&self) -> bool {
        matches!(self.status(), 401 | 403) && !matches!(self.choice.status, super::Status::Is(401 | 403))
    }

    fn is_no_form(&self) -> bool {
        self.asked.object().is_some() || self.asked.query.contains("email")
    }

    /// The first session cookie, and what has become of its session.
    fn session(&self) -> Option<(&str, Option<&Past>)> {
        let id = self.asked.cookies(&self.rules.session_name).next()?;
        Some((id, self.history.session(id)))
    }

    /// Something other than 401 without credentials.
    fn unasked(&self) -> Vec<&'static str> {
        if !self.asked.is_plain() {
            return vec!["security.gate-spelling"];
        }
        let cookies: Vec<String> = self.asked.header("cookie").map(str::to_owned).collect();
        let mut all = Vec::new();
        if self.history.ids().any(|id| cookies.iter().any(|line| line.contains(id))) {
            all.extend(["session.other-cookie", "security.cookie-parsing", "login.cookie-name"]);
        } else if self.carries_id() {
            all.push("security.id-only-in-cookie");
        }
        if self.asked.route == Route::Logout {
            all.push("logout.missing");
        }
        all.extend([self.choice.rule, "gate.missing", "mode.selected"]);
        all
    }

    /// Tells whether a session's ID stands anywhere in the request.
    fn carries_id(&self) -> bool {
        let fields = self.asked.headers.iter().map(|(_, value)| value.as_str());
        let body = String::from_utf8_lossy(&self.asked.body);
        let texts: Vec<&str> =
            fields.chain([self.asked.path.as_str(), self.asked.query.as_str(), &body]).collect();
        self.history.ids().any(|id| texts.iter().any(|text| text.contains(id)))
    }

    /// Something other than 403 to an ID of no session.
    fn dead_session(&self) -> Vec<&'static str> {
        let logout = self.asked.route == Route::Logout;
        let mut all = match self.session() {
            Some((_, Some(past))) => match past.end {
                Some(End::LoggedOut) if past.restarts > 0 => {
                    vec!["db.logout-survives-restart", "logout.ends-session"]
                }
                Some(End::LoggedOut) if logout => vec!["logout.missing", "logout.ends-session"],
                Some(End::LoggedOut) => vec!["logout.ends-session"],
                _ => vec!["session.memory-only"],
            },
            Some((id, None)) if self.is_spelling(id) => vec!["security.opaque-id"],
            Some((id, None)) if self.history.was_chosen(id) => vec!["security.no-adopted-id"],
            _ if logout => vec!["logout.missing"],
            _ => Vec::new(),
        };
        if all.is_empty() || logout {
            all.extend(["session.unknown-id", "gate.unknown"]);
        }
        all
    }

    /// Tells whether the text is a session's ID spelled otherwise, or a part of one.
    fn is_spelling(&self, text: &str) -> bool {
        let letters = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_lowercase())
                .collect()
        };
        let plain = letters(&text.replace("urn:uuid:", "").replace("%2D", "").replace("%2d", ""));
        self.history.ids().map(letters).any(|id| {
            !plain.is_empty() && (plain.contains(&id) || (id.contains(&plain) && plain.len() > id.len() / 2))
        })
    }

    /// Something other than 403 to a session that has expired.
    fn expired(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if let Some((_, Some(past))) = self.session() {
            let hints = [
                (past.restarts > 0, "db.expiry-survives-restart"),
                (past.logins > 0, "expiry.per-session"),
                (past.used, "expiry.not-sliding"),
                (self.rules.time_zone.is_some(), "security.time-zone"),
            ];
            all.extend(hints.into_iter().filter(|(applies, _)| *applies).map(|(_, id)| id));
        }
        all.push("expiry.dead-after");
        all
    }

    /// A refusal of what should have been let in.
    fn shut_out(&self) -> Vec<&'static str> {
        let route = &self.asked.route;
        let rule = self.choice.rule;
        if rule == "me.nobody" {
            return vec![rule, "gate.off"];
        }
        if self.rules.mode == Mode::Off {
            return vec!["gate.off", rule];
        }
        if route.is_excluded() {
            // A gate says no more than that; a login says what is wrong.
            let text = self
                .answer
                .and_then(Answer::json)
                .and_then(|value| value["error"].as_str().map(str::to_owned));
            let is_the_gate = text.is_none_or(|text| ["Unauthorized", "Forbidden"].contains(&text.as_str()));
            return if is_the_gate { vec!["gate.excluded", rule] } else { vec![rule, "gate.excluded"] };
        }
        if self.rules.mode == Mode::BasicAuth {
            // curl writes credentials as they are; more than one colon is in the password.
            let colons = self.asked.header("authorization").any(|value| {
                let encoded = value.strip_prefix("Basic ").unwrap_or_default();
                BASE64_STANDARD
                    .decode(encoded)
                    .is_ok_and(|bytes| bytes.iter().filter(|byte| **byte == b':').count() > 1)
            });
            if colons {
                return vec!["basic.colon-password", "basic.valid", "users.create", "users.persist"];
            }
            let all = ["basic.valid", "basic.colon-password", "users.create", "users.update-only-names"];
            return all.into_iter().chain(["users.persist"]).collect();
        }
        let Some((id, Some(past))) = self.session() else {
            return vec!["session.identifies", self.choice.rule];
        };
        let age = self.now - past.born;
        let values = self.asked.cookies(&self.rules.session_name).count();
        let alone =
            values == 1 && self.asked.header("cookie").all(|line| line.ends_with(id) && !line.contains(';'));
        let hints = [
            (past.restarts > 0, "db.survives-restart"),
            (past.logouts > 0, "logout.only-that-session"),
            (past.logins > 0, "login.new-session"),
            (self.rules.duration.is_some() && past.earlier > 0, "expiry.per-session"),
            (self.rules.duration == Some(age), "expiry.boundary"),
            (self.rules.duration.is_some() && age > 0, "expiry.live-before"),
            (
                self.rules.duration.is_none() && self.rules.mode == Mode::SessionAuth && age > 0,
                "expiry.plain-never",
            ),
            (self.rules.duration.is_none() && self.rules.mode.expires(), "expiry.never"),
            (!alone, "security.cookie-parsing"),
            (self.rules.time_zone.is_some(), "security.time-zone"),
        ];
        let mut all: Vec<_> = hints.into_iter().filter(|(applies, _)| *applies).map(|(_, id)| id).collect();
        all.extend(["session.identifies", "mode.selected"]);
        all
    }

    /// Another answer than the right one from behind the gate.
    fn inside(&self) -> Vec<&'static str> {
        let mut all = vec![self.choice.rule];
        let refused_before = self.session().is_some_and(|(_, past)| past.is_some());
        if self.asked.path.ends_with('/') {
            let slash = match self.asked.route {
                Route::Status => Some("status.slash"),
                Route::Users | Route::Me | Route::User(_) => Some("users.slash"),
                Route::Login => Some("login.slash"),
                Route::Logout => Some("logout.slash"),
                _ => None,
            };
            all.extend(slash);
        }
        let of_users = matches!(
            self.asked.route,
            Route::Users | Route::Me | Route::User(_) | Route::Login | Route::Stats
        );
        if of_users && self.history.restarts > 0 {
            all.push("users.persist");
        }
        if of_users {
            // The first users were stored by a server that has ended since.
            all.extend([
                "users.update-only-names",
                "users.update",
                "users.create",
                "users.delete",
                "users.persist",
            ]);
        }
        if self.choice.rule == "me.authenticated" && refused_before {
            all.push("session.identifies");
        }
        if self.choice.rule.starts_with("login.") {
            all.push("login.ok");
        }
        all
    }
}
