//! The suite can fail: every fault is found by a requirement that it breaks, every requirement finds one, and so
//! does every scenario.

#[path = "support/suite.rs"]
mod on_disk;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use conformance::faults::matrix::{Extent, Row};
use conformance::faults::{self, Fault, matrix};
use libtest_mimic::{Arguments, Failed, Trial};
use on_disk::suite;

fn main() {
    let arguments = Arguments::from_args();
    let rows: Arc<Mutex<Vec<Row>>> = Arc::default();
    let trials = faults::all().map(|fault| {
        let rows = Arc::clone(&rows);
        Trial::test(fault.name, move || {
            let row = play(fault)?;
            let found = row.is_found();
            let not_met: Vec<String> = row.not_met.iter().map(|(id, _)| id.clone()).collect();
            rows.lock().map_err(|_| "another trial panicked")?.push(row);
            if found {
                return Ok(());
            }
            Err(format!("{} ({:?}) survives; not met: {not_met:?}", fault.sentence, fault.requirements)
                .into())
        })
    });
    let mut trials: Vec<Trial> = trials.collect();
    trials.push(Trial::test("every requirement has a fault", every_requirement));
    libtest_mimic::run(&arguments, trials).exit();
}

fn play(fault: &'static Fault) -> Result<Row, Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    Ok(runtime.block_on(matrix::play(suite(), fault, Extent::Own))?)
}

fn every_requirement() -> Result<(), Failed> {
    let broken: BTreeSet<&str> = faults::all().flat_map(|fault| fault.requirements).copied().collect();
    let rows = suite().catalogue.rows().iter().filter(|row| !row.modes.is_empty());
    let without: Vec<&str> = rows.map(|row| row.id.as_str()).filter(|id| !broken.contains(id)).collect();
    if without.is_empty() { Ok(()) } else { Err(format!("no fault breaks {without:?}").into()) }
}
