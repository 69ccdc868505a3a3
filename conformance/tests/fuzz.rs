//! The properties, with few cases each: on every implementation of ours, and on servers that break them.
//!
//! Every answer of every scenario is also judged by the oracle, which must be surprised by none: it and the accepted
//! transcripts keep each other honest.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/suite.rs"]
mod on_disk;
#[path = "support/server.rs"]
mod server;

use std::cell::RefCell;

use conformance::console;
use conformance::reference::Reference;
use libtest_mimic::{Arguments, Failed, Trial};
use model::faults;
use on_disk::suite;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use runner::check::{Check, Plan};
use search::fuzz;
use search::fuzz::{Abilities, Counterexample, Diff, Divergence, Ground, Hunt, Known, Property, Recorder};
use search::served_model::Model;
use spec::catalogue::Mode;
use spec::http::Request;
use spec::results::ClockKind;
use spec::results::Way;
use spec::scenario::Scenario;
use targets::clock;
use targets::command::Command;
use targets::instance::Stage;
use targets::progress::event::Silence;
use targets::seed;
use targets::url::Url;
use targets::{Launch, NewUser, Target};
use tokio::runtime::Runtime;

/// What every walk here is drawn from: another number would make other tests of them each time.
const SEED: u64 = 1;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = of_flask();
    for property in Property::ALL {
        trials.push(Trial::test(format!("reference::{property}"), move || holds(&Reference, property, 64)));
        trials
            .push(Trial::test(format!("model::{property}"), move || holds(&Model::default(), property, 32)));
        trials.push(Trial::test(format!("server::{property}"), move || {
            let folder = tempfile::tempdir()?;
            let binary = server::binary().display().to_string();
            holds(&Command::new(folder.path(), Some(&binary), clock_of_spawned())?, property, 8)
        }));
        trials.push(Trial::test(format!("print::{property}"), move || prints(property)));
    }
    for (fault, property) in CAUGHT {
        trials.push(Trial::test(format!("caught::{fault}"), move || is_caught(fault, property)));
    }
    for mode in Mode::ALL {
        trials.push(Trial::test(format!("oracle::{mode}"), move || is_never_surprised(mode)));
    }
    trials.push(Trial::test("url::walk", at_a_url));
    trials.push(Trial::test("diff::alike", alike));
    trials.push(Trial::test("diff::one-has-left-the-documents", one_has_left));
    trials.push(Trial::test("diff::the-documents-are-silent", silent));
    libtest_mimic::run(&arguments, trials).exit();
}

/// Faults that show only after a sequence, each with a property that catches it.
const CAUGHT: [(&str, Property); 10] = [
    ("late-use-prolongs", Property::Expiry),
    ("expires-at-boundary", Property::Expiry),
    ("wrong-login-prolongs", Property::Expiry),
    ("restart-renews", Property::Expiry),
    ("adopts-cookie", Property::Sessions),
    ("logout-of-user", Property::Logout),
    ("id-in-query", Property::Gate),
    ("slashes-after-the-gate", Property::Gate),
    ("update-password", Property::Users),
    ("users-in-memory", Property::Users),
];

fn of_flask() -> Vec<Trial> {
    let folder = match machine::flask() {
        Ok(folder) => folder,
        Err(missing) => return machine::skipped("flask", &missing),
    };
    let trial = |property: Property| {
        let folder = folder.clone();
        Trial::test(format!("flask::{property}"), move || {
            holds(&Command::new(&folder, None, clock_of_spawned())?, property, 4)
        })
    };
    Property::ALL.map(trial).into()
}

fn clock_of_spawned() -> ClockKind {
    if clock::library().is_some() { ClockKind::Faketime } else { ClockKind::Wall }
}

