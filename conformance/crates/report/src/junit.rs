//! The JUnit report: a suite for every mode, a case for every requirement in it.
//!
//! A failure is a requirement that decides the outcome and is not met. If the suite or the start of a program failed, the
//! case is an error. Everything else that is not met, blocked or not checked is skipped, with the reason. A known failure
//! is skipped while it fails, and a failure once it is met: its list is stale.
//!
//! `conformance/tests/schemas/junit.xsd` says what elements there are. Nothing in them depends on the time.
//!
//! The elements are written by hand with `quick-xml`. The crate `quick-junit` was tried: it always writes the number of
//! skipped cases of the whole file, which the schema of Jenkins forbids, and lets U+FFFE through, which no reader accepts.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Entry, Unjudged, xml};
use spec::catalogue::Subject;
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Requirement};
use spec::results::{Finding, Kind, Verdicts};
use spec::results::{Report, Strictness};

/// Writes the report as JUnit XML: a suite for every mode, the verdicts in the catalogue's order.
pub fn junit(report: &Report, catalogue: &Catalogue, strictness: Strictness) -> String {
    let name = |mode: Subject| mode.to_string();
    document(&report.target.name, &suites(report, catalogue, strictness, &name))
}

/// Writes many reports as one JUnit file, in their order: a suite for every implementation and mode.
///
/// An implementation that could not be judged has one suite of one case: an error that says why.
pub fn junit_of_all(entries: &[Entry], catalogue: &Catalogue, strictness: Strictness) -> String {
    let suites = entries.iter().flat_map(|entry| match &entry.result {
        Ok(report) => suites(report, catalogue, strictness, &|mode| format!("{} / {mode}", entry.name)),
        Err(why) => vec![unjudged(&entry.name, why)],
    });
    document("conformance", &suites.collect::<Vec<_>>())
}

/// A suite of JUnit: the cases that CI servers show together.
struct Suite<'a> {
    name: String,
    cases: Vec<Case<'a>>,
    /// The last output of the program.
    output: Option<&'a str>,
}

struct Case<'a> {
    name: &'a str,
    outcome: Outcome,
    /// The name that readers group by; together with the name of the case it is unique in the file.
    class_name: String,
    message: String,
    /// The sort of what is not passed, for machines.
    sort: &'static str,
    evidence: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped,
    Failure,
    Error,
}

impl Outcome {
    /// Returns the name of the element for the outcome; a case that has passed has none.
    fn element(self) -> Option<&'static str> {
        match self {
            Self::Passed => None,
            Self::Skipped => Some("skipped"),
            Self::Failure => Some("failure"),
            Self::Error => Some("error"),
        }
    }
}

fn suites<'a>(
    report: &'a Report,
    catalogue: &'a Catalogue,
    strictness: Strictness,
    name: &dyn Fn(Subject) -> String,
) -> Vec<Suite<'a>> {
    let suite = |mode: &Subject| {
        let name = name(*mode);
        let rows = catalogue.rows().iter();
        let found = rows.filter_map(|row| Some((row, report.verdicts.find(&row.id, *mode)?)));
        let cases = found.map(|(row, finding)| {
            // A dot begins another level for readers, which a title does not mean.
            let title = task::title(&row.task).replace('.', ":");
            case(row, finding, &report.verdicts, strictness, format!("{name}.{title}"))
        });
        let output = report.outputs.get(mode).map(String::as_str);
        Suite { cases: cases.collect(), output, name }
    };
    report.modes.iter().map(suite).collect()
}

fn unjudged<'a>(name: &str, why: &'a Unjudged) -> Suite<'a> {
    let case = Case {
        name: "can be judged",
        outcome: Outcome::Error,
        class_name: name.to_owned(),
        message: why.to_string(),
        sort: "not-judged",
        evidence: None,
    };
    let output = Some(why.output.as_str()).filter(|output| !output.is_empty());
    Suite { name: name.to_owned(), cases: vec![case], output }
}

fn case<'a>(
    row: &'a Requirement,
    finding: &Finding,
    verdicts: &Verdicts,
    strictness: Strictness,
    class_name: String,
) -> Case<'a> {
    let reason = finding.reason.as_deref().unwrap_or_default();
    let weight = row.weight.as_str();
    let listed = verdicts.listed(finding);
    let (outcome, message) = match (finding.kind, listed) {
        (Kind::Met, None) => (Outcome::Passed, String::new()),
        (Kind::Met, Some(line)) => {
            (Outcome::Failure, format!("met, though a list says that it fails; take it out ({line})"))
        }
        (Kind::NotMet, Some(_)) => (Outcome::Skipped, format!("known failure: {}", row.text)),
        (Kind::NotMet, None) if strictness.decides(row.weight) => (Outcome::Failure, row.text.clone()),
        (Kind::NotMet, None) => (
            Outcome::Skipped,
            format!("not met, which does not decide (its weight is {weight}): {}", row.text),
        ),
        (Kind::Error, _) => (Outcome::Error, reason.to_owned()),
        (Kind::Blocked, Some(_)) => (Outcome::Skipped, format!("known failure: blocked by {reason}")),
        (Kind::Blocked, None) => (Outcome::Skipped, format!("blocked by {reason}")),
        (Kind::NotChecked, _) => (Outcome::Skipped, format!("not checked: {reason}")),
    };
    let sort = if finding.kind == Kind::Met { "stale" } else { finding.kind.as_str() };
    Case { name: &row.id, outcome, class_name, message, sort, evidence: evidence(finding) }
}

