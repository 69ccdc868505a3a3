//! Two JSON reports side by side: what got better and what got worse.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use spec::results::Outcome;

use crate::error::{Error, NoReport};
use crate::style::{BAD, BOLD, DIM, GOOD};

/// The schema that both reports must have.
const SCHEMA: &str = "conformance-report/1";

/// The verdict of what a report does not judge.
const ABSENT: &str = "absent";

/// Compares two JSON reports, as `check --json` writes them: the old one and the new one.
///
/// Returns the text for a person; the outcome is [`Outcome::NotMet`] where something got worse.
///
/// # Errors
///
/// When a file cannot be read or is no report.
pub fn compare(old: &Path, new: &Path) -> Result<(String, Outcome), Error> {
    let (old, new) = (read(old)?, read(new)?);
    let comparison = Comparison::new(&old, &new);
    let outcome = if comparison.worse.is_empty() { Outcome::Met } else { Outcome::NotMet };
    Ok((comparison.text(), outcome))
}

#[derive(Deserialize)]
struct Document {
    verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    requirement: String,
    mode: String,
    weight: String,
    verdict: String,
    scenario: Option<String>,
    line: Option<usize>,
    reason: Option<String>,
}

fn read(path: &Path) -> Result<Vec<Verdict>, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    verdicts(&text).map_err(|source| Error::NoReport { path: path.to_owned(), source })
}

fn verdicts(text: &str) -> Result<Vec<Verdict>, NoReport> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(NoReport::Syntax)?;
    if value.is_array() {
        return Err(NoReport::List);
    }
    match value["schema"].as_str() {
        Some(SCHEMA) => {}
        Some(other) => return Err(NoReport::OtherSchema { found: other.to_owned(), expected: SCHEMA }),
        None => return Err(NoReport::NoSchema { expected: SCHEMA }),
    }
    let document: Document = serde_json::from_value(value).map_err(NoReport::Shape)?;
    Ok(document.verdicts)
}

/// One requirement in one mode whose verdict changed.
struct Change<'a> {
    old: &'a str,
    new: &'a str,
    /// The verdict to speak of: the new one, or the old one where there is no new one.
    verdict: &'a Verdict,
}

/// What changed between two reports.
///
/// Worse is what was met and no longer is, whatever it is now: what is not checked any more proves nothing.
/// Better is what is met and was not.
#[derive(Default)]
struct Comparison<'a> {
    better: Vec<Change<'a>>,
    worse: Vec<Change<'a>>,
    otherwise: Vec<Change<'a>>,
    unchanged: usize,
}

impl<'a> Comparison<'a> {
    fn new(old: &'a [Verdict], new: &'a [Verdict]) -> Self {
        let key = |verdict: &'a Verdict| (verdict.requirement.as_str(), verdict.mode.as_str());
        let before: BTreeMap<_, &Verdict> = old.iter().map(|one| (key(one), one)).collect();
        let after: BTreeMap<_, &Verdict> = new.iter().map(|one| (key(one), one)).collect();
        let mut comparison = Self::default();
        let gone = old.iter().filter(|one| !after.contains_key(&key(one)));
        let changes = new
            .iter()
            .map(|one| Change {
                old: before.get(&key(one)).map_or(ABSENT, |old| old.verdict.as_str()),
                new: &one.verdict,
                verdict: one,
            })
            .chain(gone.map(|one| Change { old: &one.verdict, new: ABSENT, verdict: one }));
        for change in changes {
            match (change.old, change.new) {
                (old, new) if old == new => comparison.unchanged += 1,
                ("met", _) => comparison.worse.push(change),
                (_, "met") => comparison.better.push(change),
                _ => comparison.otherwise.push(change),
            }
        }
        comparison
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let groups = [
            ("Worse", BAD, &self.worse),
            ("Better", GOOD, &self.better),
            ("Otherwise not met than before", DIM, &self.otherwise),
        ];
        for (title, style, changes) in groups.into_iter().filter(|(_, _, changes)| !changes.is_empty()) {
            writeln!(out, "{style}{title}: {}{style:#}", changes.len()).expect("a string takes it");
            for change in changes {
                out.push_str(&row(change));
            }
            out.push('\n');
        }
        let counts = [self.better.len(), self.worse.len(), self.otherwise.len(), self.unchanged];
        let [better, worse, otherwise, unchanged] = counts;
        writeln!(
            out,
            "{BOLD}{better} better, {worse} worse, {otherwise} otherwise not met, {unchanged} unchanged{BOLD:#}"
        )
        .expect("a string takes it");
        out
    }
}

fn row(change: &Change<'_>) -> String {
    let Verdict { requirement, mode, weight, scenario, line, reason, .. } = change.verdict;
    let place = match (scenario, line) {
        (Some(scenario), Some(line)) => format!("  scenarios/{scenario}.md:{line}"),
        _ => String::new(),
    };
    let reason = reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default();
    format!(
        "  {requirement} ({weight}) in {mode}: {} → {}{DIM}{place}{reason}{DIM:#}\n",
        change.old, change.new
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: &[(&str, &str)]) -> Vec<Verdict> {
        let rows: Vec<String> = rows
            .iter()
            .map(|(requirement, verdict)| {
                format!(
                    r#"{{"requirement": "{requirement}", "mode": "off", "weight": "must", "verdict": "{verdict}",
                    "scenario": "api-status", "line": 7, "reason": null, "curl": null}}"#
                )
            })
            .collect();
        verdicts(&format!(r#"{{"schema": "{SCHEMA}", "verdicts": [{}]}}"#, rows.join(",")))
            .expect("it is a report")
    }

    #[test]
    fn what_was_met_and_is_no_longer_is_worse_whatever_it_is_now() {
        let old = report(&[
            ("a", "met"),
            ("b", "met"),
            ("c", "met"),
            ("d", "not-met"),
            ("e", "blocked"),
            ("f", "met"),
        ]);
        let new =
            report(&[("a", "not-met"), ("b", "not-checked"), ("d", "met"), ("e", "not-met"), ("f", "met")]);
        let text = anstream::adapter::strip_str(&Comparison::new(&old, &new).text()).to_string();
        insta::assert_snapshot!(text, @r"
        Worse: 3
          a (must) in off: met → not-met  scenarios/api-status.md:7
          b (must) in off: met → not-checked  scenarios/api-status.md:7
          c (must) in off: met → absent  scenarios/api-status.md:7

        Better: 1
          d (must) in off: not-met → met  scenarios/api-status.md:7

        Otherwise not met than before: 1
          e (must) in off: blocked → not-met  scenarios/api-status.md:7

        1 better, 3 worse, 1 otherwise not met, 1 unchanged
        ");
    }

    #[test]
    fn a_file_that_is_no_report_is_refused_with_the_reason() {
        let error = |text: &str| verdicts(text).err().map_or_else(String::new, |why| why.to_string());
        assert!(error("x").starts_with("it is not JSON"), "{}", error("x"));
        assert_eq!(error("[]"), "it is a list; give single reports");
        assert_eq!(error("{}"), "it has no \"schema\": \"conformance-report/1\"");
        assert_eq!(error(r#"{"schema": "x/2"}"#), "its schema is \"x/2\", not \"conformance-report/1\"");
        assert!(error(r#"{"schema": "conformance-report/1"}"#).contains("verdicts"));
    }
}
