//! The kill matrix: which requirements, and which scenarios, find which fault.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::Fault;
use crate::check::{Check, Plan};
use crate::event::{Event, Listener};
use crate::mode::Mode;
use crate::seed::Way;
use crate::suite::Suite;
use crate::target::Model;
use crate::verdict::Kind;

/// What the scenarios say of one fault.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub fault: &'static Fault,
    /// The requirements that are not met, in the catalogue's order, each with its modes.
    pub not_met: Vec<(String, Vec<Mode>)>,
    /// The scenarios whose transcript is another than the accepted one.
    pub scenarios: BTreeSet<String>,
}

impl Row {
    /// Tells whether a requirement that the fault breaks is not met: no other finds it.
    pub fn is_found(&self) -> bool {
        self.not_met.iter().any(|(id, _)| self.fault.requirements.contains(&id.as_str()))
    }
}

/// How much is played against a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What bears on the fault's own requirements.
    Own,
    /// Every scenario in every mode.
    Whole,
}

/// Plays scenarios against the model with a fault.
///
/// # Errors
///
/// When the suite itself fails, which a fault must never bring about.
pub async fn play(suite: &Suite, fault: &'static Fault, extent: Extent) -> Result<Row, String> {
    let own = || fault.requirements.iter().map(|id| (*id).to_owned()).collect();
    let plan = Plan {
        modes: Mode::ALL.to_vec(),
        scenarios: Vec::new(),
        requirements: if extent == Extent::Own { own() } else { Vec::new() },
        ways: vec![Way::Api],
        given: None,
        jobs: Mode::ALL.len(),
    };
    let differing = Differing { suite, scenarios: Mutex::default() };
    let target = Model { fault: Some(fault) };
    let report = Check::new(suite, &target, &plan, &differing)
        .run()
        .await
        .map_err(|_| "the model's clock does not follow".to_owned())?;
    let rows = suite.catalogue.rows().iter().filter_map(|row| {
        let not_met =
            |mode: &Mode| report.verdicts.find(&row.id, *mode).is_some_and(|one| one.kind == Kind::NotMet);
        let modes: Vec<Mode> = Mode::ALL.into_iter().filter(not_met).collect();
        (!modes.is_empty()).then(|| (row.id.clone(), modes))
    });
    let scenarios = differing.scenarios.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Row { fault, not_met: rows.collect(), scenarios })
}

/// Notes the scenarios that are played otherwise than accepted.
struct Differing<'a> {
    suite: &'a Suite,
    /// The modes of a check run side by side, and each adds its own.
    scenarios: Mutex<BTreeSet<String>>,
}

impl Listener for Differing<'_> {
    fn hear(&self, event: &Event<'_>) {
        let Event::Played { scenario, run, .. } = event else { return };
        if self.suite.accepted(&scenario.name) != Some(&run.transcript(scenario)) {
            let mut scenarios = self.scenarios.lock().unwrap_or_else(PoisonError::into_inner);
            scenarios.insert(scenario.name.clone());
        }
    }
}
