//! The ground of a fuzz run: one target, prepared once, on which each scenario is played and judged afresh.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;

use crate::concurrency::{self, Bag, Keeper, Trials};
use model::{Deviation, Open, Oracle, Rules, User};
use runner::interruption::Interruption;
use runner::replay;
use spec::catalogue::Catalogue;
use spec::catalogue::Mode;
use spec::results::ClockKind;
use spec::results::TargetKind;
use spec::results::Way;
use spec::results::run::{Outcome, Run};
use spec::scenario::{Action, Scenario};
use spec::transcript::aliases::EmailAliases;
use targets::instance::{Created, Stage};
use targets::progress::event::{Event, Listener};
use targets::seed;
use targets::seed::Seeds;
use targets::{Launch, NewUser, Stop, Target};

use super::world::{Abilities, first_users};

/// How often what requests at once have shown is tried again, to say how often it happens.
const REPEATS: usize = 20;

/// Hears what happens on the ground's stage, and asks the oracle about every answer.
#[derive(Debug)]
pub struct Recorder<'a> {
    catalogue: &'a Catalogue,
    recording: Mutex<Recording>,
}

/// What is known of the scenario that is played.
#[derive(Clone, Debug)]
struct Recording {
    oracle: Oracle,
    step: usize,
    surprises: Vec<Surprise>,
    requests: usize,
    /// Nothing is known of the server's SESSION_DURATION.
    timeless: bool,
    /// The mode of the server.
    mode: Mode,
}

/// An answer that no correct server would give.
#[derive(Clone, Debug)]
pub struct Surprise {
    /// The place of its step among all steps.
    pub step: usize,
    /// What is wrong with it.
    pub deviation: Deviation,
}

impl Surprise {
    /// Gives the requirement that it most likely breaks.
    pub fn requirement(&self) -> &'static str {
        self.deviation.requirements[0]
    }
}

impl<'a> Recorder<'a> {
    /// Makes a recorder that knows nothing yet; requirements count in the modes that the catalogue has.
    pub fn new(catalogue: &'a Catalogue) -> Self {
        let rules = Rules::new(Mode::Off, "", None);
        let recording = Mutex::new(Recording {
            oracle: Oracle::new(rules, false),
            step: 0,
            surprises: Vec::new(),
            requests: 0,
            timeless: false,
            mode: Mode::Off,
        });
        Self { catalogue, recording }
    }

    /// Keeps of a deviation what the documents ask for in this mode; `None` where that is nothing.
    fn asked_for(&self, mode: Mode, mut deviation: Deviation) -> Option<Deviation> {
        deviation.requirements.retain(|id| self.catalogue.applies(id, mode));
        (!deviation.requirements.is_empty()).then_some(deviation)
    }

    /// Lists the answers that no correct server would give, of the scenario that was played last.
    pub fn surprises(&self) -> Vec<Surprise> {
        self.lock().surprises.clone()
    }

    /// The stage writes to it and the ground reads it, one after the other.
    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Recorder<'_> {
    fn hear(&self, event: &Event<'_>) {
        let mut recording = self.lock();
        match event {
            Event::Step { index } => recording.step = *index,
            Event::Served { launch, cookie_name } => {
                let Some(mode) = launch.mode.api_mode() else { return };
                recording.mode = mode;
                let duration = launch.session_duration.as_deref().filter(|_| !recording.timeless);
                recording.oracle.serve(Rules {
                    time_zone: launch.time_zone.clone(),
                    ..Rules::new(mode, cookie_name, duration)
                });
            }
            Event::Ran => recording.oracle.lose(),
            Event::Answered { exchanges, since, until } => {
                recording.requests += exchanges.len();
                let (from, to) = (since.timestamp(), until.timestamp());
                let (step, mode) = (recording.step, recording.mode);
                for exchange in recording.oracle.in_an_order_that_fits(exchanges, from, to) {
                    let found = recording.oracle.judge(exchange, from, to).into_iter();
                    let found = found.filter_map(|deviation| self.asked_for(mode, deviation));
                    recording.surprises.extend(found.map(|deviation| Surprise { step, deviation }));
                }
            }
            _ => {}
        }
    }
}

