//! The other half of the kill matrix: which properties find which fault.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fuzz::{Campaign, Harness, Known, NoGround, Property, Setup};
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

/// Hunts for faults with every property, this many walks each, as many faults side by side as there are cores; `tell`
/// hears after each. `listen` makes what ends a hunt, in the runtime of each thread.
///
/// # Errors
///
/// When a signal ends it.
pub fn hunt_all(
    catalogue: &Catalogue,
    faults: &[&'static Fault],
    cases: u32,
    seed: u64,
    tell: &(dyn Fn(&Fault) + Sync),
    listen: &(dyn Fn() -> Interruption + Sync),
) -> Result<Vec<Hunted>, NoGround> {
    // Each thread takes the next fault when it is done with one.
    let (next, threads) = (AtomicUsize::new(0), std::thread::available_parallelism().map_or(2, NonZero::get));
    let one_thread = || -> Result<Vec<(usize, Hunted)>, NoGround> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| NoGround::Failed(error.to_string()))?;
        let stop = runtime.block_on(async { listen() });
        let mut hunted = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(fault) = faults.get(at) else { return Ok(hunted) };
            hunted.push((at, runtime.block_on(hunt(catalogue, fault, cases, seed, &stop))?));
            tell(fault);
        }
    };
    let mut all = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one_thread)).collect();
        let mut all = Vec::new();
        for thread in running {
            all.extend(thread.join().map_err(|_| NoGround::Failed("a hunt panicked".to_owned()))??);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, hunted)| hunted).collect())
}

/// Hunts for one fault of the model with every property. Where not even the first users get in, none finds it.
async fn hunt(
    catalogue: &Catalogue,
    fault: &'static Fault,
    cases: u32,
    seed: u64,
    stop: &Interruption,
) -> Result<Hunted, NoGround> {
    let target = Model { fault: Some(fault) };
    let setup = Setup { catalogue, listener: &Silence, modes: &Mode::ALL, ways: &[Way::Api], given: None };
    let mut hunted = Hunted { fault, found_by: Vec::new(), requirements: BTreeSet::new() };
    let mut harness = match Harness::prepare(&target, setup, stop.clone()).await {
        Ok(harness) => harness,
        Err(NoGround::Interrupted(signal)) => return Err(NoGround::Interrupted(signal)),
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
