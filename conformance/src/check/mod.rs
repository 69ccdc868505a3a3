//! The main job: every scenario against one target, in every mode, to a report.

pub mod command;
mod prepare;

use std::collections::BTreeMap;
use std::sync::PoisonError;

use futures_util::StreamExt as _;
use futures_util::stream;

use self::prepare::{Home, Prepared};
use crate::client;
use crate::clock::{ClockKind, NoClock};
use crate::emails::Emails;
use crate::event::{Event, Listener};
use crate::judge::Judge;
use crate::mode::Mode;
use crate::play;
use crate::report::{Report, TargetInfo};
use crate::run::{self, Outcome, Run};
use crate::scenario::{Action, Scenario, Step, shell};
use crate::seed::{self, Seeds, Way};
use crate::settle;
use crate::stage::{Created, Stage};
use crate::suite::Suite;
use crate::target::{Launch, NewUser, SiteError, Target, TargetKind};
use crate::verdict::{Finding, Kind, Verdicts};

/// The requirement that tells whether a mode exists at all; where it fails, it blocks the rest of the mode.
pub const MODE_SELECTED: &str = "mode.selected";

/// What to check, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The modes, in order.
    pub modes: Vec<Mode>,
    /// Names of scenarios; empty for all of them.
    pub scenarios: Vec<String>,
    /// Ids of requirements; empty for all of them.
    pub requirements: Vec<String>,
    /// The ways to get users in, in order.
    pub ways: Vec<Way>,
    /// A user that is stored already.
    pub given: Option<NewUser>,
    /// How many modes run side by side.
    pub jobs: usize,
}

impl Plan {
    /// Lists what to run in a mode.
    pub fn scenarios<'a>(&self, suite: &'a Suite, mode: Mode) -> Vec<&'a Scenario> {
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

/// A check under way: what all of its parts share.
pub struct Check<'a> {
    suite: &'a Suite,
    target: &'a dyn Target,
    plan: &'a Plan,
    listener: &'a dyn Listener,
    /// What the made-up addresses are unique to.
    nonce: String,
    created: Created,
}

/// The clock driver does not move the target's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockUnproved;

/// What the scenarios of one mode told.
struct ModeResult {
    mode: Mode,
    findings: Vec<Finding>,
    seeding: Option<Way>,
    /// The last output of a program that failed to serve.
    output: Option<String>,
}

impl<'a> Check<'a> {
    /// Plans the check of `target`.
    pub fn new(suite: &'a Suite, target: &'a dyn Target, plan: &'a Plan, listener: &'a dyn Listener) -> Self {
        let nonce = if target.keeps_data() { uuid::Uuid::new_v4().to_string() } else { String::new() };
        Self { suite, target, plan, listener, nonce, created: Created::default() }
    }

    /// Reports that nothing could be judged, and why: every verdict is an error.
    pub fn unjudged(&self, reason: &str) -> Report {
        let mut verdicts = Verdicts::default();
        for mode in &self.plan.modes {
            verdicts.extend(self.everything(*mode, Kind::Error, reason));
        }
        let target = self.target_info(ClockKind::None, None);
        Report { target, modes: self.plan.modes.clone(), verdicts, outputs: BTreeMap::new() }
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
        let Prepared { homes, template, clock, mut seeding } = self.prepare().await?;
        let modes = homes.into_iter().map(|(mode, home)| self.mode(mode, home, template.as_ref()));
        let results: Vec<ModeResult> =
            stream::iter(modes).buffer_unordered(self.plan.jobs.max(1)).collect().await;
        let mut verdicts = Verdicts::default();
        let mut outputs = BTreeMap::new();
        for mut result in results {
            settle::settle(&mut result.findings);
            verdicts.extend(result.findings.into_iter().filter(|one| self.plan.asks_for(&one.requirement)));
            seeding = seeding.or(result.seeding);
            outputs.extend(result.output.map(|output| (result.mode, output)));
        }
        verdicts.trace_blockers();
        let target = self.target_info(clock, seeding);
        Ok(Report { target, modes: self.plan.modes.clone(), verdicts, outputs })
    }

    /// Deletes the users that this check has created at a target that keeps its data, interrupted or not.
    ///
    /// Gives the number of users that are still there and could not be deleted.
    pub async fn forget_users(&self) -> usize {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        let (Some(mode), Ok(site)) = (self.plan.modes.first(), self.target.open().await) else {
            return created.len();
        };
        let mut stage = Stage::new(site);
        let credentials = match &self.plan.given {
            Some(user) => seed::credentials(&mut stage, *mode, user).await.ok(),
            None => None,
        };
        let base = stage.site().base_url();
        let mut left = 0;
        for id in created {
            let mut delete = client::get(format!("{base}/api/v1/users/{id}"));
            "DELETE".clone_into(&mut delete.method);
            delete.headers.extend(credentials.clone());
            let answer = stage.send(delete).await.answer;
            let gone = answer.is_ok_and(|answer| answer.is_success() || answer.status == 404);
            left += usize::from(!gone);
        }
        left
    }

