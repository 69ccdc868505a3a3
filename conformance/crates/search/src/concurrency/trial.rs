//! Trials: plans carried out on forks of one stage, each judged.

use std::time::Duration;

use super::history::History;
use super::judgement::judge;
use super::keeper::{Beginning, Keeper, Untried};
use super::plan::Plan;
use super::violation::Violation;
use spec::http::NoAnswer;
use targets::client;
use targets::instance::{Created, Stage};

/// How long an answer is waited for once one has not come.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// Where plans are carried out.
///
/// One instance serves many trials, since each makes users and sessions of its own. Once it has answered with a
/// failure, or not at all, nothing is known of its data: the next trial gets a fork that nobody has used.
pub struct Trials<'a> {
    template: &'a Stage<'a>,
    keeper: Keeper,
    created: Created,
    stage: Option<Stage<'a>>,
    patience: Duration,
}

impl<'a> Trials<'a> {
    /// Makes trials on forks of a stage, on which nothing may run.
    pub fn new(template: &'a Stage<'a>, keeper: Keeper) -> Self {
        let created = Created::default();
        Self { template, keeper, created, stage: None, patience: client::PATIENCE }
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
        let history = beginning.clients(self.patience).follow(plan).await;
        self.note(&history);
        let Some(finding) = judge(&beginning, &history) else { return Ok(None) };
        let operations: Vec<_> = history.calls().iter().map(|call| (call.client, call.operation)).collect();
        let again = self.begin(plan).await?;
        let alone = again.clients(self.patience).one_by_one(operations, plan.clients()).await;
        self.note(&alone);
        let is_alone = judge(&again, &alone).is_some();
        let Beginning { cast, values, .. } = beginning;
        let mode = self.keeper.mode();
        Ok(Some(Violation::new(mode, plan.clone(), history, finding, is_alone, &cast, &values)))
    }

    /// Makes what a plan needs, on a fresh fork where the last one does not serve any more.
    async fn begin(&mut self, plan: &Plan) -> Result<Beginning, Untried> {
        if let Some(stage) = &mut self.stage {
            match self.keeper.begin(stage, plan).await {
                Ok(beginning) => return Ok(beginning),
                Err(_) => self.stage = None,
            }
        }
        let mut stage = self.template.fork().await?.noting(&self.created);
        let beginning = self.keeper.begin(&mut stage, plan).await?;
        self.stage = Some(stage);
        Ok(beginning)
    }

    /// Notes whom the clients have created, and whether the instance can be trusted any more.
    fn note(&mut self, history: &History) {
        let all = || 0..history.calls().len();
        if let Some(stage) = &self.stage {
            stage.note_users(all().map(|index| history.exchange(index)));
        }
        if all().any(|index| history.has_failed(index)) {
            self.stage = None;
        }
        if all().any(|index| matches!(history.no_answer(index), Some(NoAnswer::TimedOut(_)))) {
            self.patience = IMPATIENCE;
        }
    }
}
