//! A campaign: it draws plans, tries them, and shrinks those that end in a violation.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::operation::OperationKind;
use super::plan::{Plan, plans};
use super::setup::SetupError;
use super::trial::Trials;
use super::violation::{Recurrence, Violation};

/// The number of trials of a smaller plan before it counts as correct. A race may not show every time.
const TRIALS_PER_STEP: usize = 5;

/// The largest number of trials for the shrinking of one plan.
const MAX_SHRINK_TRIALS: usize = 80;

/// The number of consecutive failed setups after which a campaign gives up.
const MAX_FAILED_SETUPS: usize = 3;

/// The parameters of a campaign.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The number of plans to try.
    pub cases: u32,
    /// The seed of the random plans. The same seed gives the same plans as long as there is no violation.
    pub seed: u64,
    /// The number of further runs of a violating plan, which measure how often the violation recurs.
    pub repeats: usize,
}

/// The result of a campaign.
#[derive(Clone, Debug, Default)]
pub struct CampaignResult {
    /// The number of plans that were tried, without shrinking and further runs.
    pub cases: u32,
    /// One violation of each kind, in the order of discovery.
    pub violations: Vec<Violation>,
    /// The kinds of operations that were not drawn any more, because their answers are wrong without concurrency too.
    pub left_out: BTreeSet<OperationKind>,
}

impl Campaign {
    /// Draws and tries plans.
    ///
    /// # Errors
    ///
    /// Fails if several setups in a row fail, and there is no violation to return.
    pub async fn run(&self, trials: &mut Trials<'_>) -> Result<CampaignResult, SetupError> {
        let mut result = CampaignResult::default();
        let mut runner = TestRunner::new_with_rng(Config::default(), rng(self.seed));
        let mut failed_setups = 0;
        while result.cases < self.cases {
            let Some(plans) = plans(&result.left_out) else { break };
            let mut tree = plans.new_tree(&mut runner).expect("no plan is rejected");
            let found = match trials.run(&tree.current()).await {
                Ok(found) => found,
                Err(error) => {
                    failed_setups += 1;
                    if failed_setups < MAX_FAILED_SETUPS {
                        continue;
                    }
                    return if result.violations.is_empty() { Err(error) } else { Ok(result) };
                }
            };
            failed_setups = 0;
            result.cases += 1;
            let Some(violation) = found else { continue };
            if violation.is_sequential {
                result.left_out.insert(violation.kind());
            }
            if result.violations.iter().any(|one| one.is_like(&violation)) {
                continue;
            }
            let case = result.cases;
            let mut smallest = shrink(trials, &mut tree, violation).await;
            smallest.case = Some(case);
            smallest.recurrence = Some(measure_recurrence(trials, &smallest, self.repeats).await);
            result.violations.push(smallest);
        }
        Ok(result)
    }
}

/// Searches for the smallest plan that ends in the same kind of violation. Returns that violation.
async fn shrink(
    trials: &mut Trials<'_>,
    tree: &mut impl ValueTree<Value = Plan>,
    found: Violation,
) -> Violation {
    let (mut smallest, mut left) = (found, MAX_SHRINK_TRIALS);
    while left > 0 && tree.simplify() {
        loop {
            let (again, used) =
                find_like(trials, &tree.current(), &smallest, TRIALS_PER_STEP.min(left)).await;
            left -= used;
            if let Some(again) = again {
                smallest = again;
                break;
            }
            if left == 0 || !tree.complicate() {
                return smallest;
            }
        }
    }
    smallest
}

/// Tries a plan until it ends in the same kind of violation. Returns that violation and the number of trials.
async fn find_like(
    trials: &mut Trials<'_>,
    plan: &Plan,
    like: &Violation,
    tries: usize,
) -> (Option<Violation>, usize) {
    for used in 1..=tries {
        let found = trials.run(plan).await.ok().flatten();
        if let Some(found) = found.filter(|found| found.is_like(like)) {
            return (Some(found), used);
        }
    }
    (None, tries)
}

async fn measure_recurrence(trials: &mut Trials<'_>, found: &Violation, runs: usize) -> Recurrence {
    let mut again = Recurrence { times: 0, runs };
    for _ in 0..runs {
        let one = trials.run(&found.plan).await.ok().flatten();
        again.times += usize::from(one.is_some_and(|one| one.is_like(found)));
    }
    again
}

/// Returns the random number generator of a seed.
fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
