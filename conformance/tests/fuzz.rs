//! The properties, with few cases each: on every implementation of ours, and on servers that break them.
//!
//! Every answer of every scenario is also judged by the oracle, which must be surprised by none: it and the accepted
//! transcripts keep each other honest.

use conformance::console;
use conformance::reference::Reference;
use libtest_mimic::{Arguments, Failed, Trial};
use model::faults;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use runner::{check, replay};
use search::fuzz;
use search::fuzz::{
    Campaign, Capabilities, Counterexample, Diff, Divergence, Harness, Known, Property, Setup, Verifier,
};
use search::served_model::Model;
use spec::catalogue::Mode;
use spec::http::Request;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::scenario::{Scenario, Step};
use spec::transcript::aliases::EmailAliases;
use targets::clock;
use targets::command::Command;
use targets::instance::Instance;
use targets::observation::Observation;
use targets::progress::event::NoListener;
use targets::seed;
use targets::url::Url;
use targets::{NewUser, ServerSettings, Target};
use test_support::implementations;
use test_support::program::server_path;
use test_support::suite::suite;
use tokio::runtime::Runtime;

/// The seed of every sequence here: with a new one in each run these would be different tests each time.
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
            let binary = server_path().display().to_string();
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
    let folder = match implementations::flask() {
        Ok(folder) => folder,
        Err(missing) => return implementations::skipped("flask", "our Flask implementation", &missing),
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

fn setup<'a>(modes: &'a [Mode], seed_methods: &'a [SeedMethod]) -> Setup<'a> {
    Setup { catalogue: &suite().catalogue, listener: &NoListener, modes, seed_methods, given: None }
}

/// Runs a campaign on a target, and returns its counterexamples.
fn hunt(
    target: &dyn Target,
    property: Property,
    cases: u32,
    shrinks: u32,
) -> Result<Vec<Counterexample>, Failed> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let setup = setup(&Mode::ALL, &SeedMethod::UNAIDED);
    let mut harness = runtime.block_on(Harness::prepare(target, setup, stop))?;
    let campaign = Campaign { property, modes: &Mode::ALL, cases, seed: SEED, shrinks };
    let result = runtime.block_on(campaign.run(&mut harness, &Known::default(), &|| ()))?;
    assert!(result.passing.is_empty(), "answered otherwise when played again: {:?}", result.passing);
    Ok(result.counterexamples)
}

fn holds(target: &dyn Target, property: Property, cases: u32) -> Result<(), Failed> {
    match hunt(target, property, cases, 400)?.first() {
        None => Ok(()),
        Some(one) => Err(format!("{:?}\n{}", one.deviation, one.scenario).into()),
    }
}

/// A running server only gets requests, and no user of the sequences is left there.
fn at_a_url() -> Result<(), Failed> {
    let runtime = runtime()?;
    let given = NewUser { email: "given@hbtn.io".to_owned(), password: "given pwd".to_owned() };
    let mut instance = runtime.block_on(Instance::open(&Reference, &NoListener))?;
    runtime.block_on(seed::seed(
        &mut instance,
        Mode::SessionAuth.into(),
        std::slice::from_ref(&given),
        &[SeedMethod::Api],
        None,
    ));
    runtime.block_on(instance.ensure(&ServerSettings::documented(Mode::SessionAuth)))?;
    let url =
        Url::new(&instance.sandbox().base_url(), Mode::SessionAuth, "_my_session_id", None, ClockKind::None);
    let stop = runtime.block_on(async { console::listen() });
    let modes = [Mode::SessionAuth];
    let setup = Setup { given: Some(&given), ..setup(&modes, &[SeedMethod::Given]) };
    let mut harness = runtime.block_on(Harness::prepare(&url, setup, stop))?;
    for property in [Property::Users, Property::Walk] {
        let campaign = Campaign { property, modes: &modes, cases: 16, seed: SEED, shrinks: 400 };
        let result = runtime.block_on(campaign.run(&mut harness, &Known::default(), &|| ()))?;
        assert!(result.counterexamples.is_empty(), "{:#?}", result.counterexamples);
        assert_eq!(result.cases, 16);
    }
    assert_eq!(runtime.block_on(harness.leave(Mode::SessionAuth)), 0);
    let header = runtime.block_on(seed::credentials(&mut instance, Mode::SessionAuth, &given))?;
    let mut list = Request::get(format!("{}/api/v1/users", instance.sandbox().base_url()));
    list.headers.push(header);
    let users = runtime.block_on(instance.send(list)).answer?.json().ok_or("the list is JSON")?;
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
    let found = runtime.block_on(async {
        let modes = [mode];
        let mut harness = Harness::prepare(target, setup(&modes, &[SeedMethod::Api]), stop).await?;
        harness.find_mismatch(scenario, mode, &|_| false).await
    })?;
    Ok(found.map(|mismatch| mismatch.requirement()))
}

/// Whatever is drawn prints as a scenario that reads back as the same.
fn prints(property: Property) -> Result<(), Failed> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let sequences = fuzz::sequences(property, property.modes(), Capabilities { restarts: true, clock: true });
    for _ in 0..100 {
        let (state, transitions, _) = sequences.new_tree(&mut runner)?.current();
        let state = transitions.iter().fold(state, |state, transition| state.after(transition));
        let text = state.scenario().to_string();
        let read = Scenario::parse("walk", &text).map_err(|wrong| format!("{wrong:?}\n{text}"))?;
        assert_eq!(read.to_string(), text);
        assert!(read.steps().eq(state.scenario().steps()), "{text}");
        assert_eq!((&read.modes, &read.settings), (&vec![state.mode.into()], &state.settings));
    }
    Ok(())
}

/// The oracle has nothing against any answer of the reference server to any scenario.
fn is_never_surprised(mode: Mode) -> Result<(), Failed> {
    let runtime = runtime()?;
    for scenario in suite().of_mode(mode) {
        let mut verifier = Verifier::new(&suite().catalogue, false);
        let emails = EmailAliases::as_written();
        let replayed = runtime.block_on(async {
            let mut instance = Instance::open(&Reference, &NoListener).await?.recording();
            let users = check::users(scenario, &emails);
            // The replay returns what the seeding has done too, with its first step.
            let seeds = seed::seed(&mut instance, mode.into(), &users, &[SeedMethod::Api], None).await;
            Ok::<_, Failed>(replay::replay(&mut instance, scenario, mode, &seeds, emails).await)
        })?;
        let asks = |step: &Step| step.action.request().is_some();
        let is_answered = |one: &Observation| matches!(one, Observation::Answered { .. });
        assert!(
            !scenario.steps().any(asks) || replayed.observations.iter().any(|(_, one)| is_answered(one)),
            "{}: nothing was observed",
            scenario.name
        );
        let mismatches = verifier.verify(&replayed.observations);
        assert!(mismatches.is_empty(), "{}: {mismatches:#?}", scenario.name);
    }
    Ok(())
}

/// Looks for a sequence that two targets answer differently.
fn diff(
    targets: [&dyn Target; 2],
    property: Property,
    cases: u32,
    documented: bool,
) -> Result<Option<Divergence>, Failed> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { console::listen() });
    let setup = setup(&Mode::ALL, &[SeedMethod::Api]);
    let [left, right] = targets.map(|target| Harness::prepare(target, setup, stop.clone()));
    let diff = Diff { property, modes: &Mode::ALL, cases, seed: SEED, documented };
    let (found, _) =
        runtime.block_on(async { diff.run([&mut left.await?, &mut right.await?], &|| ()).await })?;
    Ok(found)
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
