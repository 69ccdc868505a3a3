//! Known failures: verdicts that a list says must fail, so that what is new stands out.
//!
//! ```text
//! # a line is a requirement, in every mode or in one; * stands for any letters
//! login.slash
//! expiry.* in session_db_auth
//! ```
//!
//! A listed verdict does not decide the outcome, but it must fail: one that is met makes its line stale, and
//! that is a failure of the list. What could not be checked this time is neither.

use crate::catalogue::Subject;
use crate::catalogue::{Catalogue, Requirement};
use crate::error::{Advice, EntryError, Error};
use crate::results::{Kind, Verdicts};

/// A list of known failures whose every line names something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFailing {
    /// The verdicts, each with the line that lists it.
    rows: Vec<(String, Subject, String)>,
}

impl KnownFailing {
    /// Reads a list; `name` is what the file is called in errors.
    ///
    /// # Errors
    ///
    /// When a line is malformed, or names no requirement in the modes that it has.
    pub fn parse(name: &str, text: &str, catalogue: &Catalogue) -> Result<Self, Error> {
        let mut rows = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let entry = line.split('#').next().unwrap_or_default().trim();
            if entry.is_empty() {
                continue;
            }
            let found = matches(entry, catalogue).map_err(|source| Error::KnownFailing {
                file: name.to_owned(),
                line: number,
                source,
            })?;
            rows.extend(found.into_iter().map(|(id, mode)| (id, mode, format!("{name}:{number}: {entry}"))));
        }
        Ok(Self { rows })
    }

    /// Iterates over the requirements that are listed in any mode.
    pub fn requirements(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(id, ..)| id.as_str())
    }

    /// Notes in the verdicts which of them are listed; what the run did not judge is passed over.
    pub fn mark(&self, verdicts: &mut Verdicts) {
        for (id, mode, line) in &self.rows {
            verdicts.list_as_failing(id, *mode, line);
        }
    }
}

/// Finds the requirements and modes that an entry names; at least one.
fn matches(entry: &str, catalogue: &Catalogue) -> Result<Vec<(String, Subject)>, EntryError> {
    let words: Vec<&str> = entry.split_whitespace().collect();
    let (pattern, only) = match words.as_slice() {
        [pattern] => (*pattern, None),
        [pattern, "in", mode] => (*pattern, Some(mode.parse::<Subject>()?)),
        _ => return Err(EntryError::Malformed(entry.to_owned())),
    };
    let rows: Vec<&Requirement> = catalogue.rows().iter().filter(|row| fits(pattern, &row.id)).collect();
    if rows.is_empty() {
        let plain = pattern.replace('*', "");
        let advice = Advice::near_or_listed(catalogue.nearest(&plain), "coverage", "the requirements");
        return Err(EntryError::NoRequirement { pattern: pattern.to_owned(), advice });
    }
    let modes = |mode: &&Subject| only.is_none_or(|only| only == **mode);
    let found: Vec<(String, Subject)> = rows
        .iter()
        .flat_map(|row| row.modes.iter().filter(modes).map(|mode| (row.id.clone(), *mode)))
        .collect();
    if found.is_empty() {
        let pattern = pattern.to_owned();
        return Err(match only {
            Some(subject) => EntryError::NotIn { pattern, subject, others: modes_of(&rows) },
            None => EntryError::Nowhere(pattern),
        });
    }
    Ok(found)
}

/// Lists the modes in which any of these requirements applies.
fn modes_of(rows: &[&Requirement]) -> String {
    let any = |mode: &Subject| rows.iter().any(|row| row.modes.contains(mode));
    let modes: Vec<&str> = Subject::all().filter(any).map(Subject::as_str).collect();
    modes.join(", ")
}

/// Tells whether a pattern, in which `*` stands for any letters, is the whole of `text`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| text.char_indices().any(|(at, _)| fits(rest, &text[at..])) || fits(rest, "")),
    }
}

/// What a list that is written says of itself.
const HEAD: &str = "\
# Failures that are known. To use the list: conformance check TARGET --known-failing FILE
# A line is REQUIREMENT [in MODE]; * stands for any letters, # begins a comment. What is listed does not decide
# the outcome, but has to fail: take out what you mend, or write the list anew with --write-known-failing FILE.
";

