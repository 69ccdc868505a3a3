//! The main job: every scenario against one target, in every mode, to a report.

mod mode;
mod prepare;
mod schedule;

use std::collections::BTreeMap;
use std::sync::PoisonError;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use self::prepare::Prepared;
use crate::attribution::resolve;
use crate::judge::Judge;
use crate::replay;
use spec::catalogue::Subject;
use spec::results::ClockKind;
use spec::results::TargetKind;
use spec::results::Way;
use spec::results::run::Run;
use spec::results::{Finding, Kind, Verdicts};
use spec::results::{Report, TargetInfo};
use spec::scenario::print::{redis_cli, shell};
use spec::scenario::{Action, Scenario, Step};
use spec::suite::Suite;
use spec::transcript::aliases::EmailAliases;
use targets::clock::NoClock;
use targets::instance::{Created, Stage};
use targets::progress::event::{Event, Listener};
use targets::seed;
use targets::seed::Seeds;
use targets::{Launch, NewUser, Target};

/// What to check, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The modes, in order.
    pub modes: Vec<Subject>,
    /// Names of scenarios; empty for all of them.
    pub scenarios: Vec<String>,
    /// Ids of requirements; empty for all of them.
    pub requirements: Vec<String>,
    /// The ways to get users in, in order.
    pub ways: Vec<Way>,
    /// A user that is stored already.
    pub given: Option<NewUser>,
    /// How many strands of scenarios are played side by side; at least one.
    pub jobs: usize,
}

impl Plan {
    /// Lists what to run in a mode.
    pub fn scenarios<'a>(&self, suite: &'a Suite, mode: impl Into<Subject>) -> Vec<&'a Scenario> {
        let wanted = |scenario: &&Scenario| {
            let named = self.scenarios.is_empty() || self.scenarios.contains(&scenario.name);
            let bears = self.requirements.is_empty()
                || self.requirements.iter().any(|id| scenario.names_requirement(id));
            named && bears
        };
        suite.of_mode(mode).into_iter().filter(wanted).collect()
    }

    /// Tells whether verdicts on this requirement are asked for.
    fn asks_for(&self, requirement: &str) -> bool {
        self.requirements.is_empty() || self.requirements.iter().any(|id| id == requirement)
    }
}

/// How many strands that sleep there may be for each that does not.
const SLEEPERS: usize = 4;

/// Gives how many strands this machine can play side by side: two a core, since each waits for its server.
pub fn side_by_side() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2)
}

/// A check under way: what all of its parts share.
pub struct Check<'a> {
    suite: &'a Suite,
    target: &'a dyn Target,
    plan: &'a Plan,
    listener: &'a dyn Listener,
    /// What the made-up addresses are unique to.
    nonce: String,
    created: Created,
    /// The room for strands; each takes a permit when it begins.
    slots: Semaphore,
    /// The room for strands that sleep.
    beds: Semaphore,
}

/// The clock driver does not move the target's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockUnproved;

impl<'a> Check<'a> {
    /// Plans the check of `target`.
    pub fn new(suite: &'a Suite, target: &'a dyn Target, plan: &'a Plan, listener: &'a dyn Listener) -> Self {
        let nonce = if target.keeps_data() { uuid::Uuid::new_v4().to_string() } else { String::new() };
        let jobs = plan.jobs.max(1);
        let (slots, beds) = (Semaphore::new(jobs), Semaphore::new(jobs * SLEEPERS));
        Self { suite, target, plan, listener, nonce, created: Created::default(), slots, beds }
    }

    /// Reports that nothing could be judged, and why: every verdict is an error.
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

    fn target_info(&self, clock: ClockKind, seeding: Option<Way>) -> TargetInfo {
        TargetInfo {
            name: self.target.name(),
            kind: self.target.kind(),
            command: self.target.command(),
            url: self.target.public_url(),
            clock,
            seeding,
        }
    }

