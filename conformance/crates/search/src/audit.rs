//! The audit: the gaps of the suite that faulty models show.

pub mod campaigns;
pub mod matrix;

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::audit::matrix::{Extent, Row};
use crate::diagnosis;
use crate::signature;
use crate::signature::Signature;
use model::faults::{Fault, all};
use spec::catalogue::{Mode, Subject};
use spec::scenario::{Scenario, Section};
use spec::suite::Suite;

/// The checks of the model with some faults.
pub struct Audit<'a> {
    suite: &'a Suite,
    /// The faults in their order, each as a check of everything shows it.
    pub rows: Vec<Row>,
    /// The faults that a check of everything charges to other requirements than theirs, and a check of theirs does not.
    pub found_alone: BTreeSet<&'static str>,
}

impl<'a> Audit<'a> {
    /// Checks the model with each of these faults. `on_progress` is called after each.
    ///
    /// # Errors
    ///
    /// When the suite itself fails.
    pub fn run(
        suite: &'a Suite,
        faults: &[&'static Fault],
        on_progress: &(dyn Fn(&Fault) + Sync),
    ) -> Result<Self, Error> {
        let rows = matrix::run_all(suite, faults, Extent::Whole, on_progress)?;
        // What explains most is to blame in a check of everything: a user that is not stored is found missing there.
        let elsewhere: Vec<&Fault> = rows.iter().filter(|row| !row.is_found()).map(|row| row.fault).collect();
        let alone = matrix::run_all(suite, &elsewhere, Extent::Own, &|_| {})?;
        let found_alone = alone.iter().filter(|row| row.is_found()).map(|row| row.fault.name).collect();
        Ok(Self { suite, rows, found_alone })
    }

    /// Returns whether a requirement that the fault breaks is not met.
    pub fn finds(&self, row: &Row) -> bool {
        row.is_found() || self.found_alone.contains(row.fault.name)
    }

    /// Returns the patterns of the faults.
    pub fn patterns(&self) -> Vec<Signature> {
        self.rows.iter().map(|row| Signature::of(row.fault, &row.report)).collect()
    }

    /// Returns the faults that survive.
    pub fn surviving(&self) -> Vec<String> {
        let surviving = self.rows.iter().filter(|row| !self.finds(row));
        surviving
            .map(|row| format!("{} survives: no requirement that it breaks is not met", row.fault.name))
            .collect()
    }

    /// Returns the faults that the diagnosis of their own report does not name first.
    ///
    /// The diagnosis reads `scenarios/faults.txt` and the reports of these checks, and nothing else of them.
    pub fn misnamed(&self) -> Vec<String> {
        let catalogue = &self.suite.catalogue;
        let is_first = |row: &Row| {
            let told = diagnosis::diagnose(&row.report.verdicts, &Subject::of_api(&Mode::ALL), catalogue);
            let first = told.first().map(|one| one.faults.iter().map(|fault| fault.name).collect::<Vec<_>>());
            first.is_some_and(|first| first.contains(&row.fault.name))
        };
        let misnamed = self.rows.iter().filter(|row| !is_first(row));
        misnamed.map(|row| format!("{} is not what its own report behaves like", row.fault.name)).collect()
    }

    /// Returns the faults of which `scenarios/faults.txt` says something else.
    pub fn stale(&self) -> Vec<String> {
        let blocks: BTreeSet<&str> = signature::TEXT.split("\n\n").map(str::trim_end).collect();
        let patterns = self.patterns();
        let stale = patterns.iter().filter(|pattern| !blocks.contains(pattern.to_string().trim_end()));
        stale
            .map(|one| {
                format!("{} is another in scenarios/faults.txt; `just patterns` writes it anew", one.fault)
            })
            .collect()
    }

    /// Returns the requirements that no fault breaks, and the headings under which no fault makes an answer another.
    ///
    /// This is of use only where every fault was checked.
    pub fn idle(&self) -> Vec<String> {
        let broken: BTreeSet<&str> = all().flat_map(|fault| fault.requirements).copied().collect();
        let unbroken =
            self.suite.catalogue.of_the_api().map(|row| row.id.as_str()).filter(|id| !broken.contains(id));
        let unbroken = unbroken.map(|id| format!("no fault breaks {id}"));
        let mut differing: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (scenario, steps) in self.rows.iter().flat_map(|row| &row.differing) {
            differing.entry(scenario).or_default().extend(steps);
        }
        // The wrong Redis servers are the tests' own.
        let of_the_api = self.suite.scenarios.iter().filter(|scenario| !scenario.is_of_redis());
        let headings = of_the_api.flat_map(|scenario| {
            let differing = differing.remove(scenario.name.as_str()).unwrap_or_default();
            idle_headings(scenario, &differing)
        });
        unbroken.chain(headings).collect()
    }
}

/// Returns the headings with requirements under which nothing differs.
fn idle_headings(scenario: &Scenario, differing: &BTreeSet<usize>) -> Vec<String> {
    let mut first = 0;
    let mut idle = Vec::new();
    for section in &scenario.sections {
        let places = first..first + section.steps.len();
        first = places.end;
        if checks(section) && differing.range(places).next().is_none() {
            let place = format!("scenarios/{}.md:{}", scenario.name, section.line);
            idle.push(format!("no fault makes an answer at {place} another ({})", section.heading));
        }
    }
    idle
}

/// Returns whether a step of the section is judged.
fn checks(section: &Section) -> bool {
    !section.requirements.is_empty() && section.steps.iter().any(|step| step.action.request().is_some())
}
