//! Trials: each carries out a plan on a fork of one server, and checks the answers.

use std::time::Duration;

use super::history::History;
use super::linearizability::check;
use super::plan::Plan;
use super::setup::{PreparedTrial, Setup, SetupError};
use super::violation::Violation;
use spec::http::NoAnswer;
use targets::client;
use targets::instance::{Created, Instance};

/// The time to wait for an answer after one has not come in time.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// The runner of trials.
///
/// One fork serves many trials, because each creates users and sessions of its own. After a server error or a missing
/// answer the data of a fork is unknown, so the next trial gets a new fork.
pub struct Trials<'a> {
    template: &'a Instance<'a>,
    setup: Setup,
    created: Created,
    instance: Option<Instance<'a>>,
    timeout: Duration,
}

impl<'a> Trials<'a> {
    /// Creates a runner on forks of `template`, whose server must not run.
    pub fn new(template: &'a Instance<'a>, setup: Setup) -> Self {
        let created = Created::default();
        Self { template, setup, created, instance: None, timeout: client::TIMEOUT }
    }

    /// Adds the users that trials create to a list of the caller.
    #[must_use]
    pub fn noting(mut self, created: &Created) -> Self {
        self.created = Created::clone(created);
        self
    }

    /// Carries out a plan. Returns the violation that it ends in, if there is one.
    ///
    /// The requests of a violation are sent once more, one after another, to learn whether it needs concurrency.
    ///
    /// # Errors
    ///
    /// Fails if the setup of the plan fails.
    pub async fn run(&mut self, plan: &Plan) -> Result<Option<Violation>, SetupError> {
        let prepared = self.prepare(plan).await?;
        let history = prepared.clients(self.timeout).run(plan).await;
        self.note(&history);
        let Some(anomaly) = check(&prepared, &history) else { return Ok(None) };
        let operations: Vec<_> = history.calls().iter().map(|call| (call.client, call.operation)).collect();
        let again = self.prepare(plan).await?;
        let alone = again.clients(self.timeout).run_sequentially(operations, plan.clients()).await;
        self.note(&alone);
        let is_sequential = check(&again, &alone).is_some();
        let PreparedTrial { fixtures, values, .. } = prepared;
        let mode = self.setup.mode();
        Ok(Some(Violation::new(mode, plan.clone(), history, anomaly, is_sequential, &fixtures, &values)))
    }

    /// Prepares a plan, on a new fork if the last one cannot be used any more.
    async fn prepare(&mut self, plan: &Plan) -> Result<PreparedTrial, SetupError> {
        if let Some(instance) = &mut self.instance {
            match self.setup.prepare(instance, plan).await {
                Ok(prepared) => return Ok(prepared),
                Err(_) => self.instance = None,
            }
        }
        let mut instance = self.template.fork().await?.noting(&self.created);
        let prepared = self.setup.prepare(&mut instance, plan).await?;
        self.instance = Some(instance);
        Ok(prepared)
    }

    /// Records the created users, drops a fork that has failed, and shortens the timeout after a missing answer.
    fn note(&mut self, history: &History) {
        let all = || 0..history.calls().len();
        if let Some(instance) = &self.instance {
            instance.note_users(all().map(|index| history.exchange(index)));
        }
        if all().any(|index| history.has_failed(index)) {
            self.instance = None;
        }
        if all().any(|index| matches!(history.failure(index), Some(NoAnswer::TimedOut(_)))) {
            self.timeout = SHORT_TIMEOUT;
        }
    }
}
