//! The other half of the kill matrix: which properties find which fault.

use std::collections::BTreeSet;

use crate::Error;
use crate::fuzz::{Campaign, Harness, Known, Property, Setup};
use crate::parallel::{cores, run_in_parallel};
use crate::served_model::Model;
use model::faults::Fault;
use runner::interruption::Interruption;
use spec::catalogue::Catalogue;
use spec::catalogue::Mode;
use spec::results::Way;
use targets::progress::event::Silence;

/// What the properties say of one fault.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The fault.
    pub fault: &'static Fault,
    /// The properties that find it by a requirement that it breaks.
    pub found_by: Vec<Property>,
    /// Every requirement that some answer may have broken.
    pub requirements: BTreeSet<&'static str>,
}

/// Hunts for faults with every property, this many walks each, as many faults side by side as there are cores.
///
/// `on_progress` is called after each fault; `listen` makes what ends a hunt, in the runtime of its thread.
///
/// # Errors
///
/// When a signal ends it.
pub fn hunt_all(
    catalogue: &Catalogue,
    faults: &[&'static Fault],
    cases: u32,
    seed: u64,
    on_progress: &(dyn Fn(&Fault) + Sync),
    listen: &(dyn Fn() -> Interruption + Sync),
) -> Result<Vec<Hunted>, Error> {
    run_in_parallel(faults, cores(), |runtime, _, fault| {
        let stop = runtime.block_on(async { listen() });
        let hunted = runtime.block_on(hunt(catalogue, fault, cases, seed, &stop))?;
        on_progress(fault);
        Ok(hunted)
    })
}

/// Hunts for one fault of the model with every property. Where not even the first users get in, none finds it.
async fn hunt(
    catalogue: &Catalogue,
    fault: &'static Fault,
    cases: u32,
    seed: u64,
    stop: &Interruption,
) -> Result<Hunted, Error> {
    let target = Model { fault: Some(fault) };
    let setup = Setup { catalogue, listener: &Silence, modes: &Mode::ALL, ways: &[Way::Api], given: None };
    let mut hunted = Hunted { fault, found_by: Vec::new(), requirements: BTreeSet::new() };
    let mut harness = match Harness::prepare(&target, setup, stop.clone()).await {
        Ok(harness) => harness,
        Err(Error::Interrupted(signal)) => return Err(Error::Interrupted(signal)),
        Err(_) => return Ok(hunted),
    };
    for property in Property::ALL {
        let campaign = Campaign { property, modes: &Mode::ALL, cases, seed, shrinks: 0 };
        let result = campaign.run(&mut harness, &Known::default(), &|| ()).await?;
        let named: BTreeSet<&str> =
            result.counterexamples.iter().flat_map(|one| one.deviation.requirements.clone()).collect();
        if fault.requirements.iter().any(|id| named.contains(id)) {
            hunted.found_by.push(property);
        }
        hunted.requirements.extend(named);
    }
    Ok(hunted)
}