/// A target with the first users of every walk stored.
pub struct Ground<'a> {
    target: &'a dyn Target,
    stage: Stage<'a>,
    seeds: Seeds,
    recorder: &'a Recorder<'a>,
    /// What is known before a walk begins.
    base: Oracle,
    /// What can be done here.
    pub abilities: Abilities,
    created: Created,
    /// The ids of the first users, where they remain when the run has ended.
    stored: Vec<String>,
    /// A user that the caller has named.
    given: Option<&'a NewUser>,
    nonce: String,
    stop: Interruption,
}

/// Says why a target cannot be fuzzed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGround {
    /// Its clock does not follow the driver; another driver may do.
    #[error("the clock driver does not move the target's time")]
    Clock,
    /// A signal ended it.
    #[error("{0} came")]
    Interrupted(Signal),
    /// Something else; the text says what.
    #[error("{0}")]
    Failed(String),
}

impl<'a> Ground<'a> {
    /// Stores the first users, and proves the clock.
    ///
    /// # Errors
    ///
    /// When the users cannot get in, or the clock does not follow.
    pub async fn prepare(
        target: &'a dyn Target,
        recorder: &'a Recorder<'a>,
        modes: &[Mode],
        ways: &[Way],
        given: Option<&'a NewUser>,
        stop: Interruption,
    ) -> Result<Self, NoGround> {
        let failed = |why: String| NoGround::Failed(why);
        let is_url = target.kind() == TargetKind::Url;
        {
            let mut recording = recorder.lock();
            recording.oracle = Oracle::new(Rules::new(Mode::Off, "", None), is_url);
            recording.timeless = is_url;
        }
        let created = Created::default();
        let stage = Stage::open(target, recorder).await.map_err(|error| failed(error.to_string()))?;
        let mut stage = stage.noting(&created);
        let nonce = if is_url { uuid::Uuid::new_v4().to_string() } else { String::new() };
        let emails = emails(is_url, "bob@hbtn.io ann@hbtn.io", &nonce);
        let users = first_users()
            .map(|user| NewUser { email: emails.alias(&user.email).to_owned(), password: user.password });
        let telling = [Mode::SessionAuth, Mode::BasicAuth];
        let mode = telling.into_iter().find(|mode| modes.contains(mode)).unwrap_or(modes[0]);
        let seeds = seed::seed(&mut stage, mode.into(), &users, ways, given).await;
        for user in &users {
            let id = seeds.id(&user.email).map_err(failed)?.to_owned();
            let stored =
                User { id, email: user.email.clone(), password: user.password.clone(), ..User::default() };
            recorder.lock().oracle.knows(&stored);
        }
        stage.ensure(&Launch::documented(mode)).await.map_err(|error| failed(error.to_string()))?;
        let clock = stage.site().clock().kind();
        if clock.stands_still() && !stage.clock_follows().await {
            return Err(NoGround::Clock);
        }
        if !is_url {
            stage.end(Stop::Polite).await.map_err(|error| failed(error.to_string()))?;
        }
        let base = recorder.lock().oracle.afresh();
        let abilities =
            Abilities { restarts: !is_url, clock: clock.stands_still() && clock != ClockKind::None };
        let stored = taken(&created);
        Ok(Self { target, stage, seeds, recorder, base, abilities, created, stored, given, nonce, stop })
    }

    /// Plays a scenario on a fork of its own and gives the first answer that surprises, other than by one that is
    /// `known`.
    ///
    /// # Errors
    ///
    /// When there is no place to play it, or a signal ends it.
    pub async fn play(
        &mut self,
        scenario: &Scenario,
        mode: Mode,
        known: &dyn Fn(&Deviation) -> bool,
    ) -> Result<Option<Surprise>, NoGround> {
        let (_, surprises) = self.run(scenario, mode).await?;
        Ok(surprises.into_iter().find(|one| !known(&one.deviation)))
    }

