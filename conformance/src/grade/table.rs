//! The table of a grading: a row for each implementation, then the size of each class.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Class, Graded};
use report::style::{BAD, BOLD, DIM, GOOD, WARNING};
use spec::catalogue::{Catalogue, Weight};
use spec::results::Kind;
use spec::results::Outcome;
use spec::results::Strictness;

/// Returns the table with ANSI styles; the counts are of musts.
pub fn table(graded: &[Graded], catalogue: &Catalogue) -> String {
    let mut out = String::new();
    let names = graded.iter().map(|one| one.report.target.name.chars().count());
    let width = names.max().unwrap_or(0).max("implementation".len());
    let mut line = |text: std::fmt::Arguments<'_>| {
        writeln!(out, "{text}").expect("writing to a string cannot fail");
    };
    line(format_args!(
        "{BOLD}{:<width$}{:>7}{:>9}{:>9}{:>13}{:>7}  class{BOLD:#}",
        "implementation", "met", "not met", "blocked", "not checked", "error"
    ));
    for one in graded {
        let count = |kind| one.report.verdicts.count(catalogue, Weight::Must, kind);
        let (style, said) = match (one.class, one.report.outcome(catalogue, Strictness::default())) {
            (Class::Judged, Outcome::Met) => (GOOD, one.class.to_string()),
            (Class::Judged, _) => (BAD, one.class.to_string()),
            _ => (WARNING, reason(one)),
        };
        line(format_args!(
            "{:<width$}{:>7}{:>9}{:>9}{:>13}{:>7}  {style}{said}{style:#}",
            one.report.target.name,
            count(Kind::Met),
            count(Kind::NotMet),
            count(Kind::Blocked),
            count(Kind::NotChecked),
            count(Kind::Error),
        ));
    }
    let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
    for one in graded {
        *classes.entry(one.class).or_default() += 1;
    }
    let counts: Vec<String> = classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
    let whole = graded.iter().filter(|one| meets(one, catalogue)).count();
    line(format_args!(
        "\n{} implementations: {}. {whole} {}. {DIM}Counts are of musts.{DIM:#}",
        graded.len(),
        counts.join(", "),
        if whole == 1 { "meets every must" } else { "meet every must" },
    ));
    out
}

/// Tells whether an implementation was judged and meets every must.
pub fn meets(graded: &Graded, catalogue: &Catalogue) -> bool {
    graded.class == Class::Judged && graded.report.outcome(catalogue, Strictness::default()) == Outcome::Met
}

/// Returns why it could not be judged, which every verdict says.
fn reason(graded: &Graded) -> String {
    let first = graded.report.modes.first().and_then(|mode| {
        graded.report.verdicts.find(spec::catalogue::MODE_SELECTED, *mode).and_then(|one| one.reason.clone())
    });
    first
        .and_then(|reason| reason.lines().next().map(str::to_owned))
        .unwrap_or_else(|| graded.class.to_string())
}
