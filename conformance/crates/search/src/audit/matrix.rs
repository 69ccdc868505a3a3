//! The kill matrix: which requirements, and which scenarios, find which fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::parallel::{cores, run_in_parallel};
use crate::served_model::Model;
use model::faults::Fault;
use runner::check::{Check, Plan, ScenarioRun};
use runner::prepare::ClockUnproved;
use spec::catalogue::{Catalogue, Mode, Requirement, Subject};
use spec::results::Kind;
use spec::results::Report;
use spec::results::SeedMethod;
use spec::suite::Suite;
use targets::progress::event::NoListener;

/// The check of the model with one fault.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub fault: &'static Fault,
    /// The report of the check.
    pub report: Report,
    /// The scenarios whose transcript is another than the accepted one, with the places of the steps that differ.
    pub differing: BTreeMap<String, BTreeSet<usize>>,
}

impl Row {
    /// Returns whether a requirement that the fault breaks is not met: no other finds it.
    pub fn is_found(&self) -> bool {
        self.report
            .verdicts
            .not_met()
            .any(|finding| self.fault.requirements.contains(&finding.requirement.as_str()))
    }

    /// Returns the requirements that are not met, in the catalogue's order, each with its modes.
    pub fn not_met<'a>(&'a self, catalogue: &'a Catalogue) -> Vec<(&'a str, Vec<Mode>)> {
        let of = |row: &'a Requirement| {
            let not_met = |mode: &Mode| {
                let finding = self.report.verdicts.find(&row.id, *mode);
                finding.is_some_and(|finding| finding.kind == Kind::NotMet)
            };
            let modes: Vec<Mode> = Mode::ALL.into_iter().filter(not_met).collect();
            (!modes.is_empty()).then_some((row.id.as_str(), modes))
        };
        catalogue.rows().iter().filter_map(of).collect()
    }
}

/// The scenarios that are replayed against a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Those of the fault's own requirements.
    Own,
    /// Every scenario in every mode.
    Whole,
}

/// Checks the model with each of these faults, as many side by side as there are cores.
///
/// `on_progress` is called with each fault that has been checked. The rows are in the order of the faults.
///
/// # Errors
///
/// When the suite itself fails, which a fault must never bring about.
pub fn run_all(
    suite: &Suite,
    faults: &[&'static Fault],
    extent: Extent,
    on_progress: &(dyn Fn(&Fault) + Sync),
) -> Result<Vec<Row>, Error> {
    run_in_parallel(faults, cores(), |runtime, _, fault| {
        let row = runtime.block_on(run(suite, fault, extent))?;
        on_progress(fault);
        Ok(row)
    })
}

/// Checks the model with a fault.
///
/// # Errors
///
/// When the suite itself fails, which a fault must never bring about.
pub async fn run(suite: &Suite, fault: &'static Fault, extent: Extent) -> Result<Row, Error> {
    let own = || fault.requirements.iter().map(|id| (*id).to_owned()).collect();
    let plan = Plan {
        modes: Subject::of_api(&Mode::ALL),
        scenarios: Vec::new(),
        requirements: if extent == Extent::Own { own() } else { Vec::new() },
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs: Mode::ALL.len(),
    };
    let target = Model { fault: Some(fault) };
    let checked = Check::new(suite, &target, &plan, &NoListener).run().await;
    let checked = checked.map_err(|ClockUnproved| Error::ModelClock)?;
    Ok(Row { fault, differing: differing(suite, &checked.runs), report: checked.report })
}

/// Returns the steps that are answered otherwise than accepted, in whatever mode, by scenario.
fn differing(suite: &Suite, runs: &[ScenarioRun<'_>]) -> BTreeMap<String, BTreeSet<usize>> {
    let mut all: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for run in runs {
        let Some(accepted) = suite.accepted(&run.scenario.name) else { continue };
        let transcript = run.transcript();
        let blocks = transcript.blocks.iter().zip(&accepted.blocks).enumerate();
        let steps = blocks.filter(|(_, (answered, accepted))| answered != accepted).map(|(step, _)| step);
        let steps: BTreeSet<usize> = steps.collect();
        if !steps.is_empty() {
            all.entry(run.scenario.name.clone()).or_default().extend(steps);
        }
    }
    all
}
