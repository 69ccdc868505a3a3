//! One mode of a check: its strands are played side by side, and what they told is put in order.

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::Check;
use super::prepare::Ground;
use crate::check::schedule;
use crate::check::schedule::Strand;
use spec::catalogue::MODE_SELECTED;
use spec::catalogue::Subject;
use spec::results::Way;
use spec::results::run::{Outcome, Run, StepRun};
use spec::results::{Finding, Kind};
use spec::scenario::Scenario;
use spec::transcript::Answer;
use targets::SiteError;
use targets::instance::Stage;
use targets::progress::event::Event;
use targets::seed;
use targets::seed::Seeds;

/// What the scenarios of one mode told.
pub struct ModeResult {
    pub mode: Subject,
    pub findings: Vec<Finding>,
    pub seeding: Option<Way>,
    /// The last output of a program that failed to serve.
    pub output: Option<String>,
}

/// What one scenario told.
struct Told {
    place: usize,
    findings: Vec<Finding>,
    seeding: Option<Way>,
    output: Option<String>,
    /// Why nothing else in this mode is worth playing.
    end: Option<End>,
}

enum End {
    /// The mode is not there.
    NotThere,
    /// The server does not run with the documents' settings, and why.
    Dead(String),
}

impl<'a> Check<'a> {
    /// Plays the scenarios of one mode.
    pub(super) async fn mode(&self, mode: Subject, ground: &Ground<'a>) -> ModeResult {
        let scenarios = self.plan.scenarios(self.suite, mode);
        let mut strands = match ground {
            Ground::Lost(error) => {
                self.skip(mode, &scenarios);
                let findings = self.everything(mode, Kind::Error, &error.to_string());
                return ModeResult { mode, findings, seeding: None, output: None };
            }
            Ground::Forks { sleeps, .. } => schedule::of(mode, &scenarios, self.plan.jobs, *sleeps),
            Ground::Fresh | Ground::One(..) => schedule::one(&scenarios),
        }
        .into_iter();
        let Some(first) = strands.next() else { return self.sum_up(mode, Vec::new()) };
        let mut course = Course::begin(self, mode, ground, first.kind).await;
        // What tells whether the mode is there, and the server at all, goes before everything else.
        let selects = |scenario: &Scenario| scenario.names_requirement(MODE_SELECTED);
        let selecting = first.scenarios.iter().take_while(|(_, scenario)| selects(scenario)).count();
        let mut told = Vec::new();
        while told.len() < first.scenarios.len()
            && !course.ended
            && (told.len() < selecting || !course.answered)
        {
            let (place, scenario) = first.scenarios[told.len()];
            told.push(course.one(place, scenario).await);
        }
        let rest = &first.scenarios[told.len()..];
        if course.ended {
            strands.chain([Strand { scenarios: rest.to_vec(), ..first }]).for_each(|strand| {
                self.skip(mode, &strand.scenarios.iter().map(|(_, scenario)| *scenario).collect::<Vec<_>>());
            });
        } else {
            let others: FuturesUnordered<_> = strands
                .map(|strand| async move {
                    Course::begin(self, mode, ground, strand.kind).await.play(&strand.scenarios).await
                })
                .collect();
            let (rest, others) =
                join(async move { course.play(rest).await }, others.collect::<Vec<_>>()).await;
            told.extend(others.into_iter().flatten().chain(rest));
        }
        self.sum_up(mode, told)
    }

    /// Puts in order what the scenarios told, whatever order they were played in.
    fn sum_up(&self, mode: Subject, mut told: Vec<Told>) -> ModeResult {
        told.sort_by_key(|one| one.place);
        let mut result = ModeResult { mode, findings: Vec::new(), seeding: None, output: None };
        let mut ends = Vec::new();
        for one in told {
            result.findings.extend(one.findings);
            result.seeding = result.seeding.or(one.seeding);
            result.output = one.output.or(result.output);
            ends.extend(one.end);
        }
        for end in ends {
            match end {
                End::Dead(why) => result.findings.extend(self.everything(mode, Kind::Error, &why)),
                End::NotThere => {
                    // What was found besides says nothing of a mode that is not there.
                    result.findings.retain(|one| one.requirement == MODE_SELECTED);
                    let blocked = self.everything(mode, Kind::Blocked, MODE_SELECTED);
                    result
                        .findings
                        .extend(blocked.into_iter().filter(|one| one.requirement != MODE_SELECTED));
                }
            }
        }
        result
    }

    fn skip(&self, mode: Subject, scenarios: &[&Scenario]) {
        for scenario in scenarios {
            self.listener.hear(&Event::Skipped { mode, scenario });
        }
    }
}

