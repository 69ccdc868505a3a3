//! The JSON report, schema `conformance-report/1`.

use serde::Serialize;

use spec::catalogue::{Catalogue, Weight};
use spec::results::Excerpt;
use spec::results::Report;
use spec::results::{Finding, Kind};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    target: Target<'a>,
    verdicts: Vec<Verdict<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Target<'a> {
    name: &'a str,
    kind: spec::results::TargetKind,
    command: Option<&'a str>,
    clock: spec::results::ClockKind,
    seeding: Option<spec::results::SeedMethod>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    requirement: &'a str,
    mode: &'a str,
    weight: Weight,
    verdict: Kind,
    scenario: Option<&'a str>,
    line: Option<usize>,
    reason: Option<&'a str>,
    expected: Option<&'a Excerpt>,
    actual: Option<&'a Excerpt>,
    curl: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    must: Counts,
    should: Counts,
    exact: Counts,
}

#[derive(Serialize)]
struct Counts {
    met: usize,
    not_met: usize,
    blocked: usize,
    not_checked: usize,
    error: usize,
}

/// Writes the report as JSON: two-space indent, a final newline, verdicts in the catalogue's order.
///
/// The fields are those of the schema. `scenario` and `line` point at the step that decided; they, `reason`,
/// `expected`, `actual` and `curl` are null where they do not apply. `seeding` is null where no user was
/// needed or none could be stored. Of a Redis server `mode` is `redis`, which is no value of AUTH_TYPE.
pub fn json(report: &Report, catalogue: &Catalogue) -> String {
    text(&document(report, catalogue))
}

/// Writes several reports as one JSON array, in their order.
pub fn json_of_all(reports: &[Report], catalogue: &Catalogue) -> String {
    let documents: Vec<Document<'_>> = reports.iter().map(|report| document(report, catalogue)).collect();
    text(&documents)
}

fn text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("strings and numbers are always JSON");
    text.push('\n');
    text
}

fn document<'a>(report: &'a Report, catalogue: &'a Catalogue) -> Document<'a> {
    let counts = |weight| {
        let count = |kind| report.verdicts.count(catalogue, weight, kind);
        Counts {
            met: count(Kind::Met),
            not_met: count(Kind::NotMet),
            blocked: count(Kind::Blocked),
            not_checked: count(Kind::NotChecked),
            error: count(Kind::Error),
        }
    };
    Document {
        schema: "conformance-report/1",
        target: Target {
            name: &report.target.name,
            kind: report.target.kind,
            command: report.target.command.as_deref(),
            clock: report.target.clock,
            seeding: report.target.seeding,
        },
        verdicts: report.verdicts.in_order(catalogue).filter_map(|finding| row(finding, catalogue)).collect(),
        summary: Summary {
            must: counts(Weight::Must),
            should: counts(Weight::Should),
            exact: counts(Weight::Exact),
        },
    }
}

fn row<'a>(finding: &'a Finding, catalogue: &Catalogue) -> Option<Verdict<'a>> {
    let evidence = finding.evidence.as_ref();
    Some(Verdict {
        requirement: &finding.requirement,
        mode: finding.mode.as_str(),
        weight: catalogue.find(&finding.requirement)?.weight,
        verdict: finding.kind,
        scenario: finding.place.as_ref().map(|(scenario, _)| scenario.as_str()),
        line: finding.place.as_ref().map(|(_, line)| *line),
        reason: finding.reason.as_deref(),
        expected: evidence.map(|evidence| &evidence.expected),
        actual: evidence.map(|evidence| &evidence.actual),
        curl: evidence.and_then(|evidence| evidence.curl.as_deref()),
    })
}