    /// Plays a scenario on a fork of its own and gives what came of each step, and every answer that surprises.
    ///
    /// # Errors
    ///
    /// When there is no place to play it, or a signal ends it.
    pub async fn run(&mut self, scenario: &Scenario, mode: Mode) -> Result<(Run, Vec<Surprise>), NoGround> {
        let is_url = self.target.kind() == TargetKind::Url;
        let emails = emails(is_url, &scenario.source, &self.nonce);
        {
            let mut recording = self.recorder.lock();
            recording.surprises.clear();
            recording.step = 0;
            recording.oracle = self.base.clone();
        }
        let stop = self.stop.clone();
        let run = stop.or(self.played(scenario, mode, emails)).await.map_err(NoGround::Interrupted)??;
        let mut surprises = self.recorder.surprises();
        if is_url {
            // The next walk may give new users the same addresses.
            let created = taken(&self.created);
            seed::forget(&mut self.stage, mode, self.given, created).await;
        }
        surprises.extend(no_server(scenario, &run));
        surprises.sort_by_key(|one| one.step);
        Ok((run, surprises))
    }

    async fn played(
        &mut self,
        scenario: &Scenario,
        mode: Mode,
        emails: EmailAliases,
    ) -> Result<Run, NoGround> {
        if self.target.kind() == TargetKind::Url {
            return Ok(replay::play(&mut self.stage, scenario, mode, &self.seeds, emails).await);
        }
        let fork = self.stage.fork().await;
        let mut fork = fork.map_err(|error| NoGround::Failed(error.to_string()))?;
        Ok(replay::play(&mut fork, scenario, mode, &self.seeds, emails).await)
    }

    /// Hunts for requests at once that are answered as no order of them would be; only where a fork can be made, and
    /// in a mode with sessions.
    ///
    /// # Errors
    ///
    /// When nothing could be tried, or a signal ends it.
    pub async fn at_once(&self, mode: Mode, cases: u32, seed: u64) -> Result<Bag, NoGround> {
        let failed = |why: String| NoGround::Failed(why);
        let [user, _] = first_users();
        let id = self.seeds.id(&user.email).map_err(failed)?;
        let keeper = Keeper::new(mode, &user, id).map_err(|error| failed(error.to_string()))?;
        let mut trials = Trials::new(&self.stage, keeper);
        let hunt = concurrency::Hunt { cases, seed, repeats: REPEATS };
        let bag = self.stop.or(hunt.run(&mut trials)).await.map_err(NoGround::Interrupted)?;
        bag.map_err(|untried| failed(untried.to_string()))
    }

    /// Lists the freedoms that the documents leave and that the last scenario's answers have made use of, as far as
    /// they were right.
    pub fn freedoms(&self) -> Vec<Open> {
        self.recorder.lock().oracle.freedoms().to_vec()
    }

    /// Names the target.
    pub fn name(&self) -> String {
        self.target.name()
    }

    /// Tells whether the target runs in this process, where a walk costs next to nothing.
    pub fn is_in_process(&self) -> bool {
        self.target.kind() == TargetKind::Reference
    }

    /// Gives the number of requests until now.
    pub fn requests(&self) -> usize {
        self.recorder.lock().requests
    }

    /// Deletes the users that were created at a target that keeps them; gives the number of those that remain.
    pub async fn leave(&mut self, mode: Mode) -> usize {
        if self.target.kind() != TargetKind::Url {
            return 0;
        }
        let mut created = std::mem::take(&mut self.stored);
        created.extend(taken(&self.created));
        seed::forget(&mut self.stage, mode, self.given, created).await
    }
}

fn taken(created: &Created) -> Vec<String> {
    std::mem::take(&mut *created.lock().unwrap_or_else(PoisonError::into_inner))
}

fn emails(is_url: bool, text: &str, nonce: &str) -> EmailAliases {
    if is_url { EmailAliases::unique(text, nonce) } else { EmailAliases::as_written() }
}

/// Finds a start that failed: no request was answered wrongly, since none could be sent.
fn no_server(scenario: &Scenario, run: &Run) -> Option<Surprise> {
    let starts = |action: &Action| matches!(action, Action::Restart | Action::Kill | Action::Serve(_));
    let mut steps = scenario.steps().zip(&run.steps).enumerate();
    let (step, (_, failed)) = steps.find(|(_, (step, run))| {
        starts(&step.action) && run.outcome == Outcome::Done && !run.printed.is_empty()
    })?;
    let deviation = Deviation {
        requirements: vec!["users.persist", "security.no-server-error"],
        expected: "a server that starts again".to_owned(),
        actual: failed.printed.to_string(),
    };
    Some(Surprise { step, deviation })
}
