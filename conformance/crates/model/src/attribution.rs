//! Attribution: the requirements that a wrong answer may break.
//!
//! The allowed response names one requirement. The history of the sessions suggests others: a session that is refused
//! by mistake may have been ended by the logout of another session, by a later login, or by a restart.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::compare::{Aspect, Difference};
use super::history::{SessionEnd, SessionHistory, SessionRecord};
use super::parsed_request::Route;
use super::state::Second;
use super::{AllowedResponse, ParsedRequest, Rules, Unspecified};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::scenario::Settings;

/// The facts that an attribution depends on, beside the difference.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The settings of the server.
    pub rules: &'a Rules,
    /// The history of the sessions before the request.
    pub history: &'a SessionHistory,
    /// The request.
    pub parsed: &'a ParsedRequest,
    /// The allowed response that is nearest to the answer.
    pub allowed: &'a AllowedResponse,
    /// The answer; `None` if none came.
    pub answer: Option<&'a Answer>,
    /// The time of the answer.
    pub now: Second,
}

/// Returns the ids of the requirements that the answer may break, the likeliest first, at least one.
pub fn likely_requirements(observation: Observation<'_>, difference: &Difference) -> Vec<&'static str> {
    match difference.aspect {
        Aspect::StatusOrBody => observation.status_or_body(),
        Aspect::Shape => vec!["users.shape"],
        Aspect::Password => vec!["users.hide-password"],
        Aspect::Timestamps => vec!["users.timestamps"],
        Aspect::Cookie => vec!["login.cookie", "login.cookie-name"],
        Aspect::UnexpectedCookie => vec![observation.allowed.requirement],
        Aspect::NotAllowedPage => vec!["errors.method-not-allowed-page"],
        Aspect::Cors => vec!["cors.any-origin"],
    }
}

impl Observation<'_> {
    fn status_or_body(&self) -> Vec<&'static str> {
        let mut all = self.by_requirement();
        if self.rules.session_name != Settings::SESSION_NAME && self.parsed.header("cookie").next().is_some()
        {
            all.push("login.cookie-name");
        }
        if self.answer.is_none_or(|answer| answer.status >= 500) {
            let at = if self.allowed.unspecified.is_some() { 0 } else { all.len() };
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

    fn by_requirement(&self) -> Vec<&'static str> {
        let requirement = self.allowed.requirement;
        match requirement {
            "gate.missing" | "gate.before-routing" => self.without_credentials(),
            _ if matches!(self.allowed.unspecified, Some(Unspecified::Spelling)) => {
                vec!["security.gate-spelling"]
            }
            "session.unknown-id" => self.dead_session(),
            "expiry.dead-after" => self.expired_session(),
            "session.not-basic" if self.carries_id() => vec!["security.id-only-in-cookie", requirement],
            "session.user-deleted" | "session.not-basic" | "gate.unknown" => {
                vec![requirement, "gate.unknown"]
            }
            _ if requirement.starts_with("basic.") => vec![requirement, "gate.unknown"],
            _ if self.is_refused() => self.refused(),
            "login.email-missing" if self.is_json_or_query_login() => vec!["login.form-only", requirement],
            _ => self.behind_the_gate(),
        }
    }

    fn status(&self) -> u16 {
        self.answer.map_or(0, |answer| answer.status)
    }

    fn is_refused(&self) -> bool {
        matches!(self.status(), 401 | 403) && !matches!(self.allowed.status, super::Status::Is(401 | 403))
    }

    fn is_json_or_query_login(&self) -> bool {
        self.parsed.object().is_some() || self.parsed.query.contains("email")
    }

    /// Returns the value of the first session cookie, and the record of its session.
    fn session(&self) -> Option<(&str, Option<&SessionRecord>)> {
        let id = self.parsed.cookies(&self.rules.session_name).next()?;
        Some((id, self.history.session(id)))
    }

    /// Returns the requirements that an answer other than 401 may break, for a request without credentials.
    fn without_credentials(&self) -> Vec<&'static str> {
        if !self.parsed.is_plain() {
            return vec!["security.gate-spelling"];
        }
        let cookies: Vec<String> = self.parsed.header("cookie").map(str::to_owned).collect();
        let mut all = Vec::new();
        if self.history.ids().any(|id| cookies.iter().any(|line| line.contains(id))) {
            all.extend(["session.other-cookie", "security.cookie-parsing", "login.cookie-name"]);
        } else if self.carries_id() {
            all.push("security.id-only-in-cookie");
        }
        if self.parsed.route == Route::Logout {
            all.push("logout.missing");
        }
        all.extend([self.allowed.requirement, "gate.missing", "mode.selected"]);
        all
    }

    /// Returns whether the ID of a session appears anywhere in the request.
    fn carries_id(&self) -> bool {
        let fields = self.parsed.headers.iter().map(|(_, value)| value.as_str());
        let body = String::from_utf8_lossy(&self.parsed.body);
        let texts: Vec<&str> =
            fields.chain([self.parsed.path.as_str(), self.parsed.query.as_str(), &body]).collect();
        self.history.ids().any(|id| texts.iter().any(|text| text.contains(id)))
    }

    /// Returns the requirements that an answer other than 403 may break, for the ID of no session.
    fn dead_session(&self) -> Vec<&'static str> {
        let logout = self.parsed.route == Route::Logout;
        let mut all = match self.session() {
            Some((_, Some(session))) => match session.end {
                Some(SessionEnd::LoggedOut) if session.restarts > 0 => {
                    vec!["db.logout-survives-restart", "logout.ends-session"]
                }
                Some(SessionEnd::LoggedOut) if logout => vec!["logout.missing", "logout.ends-session"],
                Some(SessionEnd::LoggedOut) => vec!["logout.ends-session"],
                _ => vec!["session.memory-only"],
            },
            Some((id, None)) if self.is_spelling(id) => vec!["security.opaque-id"],
            Some((id, None)) if self.history.was_client_chosen(id) => vec!["security.no-adopted-id"],
            _ if logout => vec!["logout.missing"],
            _ => Vec::new(),
        };
        if all.is_empty() || logout {
            all.extend(["session.unknown-id", "gate.unknown"]);
        }
        all
    }

    /// Returns whether a text is another spelling of a session's ID, or more than half of one.
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

    /// Returns the requirements that an answer other than 403 may break, for an expired session.
    fn expired_session(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if let Some((_, Some(session))) = self.session() {
            let hints = [
                (session.restarts > 0, "db.expiry-survives-restart"),
                (session.later_logins > 0, "expiry.per-session"),
                (session.used, "expiry.not-sliding"),
                (self.rules.time_zone.is_some(), "security.time-zone"),
            ];
            all.extend(hints.into_iter().filter(|(applies, _)| *applies).map(|(_, id)| id));
        }
        all.push("expiry.dead-after");
        all
    }

    /// Returns the requirements that a 401 or 403 may break, for a request that the gate should let through.
    fn refused(&self) -> Vec<&'static str> {
        let route = &self.parsed.route;
        let requirement = self.allowed.requirement;
        if requirement == "me.nobody" {
            return vec![requirement, "gate.off"];
        }
        if self.rules.mode == Mode::Off {
            return vec!["gate.off", requirement];
        }
        if route.is_excluded() {
            // A gate answers with these texts only; a login says what is wrong.
            let text = self
                .answer
                .and_then(Answer::json)
                .and_then(|value| value["error"].as_str().map(str::to_owned));
            let is_the_gate = text.is_none_or(|text| ["Unauthorized", "Forbidden"].contains(&text.as_str()));
            return if is_the_gate {
                vec!["gate.excluded", requirement]
            } else {
                vec![requirement, "gate.excluded"]
            };
        }
        if self.rules.mode == Mode::BasicAuth {
            // An email has no colon, so a second colon belongs to the password.
            let colons = self.parsed.header("authorization").any(|value| {
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
        let Some((id, Some(session))) = self.session() else {
            return vec!["session.identifies", self.allowed.requirement];
        };
        let age = self.now - session.created_at;
        let values = self.parsed.cookies(&self.rules.session_name).count();
        let alone =
            values == 1 && self.parsed.header("cookie").all(|line| line.ends_with(id) && !line.contains(';'));
        let hints = [
            (session.restarts > 0, "db.survives-restart"),
            (session.other_logouts > 0, "logout.only-that-session"),
            (session.later_logins > 0, "login.new-session"),
            (self.rules.duration.is_some() && session.earlier_logins > 0, "expiry.per-session"),
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

    /// Returns the requirements that a wrong answer may break, for a request that has passed the gate.
    fn behind_the_gate(&self) -> Vec<&'static str> {
        let mut all = vec![self.allowed.requirement];
        let refused_before = self.session().is_some_and(|(_, session)| session.is_some());
        if self.parsed.path.ends_with('/') {
            let slash = match self.parsed.route {
                Route::Status => Some("status.slash"),
                Route::Users | Route::Me | Route::User(_) => Some("users.slash"),
                Route::Login => Some("login.slash"),
                Route::Logout => Some("logout.slash"),
                _ => None,
            };
            all.extend(slash);
        }
        let of_users = matches!(
            self.parsed.route,
            Route::Users | Route::Me | Route::User(_) | Route::Login | Route::Stats
        );
        if of_users && self.history.restarts > 0 {
            all.push("users.persist");
        }
        if of_users {
            // The first users were stored by an earlier process, so even without a restart they may have been lost.
            all.extend([
                "users.update-only-names",
                "users.update",
                "users.create",
                "users.delete",
                "users.persist",
            ]);
        }
        if self.allowed.requirement == "me.authenticated" && refused_before {
            all.push("session.identifies");
        }
        if self.allowed.requirement.starts_with("login.") {
            all.push("login.ok");
        }
        all
    }
}