/// The evidence as text.
fn evidence(finding: &Finding) -> Option<String> {
    let evidence = finding.evidence.as_ref()?;
    let mut text = String::new();
    if let Some((scenario, line)) = &finding.place {
        text = format!("scenarios/{scenario}.md:{line}\n");
    }
    text += &format!(
        "step:\n{}\n\nexpected:\n{}\n\nactual:\n{}\n",
        evidence.step, evidence.expected, evidence.actual
    );
    if let Some(curl) = &evidence.curl {
        text += &format!("\ntry:\n{curl}\n");
        if let Some(settings) = &evidence.settings {
            text += &format!("\nwith:\n{settings}\n");
        }
    }
    Some(text)
}

fn document(name: &str, suites: &[Suite<'_>]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 4);
    write(&mut writer, name, suites).expect("memory takes everything");
    let mut text = String::from_utf8(writer.into_inner()).expect("every text in it is UTF-8");
    text.push('\n');
    text
}

type Xml = Writer<Vec<u8>>;

fn write(xml: &mut Xml, name: &str, suites: &[Suite<'_>]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let count = |outcome| suites.iter().map(|suite| count(suite, outcome)).sum::<usize>().to_string();
    let tests = suites.iter().map(|suite| suite.cases.len()).sum::<usize>().to_string();
    // The sum of the skipped ones is no attribute here by the schema that Jenkins reads by.
    xml.create_element("testsuites")
        .with_attributes([
            ("name", xml::text(name).as_str()),
            ("tests", &tests),
            ("failures", &count(Outcome::Failure)),
            ("errors", &count(Outcome::Error)),
        ])
        .write_inner_content(|xml| suites.iter().try_for_each(|suite| write_suite(xml, suite)))?;
    Ok(())
}

fn count(suite: &Suite<'_>, outcome: Outcome) -> usize {
    suite.cases.iter().filter(|case| case.outcome == outcome).count()
}

fn write_suite(xml: &mut Xml, suite: &Suite<'_>) -> io::Result<()> {
    let count = |outcome| count(suite, outcome).to_string();
    xml.create_element("testsuite")
        .with_attributes([
            ("name", xml::text(&suite.name).as_str()),
            ("tests", &suite.cases.len().to_string()),
            ("failures", &count(Outcome::Failure)),
            ("errors", &count(Outcome::Error)),
            ("skipped", &count(Outcome::Skipped)),
        ])
        .write_inner_content(|xml| {
            suite.cases.iter().try_for_each(|case| write_case(xml, case))?;
            if let Some(output) = suite.output {
                let output = xml::text(output);
                xml.create_element("system-out").write_text_content(BytesText::new(&output))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_case(xml: &mut Xml, case: &Case<'_>) -> io::Result<()> {
    let name = xml::text(case.name);
    let class_name = xml::text(&case.class_name);
    let element =
        xml.create_element("testcase").with_attributes([("name", name.as_str()), ("classname", &class_name)]);
    let Some(outcome) = case.outcome.element() else { return element.write_empty().map(|_| ()) };
    element.write_inner_content(|xml| {
        let message = xml::text(&case.message);
        let element =
            xml.create_element(outcome).with_attributes([("type", case.sort), ("message", &message)]);
        match &case.evidence {
            Some(evidence) => element.write_text_content(BytesText::new(&xml::text(evidence)))?,
            None => element.write_empty()?,
        };
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::samples;
    use spec::catalogue::Mode;

    fn written(report: &Report) -> String {
        junit(report, &samples::catalogue(), Strictness::default())
    }

    #[test]
    fn failures_errors_and_skips_are_kept_apart() {
        insta::assert_snapshot!(written(&samples::bad("bad & \"<one>\"")));
    }

    #[test]
    fn many_implementations_are_one_file_and_one_that_was_not_judged_is_one_error() {
        let text = junit_of_all(&samples::entries(), &samples::catalogue(), Strictness::default());
        insta::assert_snapshot!(text);
        let cases: Vec<&str> = text.lines().filter(|line| line.contains("<testcase ")).collect();
        let names: BTreeSet<&str> = cases.iter().map(|line| line.trim_end_matches(['/', '>'])).collect();
        assert_eq!(names.len(), cases.len(), "every case has a name of its own in its class");
    }

    #[test]
    fn a_should_that_is_not_met_fails_only_where_shoulds_decide() {
        let failures = |strict| {
            let strictness = Strictness { strict, exact: false };
            junit(&samples::bad("bad"), &samples::catalogue(), strictness).matches("<failure ").count()
        };
        assert_eq!((failures(false), failures(true)), (1, 2));
    }

    #[test]
    fn a_known_failure_is_skipped_and_one_that_is_met_is_a_failure() {
        let mut report = samples::bad("bad");
        for (id, mode) in [
            ("login.ok", Mode::SessionAuth),
            ("login.again", Mode::SessionAuth),
            ("status.ok", Mode::SessionAuth),
            ("status.ok", Mode::Off),
        ] {
            report.verdicts.list_as_failing(id, mode, "known:3: *");
        }
        let text = written(&report);
        let messages: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.trim().split_once(" message=\"").filter(|(start, _)| !start.contains("name"))
            })
            .filter_map(|(_, rest)| rest.split('"').next())
            .filter(|message| message.contains("known") || message.contains("list"))
            .collect();
        assert_eq!(
            messages,
            [
                "met, though a list says that it fails; take it out (known:3: *)",
                "known failure: a login answers 200 with &quot;the user&quot; &amp; sets the cookie",
                "known failure: blocked by login.ok",
            ]
        );
        // What was an error is one, whatever is known.
        assert_eq!([text.matches("<failure ").count(), text.matches("<error ").count()], [1, 1]);
    }
}
