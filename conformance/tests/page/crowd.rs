//! Implementations by the hundred, with findings that a check has really made.
//!
//! Deviations of the reference server are checked once, by the scenarios that tell; an implementation of the
//! crowd has some of them, as students share their mistakes. Everything else is met.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use report::{Entry, Unjudged};
use runner::check::{Check, Plan};
use spec::catalogue::Need;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::TargetKind;
use spec::results::{Finding, Kind, Verdicts};
use spec::results::{Report, TargetInfo};
use targets::Target;
use targets::command::Command;
use targets::progress::event::NoListener;

use test_support::broken::{Broken, Fault};
use test_support::suite::suite;

/// The deviations, each with the mode and the scenarios in which it is looked for.
const DEVIATIONS: [(Fault, Mode, &[&str]); 10] = [
    (Fault::LoginIsCreated, Mode::SessionAuth, &["session-07-login"]),
    (Fault::ReusedSession, Mode::SessionAuth, &["session-02-several", "beyond-unique-ids"]),
    (Fault::LogoutEndsAll, Mode::SessionAuth, &["session-08-only-that"]),
    (Fault::EndsEarly, Mode::SessionExpAuth, &["session-09-boundary"]),
    (Fault::EndsLate, Mode::SessionDbAuth, &["session-10-expiry-to-the-second"]),
    (Fault::GarbageForMe, Mode::BasicAuth, &["basic-11-current-user", "session-00-me"]),
    (Fault::ShowsHash, Mode::SessionAuth, &["api-users-read", "api-bytes"]),
    (Fault::NoCors, Mode::SessionAuth, &["session-07-bytes", "api-status"]),
    (Fault::LostOnRestart, Mode::SessionDbAuth, &["session-10-restart"]),
    (Fault::NoCookie, Mode::SessionExpAuth, &[]),
];

/// The verdicts of each of them, in the same order.
static FOUND: LazyLock<Vec<Report>> = LazyLock::new(|| {
    DEVIATIONS.iter().map(|(fault, mode, scenarios)| check(&Broken(*fault), *mode, scenarios)).collect()
});

