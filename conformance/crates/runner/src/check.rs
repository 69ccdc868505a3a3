//! Checks: every scenario on one target in every mode, judged and summed up in a report.

mod instances;
mod mode;
mod schedule;

use std::collections::BTreeMap;
use std::sync::PoisonError;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use self::instances::Setup;
use crate::attribution::resolve;
use crate::judge::{Judge, plain_run};
use crate::prepare::ClockUnproved;
use crate::replay;
use spec::catalogue::Subject;
use spec::plain::Plain;
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::run::Run;
use spec::results::{Finding, Kind, Verdicts};
use spec::results::{Report, TargetInfo};
use spec::scenario::print::{redis_cli, shell};
use spec::scenario::{Action, Scenario, Step};
use spec::suite::Suite;
use spec::transcript::Transcript;
use spec::transcript::aliases::EmailAliases;
use targets::clock::NoClock;
use targets::instance::{Created, Instance};
use targets::progress::event::{Event, EventListener};
use targets::seed;
use targets::seed::Seeds;
use targets::{Isolation, NewUser, ServerSettings, Target};

/// What to check, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The modes, in order.
    pub modes: Vec<Subject>,
    /// Names of scenarios; empty for all of them.
    pub scenarios: Vec<String>,
    /// Ids of requirements; empty for all of them.
    pub requirements: Vec<String>,
    /// The methods to store users, in order.
    pub seed_methods: Vec<SeedMethod>,
    /// A user that is stored already.
    pub given: Option<NewUser>,
    /// The number of batches that are replayed side by side; at least one.
    pub jobs: usize,
}

impl Plan {
    /// Returns the scenarios to replay in a mode.
    pub fn scenarios<'a>(&self, suite: &'a Suite, mode: impl Into<Subject>) -> Vec<&'a Scenario> {
        let wanted = |scenario: &&Scenario| {
            let named = self.scenarios.is_empty() || self.scenarios.contains(&scenario.name);
            let bears = self.requirements.is_empty()
                || self.requirements.iter().any(|id| scenario.names_requirement(id));
            named && bears
        };
        suite.of_mode(mode).into_iter().filter(wanted).collect()
    }

    /// Returns whether verdicts on this requirement are asked for.
    fn asks_for(&self, requirement: &str) -> bool {
        self.requirements.is_empty() || self.requirements.iter().any(|id| id == requirement)
    }
}

/// The number of sleeping batches for each slot of the others.
const SLEEPING_PER_SLOT: usize = 4;

/// Returns the number of batches that this machine can replay side by side: two a core, since each waits for its
/// server.
pub fn side_by_side() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2)
}

/// Returns the users that a scenario wants stored before it begins, under this run's addresses.
pub fn users(scenario: &Scenario, emails: &EmailAliases) -> Vec<NewUser> {
    let nothing = |_: &str| None;
    let user = |step: &Step| match &step.action {
        Action::User(user) => Some(NewUser {
            email: emails.alias(&user.email.expand(&nothing).ok()?).to_owned(),
            password: user.password.expand(&nothing).ok()?,
        }),
        _ => None,
    };
    scenario.steps().filter_map(user).collect()
}

/// A check under way: what all of its parts share.
pub struct Check<'s, 'a> {
    suite: &'s Suite,
    target: &'a dyn Target,
    plan: &'a Plan,
    listener: &'a dyn EventListener,
    /// A part of every made-up address, which makes it unique to this check.
    nonce: String,
    created: Created,
    /// Each batch holds a permit while it runs.
    slots: Semaphore,
    /// The same for batches that sleep.
    sleeping_slots: Semaphore,
}

/// The result of a check.
#[derive(Debug)]
pub struct Checked<'s> {
    /// The verdicts.
    pub report: Report,
    /// The run of every scenario that was replayed, in the order of the plan's modes and the suite's scenarios.
    pub runs: Vec<ScenarioRun<'s>>,
}

/// A scenario that was replayed in one mode.
#[derive(Debug)]
pub struct ScenarioRun<'s> {
    /// The mode.
    pub mode: Subject,
    /// The scenario.
    pub scenario: &'s Scenario,
    /// The outcome of its steps.
    pub run: Run,
}

impl ScenarioRun<'_> {
    /// Writes the run as text.
    pub fn transcript(&self) -> Transcript {
        self.run.transcript(self.scenario)
    }
}

impl<'s, 'a> Check<'s, 'a> {
    /// Creates a check of `target`. The listener is told of its progress.
    pub fn new(
        suite: &'s Suite,
        target: &'a dyn Target,
        plan: &'a Plan,
        listener: &'a dyn EventListener,
    ) -> Self {
        let nonce = if target.keeps_data() { uuid::Uuid::new_v4().to_string() } else { String::new() };
        let jobs = plan.jobs.max(1);
        let (slots, sleeping_slots) = (Semaphore::new(jobs), Semaphore::new(jobs * SLEEPING_PER_SLOT));
        Self { suite, target, plan, listener, nonce, created: Created::default(), slots, sleeping_slots }
    }

    /// Returns the report of a target that could not be judged: every verdict is an error with this reason.
    pub fn unjudged(&self, reason: &str) -> Report {
        let mut verdicts = Verdicts::default();
        for mode in &self.plan.modes {
            verdicts.extend(self.everything(*mode, Kind::Error, reason));
        }
        let target = self.target_info(ClockKind::None, None);
        Report {
            target,
            modes: self.plan.modes.clone(),
            verdicts,
            outputs: BTreeMap::new(),
            likenesses: Vec::new(),
        }
    }

