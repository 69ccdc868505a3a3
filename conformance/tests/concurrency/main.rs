//! Requests at once: correct servers answer them as if they had come one after another, and those that lose a race
//! are found by the requirement that speaks of it.

mod racy;

use conformance::reference::Reference;
use libtest_mimic::{Arguments, Failed, Trial};
use search::concurrency::{Campaign, CampaignResult, Setup, SetupError, Trials, Violation};
use search::served_model::Model;
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::scenario::Scenario;
use targets::command::Command;
use targets::instance::Instance;
use targets::progress::event::NoListener;
use targets::{Stop, Target};
use test_support::implementations;
use test_support::program::server_path;

use self::racy::{Race, Racy};

/// Every mode that has sessions.
const MODES: [Mode; 3] = [Mode::SessionAuth, Mode::SessionExpAuth, Mode::SessionDbAuth];

fn main() {
    let arguments = Arguments::from_args();
    let trials = [of_reference(), of_model(), of_server(), of_flask(), of_racy()];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}

fn of_reference() -> Vec<Trial> {
    of_modes("reference", |mode| is_sound(&Reference, mode, 40, &[SeedMethod::Api]))
}

fn of_model() -> Vec<Trial> {
    of_modes("model", |mode| is_sound(&Model::default(), mode, 40, &[SeedMethod::Api]))
}

fn of_server() -> Vec<Trial> {
    of_modes("server", |mode| {
        let folder = tempfile::tempdir()?;
        let binary = server_path().display().to_string();
        is_sound(&Command::new(folder.path(), Some(&binary), ClockKind::None)?, mode, 40, &[SeedMethod::Api])
    })
}

fn of_flask() -> Vec<Trial> {
    match implementations::flask() {
        Ok(folder) => of_modes("flask", move |mode| {
            is_sound(&Command::new(&folder, None, ClockKind::None)?, mode, 10, &SeedMethod::UNAIDED)
        }),
        Err(missing) => implementations::skipped("flask", "our Flask implementation", &missing),
    }
}

fn of_modes(name: &str, test: impl Fn(Mode) -> Result<(), Failed> + Clone + Send + 'static) -> Vec<Trial> {
    let trial = |mode: Mode| {
        let test = test.clone();
        Trial::test(format!("{name}::{mode}"), move || test(mode))
    };
    MODES.into_iter().map(trial).collect()
}

/// Asserts that nothing is found.
fn is_sound(target: &dyn Target, mode: Mode, cases: u32, seed_methods: &[SeedMethod]) -> Result<(), Failed> {
    let bag = hunt(target, mode, seed_methods, cases, 1)?;
    if let Some(violation) = bag.violations.first() {
        return Err(violation.to_string().into());
    }
    assert_eq!(bag.cases, cases, "a hunt that finds nothing tries every case");
    Ok(())
}

fn hunt(
    target: &dyn Target,
    mode: Mode,
    seed_methods: &[SeedMethod],
    cases: u32,
    seed: u64,
) -> Result<CampaignResult, Failed> {
    // On one thread: which of two tasks goes on does not depend on the machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bag: Result<CampaignResult, SetupError> = runtime.block_on(async {
        let mut instance = Instance::open(target, &NoListener).await?;
        let setup = Setup::seed(&mut instance, mode, seed_methods).await?;
        instance.end(Stop::Polite).await?;
        Campaign { cases, seed, repeats: 5 }.run(&mut Trials::new(&instance, setup)).await
    });
    Ok(bag?)
}

/// The expected result for a server that loses a race.
struct Expected {
    race: Race,
    /// The seed of the plans; not every seed gives a plan that shows the race among so few.
    seed: u64,
    /// The requirements that speak of it; each of them is named.
    requirements: &'static [&'static str],
    /// The step with the requests at once, if a scenario can express it.
    parallel: Option<&'static str>,
    /// Whether one client alone meets it too, by its next request.
    is_sequential: bool,
}

/// The number of plans for a server that loses a race.
const CASES: u32 = 30;

const EXPECTED: [Expected; 5] = [
    Expected {
        race: Race::LateLogout,
        seed: 1,
        requirements: &["security.logout-once"],
        parallel: Some(
            "$ parallel 2 curl \"$URL/api/v1/auth_session/logout\" -XDELETE --cookie \"_my_session_id=$SESSION\"",
        ),
        is_sequential: false,
    },
    Expected {
        race: Race::EarlyAnswer,
        seed: 1,
        requirements: &["logout.ends-session", "security.logout-once"],
        parallel: None,
        is_sequential: true,
    },
    Expected {
        race: Race::SharedLogin,
        seed: 1,
        requirements: &["security.unique-ids", "login.new-session"],
        parallel: Some(
            "$ parallel 2 curl \"$URL/api/v1/auth_session/login\" -XPOST -d \"email=bob@hbtn.io\" -d \"password=fake pwd\"",
        ),
        is_sequential: false,
    },
    Expected {
        race: Race::LostUpdate,
        seed: 4,
        requirements: &["users.update"],
        parallel: None,
        is_sequential: false,
    },
    Expected {
        race: Race::CrashingDelete,
        seed: 1,
        requirements: &["security.no-server-error"],
        parallel: None,
        is_sequential: false,
    },
];

fn of_racy() -> Vec<Trial> {
    let slow =
        Trial::test("racy::None", || is_sound(&Racy(Race::None), Mode::SessionAuth, 40, &[SeedMethod::Api]));
    let lost = EXPECTED
        .iter()
        .map(|expected| Trial::test(format!("racy::{:?}", expected.race), move || is_found(expected)));
    std::iter::once(slow).chain(lost).collect()
}

/// Asserts that the race that a server loses is found, and reported under its requirements.
fn is_found(expected: &Expected) -> Result<(), Failed> {
    let bag = hunt(&Racy(expected.race), Mode::SessionAuth, &[SeedMethod::Api], CASES, expected.seed)?;
    let told = |violation: &Violation| format!("{violation}\n{}", violation.scenario().unwrap_or_default());
    let Some(first) = bag.violations.first() else { return Err("nothing was found".into()) };
    let all: Vec<String> = bag.violations.iter().map(told).collect();
    if !expected.requirements.iter().all(|id| first.requirements.contains(id)) {
        return Err(format!("not named: one of {:?}\n{}", expected.requirements, all.join("\n")).into());
    }
    if let Some(step) = expected.parallel {
        let text = first.scenario().ok_or_else(|| format!("no scenario says this:\n{first}"))?;
        assert!(text.contains(step), "{text}");
        let scenario = Scenario::parse("at-once", &text).map_err(|errors| format!("{text}\n{errors:?}"))?;
        assert_eq!(scenario.to_string(), text, "it reads back as it was");
    }
    let Some(again) = first.recurrence else { return Err("it was not carried out again".into()) };
    assert_eq!(again.times, again.runs, "the race is lost each time");
    assert_eq!(first.is_sequential, expected.is_sequential, "{first}");
    Ok(())
}
