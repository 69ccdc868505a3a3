//! The suite can fail: every fault is found by a requirement that it breaks, every requirement finds one, and what
//! a fault shows is what `scenarios/faults.txt` keeps of it, by which `check` says what an implementation behaves like.
//!
//! To play every scenario in every mode against each fault takes minutes in a debug build. There a sample is:
//! `conformance faults`, which CI runs in a release build, plays them all, and finds besides what no fault is found by.

use std::collections::BTreeSet;

use libtest_mimic::{Arguments, Failed, Trial};
use model::faults;
use model::faults::Fault;
use search::audit::Audit;
use search::audit::matrix;
use search::audit::matrix::Extent;
use test_support::suite::suite;

/// Every how many faults one is played whole in a debug build; a prime, so that the sample is of every table.
const SAMPLED: usize = 13;

fn main() {
    let arguments = Arguments::from_args();
    let found = faults::all()
        .map(|fault| Trial::test(fault.name, move || is_found(fault)).with_kind("its requirements"));
    let sample = faults::all().step_by(if cfg!(debug_assertions) { SAMPLED } else { 1 });
    let whole = sample.map(|fault| Trial::test(fault.name, move || is_told(fault)).with_kind("everything"));
    let mut trials: Vec<Trial> = found.chain(whole).collect();
    trials.push(Trial::test("every requirement has a fault", every_requirement));
    trials.push(Trial::test("no two faults have one name or one sentence", names));
    libtest_mimic::run(&arguments, trials).exit();
}

/// The scenarios of its requirements find it.
fn is_found(fault: &'static Fault) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let row = runtime.block_on(matrix::run(suite(), fault, Extent::Own))?;
    if row.is_found() {
        return Ok(());
    }
    let not_met: Vec<&str> = row.report.verdicts.not_met().map(|one| one.requirement.as_str()).collect();
    let (sentence, requirements) = (fault.sentence, fault.requirements);
    Err(format!("{sentence} ({requirements:?}) survives; not met: {not_met:?}").into())
}

/// All scenarios tell of it what the file does, and the diagnosis of the report names it first.
fn is_told(fault: &'static Fault) -> Result<(), Failed> {
    let audit = Audit::run(suite(), &[fault], &|_| {})?;
    let holes = [audit.surviving(), audit.stale(), audit.misnamed()].concat();
    if holes.is_empty() { Ok(()) } else { Err(holes.join("\n").into()) }
}

fn every_requirement() -> Result<(), Failed> {
    let broken: BTreeSet<&str> = faults::all().flat_map(|fault| fault.requirements).copied().collect();
    let rows = suite().catalogue.of_the_api();
    let without: Vec<&str> = rows.map(|row| row.id.as_str()).filter(|id| !broken.contains(id)).collect();
    if without.is_empty() { Ok(()) } else { Err(format!("no fault breaks {without:?}").into()) }
}

fn names() -> Result<(), Failed> {
    let texts = faults::all().flat_map(|fault| [fault.name, fault.sentence]);
    let mut seen = BTreeSet::new();
    let twice: Vec<&str> = texts.filter(|text| !seen.insert(*text)).collect();
    if twice.is_empty() { Ok(()) } else { Err(format!("{twice:?}").into()) }
}
