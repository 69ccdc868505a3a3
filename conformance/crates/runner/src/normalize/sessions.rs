//! Sessions: the cookies that answers set, and whether the IDs in them are random.

use super::{Normalizer, View};
use spec::http;
use spec::http::Exchange;
use spec::scenario::Show;
use spec::transcript::placeholders::is_uuid4;
use spec::transcript::{Answer, Cookie, Field, FieldName, SessionIds, Shown, Tally};

/// How many session IDs it takes to say that one is random: fewer may agree in a bit by chance.
const ENOUGH_SESSIONS: usize = 16;

impl Normalizer {
    /// Counts the outcomes of the same request sent many times at once.
    ///
    /// Where the step shows only that it succeeds, one success is enough, and only the sessions are judged.
    pub fn parallel(&mut self, view: View<'_>, exchanges: &[Exchange]) -> Answer {
        let answered = || exchanges.iter().filter_map(|one| one.answer.as_ref().ok());
        let successes = answered().filter(|answer| answer.is_success()).count();
        let mut silent = exchanges.iter().filter_map(|one| one.answer.as_ref().err()).peekable();
        let status = if view.show == Show::Success && successes > 0 {
            Shown::Success
        } else {
            let others = answered().count() - successes;
            let first = silent.peek().map(ToString::to_string);
            Shown::Tally(Tally { successes, others, silent: first.map(|why| (silent.count(), why)) })
        };
        let set = answered().filter_map(|answer| answer.cookie(view.cookie.sent));
        let sessions: Vec<&str> = set.filter(|value| is_set(value)).collect();
        let fields = match sessions.as_slice() {
            [] => Vec::new(),
            sessions => vec![Field::SessionIds(randomness(sessions))],
        };
        Answer { status: Some(status), fields, ..Answer::default() }
    }

    /// What is said of the session cookie beside its value: attributes in order of their names, `Expires` left out.
    pub(super) fn attributes(view: View<'_>, answer: &http::Answer) -> Option<Field> {
        let of_session =
            |line: &&str| line.split('=').next().is_some_and(|name| name.trim() == view.cookie.sent);
        let line = answer.header("set-cookie").find(of_session)?;
        let mut attributes: Vec<&str> = line.split(';').skip(1).map(str::trim).collect();
        attributes.retain(|attribute| !attribute.to_ascii_lowercase().starts_with("expires="));
        attributes.sort_unstable_by_key(|attribute| attribute.to_ascii_lowercase());
        Some(Field::Named(FieldName::CookieAttributes, attributes.join("; ")))
    }

    /// The cookies that matter: the session cookie, or all of them where it is missing.
    pub(super) fn cookies(&mut self, view: View<'_>, answer: &http::Answer) -> Vec<Field> {
        let pair = |line: &str| {
            let pair = line.split(';').next().unwrap_or_default();
            pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        };
        let set: Vec<(&str, String, String)> = answer
            .header("set-cookie")
            .filter_map(|line| pair(line).map(|(name, value)| (line, name, value)))
            .filter(|(_, _, value)| is_set(value))
            .collect();
        let ours = set.iter().any(|(_, name, _)| name == view.cookie.sent);
        set.iter()
            .filter(|(_, name, _)| !ours || name == view.cookie.sent)
            .map(|(line, name, value)| {
                let path = line.split(';').skip(1).find_map(|attribute| {
                    let (key, path) = attribute.split_once('=')?;
                    key.trim().eq_ignore_ascii_case("path").then(|| path.trim().to_owned())
                });
                let is_session = name == view.cookie.sent;
                Field::Cookie(Cookie {
                    name: if is_session { view.cookie.written.to_owned() } else { name.clone() },
                    value: self.names.session(value),
                    is_uuid4: is_uuid4(value),
                    path,
                })
            })
            .collect()
    }
}

/// Tells whether a cookie is set: without a value it is taken back, which is allowed, and not spoken of.
fn is_set(value: &str) -> bool {
    !value.is_empty() && value != "\"\""
}

/// Judges whether session IDs are pairwise different and vary in every bit that a UUID version 4 leaves free.
fn randomness(sessions: &[&str]) -> SessionIds {
    let different: std::collections::BTreeSet<&str> = sessions.iter().copied().collect();
    if different.len() < sessions.len() {
        return SessionIds::Repeated { different: different.len(), logins: sessions.len() };
    }
    if sessions.len() < ENOUGH_SESSIONS {
        return SessionIds::TooFew { sessions: sessions.len() };
    }
    let number =
        |id: &&str| uuid::Uuid::try_parse(id).ok().filter(|_| is_uuid4(id)).map(|uuid| uuid.as_u128());
    let Some(numbers) = different.iter().map(number).collect::<Option<Vec<u128>>>() else {
        return SessionIds::NotUuids;
    };
    let ones = numbers.iter().fold(0, |all, number| all | number);
    let zeros = numbers.iter().fold(0, |all, number| all | !number);
    // 128 bits less the four of the version and the two of the variant.
    match (ones & zeros).count_ones() {
        122 => SessionIds::Random,
        bits => SessionIds::Partly { bits },
    }
}
