//! The kill matrix: which requirements, and which scenarios, find which fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::served_model::Model;
use model::faults::Fault;
use runner::check::{Check, Plan};
use spec::catalogue::{Catalogue, Requirement};
use spec::catalogue::{Mode, Subject};
use spec::results::Kind;
use spec::results::Report;
use spec::results::Way;
use spec::suite::Suite;
use targets::progress::event::{Event, Listener};

/// What the scenarios say of one fault.
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
    /// Tells whether a requirement that the fault breaks is not met: no other finds it.
    pub fn is_found(&self) -> bool {
        self.report
            .verdicts
            .not_met()
            .any(|finding| self.fault.requirements.contains(&finding.requirement.as_str()))
    }

    /// Lists the requirements that are not met, in the catalogue's order, each with its modes.
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

/// How much is played against a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What bears on the fault's own requirements.
    Own,
    /// Every scenario in every mode.
    Whole,
}

/// Plays scenarios against the model with each of these faults, as many side by side as there are cores.
///
/// `told` hears of each fault that has been played. The rows are in the order of the faults.
///
/// # Errors
///
/// When the suite itself fails, which a fault must never bring about.
pub fn play_all(
    suite: &Suite,
    faults: &[&'static Fault],
    extent: Extent,
    told: &(dyn Fn(&Fault) + Sync),
) -> Result<Vec<Row>, String> {
    let next = AtomicUsize::new(0);
    // Each thread takes the next fault until there is none, on a runtime of its own: what a check waits for is
    // its own server, and threads that share a runtime wake each other up for every request.
    let some = || -> Result<Vec<(usize, Row)>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("the runtime cannot start: {error}"))?;
        let mut rows = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(fault) = faults.get(place) else { return Ok(rows) };
            rows.push((place, runtime.block_on(play(suite, fault, extent))?));
            told(fault);
        }
    };
    let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut rows = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(some)).collect();
        let rows = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        rows.collect::<Result<Vec<_>, String>>()
    })?
    .concat();
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Plays scenarios against the model with a fault.
///
/// # Errors
///
/// When the suite itself fails, which a fault must never bring about.
pub async fn play(suite: &Suite, fault: &'static Fault, extent: Extent) -> Result<Row, String> {
    let own = || fault.requirements.iter().map(|id| (*id).to_owned()).collect();
    let plan = Plan {
        modes: Subject::of_api(&Mode::ALL),
        scenarios: Vec::new(),
        requirements: if extent == Extent::Own { own() } else { Vec::new() },
        ways: vec![Way::Api],
        given: None,
        jobs: Mode::ALL.len(),
    };
    let differing = Differing { suite, steps: Mutex::default() };
    let target = Model { fault: Some(fault) };
    let report = Check::new(suite, &target, &plan, &differing)
        .run()
        .await
        .map_err(|_| "the model's clock does not follow".to_owned())?;
    let differing = differing.steps.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Row { fault, report, differing })
}

/// Notes the steps that are played otherwise than accepted.
struct Differing<'a> {
    suite: &'a Suite,
    /// The modes of a check run side by side, and each adds its own.
    steps: Mutex<BTreeMap<String, BTreeSet<usize>>>,
}

impl Listener for Differing<'_> {
    fn hear(&self, event: &Event<'_>) {
        let Event::Played { scenario, run, .. } = event else { return };
        let Some(accepted) = self.suite.accepted(&scenario.name) else { return };
        let played = run.transcript(scenario);
        let differs = |(place, (played, accepted))| (played != accepted).then_some(place);
        let steps: BTreeSet<usize> =
            played.blocks.iter().zip(&accepted.blocks).enumerate().filter_map(differs).collect();
        if !steps.is_empty() {
            let mut all = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(scenario.name.clone()).or_default().extend(steps);
        }
    }
}
