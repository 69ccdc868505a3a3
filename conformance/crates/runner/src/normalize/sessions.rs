//! Sessions: the cookies that answers set, and whether the IDs in them are random.

use super::{Canon, View};
use spec::http::{Answer, Exchange, NoAnswer};
use spec::scenario::Show;
use spec::transcript::placeholders::is_uuid4;

/// How many session IDs it takes to say that one is random: fewer may agree in a bit by chance.
const ENOUGH_SESSIONS: usize = 16;

impl Canon {
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
        let set = answered.iter().filter_map(|answer| answer.cookie(view.cookie_name));
        let sessions: Vec<&str> = set.filter(|value| is_set(value)).collect();
        if !sessions.is_empty() {
            lines.push(format!("set-cookie: {}", randomness(&sessions)));
        }
        lines
    }

    /// What is said of the session cookie beside its value: attributes in order of their names, `Expires` left out.
    pub(super) fn attributes(view: View<'_>, answer: &Answer) -> Option<String> {
        let of_session =
            |line: &&str| line.split('=').next().is_some_and(|name| name.trim() == view.cookie_name);
        let line = answer.header("set-cookie").find(of_session)?;
        let mut attributes: Vec<&str> = line.split(';').skip(1).map(str::trim).collect();
        attributes.retain(|attribute| !attribute.to_ascii_lowercase().starts_with("expires="));
        attributes.sort_unstable_by_key(|attribute| attribute.to_ascii_lowercase());
        Some(format!("cookie attributes: {}", attributes.join("; ")))
    }

    /// The Set-Cookie lines that matter: the session cookie's, or all of them where it is missing.
    pub(super) fn cookies(&mut self, view: View<'_>, answer: &Answer) -> Vec<String> {
        let pair = |line: &str| {
            let pair = line.split(';').next().unwrap_or_default();
            pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        };
        let set: Vec<(&str, String, String)> = answer
            .header("set-cookie")
            .filter_map(|line| pair(line).map(|(name, value)| (line, name, value)))
            .filter(|(_, _, value)| is_set(value))
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
}

/// Tells whether a cookie is set: without a value it is taken back, which is allowed, and not spoken of.
fn is_set(value: &str) -> bool {
    !value.is_empty() && value != "\"\""
}

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
