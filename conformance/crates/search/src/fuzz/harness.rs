//! The harness of a fuzz run: one target, prepared once, on which each scenario is replayed and judged afresh.

use std::sync::PoisonError;

use super::reference_state::first_users;
use super::transition::Capabilities;
use super::verifier::{Mismatch, Verifier};
use crate::Error;
use crate::concurrency::{self, Campaign, CampaignResult, Trials};
use model::{Deviation, Oracle, Unspecified, User};
use runner::interruption::Interruption;
use runner::prepare::{FirstUsers, Prepared, prepare};
use runner::replay;
use spec::catalogue::Catalogue;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::SeedMethod;
use spec::results::run::{Outcome, Run};
use spec::scenario::{Action, Scenario};
use spec::transcript::aliases::EmailAliases;
use targets::instance::{Created, Instance};
use targets::observation::Observation;
use targets::progress::event::EventListener;
use targets::seed;
use targets::seed::Seeds;
use targets::{Isolation, NewUser, Stop, Target};

/// How often a violation of requests at once is tried again, to say how often it happens.
const REPEATS: usize = 20;

/// A target with the first users of every sequence stored.
pub struct Harness<'a> {
    target: &'a dyn Target,
    instance: Instance<'a>,
    seeds: Seeds,
    verifier: Verifier<'a>,
    /// What is known before a sequence begins.
    base: Oracle,
    /// What can be done with the target.
    pub capabilities: Capabilities,
    created: Created,
    /// The ids of the first users, where they remain when the run has ended.
    stored: Vec<String>,
    /// A user that the caller has named.
    given: Option<&'a NewUser>,
    nonce: String,
    stop: Interruption,
}

/// What a harness needs to know of a run.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// The requirements, each with the modes in which it counts.
    pub catalogue: &'a Catalogue,
    /// Is told of every wait of the run.
    pub listener: &'a dyn EventListener,
    /// The modes in which sequences are replayed; at least one.
    pub modes: &'a [Mode],
    /// The methods to store the first users, in order.
    pub seed_methods: &'a [SeedMethod],
    /// A user that is stored already.
    pub given: Option<&'a NewUser>,
}

impl<'a> Harness<'a> {
    /// Stores the first users, and proves the clock.
    ///
    /// # Errors
    ///
    /// When the users cannot get in, or the clock does not follow.
    pub async fn prepare(
        target: &'a dyn Target,
        setup: Setup<'a>,
        stop: Interruption,
    ) -> Result<Self, Error> {
        let Setup { catalogue, listener, modes, seed_methods, given } = setup;
        let is_shared = target.isolation() == Isolation::Shared;
        let mut verifier = Verifier::new(catalogue, is_shared);
        let created = Created::default();
        let instance = Instance::open(target, listener).await?;
        let mut instance = instance.noting(&created).recording();
        let nonce = if is_shared { uuid::Uuid::new_v4().to_string() } else { String::new() };
        let emails = emails(is_shared, "bob@hbtn.io ann@hbtn.io", &nonce);
        let users = first_users()
            .map(|user| NewUser { email: emails.alias(&user.email).to_owned(), password: user.password });
        let first = FirstUsers { users: &users, seed_methods, given };
        let Prepared { seeds, clock, start } = prepare(&mut instance, &Subject::of_api(modes), first).await?;
        verifier.verify(&before_the_first_step(&mut instance));
        for user in &users {
            let id = seeds.id(&user.email)?.to_owned();
            let stored =
                User { id, email: user.email.clone(), password: user.password.clone(), ..User::default() };
            verifier.knows(&stored);
        }
        start?;
        if !is_shared {
            instance.end(Stop::Polite).await?;
        }
        let base = verifier.snapshot();
        let capabilities =
            Capabilities { restarts: !is_shared, clock: clock.stands_still() && clock != ClockKind::None };
        let stored = taken(&created);
        Ok(Self {
            target,
            instance,
            seeds,
            verifier,
            base,
            capabilities,
            created,
            stored,
            given,
            nonce,
            stop,
        })
    }

