//! Every scenario in every mode, against its accepted transcript: one trial each.
//!
//! - `reference::MODE::SCENARIO`: the reference server in process, through insta, so that
//!   `INSTA_UPDATE=always` and `cargo insta review` update the accepted transcripts;
//! - `model::…`: the model of the requirements in process, a second implementation that keeps the accepted
//!   transcripts honest;
//! - `server::…`: the `server` binary, spawned; `flask::…`: our own Flask implementation, spawned;
//! - with `CONFORMANCE_URL` set, only `url::…`: what runs there, in the mode `CONFORMANCE_MODE`, with the
//!   stored user `CONFORMANCE_USER` (EMAIL:PASSWORD).
//!
//! Trials that need a program which the machine lacks are skipped, and say so; if `CI` is set, that is a failure.
//!
//! This file stands beside the snapshots, since `cargo insta` looks for new ones only where a package or the source
//! of a target is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use conformance::reference::Reference;
use libtest_mimic::{Arguments, Failed, Trial};
use runner::check::{Check, Plan, ScenarioRun};
use search::served_model::Model;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::transcript::Transcript;
use targets::clock;
use targets::command::Command;
use targets::detect;
use targets::progress::event::NoListener;
use targets::url::Url;
use targets::{Isolation, NewUser, Target};
use test_support::implementations::{flask, skipped};
use test_support::program::server_path;
use test_support::skip::say_skipped;
use test_support::suite::{scenarios_folder, suite};

fn main() {
    let arguments = Arguments::from_args();
    let trials = match std::env::var("CONFORMANCE_URL") {
        Ok(url) => of_url(&url),
        Err(_) => [of_reference(), of_model(), of_server(), of_flask()].into_iter().flatten().collect(),
    };
    libtest_mimic::run(&arguments, trials).exit();
}

/// Lists every mode with every scenario that names it.
fn pairs() -> Vec<(Mode, String)> {
    let of = |mode| suite().of_mode(mode).into_iter().map(move |scenario| (mode, scenario.name.clone()));
    Mode::ALL.into_iter().flat_map(of).collect()
}

fn of_reference() -> Vec<Trial> {
    let trial = |(mode, scenario): (Mode, String)| {
        let name = format!("reference::{mode}::{scenario}");
        Trial::test(name, move || {
            let played = play(&Reference, &[mode], Some(&scenario), &[SeedMethod::Api], None)?;
            let transcript = &played[&(mode.into(), scenario.clone())];
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(scenarios_folder().join("snapshots"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(scenario.as_str(), transcript.to_string()));
            Ok(())
        })
    };
    pairs().into_iter().map(trial).collect()
}

fn of_model() -> Vec<Trial> {
    let trial = |(mode, scenario): (Mode, String)| {
        Trial::test(format!("model::{mode}::{scenario}"), move || {
            let played = play(&Model::default(), &[mode], Some(&scenario), &[SeedMethod::Api], None)?;
            compare(mode, &scenario, &played)
        })
    };
    pairs().into_iter().map(trial).collect()
}

fn of_server() -> Vec<Trial> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let binary = server_path();
    let command = Command::new(folder.path(), Some(&binary.display().to_string()), clock_of_spawned());
    let target = command.expect("the binary is a command");
    // A program outside Flask has none of the documents' Python programs to run.
    spawned("server", target, Some(folder), false)
}

fn of_flask() -> Vec<Trial> {
    match flask() {
        Ok(folder) => {
            let target = Command::new(&folder, None, clock_of_spawned()).expect("our Flask project is one");
            spawned("flask", target, None, true)
        }
        Err(missing) => skipped("flask", "our Flask implementation", &missing),
    }
}

fn clock_of_spawned() -> ClockKind {
    match clock::library() {
        Some(_) => ClockKind::Faketime,
        None => {
            say_skipped(
                "the fine expiry steps on spawned programs",
                "no faketime (Debian: apt-get install faketime)",
            );
            ClockKind::Wall
        }
    }
}