    /// Runs every scenario in every mode and sums up.
    ///
    /// # Errors
    ///
    /// When the target's clock driver could not be proved; nothing was judged then.
    pub async fn run(&self) -> Result<Report, ClockUnproved> {
        let total = self.plan.modes.iter().map(|mode| self.plan.scenarios(self.suite, *mode).len()).sum();
        self.listener.hear(&Event::Planned { scenarios: total });
        let Prepared { ground, clock, mut seeding } = self.prepare().await?;
        let mut modes: FuturesUnordered<_> =
            self.plan.modes.iter().map(|mode| self.mode(*mode, &ground)).collect();
        let mut verdicts = Verdicts::default();
        let mut outputs = BTreeMap::new();
        while let Some(mut result) = modes.next().await {
            resolve::resolve(&mut result.findings);
            verdicts.extend(result.findings.into_iter().filter(|one| self.plan.asks_for(&one.requirement)));
            seeding = seeding.or(result.seeding);
            outputs.extend(result.output.map(|output| (result.mode, output)));
        }
        verdicts.trace_blockers();
        let target = self.target_info(clock, seeding);
        Ok(Report { target, modes: self.plan.modes.clone(), verdicts, outputs, likenesses: Vec::new() })
    }

    /// Deletes the users that this check has created at a target that keeps its data, interrupted or not.
    ///
    /// Gives the number of users that are still there and could not be deleted.
    pub async fn forget_users(&self) -> usize {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        let (Some(mode), Ok(site)) =
            (self.plan.modes.iter().find_map(|subject| subject.api_mode()), self.target.open().await)
        else {
            return created.len();
        };
        seed::forget(&mut Stage::new(site), mode, self.plan.given.as_ref(), created).await
    }

    /// The addresses of a scenario in this run.
    fn emails(&self, scenario: &Scenario) -> EmailAliases {
        match self.target.kind() {
            TargetKind::Reference => EmailAliases::as_written(),
            _ => EmailAliases::unique(&scenario.source, &format!("{} {}", self.nonce, scenario.name)),
        }
    }

    /// The users that a scenario wants stored before it begins.
    fn users(&self, scenario: &Scenario) -> Vec<NewUser> {
        let emails = self.emails(scenario);
        let nothing = |_: &str| None;
        scenario
            .steps()
            .filter_map(|step| match &step.action {
                Action::User(user) => Some(NewUser {
                    email: emails.alias(&user.email.expand(&nothing).ok()?).to_owned(),
                    password: user.password.expand(&nothing).ok()?,
                }),
                _ => None,
            })
            .collect()
    }

    async fn play(&self, stage: &mut Stage<'_>, scenario: &Scenario, mode: Subject, seeds: &Seeds) -> Run {
        replay::play(stage, scenario, mode, seeds, self.emails(scenario)).await
    }

    fn judged(&self, scenario: &Scenario, mode: Subject, run: Run) -> (Run, Vec<Finding>) {
        let base = self.target.public_url();
        let steps: Vec<&Step> = scenario.steps().collect();
        let reproduce = |index: usize| {
            if scenario.is_of_redis() {
                return redis_cli::line(&steps[..=index], &base).map(|line| (line, String::new()));
            }
            let launch = Launch::at(mode, scenario, index);
            let repeated = shell::reproduce(&steps[..=index], &base, &launch.session_name)?;
            let settings = Launch::at(mode, scenario, repeated.first).environment(&NoClock);
            let start = settings.iter().map(|(name, value)| format!("{name}={value}"));
            Some((repeated.line, start.collect::<Vec<_>>().join(" ")))
        };
        let judge = Judge { catalogue: &self.suite.catalogue, scenario, mode, reproduce: &reproduce };
        let verdicts = match self.suite.accepted(&scenario.name) {
            Some(accepted) => judge.judge(accepted, &run).map_err(|error| error.to_string()),
            None => Err(format!("no transcript of {} was ever accepted; run `just review`", scenario.name)),
        };
        let findings = verdicts.unwrap_or_else(|why| judge.nothing(Kind::Error, &why));
        (run, findings)
    }

    /// Says the same of every requirement of a mode that is asked for.
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
        let launch = Launch::of(mode, &scenario.settings);
        launch == Launch { profile: launch.profile, ..Launch::documented(mode) }
    }
}