/// A strand under way.
struct Course<'c, 'a> {
    check: &'c Check<'a>,
    mode: Subject,
    ground: &'c Ground<'a>,
    kind: schedule::Kind,
    /// The fork that it is played on, and whether anything was played there before.
    stage: Option<(Stage<'a>, bool)>,
    /// Whether the server has answered a scenario.
    answered: bool,
    /// Whether a scenario has told that nothing else is worth playing.
    ended: bool,
    /// Its share of the machine, given back when the strand ends.
    _slot: Option<SemaphorePermit<'c>>,
}

impl<'c, 'a> Course<'c, 'a> {
    /// Begins a strand when its turn has come.
    async fn begin(
        check: &'c Check<'a>,
        mode: Subject,
        ground: &'c Ground<'a>,
        kind: schedule::Kind,
    ) -> Self {
        let slots = match kind {
            schedule::Kind::Sleeping => &check.beds,
            schedule::Kind::Plain | schedule::Kind::Isolated => &check.slots,
        };
        // Nobody closes them.
        let slot = slots.acquire().await.ok();
        Self { check, mode, ground, kind, stage: None, answered: false, ended: false, _slot: slot }
    }

    /// Plays scenarios one after another, until one ends it all.
    async fn play(&mut self, scenarios: &[(usize, &Scenario)]) -> Vec<Told> {
        let mut told = Vec::new();
        for (place, scenario) in scenarios {
            if self.ended {
                self.check.skip(self.mode, &[scenario]);
            } else {
                told.push(self.one(*place, scenario).await);
            }
        }
        told
    }

    /// Plays one scenario and judges it.
    async fn one(&mut self, place: usize, scenario: &Scenario) -> Told {
        let (check, mode) = (self.check, self.mode);
        check.listener.hear(&Event::Began { mode, scenario });
        let mut seeding = None;
        let (run, findings) = match self.ground {
            Ground::Forks { template, seeds, .. } => self.on_fork(template, seeds, scenario).await,
            Ground::One(stage, seeds) => {
                let run = check.play(&mut *stage.lock().await, scenario, mode, seeds).await;
                check.judged(scenario, mode, run)
            }
            Ground::Fresh => match Stage::open(check.target, check.listener).await {
                Ok(mut stage) => {
                    let users = check.users(scenario);
                    let seeds = seed::seed(&mut stage, mode, &users, &[Way::Api], None).await;
                    seeding = seeds.way;
                    let run = check.play(&mut stage, scenario, mode, &seeds).await;
                    check.judged(scenario, mode, run)
                }
                Err(error) => check.judged(scenario, mode, lost_run(scenario, &error)),
            },
            Ground::Lost(error) => check.judged(scenario, mode, lost_run(scenario, error)),
        };
        check.listener.hear(&Event::Played { mode, scenario, run: &run });
        self.answered |= run.steps.iter().any(|step| step.success.is_some());
        let dead = dead(&run);
        let not_there = |one: &Finding| one.requirement == MODE_SELECTED && one.kind == Kind::NotMet;
        let output = dead.is_some().then_some(run.output);
        let end = match dead {
            Some(why) if check.documented(scenario, mode) => Some(End::Dead(why)),
            _ if findings.iter().any(not_there) => Some(End::NotThere),
            _ => None,
        };
        self.ended |= end.is_some();
        Told { place, findings, seeding, output, end }
    }

    /// Plays one scenario on this strand's fork.
    ///
    /// An isolated one shares it with those before it as long as all that they ask is met, and answers for nothing
    /// but itself: one that fails on a fork that was used is played again on one that was not.
    async fn on_fork(
        &mut self,
        template: &Stage<'a>,
        seeds: &Seeds,
        scenario: &Scenario,
    ) -> (Run, Vec<Finding>) {
        loop {
            let (mut stage, used) = match self.stage.take() {
                Some(stage) => stage,
                None => match template.fork().await {
                    Ok(stage) => (stage, false),
                    Err(error) => return self.check.judged(scenario, self.mode, lost_run(scenario, &error)),
                },
            };
            let run = self.check.play(&mut stage, scenario, self.mode, seeds).await;
            let (run, findings) = self.check.judged(scenario, self.mode, run);
            if self.kind != schedule::Kind::Isolated || is_clean(&run, &findings) {
                self.stage = Some((stage, true));
            } else if used {
                continue;
            }
            return (run, findings);
        }
    }
}

/// Tells whether a scenario was carried out as a whole, and nothing in it failed.
fn is_clean(run: &Run, findings: &[Finding]) -> bool {
    run.steps.iter().all(|step| step.outcome == Outcome::Done)
        && findings.iter().all(|finding| finding.kind == Kind::Met)
}

/// The run of a scenario that had no site.
fn lost_run(scenario: &Scenario, error: &SiteError) -> Run {
    let outcome = Outcome::Error { why: error.to_string() };
    let step = StepRun { outcome, printed: Answer::default(), success: None };
    Run { steps: scenario.steps().map(|_| step.clone()).collect(), output: String::new() }
}

/// Says why no server ever ran for a scenario, if that is so.
fn dead(run: &Run) -> Option<String> {
    let first = run.steps.iter().find(|step| step.outcome != Outcome::Done || !step.printed.is_empty())?;
    match &first.outcome {
        Outcome::Error { why } => Some(why.clone()),
        _ => None,
    }
}
