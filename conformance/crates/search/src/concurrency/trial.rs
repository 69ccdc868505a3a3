//! Trials: plans carried out on forks of one instance, each judged.

use std::time::Duration;

use super::history::History;
use super::judgement::judge;
use super::keeper::{Beginning, Keeper, Untried};
use super::plan::Plan;
use super::violation::Violation;
use spec::http::NoAnswer;
use targets::client;
use targets::instance::{Created, Instance};

/// How long an answer is waited for once one has not come.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Where plans are carried out.
///
/// One instance serves many trials, since each makes users and sessions of its own. Once it has answered with a
/// failure, or not at all, nothing is known of its data: the next trial gets a fork that nobody has used.
pub struct Trials<'a> {
    template: &'a Instance<'a>,
    keeper: Keeper,
    created: Created,
    instance: Option<Instance<'a>>,
    timeout: Duration,
}

impl<'a> Trials<'a> {
    /// Makes trials on forks of an instance, on which nothing may run.
    pub fn new(template: &'a Instance<'a>, keeper: Keeper) -> Self {
        let created = Created::default();
        Self { template, keeper, created, instance: None, timeout: client::TIMEOUT }
    }

    /// Notes the users that are created from now on in a list of the caller's.
    #[must_use]
    pub fn noting(mut self, created: &Created) -> Self {
        self.created = Created::clone(created);
        self
    }

    /// Carries out a plan and judges what came of it; `None` where all is well.
    ///
    /// A violation is carried out once more, one request after the other, to tell whether it takes several clients.
    ///
    /// # Errors
    ///
    /// When the plan could not be tried.
    pub async fn trial(&mut self, plan: &Plan) -> Result<Option<Violation>, Untried> {
        let beginning = self.begin(plan).await?;
        let history = beginning.clients(self.timeout).follow(plan).await;
        self.note(&history);
        let Some(finding) = judge(&beginning, &history) else { return Ok(None) };
        let operations: Vec<_> = history.calls().iter().map(|call| (call.client, call.operation)).collect();
        let again = self.begin(plan).await?;
        let alone = again.clients(self.timeout).one_by_one(operations, plan.clients()).await;
        self.note(&alone);
        let is_alone = judge(&again, &alone).is_some();
        let Beginning { cast, values, .. } = beginning;
        let mode = self.keeper.mode();
        Ok(Some(Violation::new(mode, plan.clone(), history, finding, is_alone, &cast, &values)))
    }

    /// Makes what a plan needs, on a fresh fork where the last one does not serve any more.
    async fn begin(&mut self, plan: &Plan) -> Result<Beginning, Untried> {
        if let Some(instance) = &mut self.instance {
            match self.keeper.begin(instance, plan).await {
                Ok(beginning) => return Ok(beginning),
                Err(_) => self.instance = None,
            }
        }
        let mut instance = self.template.fork().await?.noting(&self.created);
        let beginning = self.keeper.begin(&mut instance, plan).await?;
        self.instance = Some(instance);
        Ok(beginning)
    }

    /// Notes whom the clients have created, and whether the instance can be trusted any more.
    fn note(&mut self, history: &History) {
        let all = || 0..history.calls().len();
        if let Some(instance) = &self.instance {
            instance.note_users(all().map(|index| history.exchange(index)));
        }
        if all().any(|index| history.has_failed(index)) {
            self.instance = None;
        }
        if all().any(|index| matches!(history.no_answer(index), Some(NoAnswer::TimedOut(_)))) {
            self.timeout = SHORT_TIMEOUT;
        }
    }
}