    /// The addresses of a scenario in this run.
    fn emails(&self, scenario: &Scenario) -> Emails {
        match self.target.kind() {
            TargetKind::Reference => Emails::as_written(),
            _ => Emails::unique(&scenario.source, &format!("{} {}", self.nonce, scenario.name)),
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
                    email: emails.to_send(&user.email.expand(&nothing).ok()?).to_owned(),
                    password: user.password.expand(&nothing).ok()?,
                }),
                _ => None,
            })
            .collect()
    }

    /// Runs the scenarios of one mode, one after another.
    async fn mode(
        &self,
        mode: Mode,
        home: Home,
        template: Option<&(tokio::sync::Mutex<Stage>, Seeds)>,
    ) -> ModeResult {
        let mut result = ModeResult { mode, findings: Vec::new(), seeding: None, output: None };
        let scenarios = self.plan.scenarios(self.suite, mode);
        let mut shared = match home {
            Home::Fresh => None,
            Home::Shared(stage, seeds) => Some((stage, seeds)),
            Home::Lost(error) => {
                result.findings = self.everything(mode, Kind::Error, &error.to_string());
                self.skip(mode, &scenarios);
                return result;
            }
        };
        for (index, scenario) in scenarios.iter().enumerate() {
            self.listener.hear(&Event::Began { mode, scenario });
            let run = match (&mut shared, template) {
                (Some(_), Some((template, seeds))) if scenario.isolated => {
                    let fork = template.lock().await.fork().await;
                    match fork {
                        Ok(mut stage) => self.play(&mut stage, scenario, mode, seeds).await,
                        Err(error) => lost_run(scenario, &error),
                    }
                }
                (Some((stage, seeds)), _) => self.play(stage, scenario, mode, seeds).await,
                (None, _) => match self.target.open().await {
                    Ok(site) => {
                        let mut stage = Stage::new(site);
                        let seeds =
                            seed::seed(&mut stage, mode, &self.users(scenario), &[Way::Api], None).await;
                        result.seeding = result.seeding.or(seeds.way);
                        self.play(&mut stage, scenario, mode, &seeds).await
                    }
                    Err(error) => lost_run(scenario, &error),
                },
            };
            let findings = self.judge(scenario, mode, &run);
            let selected =
                findings.iter().any(|one| one.requirement == MODE_SELECTED && one.kind == Kind::NotMet);
            result.findings.extend(findings);
            self.listener.hear(&Event::Played { mode, scenario, run: &run });
            if let Some(why) = dead(&run) {
                result.output = Some(run.output.clone());
                if self.documented(scenario, mode) {
                    result.findings.extend(self.everything(mode, Kind::Error, &why));
                    self.skip(mode, &scenarios[index + 1..]);
                    return result;
                }
            }
            if selected {
                // What was found before says nothing of a mode that is not there.
                result.findings.retain(|one| one.requirement == MODE_SELECTED);
                let blocked = self.everything(mode, Kind::Blocked, MODE_SELECTED);
                result.findings.extend(blocked.into_iter().filter(|one| one.requirement != MODE_SELECTED));
                self.skip(mode, &scenarios[index + 1..]);
                return result;
            }
        }
        result
    }

    async fn play(&self, stage: &mut Stage, scenario: &Scenario, mode: Mode, seeds: &Seeds) -> Run {
        play::play(stage, scenario, mode, seeds, self.emails(scenario)).await
    }

    fn judge(&self, scenario: &Scenario, mode: Mode, run: &Run) -> Vec<Finding> {
        let base = self.target.public_url();
        let steps: Vec<&Step> = scenario.steps().collect();
        let reproduce = |index: usize| {
            let launch = Launch::at(mode, scenario, index);
            let repeated = shell::reproduce(&steps[..=index], &base, &launch.session_name)?;
            let settings = Launch::at(mode, scenario, repeated.first).environment(&NoClock);
            let start = settings.iter().map(|(name, value)| format!("{name}={value}"));
            Some((repeated.line, start.collect::<Vec<_>>().join(" ")))
        };
        let judge = Judge { catalogue: &self.suite.catalogue, scenario, mode, reproduce: &reproduce };
        let verdicts = match self.suite.accepted(&scenario.name) {
            Some(accepted) => judge.judge(accepted, run),
            None => Err(format!("no transcript of {} was ever accepted; run `just review`", scenario.name)),
        };
        verdicts.unwrap_or_else(|why| judge.nothing(Kind::Error, &why))
    }

    /// Says the same of every requirement of a mode that is asked for.
    fn everything(&self, mode: Mode, kind: Kind, reason: &str) -> Vec<Finding> {
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

    fn documented(&self, scenario: &Scenario, mode: Mode) -> bool {
        Launch::of(mode, &scenario.settings) == Launch::documented(mode)
    }

    fn skip(&self, mode: Mode, scenarios: &[&Scenario]) {
        for scenario in scenarios {
            self.listener.hear(&Event::Skipped { mode, scenario });
        }
    }
}

/// The run of a scenario that had no site.
fn lost_run(scenario: &Scenario, error: &SiteError) -> Run {
    let step =
        run::StepRun { outcome: Outcome::Error { why: error.to_string() }, lines: Vec::new(), success: None };
    Run { steps: scenario.steps().map(|_| step.clone()).collect(), output: String::new() }
}

/// Says why no server ever ran for a scenario, if that is so.
fn dead(run: &Run) -> Option<String> {
    let first = run.steps.iter().find(|step| step.outcome != Outcome::Done || !step.lines.is_empty())?;
    match &first.outcome {
        Outcome::Error { why } => Some(why.clone()),
        _ => None,
    }
}
