//! One implementation among many in a report, and the verdict of a requirement over all of its modes.

use std::fmt;

use spec::catalogue::{Catalogue, Requirement, Weight};
use spec::results::Report;
use spec::results::{Finding, Kind};

/// One implementation: its name, and its report or why it could not be judged.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in the reports.
    pub name: String,
    /// Its report, or why there is none.
    pub result: Result<Report, Unjudged>,
}

/// Why an implementation could not be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// The class of the failure, such as `import-error`.
    pub class: String,
    /// The reason, in one line.
    pub why: String,
    /// The last output of the program; empty if there is none.
    pub output: String,
}

impl fmt::Display for Unjudged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.class, self.why)
    }
}

impl Entry {
    /// Returns the entry of an implementation that was judged, under the name of its target.
    pub fn judged(report: Report) -> Self {
        Self { name: report.target.name.clone(), result: Ok(report) }
    }

    /// Iterates over the findings of a requirement, by mode.
    pub fn findings<'a>(&'a self, row: &'a Requirement) -> impl Iterator<Item = &'a Finding> {
        let report = self.result.as_ref().ok();
        row.modes.iter().filter_map(move |mode| report?.verdicts.find(&row.id, *mode))
    }

    /// Returns the line of the list of known failures that names a verdict of this implementation.
    pub fn listed(&self, finding: &Finding) -> Option<&str> {
        self.result.as_ref().ok()?.verdicts.listed(finding)
    }

    /// Merges the verdicts of a requirement over its modes: the heaviest counts, as it does among steps.
    pub fn merged(&self, row: &Requirement) -> Option<Kind> {
        self.findings(row).map(|finding| finding.kind).max()
    }

    /// Counts requirements of one weight whose merged verdict is `kind`.
    pub fn count(&self, catalogue: &Catalogue, weight: Weight, kind: Kind) -> usize {
        let rows = catalogue.rows().iter().filter(|row| row.weight == weight);
        rows.filter(|row| self.merged(row) == Some(kind)).count()
    }
}