    /// Replays a scenario on a fork of its own, and returns its first mismatch that is not `known`.
    ///
    /// # Errors
    ///
    /// When there is no place to replay it, or a signal ends it.
    pub async fn find_mismatch(
        &mut self,
        scenario: &Scenario,
        mode: Mode,
        known: &dyn Fn(&Deviation) -> bool,
    ) -> Result<Option<Mismatch>, Error> {
        let (_, mismatches) = self.replay(scenario, mode).await?;
        Ok(mismatches.into_iter().find(|one| !known(&one.deviation)))
    }

    /// Replays a scenario on a fork of its own, and returns the outcome of each step with every mismatch.
    ///
    /// # Errors
    ///
    /// When there is no place to replay it, or a signal ends it.
    pub async fn replay(&mut self, scenario: &Scenario, mode: Mode) -> Result<(Run, Vec<Mismatch>), Error> {
        let is_shared = self.is_shared();
        let emails = emails(is_shared, &scenario.source, &self.nonce);
        let stop = self.stop.clone();
        let replayed = stop.or(self.replayed(scenario, mode, emails)).await;
        let replayed = replayed.map_err(Error::Interrupted)??;
        self.verifier.start_from(&self.base);
        let mut mismatches = self.verifier.verify(&replayed.observations);
        if is_shared {
            // The next sequence may give new users the same addresses.
            let created = taken(&self.created);
            seed::forget(&mut self.instance, mode, self.given, created).await;
            self.instance.take_observations();
        }
        mismatches.extend(no_server(scenario, &replayed.run));
        mismatches.sort_by_key(|one| one.step);
        Ok((replayed.run, mismatches))
    }

    async fn replayed(
        &mut self,
        scenario: &Scenario,
        mode: Mode,
        emails: EmailAliases,
    ) -> Result<replay::Replayed, Error> {
        if self.is_shared() {
            return Ok(replay::replay(&mut self.instance, scenario, mode, &self.seeds, emails).await);
        }
        let fork = self.instance.fork().await;
        let mut fork = fork?.recording();
        Ok(replay::replay(&mut fork, scenario, mode, &self.seeds, emails).await)
    }

    /// Looks for requests at once that are answered as no order of them would be; only where a fork can be made, and
    /// in a mode with sessions.
    ///
    /// # Errors
    ///
    /// When nothing could be tried, or a signal ends it.
    pub async fn at_once(&self, mode: Mode, cases: u32, seed: u64) -> Result<CampaignResult, Error> {
        let [user, _] = first_users();
        let id = self.seeds.id(&user.email)?;
        let setup = concurrency::Setup::new(mode, &user, id)?;
        let mut trials = Trials::new(&self.instance, setup);
        let campaign = Campaign { cases, seed, repeats: REPEATS };
        Ok(self.stop.or(campaign.run(&mut trials)).await.map_err(Error::Interrupted)??)
    }

    /// Returns the freedoms that the documents leave and that the last scenario's answers have made use of, as far as
    /// they were right.
    pub fn freedoms(&self) -> Vec<Unspecified> {
        self.verifier.freedoms().to_vec()
    }

    /// Returns the target's name.
    pub fn name(&self) -> String {
        self.target.name()
    }

    /// Returns whether a sequence costs next to nothing here.
    pub fn is_cheap(&self) -> bool {
        self.target.isolation() == Isolation::PerScenario
    }

    fn is_shared(&self) -> bool {
        self.target.isolation() == Isolation::Shared
    }

    /// Deletes the users that were created at a target that keeps them; returns the number of those that remain.
    pub async fn leave(&mut self, mode: Mode) -> usize {
        if !self.is_shared() {
            return 0;
        }
        let mut created = std::mem::take(&mut self.stored);
        created.extend(taken(&self.created));
        seed::forget(&mut self.instance, mode, self.given, created).await
    }
}

fn before_the_first_step(instance: &mut Instance<'_>) -> Vec<(usize, Observation)> {
    instance.take_observations().into_iter().map(|observation| (0, observation)).collect()
}

fn taken(created: &Created) -> Vec<String> {
    std::mem::take(&mut *created.lock().unwrap_or_else(PoisonError::into_inner))
}

fn emails(is_shared: bool, text: &str, nonce: &str) -> EmailAliases {
    if is_shared { EmailAliases::unique(text, nonce) } else { EmailAliases::as_written() }
}

/// Finds a start that failed: no request was answered wrongly, since none could be sent.
fn no_server(scenario: &Scenario, run: &Run) -> Option<Mismatch> {
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
    Some(Mismatch { step, deviation })
}
