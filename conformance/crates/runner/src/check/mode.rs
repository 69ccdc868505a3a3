//! One mode of a check: its batches run side by side, and their results are put in order.

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::instances::Instances;
use super::schedule::{self, Batch, BatchKind};
use super::{Check, ScenarioRun};
use spec::catalogue::MODE_SELECTED;
use spec::catalogue::Subject;
use spec::results::SeedMethod;
use spec::results::run::{Outcome, Run, StepRun};
use spec::results::{Finding, Kind};
use spec::scenario::Scenario;
use spec::transcript::Answer;
use targets::SandboxError;
use targets::instance::Instance;
use targets::progress::event::Event;
use targets::seed;
use targets::seed::Seeds;

/// What the scenarios of one mode have brought.
pub struct ModeResult<'s> {
    pub mode: Subject,
    /// In the order of the suite's scenarios.
    pub runs: Vec<ScenarioRun<'s>>,
    pub findings: Vec<Finding>,
    pub seeding: Option<SeedMethod>,
    /// The last output of a program that failed to serve.
    pub output: Option<String>,
}

impl ModeResult<'_> {
    fn new(mode: Subject) -> Self {
        Self { mode, runs: Vec::new(), findings: Vec::new(), seeding: None, output: None }
    }
}

/// What one scenario has brought.
struct ScenarioResult<'s> {
    /// Its place among the scenarios of the mode.
    index: usize,
    run: ScenarioRun<'s>,
    findings: Vec<Finding>,
    seeding: Option<SeedMethod>,
    output: Option<String>,
    /// Why no other scenario of this mode is worth replaying.
    end: Option<End>,
}

enum End {
    /// The mode is not implemented.
    NotThere,
    /// The server does not run with the documents' settings, and why.
    Dead(String),
}