fn runtime() -> Result<Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Hunts on a target, and gives what was found.
fn hunt(
    target: &dyn Target,
    property: Property,
    cases: u32,
    shrinks: u32,
) -> Result<Vec<Counterexample>, Failed> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let recorder = Recorder::new(&suite().catalogue);
    let ground = Ground::prepare(target, &recorder, &Mode::ALL, &Way::UNAIDED, None, stop);
    let ground = RefCell::new(runtime.block_on(ground)?);
    let hunt = Hunt { property, modes: &Mode::ALL, cases, seed: SEED, shrinks };
    let catch = hunt.run(&runtime, &ground, &Known::default(), &|| ())?;
    assert!(catch.passing.is_empty(), "answered otherwise when played again: {:?}", catch.passing);
    Ok(catch.counterexamples)
}

fn holds(target: &dyn Target, property: Property, cases: u32) -> Result<(), Failed> {
    match hunt(target, property, cases, 400)?.first() {
        None => Ok(()),
        Some(one) => Err(format!("{:?}\n{}", one.deviation, one.scenario).into()),
    }
}

/// What runs already is asked and nothing else, and no user of the walks is left there.
fn at_a_url() -> Result<(), Failed> {
    let runtime = runtime()?;
    let given = NewUser { email: "given@hbtn.io".to_owned(), password: "given pwd".to_owned() };
    let mut stage = runtime.block_on(Stage::open(&Reference, &Silence))?;
    runtime.block_on(seed::seed(
        &mut stage,
        Mode::SessionAuth.into(),
        std::slice::from_ref(&given),
        &[Way::Api],
        None,
    ));
    runtime.block_on(stage.ensure(&Launch::documented(Mode::SessionAuth)))?;
    let url = Url::new(&stage.site().base_url(), Mode::SessionAuth, "_my_session_id", None, ClockKind::None);
    let stop = runtime.block_on(async { console::listen() });
    let recorder = Recorder::new(&suite().catalogue);
    let modes = [Mode::SessionAuth];
    let ground = Ground::prepare(&url, &recorder, &modes, &[Way::Given], Some(&given), stop);
    let ground = RefCell::new(runtime.block_on(ground)?);
    for property in [Property::Users, Property::Walk] {
        let hunt = Hunt { property, modes: &modes, cases: 16, seed: SEED, shrinks: 400 };
        let catch = hunt.run(&runtime, &ground, &Known::default(), &|| ())?;
        assert!(catch.counterexamples.is_empty(), "{:#?}", catch.counterexamples);
        assert_eq!(catch.cases, 16);
    }
    assert_eq!(runtime.block_on(ground.borrow_mut().leave(Mode::SessionAuth)), 0);
    let header = runtime.block_on(seed::credentials(&mut stage, Mode::SessionAuth, &given))?;
    let mut list = Request::get(format!("{}/api/v1/users", stage.site().base_url()));
    list.headers.push(header);
    let users = runtime.block_on(stage.send(list)).answer?.json().ok_or("the list is JSON")?;
    assert_eq!(users.as_array().map(Vec::len), Some(1), "{users}");
    Ok(())
}

/// A wrong server is caught, and its counterexample is a scenario that a right one passes.
fn is_caught(name: &str, property: Property) -> Result<(), Failed> {
    let fault = faults::all().find(|fault| fault.name == name).ok_or(format!("there is no fault {name}"))?;
    let found = hunt(&Model { fault: Some(fault) }, property, 256, 400)?;
    let named =
        |one: &&Counterexample| one.deviation.requirements.iter().any(|id| fault.requirements.contains(id));
    let one = found.iter().find(named).ok_or_else(|| {
        let ids: Vec<_> = found.iter().map(|one| &one.deviation.requirements).collect();
        format!("{} is not caught; found: {ids:?}", fault.sentence)
    })?;
    let requests = one.scenario.steps().filter(|step| step.action.request().is_some()).count();
    assert!(requests <= 6, "{requests} requests are more than any of these needs:\n{}", one.scenario);
    let read = Scenario::parse("saved", &one.scenario.source)
        .map_err(|_| format!("cannot be read back:\n{}", one.scenario))?;
    assert_eq!(again(&Model { fault: Some(fault) }, &read, one.mode)?, Some(one.deviation.requirements[0]));
    assert_eq!(again(&Model::default(), &read, one.mode)?, None, "the right server, on\n{read}");
    Ok(())
}

