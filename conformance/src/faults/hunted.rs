//! The other half of the kill matrix: which properties find which fault.

use std::cell::RefCell;
use std::collections::BTreeSet;

use tokio::runtime::Runtime;

use super::Fault;
use crate::console::Interruption;
use crate::fuzz::{Ground, Hunt, Known, NoGround, Property, Recorder};
use crate::mode::Mode;
use crate::requirements::Catalogue;
use crate::seed::Way;
use crate::target::Model;

/// What the properties say of one fault.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The fault.
    pub fault: &'static Fault,
    /// The properties that find it by a requirement that it breaks.
    pub found_by: Vec<Property>,
    /// Every requirement that some answer may have broken.
    pub requirements: BTreeSet<&'static str>,
    /// How many walks were played.
    pub cases: u32,
}

/// Hunts for one fault of the model with every property.
///
/// # Errors
///
/// When the model cannot be played on, or a signal ends it.
pub fn hunt(
    runtime: &Runtime,
    catalogue: &Catalogue,
    fault: &'static Fault,
    cases: u32,
    seed: u64,
    stop: &Interruption,
) -> Result<Hunted, NoGround> {
    let target = Model { fault: Some(fault) };
    let recorder = Recorder::new(catalogue);
    let prepared = Ground::prepare(&target, &recorder, &Mode::ALL, &[Way::Api], None, stop.clone());
    let ground = RefCell::new(runtime.block_on(prepared)?);
    let mut hunted = Hunted { fault, found_by: Vec::new(), requirements: BTreeSet::new(), cases: 0 };
    for property in Property::ALL {
        let hunt = Hunt { property, modes: &Mode::ALL, cases, seed, shrinks: 0 };
        let catch = hunt.run(runtime, &ground, &Known::default(), &|| ())?;
        hunted.cases += catch.cases;
        let named: BTreeSet<&str> =
            catch.counterexamples.iter().flat_map(|one| one.deviation.requirements.clone()).collect();
        if fault.requirements.iter().any(|id| named.contains(id)) {
            hunted.found_by.push(property);
        }
        hunted.requirements.extend(named);
    }
    Ok(hunted)
}