impl<'s, 'a> Check<'s, 'a> {
    /// Replays and judges the scenarios of one mode.
    pub(super) async fn mode(&self, mode: Subject, instances: &Instances<'a>) -> ModeResult<'s> {
        let scenarios = self.plan.scenarios(self.suite, mode);
        let mut batches = match instances {
            Instances::Unavailable(error) => {
                self.skip(mode, &scenarios);
                let findings = self.everything(mode, Kind::Error, &error.to_string());
                return ModeResult { findings, ..ModeResult::new(mode) };
            }
            Instances::ForkPerBatch { sleeps, .. } => {
                schedule::batches(mode, &scenarios, self.plan.jobs, *sleeps)
            }
            Instances::PerScenario | Instances::Shared(..) => schedule::one_batch(&scenarios),
        }
        .into_iter();
        let Some(first) = batches.next() else { return ModeResult::new(mode) };
        let mut run = BatchRun::begin(self, mode, instances, first.kind).await;
        // The scenarios that show whether the mode is implemented, and the server at all, go before everything else.
        let selects = |scenario: &Scenario| scenario.names_requirement(MODE_SELECTED);
        let selecting = first.scenarios.iter().take_while(|(_, scenario)| selects(scenario)).count();
        let mut results = Vec::new();
        while results.len() < first.scenarios.len()
            && !run.ended
            && (results.len() < selecting || !run.answered)
        {
            let (index, scenario) = first.scenarios[results.len()];
            results.push(run.replay(index, scenario).await);
        }
        let rest = &first.scenarios[results.len()..];
        if run.ended {
            batches.chain([Batch { scenarios: rest.to_vec(), ..first }]).for_each(|batch| {
                self.skip(mode, &batch.scenarios.iter().map(|(_, scenario)| *scenario).collect::<Vec<_>>());
            });
        } else {
            let others: FuturesUnordered<_> = batches
                .map(|batch| async move {
                    let mut run = BatchRun::begin(self, mode, instances, batch.kind).await;
                    run.replay_all(&batch.scenarios).await
                })
                .collect();
            let (rest, others) =
                join(async move { run.replay_all(rest).await }, others.collect::<Vec<_>>()).await;
            results.extend(others.into_iter().flatten().chain(rest));
        }
        self.sum_up(mode, results)
    }

    /// Puts the results of the scenarios in order, whatever order they were replayed in.
    fn sum_up(&self, mode: Subject, mut results: Vec<ScenarioResult<'s>>) -> ModeResult<'s> {
        results.sort_by_key(|one| one.index);
        let mut sum = ModeResult::new(mode);
        let mut ends = Vec::new();
        for one in results {
            sum.runs.push(one.run);
            sum.findings.extend(one.findings);
            sum.seeding = sum.seeding.or(one.seeding);
            sum.output = one.output.or(sum.output);
            ends.extend(one.end);
        }
        for end in ends {
            match end {
                End::Dead(why) => sum.findings.extend(self.everything(mode, Kind::Error, &why)),
                End::NotThere => {
                    // Other findings say nothing of a mode that is not implemented.
                    sum.findings.retain(|one| one.requirement == MODE_SELECTED);
                    let blocked = self.everything(mode, Kind::Blocked, MODE_SELECTED);
                    sum.findings.extend(blocked.into_iter().filter(|one| one.requirement != MODE_SELECTED));
                }
            }
        }
        sum
    }

    fn skip(&self, mode: Subject, scenarios: &[&Scenario]) {
        for scenario in scenarios {
            self.listener.on_event(&Event::Skipped { mode, scenario });
        }
    }
}

/// A batch under way.
struct BatchRun<'c, 's, 'a> {
    check: &'c Check<'s, 'a>,
    mode: Subject,
    instances: &'c Instances<'a>,
    kind: BatchKind,
    /// The fork that it runs on, and whether a scenario was replayed there before.
    fork: Option<(Instance<'a>, bool)>,
    /// Whether the server has answered a scenario.
    answered: bool,
    /// Whether a scenario has shown that no other is worth replaying.
    ended: bool,
    /// Its share of the machine, given back when the batch ends.
    _slot: Option<SemaphorePermit<'c>>,
}

impl<'c, 's, 'a> BatchRun<'c, 's, 'a> {
    /// Begins a batch when its turn has come.
    async fn begin(
        check: &'c Check<'s, 'a>,
        mode: Subject,
        instances: &'c Instances<'a>,
        kind: BatchKind,
    ) -> Self {
        let slots = match kind {
            BatchKind::Sleeping => &check.sleeping_slots,
            BatchKind::Plain | BatchKind::Isolated => &check.slots,
        };
        // Nobody closes them.
        let slot = slots.acquire().await.ok();
        Self { check, mode, instances, kind, fork: None, answered: false, ended: false, _slot: slot }
    }

    /// Replays scenarios one after another, until one ends it all.
    async fn replay_all(&mut self, scenarios: &[(usize, &'s Scenario)]) -> Vec<ScenarioResult<'s>> {
        let mut results = Vec::new();
        for (index, scenario) in scenarios {
            if self.ended {
                self.check.skip(self.mode, &[scenario]);
            } else {
                results.push(self.replay(*index, scenario).await);
            }
        }
        results
    }

    /// Replays one scenario and judges it.
    async fn replay(&mut self, index: usize, scenario: &'s Scenario) -> ScenarioResult<'s> {
        let (check, mode) = (self.check, self.mode);
        check.listener.on_event(&Event::Began { mode, scenario });
        let mut seeding = None;
        let (run, findings) = match self.instances {
            Instances::ForkPerBatch { template, seeds, .. } => {
                self.replay_on_fork(template, seeds, scenario).await
            }
            Instances::Shared(instance, seeds) => {
                let run = check.replay(&mut *instance.lock().await, scenario, mode, seeds).await;
                check.judged(scenario, mode, run)
            }
            Instances::PerScenario => match Instance::open(check.target, check.listener).await {
                Ok(mut instance) => {
                    let (users, methods) = (check.users(scenario), &check.plan.seed_methods);
                    let seeds = seed::seed(&mut instance, mode, &users, methods, None).await;
                    seeding = seeds.method;
                    let run = check.replay(&mut instance, scenario, mode, &seeds).await;
                    check.judged(scenario, mode, run)
                }
                Err(error) => check.judged(scenario, mode, lost_run(scenario, &error)),
            },
            Instances::Unavailable(error) => check.judged(scenario, mode, lost_run(scenario, error)),
        };
        check.listener.on_event(&Event::Replayed { mode, scenario });
        self.answered |= run.steps.iter().any(|step| step.success.is_some());
        let dead = dead(&run);
        let not_there = |one: &Finding| one.requirement == MODE_SELECTED && one.kind == Kind::NotMet;
        let output = dead.is_some().then(|| run.output.clone());
        let end = match dead {
            Some(why) if check.documented(scenario, mode) => Some(End::Dead(why)),
            _ if findings.iter().any(not_there) => Some(End::NotThere),
            _ => None,
        };
        self.ended |= end.is_some();
        ScenarioResult { index, run: ScenarioRun { mode, scenario, run }, findings, seeding, output, end }
    }

    /// Replays one scenario on the fork of this batch.
    ///
    /// An isolated one shares the fork with those before it as long as each of their requirements is met, and answers
    /// for nothing but itself: one that fails on a fork that was used is replayed on one that was not.
    async fn replay_on_fork(
        &mut self,
        template: &Instance<'a>,
        seeds: &Seeds,
        scenario: &Scenario,
    ) -> (Run, Vec<Finding>) {
        loop {
            let (mut instance, used) = match self.fork.take() {
                Some(fork) => fork,
                None => match template.fork().await {
                    Ok(instance) => (instance, false),
                    Err(error) => return self.check.judged(scenario, self.mode, lost_run(scenario, &error)),
                },
            };
            let run = self.check.replay(&mut instance, scenario, self.mode, seeds).await;
            let (run, findings) = self.check.judged(scenario, self.mode, run);
            if self.kind != BatchKind::Isolated || is_clean(&run, &findings) {
                self.fork = Some((instance, true));
            } else if used {
                continue;
            }
            return (run, findings);
        }
    }
}

/// Returns whether a scenario was carried out as a whole, and nothing in it failed.
fn is_clean(run: &Run, findings: &[Finding]) -> bool {
    run.steps.iter().all(|step| step.outcome == Outcome::Done)
        && findings.iter().all(|finding| finding.kind == Kind::Met)
}

/// Returns the run of a scenario that had no sandbox.
fn lost_run(scenario: &Scenario, error: &SandboxError) -> Run {
    let outcome = Outcome::Error { why: error.to_string() };
    let step = StepRun { outcome, printed: Answer::default(), success: None };
    Run { steps: scenario.steps().map(|_| step.clone()).collect(), output: String::new() }
}

/// Returns why no server ever ran for a scenario, if that is so.
fn dead(run: &Run) -> Option<String> {
    let first = run.steps.iter().find(|step| step.outcome != Outcome::Done || !step.printed.is_empty())?;
    match &first.outcome {
        Outcome::Error { why } => Some(why.clone()),
        _ => None,
    }
}
