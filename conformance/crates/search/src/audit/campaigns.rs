//! Campaigns against faults: the properties that find each fault.

use std::collections::BTreeSet;

use crate::Error;
use crate::fuzz::{Campaign, Harness, Known, Property, Setup};
use crate::parallel::{cores, run_in_parallel};
use crate::served_model::Model;
use model::faults::Fault;
use runner::interruption::Interruption;
use spec::catalogue::Catalogue;
use spec::catalogue::Mode;
use spec::results::SeedMethod;
use targets::progress::event::NoListener;

/// The campaigns against one fault.
#[derive(Clone, Debug)]
pub struct FaultCampaigns {
    /// The fault.
    pub fault: &'static Fault,
    /// The properties that find it by a requirement that it breaks.
    pub found_by: Vec<Property>,
    /// Every requirement that some answer may have broken.
    pub requirements: BTreeSet<&'static str>,
}

/// Runs a campaign of every property against each of these faults, as many faults side by side as there are cores.
///
/// A campaign tries at most `cases` sequences.
///
/// `on_progress` is called after each fault; `listen` creates the interruption of a
/// campaign, in the runtime of its thread.
///
/// # Errors
///
/// When a signal ends it.
pub fn run_all(
    catalogue: &Catalogue,
    faults: &[&'static Fault],
    cases: u32,
    seed: u64,
    on_progress: &(dyn Fn(&Fault) + Sync),
    listen: &(dyn Fn() -> Interruption + Sync),
) -> Result<Vec<FaultCampaigns>, Error> {
    run_in_parallel(faults, cores(), |runtime, _, fault| {
        let stop = runtime.block_on(async { listen() });
        let campaigns = runtime.block_on(run(catalogue, fault, cases, seed, &stop))?;
        on_progress(fault);
        Ok(campaigns)
    })
}

/// Runs a campaign of every property against one fault. Where the first users cannot be stored, none finds it.
async fn run(
    catalogue: &Catalogue,
    fault: &'static Fault,
    cases: u32,
    seed: u64,
    stop: &Interruption,
) -> Result<FaultCampaigns, Error> {
    let target = Model { fault: Some(fault) };
    let setup = Setup {
        catalogue,
        listener: &NoListener,
        modes: &Mode::ALL,
        seed_methods: &[SeedMethod::Api],
        given: None,
    };
    let mut campaigns = FaultCampaigns { fault, found_by: Vec::new(), requirements: BTreeSet::new() };
    let mut harness = match Harness::prepare(&target, setup, stop.clone()).await {
        Ok(harness) => harness,
        Err(Error::Interrupted(signal)) => return Err(Error::Interrupted(signal)),
        Err(_) => return Ok(campaigns),
    };
    for property in Property::ALL {
        let campaign = Campaign { property, modes: &Mode::ALL, cases, seed, shrinks: 0 };
        let result = campaign.run(&mut harness, &Known::default(), &|| ()).await?;
        let named: BTreeSet<&str> =
            result.counterexamples.iter().flat_map(|one| one.deviation.requirements.clone()).collect();
        if fault.requirements.iter().any(|id| named.contains(id)) {
            campaigns.found_by.push(property);
        }
        campaigns.requirements.extend(named);
    }
    Ok(campaigns)
}