fn again(target: &dyn Target, scenario: &Scenario, mode: Mode) -> Result<Option<&'static str>, Failed> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let recorder = Recorder::new(&suite().catalogue);
    let played = runtime.block_on(async {
        let mut ground = Ground::prepare(target, &recorder, &[mode], &[Way::Api], None, stop).await?;
        ground.play(scenario, mode, &|_| false).await
    })?;
    Ok(played.map(|surprise| surprise.requirement()))
}

/// Whatever is drawn prints as a scenario that reads back as the same.
fn prints(property: Property) -> Result<(), Failed> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let walks = fuzz::walks(property, property.modes(), Abilities { restarts: true, clock: true });
    for _ in 0..100 {
        let (world, ops, _) = walks.new_tree(&mut runner)?.current();
        let world = ops.iter().fold(world, |world, op| world.after(op));
        let text = world.scenario().to_string();
        let read = Scenario::parse("walk", &text).map_err(|wrong| format!("{wrong:?}\n{text}"))?;
        assert_eq!(read.to_string(), text);
        assert!(read.steps().eq(world.scenario().steps()), "{text}");
        assert_eq!((&read.modes, &read.settings), (&vec![world.mode.into()], &world.settings));
    }
    Ok(())
}

/// The oracle has nothing against any answer of the reference server to any scenario.
fn is_never_surprised(mode: Mode) -> Result<(), Failed> {
    let runtime = runtime()?;
    for scenario in suite().of_mode(mode) {
        let plan = Plan {
            modes: vec![mode.into()],
            scenarios: vec![scenario.name.clone()],
            requirements: Vec::new(),
            ways: vec![Way::Api],
            given: None,
            jobs: 1,
        };
        let recorder = Recorder::new(&suite().catalogue);
        let check = Check::new(suite(), &Reference, &plan, &recorder);
        runtime.block_on(check.run()).map_err(|_| "the clock does not follow")?;
        let surprises = recorder.surprises();
        assert!(surprises.is_empty(), "{}: {surprises:#?}", scenario.name);
    }
    Ok(())
}

/// Looks for a walk that two targets answer differently.
fn diff(
    targets: [&dyn Target; 2],
    property: Property,
    cases: u32,
    documented: bool,
) -> Result<Option<Divergence>, Failed> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let recorders = [Recorder::new(&suite().catalogue), Recorder::new(&suite().catalogue)];
    let prepare =
        |at: usize| Ground::prepare(targets[at], &recorders[at], &Mode::ALL, &[Way::Api], None, stop.clone());
    let left = RefCell::new(runtime.block_on(prepare(0))?);
    let right = RefCell::new(runtime.block_on(prepare(1))?);
    let diff = Diff { property, modes: &Mode::ALL, cases, seed: SEED, documented };
    Ok(diff.run(&runtime, [&left, &right], &|| ())?.0)
}

fn alike() -> Result<(), Failed> {
    for property in Property::ALL {
        let found = diff([&Reference, &Model::default()], property, 24, true)?;
        assert!(found.is_none(), "{found:#?}");
    }
    Ok(())
}

fn one_has_left() -> Result<(), Failed> {
    let fault = faults::all().find(|fault| fault.name == "logout-of-user").ok_or("it has another name")?;
    let wrong = Model { fault: Some(fault) };
    let found = diff([&Reference, &wrong], Property::Logout, 64, true)?.ok_or("nothing was found")?;
    let [reference, wrong] = &found.deviations;
    assert!(reference.is_none(), "{found:#?}");
    let ids = &wrong.as_ref().ok_or("nobody has left the documents")?.requirements;
    assert!(ids.contains(&"logout.only-that-session"), "{found:#?}");
    Ok(())
}

fn silent() -> Result<(), Failed> {
    let found = diff([&Reference, &Model::default()], Property::Gate, 256, false)?;
    let found = found.ok_or("two servers that answer all alike, also where they are free")?;
    assert_eq!(found.deviations, [None, None], "{found:#?}");
    assert!(!found.freedoms.is_empty(), "{found:#?}");
    Ok(())
}