fn check(target: &dyn Target, mode: Mode, scenarios: &[&str]) -> Report {
    let plan = Plan {
        modes: vec![mode.into()],
        scenarios: scenarios.iter().map(|name| (*name).to_owned()).collect(),
        requirements: Vec::new(),
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs: 1,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(Check::new(suite(), target, &plan, &NoListener).run()).expect("the clock follows").report
}

/// An implementation with these deviations; whole without any.
pub fn implementation(name: &str, deviations: &[Fault]) -> Entry {
    let mut worst: BTreeMap<(&str, Subject), Finding> = BTreeMap::new();
    for row in suite().catalogue.of_the_api() {
        worst.extend(row.modes.iter().map(|mode| ((row.id.as_str(), *mode), met(&row.id, *mode))));
    }
    let has = |(fault, ..): &(Fault, Mode, &[&str])| deviations.contains(fault);
    let found = DEVIATIONS.iter().zip(&*FOUND).filter(|(deviation, _)| has(deviation));
    for finding in found.flat_map(|(_, report)| report.verdicts.in_order(&suite().catalogue)) {
        let known = worst.get_mut(&(finding.requirement.as_str(), finding.mode)).expect("it applies");
        if known.kind < finding.kind {
            known.clone_from(finding);
        }
    }
    let target = TargetInfo {
        name: name.to_owned(),
        kind: TargetKind::Command,
        command: Some("python3 -m api.v1.app".to_owned()),
        url: "http://127.0.0.1:5000".to_owned(),
        clock: ClockKind::Faketime,
        seeding: Some(SeedMethod::Api),
    };
    let verdicts = Verdicts::from(worst.into_values().collect::<Vec<_>>());
    Entry::judged(Report {
        target,
        modes: Subject::of_api(&Mode::ALL),
        verdicts,
        outputs: BTreeMap::new(),
        likenesses: Vec::new(),
    })
}

fn met(requirement: &str, mode: Subject) -> Finding {
    Finding {
        requirement: requirement.to_owned(),
        mode,
        kind: Kind::Met,
        place: None,
        at_home: false,
        reason: None,
        evidence: None,
        causes: Vec::new(),
    }
}

/// An implementation that does not serve in one mode: its program prints this and ends. In the others it has
/// these deviations.
pub fn ends_in_one_mode(name: &str, last_words: &str, deviations: &[Fault]) -> Entry {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let script = format!("cat >&2 <<'END'\n{last_words}\nEND\nexit 1\n");
    std::fs::write(folder.path().join("run.sh"), script).expect("a script can be written");
    let command = Command::new(folder.path(), Some("sh run.sh"), ClockKind::None).expect("it is a command");
    let failed = check(&command, Mode::SessionDbAuth, &[]);
    let mut report = judged(implementation(name, deviations));
    let others = report.verdicts.in_order(&suite().catalogue).filter(|one| one.mode != Mode::SessionDbAuth);
    let all = others.chain(failed.verdicts.in_order(&suite().catalogue)).cloned().collect::<Vec<_>>();
    report.verdicts = Verdicts::from(all);
    report.outputs = failed.outputs;
    Entry::judged(report)
}

/// An implementation whose time could not be made to pass.
pub fn without_clock(name: &str) -> Entry {
    let mut report = judged(implementation(name, &[]));
    let without = |finding: &Finding| {
        let row = suite().catalogue.find(&finding.requirement).expect("it is in the catalogue");
        let reason = "this target has no clock".to_owned();
        match row.needs.contains(&Need::Clock) {
            true => Finding { kind: Kind::NotChecked, reason: Some(reason), ..finding.clone() },
            false => finding.clone(),
        }
    };
    let all = report.verdicts.in_order(&suite().catalogue).map(without).collect::<Vec<_>>();
    report.verdicts = Verdicts::from(all);
    Entry::judged(report)
}

fn judged(entry: Entry) -> Report {
    entry.result.expect("it was judged")
}

/// An implementation whose program cannot be started.
pub fn unjudged(name: &str) -> Entry {
    let why = Unjudged {
        class: "import-error".to_owned(),
        why: "the program ended at once (exit status: 1): No module named 'flask_cors'".to_owned(),
        output: "Traceback (most recent call last):\n  File \"./api/v1/app.py\", line 8, in <module>\n\
                 ModuleNotFoundError: No module named 'flask_cors'\n"
            .to_owned(),
    };
    Entry { name: name.to_owned(), result: Err(why) }
}

/// A small class, in which every sort of verdict comes up.
pub fn class() -> Vec<Entry> {
    vec![
        implementation("ada__whole", &[]),
        implementation("bob__creates", &[Fault::LoginIsCreated]),
        implementation("eve__creates", &[Fault::LoginIsCreated]),
        implementation("kim__shows-hash", &[Fault::ShowsHash, Fault::NoCors]),
        implementation("lee__no-cookie", &[Fault::NoCookie]),
        without_clock("max__no-clock"),
        ends_in_one_mode(
            "pat__ends",
            "Traceback: <b>&amp;</b>\nModuleNotFoundError: No module named 'models.user_session'",
            &[],
        ),
        unjudged("sam__lost"),
        unjudged("tom__lost"),
    ]
}

/// So many implementations: every ninth could not be judged, some are whole, and many share their mistakes.
pub fn crowd(size: usize) -> Vec<Entry> {
    let one = |number: usize| {
        let name = format!("student-{number:03}__session-authentication");
        let which = number * number % 64 * 5;
        let faults = DEVIATIONS.iter().map(|(fault, ..)| *fault);
        let has: Vec<Fault> =
            faults.enumerate().filter(|(place, _)| which >> place & 1 == 1).map(|(_, fault)| fault).collect();
        match number % 9 {
            8 => unjudged(&name),
            _ => implementation(&name, &has),
        }
    };
    (0..size).map(one).collect()
}