/// One check of the whole target, which all of its trials share; the first of them to run does it.
fn spawned(name: &str, target: Command, folder: Option<tempfile::TempDir>, programs: bool) -> Vec<Trial> {
    let seed_methods: &[SeedMethod] = if programs { &SeedMethod::UNAIDED } else { &[SeedMethod::Api] };
    let shared: Arc<Mutex<Option<Result<Played, String>>>> = Arc::default();
    let context = Arc::new((target, folder));
    let trial = |(mode, scenario): (Mode, String)| {
        let (shared, context) = (Arc::clone(&shared), Arc::clone(&context));
        Trial::test(format!("{name}::{mode}::{scenario}"), move || {
            let mut played = shared.lock().map_err(|_| "another trial's check panicked")?;
            let played = played.get_or_insert_with(|| {
                play(&context.0, &Mode::ALL, None, seed_methods, None).map_err(|failed| format!("{failed:?}"))
            });
            let played = played.as_ref().map_err(Clone::clone)?;
            compare(mode, &scenario, played)
        })
    };
    pairs().into_iter().map(trial).collect()
}

fn of_url(url: &str) -> Vec<Trial> {
    let variable = |name: &str| std::env::var(name).ok();
    let mode = variable("CONFORMANCE_MODE")
        .map_or(Mode::SessionAuth, |mode| mode.parse().expect("CONFORMANCE_MODE names a mode"));
    let user = variable("CONFORMANCE_USER")
        .map(|user| detect::user(&user).expect("CONFORMANCE_USER is EMAIL:PASSWORD"));
    let name = variable("SESSION_NAME").unwrap_or_else(|| "_my_session_id".to_owned());
    let target = Url::new(url, mode, &name, None, ClockKind::None);
    let trial = |(mode, scenario): (Mode, String)| {
        let (target, user) = (target.clone(), user.clone());
        Trial::test(format!("url::{mode}::{scenario}"), move || {
            let played = play(&target, &[mode], Some(&scenario), &[SeedMethod::Given], user)?;
            compare(mode, &scenario, &played)
        })
    };
    pairs().into_iter().filter(|(of, _)| *of == mode).map(trial).collect()
}

/// The transcripts of a check.
type Played = BTreeMap<(Subject, String), Transcript>;

fn play(
    target: &dyn Target,
    modes: &[Mode],
    scenario: Option<&str>,
    seed_methods: &[SeedMethod],
    given: Option<NewUser>,
) -> Result<Played, Failed> {
    let plan = Plan {
        modes: Subject::of_api(modes),
        scenarios: scenario.into_iter().map(str::to_owned).collect(),
        requirements: Vec::new(),
        seed_methods: seed_methods.to_vec(),
        given,
        jobs: 4,
    };
    let check = Check::new(suite(), target, &plan, &NoListener);
    let runtime = tokio::runtime::Runtime::new()?;
    let checked = runtime.block_on(check.run());
    let checked = checked.map_err(|_| "the target's clock does not follow its driver")?;
    if target.isolation() == Isolation::Shared {
        runtime.block_on(check.forget_users());
    }
    let transcript = |run: &ScenarioRun<'_>| ((run.mode, run.scenario.name.clone()), run.transcript());
    Ok(checked.runs.iter().map(transcript).collect())
}

/// Fails with a difference where the played transcript is not the accepted one.
///
/// Steps that this target cannot carry out are passed over: they say so in both reports and here.
fn compare(mode: Mode, scenario: &str, played: &Played) -> Result<(), Failed> {
    let transcript = played.get(&(mode.into(), scenario.to_owned())).ok_or("it was not played")?;
    let accepted = suite().accepted(scenario).ok_or("it was never accepted; run `just review`")?;
    let not_checked = |line: &String| line.starts_with("(not checked: ");
    let wanted: String = accepted
        .blocks
        .iter()
        .zip(&transcript.blocks)
        .take_while(|(_, block)| !block.lines.iter().any(not_checked))
        .map(|(block, _)| Transcript { blocks: vec![block.clone()] }.to_string())
        .collect();
    let got: String = transcript
        .blocks
        .iter()
        .take_while(|block| !block.lines.iter().any(not_checked))
        .map(|block| Transcript { blocks: vec![block.clone()] }.to_string())
        .collect();
    if wanted == got {
        return Ok(());
    }
    let difference = similar::TextDiff::from_lines(&wanted, &got);
    Err(format!("{}", difference.unified_diff().header("accepted", "answered").context_radius(4)).into())
}
