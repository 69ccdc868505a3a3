//! The JUnit report: a suite for every mode, a case for every requirement in it.
//!
//! A failure is a requirement that decides and is not met. What the suite or the start-up could not do is an
//! error. Everything else that is not met, blocked or not checked is skipped, and says why. Nothing in it
//! depends on the time.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Strictness};
use crate::requirements::{Catalogue, Requirement};
use crate::task;
use crate::verdict::{Finding, Kind};

/// Writes the report as JUnit XML; the verdicts stand in the catalogue's order.
pub fn junit(report: &Report, catalogue: &Catalogue, strictness: Strictness) -> String {
    let mut document = quick_junit::Report::new(report.target.name.as_str());
    for mode in &report.modes {
        let mut suite = TestSuite::new(mode.as_str());
        for row in catalogue.rows() {
            if let Some(finding) = report.verdicts.find(&row.id, *mode) {
                suite.add_test_case(case(row, finding, strictness));
            }
        }
        if let Some(output) = report.outputs.get(mode) {
            suite.set_system_out(output.as_str());
        }
        document.add_test_suite(suite);
    }
    let text = document.to_string().expect("a report without times is always XML");
    valid(&text)
}

/// Takes the sum of the skipped cases off the root, where the schema that Jenkins reads by has no such attribute.
fn valid(text: &str) -> String {
    // Values have their quotes escaped, so that no name looks like the attribute.
    let attribute = text.split_once(" skipped=\"").and_then(|(before, rest)| {
        let (_, after) = rest.split_once('"')?;
        before.ends_with('"').then_some((before, after)).filter(|(before, _)| !before.contains("<testsuite "))
    });
    match attribute {
        Some((before, after)) => format!("{before}{after}"),
        None => text.to_owned(),
    }
}

fn case(row: &Requirement, finding: &Finding, strictness: Strictness) -> TestCase {
    let reason = finding.reason.as_deref().unwrap_or_default();
    let weight = row.weight.as_str();
    let (mut status, message) = match finding.kind {
        Kind::Met => (TestCaseStatus::success(), String::new()),
        Kind::NotMet if strictness.decides(row.weight) => {
            (TestCaseStatus::non_success(NonSuccessKind::Failure), row.text.clone())
        }
        Kind::NotMet => (
            TestCaseStatus::skipped(),
            format!("not met, which does not decide (its weight is {weight}): {}", row.text),
        ),
        Kind::Error => (TestCaseStatus::non_success(NonSuccessKind::Error), reason.to_owned()),
        Kind::Blocked => (TestCaseStatus::skipped(), format!("blocked by {reason}")),
        Kind::NotChecked => (TestCaseStatus::skipped(), format!("not checked: {reason}")),
    };
    if finding.kind != Kind::Met {
        status.set_message(message).set_type(finding.kind.as_str());
        if let Some(text) = evidence(finding) {
            status.set_description(text);
        }
    }
    let mut case = TestCase::new(row.id.as_str(), status);
    // Readers of JUnit group by the class name, so it is the task, in the mode: names stay unique.
    case.set_classname(format!("{}.{}", finding.mode, task::title(&row.task)));
    case
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn failures_errors_and_skips_are_kept_apart() {
        let report = samples::bad("bad & \"<one>\"");
        insta::assert_snapshot!(junit(&report, &samples::catalogue(), Strictness::default()));
    }

    #[test]
    fn a_should_that_is_not_met_fails_only_where_shoulds_decide() {
        let failures = |strict| {
            let strictness = Strictness { strict, exact: false };
            junit(&samples::bad("bad"), &samples::catalogue(), strictness).matches("<failure ").count()
        };
        assert_eq!((failures(false), failures(true)), (1, 2));
    }
}