/// Writes the failures of a run as a list, in the catalogue's order.
///
/// A requirement that fails in all of its modes has one line. Read back, the list makes the same run a success,
/// if anything that decides is met at all and nothing is an error.
pub fn present(verdicts: &Verdicts, catalogue: &Catalogue) -> String {
    let mut out = HEAD.to_owned();
    for row in catalogue.rows() {
        let fails = |mode: &&Subject| {
            let finding = verdicts.find(&row.id, **mode);
            finding.is_some_and(|finding| matches!(finding.kind, Kind::NotMet | Kind::Blocked))
        };
        let failing: Vec<&Subject> = row.modes.iter().filter(fails).collect();
        if !failing.is_empty() && failing.len() == row.modes.len() {
            out.push_str(&format!("{}\n", row.id));
        } else {
            out.extend(failing.iter().map(|mode| format!("{} in {mode}\n", row.id)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Mode;
    use crate::results::Finding;
    use crate::suite::Suite;

    fn catalogue() -> Catalogue {
        Suite::built_in().expect("a test of its own reads it").catalogue
    }

    fn finding(requirement: &str, mode: impl Into<Subject>, kind: Kind) -> Finding {
        Finding {
            requirement: requirement.into(),
            mode: mode.into(),
            kind,
            place: None,
            at_home: false,
            reason: None,
            evidence: None,
            causes: Vec::new(),
        }
    }

    #[test]
    fn a_star_stands_for_any_letters_and_the_rest_for_itself() {
        for (pattern, text) in
            [("login.ok", "login.ok"), ("login.*", "login.ok"), ("*", "a"), ("*.o*", "login.ok")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("login", "login.ok"), ("login.*x", "login.ok"), ("*.k", "login.ok"), ("", "a")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn an_entry_that_names_nothing_is_an_error_with_the_nearest_id() {
        let error =
            |text: &str| KnownFailing::parse("known", text, &catalogue()).expect_err(text).to_string();
        assert_eq!(
            error("\nlogin.okay # x\n"),
            "known:2: \"login.okay\" names no requirement; did you mean login.ok?"
        );
        assert_eq!(
            error("logn.* in off"),
            "known:1: \"logn.*\" names no requirement; did you mean login.ok?"
        );
        assert_eq!(
            error("login.ok in off"),
            "known:1: \"login.ok\" does not apply in off; it does in session_auth, session_exp_auth, session_db_auth"
        );
        assert_eq!(
            error("login.ok in sesion_auth"),
            "known:1: unknown mode `sesion_auth`; did you mean `session_auth`?"
        );
        assert_eq!(
            error("redis.ping in off"),
            "known:1: \"redis.ping\" does not apply in off; it does in redis"
        );
        assert_eq!(
            error("login.ok in redis"),
            "known:1: \"login.ok\" does not apply in redis; it does in session_auth, session_exp_auth, session_db_auth"
        );
        assert!(error("login.ok off").contains("write REQUIREMENT or REQUIREMENT in MODE"));
    }

    #[test]
    fn a_listed_verdict_that_is_met_is_stale_and_what_was_not_judged_is_neither() {
        let known = KnownFailing::parse("known", "login.* in session_auth # all\nlogout.ok\n", &catalogue());
        let mut verdicts = Verdicts::default();
        verdicts.extend([
            finding("login.ok", Mode::SessionAuth, Kind::NotMet),
            finding("login.cookie", Mode::SessionAuth, Kind::Met),
            finding("logout.ok", Mode::SessionAuth, Kind::NotChecked),
        ]);
        known.expect("every line names something").mark(&mut verdicts);
        let listed = verdicts.find("login.ok", Mode::SessionAuth).expect("it was added");
        assert!(verdicts.is_listed(listed));
        let stale: Vec<(&str, &str)> =
            verdicts.stale().map(|(finding, line)| (finding.requirement.as_str(), line)).collect();
        assert_eq!(stale, [("login.cookie", "known:1: login.* in session_auth")]);
    }

    #[test]
    fn a_verdict_of_redis_is_listed_with_its_mode_or_without() {
        for text in ["redis.* in redis\n", "redis.ping\n"] {
            let known = KnownFailing::parse("known", text, &catalogue()).expect("it names something");
            let mut verdicts = Verdicts::default();
            verdicts.extend([finding("redis.ping", Subject::Redis, Kind::NotMet)]);
            known.mark(&mut verdicts);
            assert_eq!(verdicts.known_failures(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back_as_the_present_failures() {
        let catalogue = catalogue();
        let mut verdicts = Verdicts::default();
        verdicts.extend([
            finding("login.ok", Mode::SessionAuth, Kind::NotMet),
            finding("me.nobody", Mode::Off, Kind::Blocked),
            finding("gate.off", Mode::Off, Kind::Met),
        ]);
        verdicts.extend([finding("redis.hash", Subject::Redis, Kind::NotMet)]);
        let text = present(&verdicts, &catalogue);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, ["me.nobody", "login.ok in session_auth", "redis.hash"]);
        let known = KnownFailing::parse("known", &text, &catalogue).expect("it reads back");
        known.mark(&mut verdicts);
        assert_eq!(verdicts.stale().count(), 0);
    }
}