    fn target_info(&self, clock: ClockKind, seeding: Option<SeedMethod>) -> TargetInfo {
        TargetInfo {
            name: self.target.name(),
            kind: self.target.kind(),
            command: self.target.command(),
            url: self.target.public_url(),
            clock,
            seeding,
        }
    }

    /// Replays every scenario in every mode, and judges what was answered.
    ///
    /// # Errors
    ///
    /// When the target's clock driver could not be proved; nothing was judged then.
    pub async fn run(&self) -> Result<Checked<'s>, ClockUnproved> {
        let total = self.plan.modes.iter().map(|mode| self.plan.scenarios(self.suite, *mode).len()).sum();
        self.listener.on_event(&Event::Planned { scenarios: total });
        let Setup { instances, clock, mut seeding } = self.set_up().await?;
        let mut modes: FuturesUnordered<_> =
            self.plan.modes.iter().map(|mode| self.mode(*mode, &instances)).collect();
        let mut verdicts = Verdicts::default();
        let mut outputs = BTreeMap::new();
        let mut runs = BTreeMap::new();
        while let Some(mut result) = modes.next().await {
            resolve::resolve(&mut result.findings);
            verdicts.extend(result.findings.into_iter().filter(|one| self.plan.asks_for(&one.requirement)));
            seeding = seeding.or(result.seeding);
            outputs.extend(result.output.map(|output| (result.mode, output)));
            runs.insert(result.mode, result.runs);
        }
        verdicts.trace_blockers();
        let target = self.target_info(clock, seeding);
        let modes = self.plan.modes.clone();
        let runs = modes.iter().filter_map(|mode| runs.remove(mode)).flatten().collect();
        Ok(Checked { report: Report { target, modes, verdicts, outputs, likenesses: Vec::new() }, runs })
    }

    /// Deletes the users that this check has created at a target that keeps its data, interrupted or not.
    ///
    /// Returns the number of users that are still there and could not be deleted.
    pub async fn forget_users(&self) -> usize {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        let mode = self.plan.modes.iter().find_map(|subject| subject.api_mode());
        let (Some(mode), Ok(sandbox)) = (mode, self.target.open().await) else {
            return created.len();
        };
        seed::forget(&mut Instance::new(sandbox), mode, self.plan.given.as_ref(), created).await
    }

    /// Returns the addresses of a scenario in this run.
    fn emails(&self, scenario: &Scenario) -> EmailAliases {
        match self.target.isolation() {
            Isolation::PerScenario => EmailAliases::as_written(),
            _ => EmailAliases::unique(&scenario.source, &format!("{} {}", self.nonce, scenario.name)),
        }
    }

    fn users(&self, scenario: &Scenario) -> Vec<NewUser> {
        users(scenario, &self.emails(scenario))
    }

    async fn replay(
        &self,
        instance: &mut Instance<'_>,
        scenario: &Scenario,
        mode: Subject,
        seeds: &Seeds,
    ) -> Run {
        replay::replay(instance, scenario, mode, seeds, self.emails(scenario)).await.run
    }

    fn judged(&self, scenario: &Scenario, mode: Subject, run: Run) -> (Run, Vec<Finding>) {
        let base = self.target.public_url();
        let plain = Plain::of(scenario, mode);
        let scenario = plain.scenario();
        let steps: Vec<&Step> = scenario.steps().collect();
        let reproduce = |index: usize| {
            if scenario.is_of_redis() {
                return redis_cli::line(&steps[..=index], &base).map(|line| (line, String::new()));
            }
            let settings = ServerSettings::at(mode, scenario, index);
            let repeated = shell::reproduce(&steps[..=index], &base, &settings.session_name)?;
            let settings = ServerSettings::at(mode, scenario, repeated.first).environment(&NoClock);
            let start = settings.iter().map(|(name, value)| format!("{name}={value}"));
            Some((repeated.line, start.collect::<Vec<_>>().join(" ")))
        };
        let judge = Judge { catalogue: &self.suite.catalogue, scenario, mode, reproduce: &reproduce };
        let verdicts = match self.suite.accepted(&scenario.name) {
            Some(accepted) => judge
                .judge(&plain.accepted(accepted), &plain_run(&plain, &run))
                .map_err(|error| error.to_string()),
            None => Err(format!("no transcript of {} was ever accepted; run `just review`", scenario.name)),
        };
        let findings = verdicts.unwrap_or_else(|why| judge.nothing(Kind::Error, &why));
        (run, findings)
    }

    /// Returns the same finding for every requirement of a mode.
    fn everything(&self, mode: Subject, kind: Kind, reason: &str) -> Vec<Finding> {
        let rows = self.suite.catalogue.rows().iter().filter(|row| row.modes.contains(&mode));
        rows.map(|row| Finding {
            requirement: row.id.clone(),
            mode,
            kind,
            place: None,
            at_home: false,
            reason: Some(reason.to_owned()),
            evidence: None,
            causes: Vec::new(),
        })
        .collect()
    }

    fn documented(&self, scenario: &Scenario, mode: Subject) -> bool {
        let settings = ServerSettings::new(mode, &scenario.settings);
        settings == ServerSettings { profile: settings.profile, ..ServerSettings::documented(mode) }
    }
}
