//! The hunt: plans are drawn and tried until enough were, and what is found is made small.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::keeper::Untried;
use super::plan::{Kind, Plan, plans};
use super::trial::Trials;
use super::violation::{Again, Violation};

/// How often a smaller plan is tried before it counts as sound: a race is not lost every time.
const TRIES: usize = 5;

/// How many trials it may take to make a plan smaller.
const SHRINKING: usize = 80;

/// After how many plans in a row that cannot be tried a hunt gives up.
const IN_VAIN: usize = 3;

/// How to hunt.
#[derive(Clone, Copy, Debug)]
pub struct Hunt {
    /// How many plans are drawn.
    pub cases: u32,
    /// What they are drawn from: the same plans for the same seed, as long as nothing is found.
    pub seed: u64,
    /// How often what was found is carried out again, to say how often it happens.
    pub repeats: usize,
}

/// What a hunt has brought.
#[derive(Clone, Debug, Default)]
pub struct Bag {
    /// How many plans were tried, without those that made a violation smaller.
    pub cases: u32,
    /// One violation of each sort, in the order in which they were found.
    pub violations: Vec<Violation>,
    /// The kinds of operations that were answered wrongly one by one as well, and not drawn from then on.
    pub left_out: BTreeSet<Kind>,
}

impl Hunt {
    /// Draws plans and tries them.
    ///
    /// # Errors
    ///
    /// When several plans in a row could not be tried, and nothing was found before.
    pub async fn run(&self, trials: &mut Trials<'_>) -> Result<Bag, Untried> {
        let mut bag = Bag::default();
        let mut runner = TestRunner::new_with_rng(Config::default(), rng(self.seed));
        let mut in_vain = 0;
        while bag.cases < self.cases {
            let Some(plans) = plans(&bag.left_out) else { break };
            let mut tree = plans.new_tree(&mut runner).expect("no plan is rejected");
            let found = match trials.trial(&tree.current()).await {
                Ok(found) => found,
                Err(untried) => {
                    in_vain += 1;
                    if in_vain < IN_VAIN {
                        continue;
                    }
                    return if bag.violations.is_empty() { Err(untried) } else { Ok(bag) };
                }
            };
            in_vain = 0;
            bag.cases += 1;
            let Some(violation) = found else { continue };
            if violation.is_alone {
                bag.left_out.insert(violation.kind());
            }
            if bag.violations.iter().any(|one| one.is_like(&violation)) {
                continue;
            }
            let case = bag.cases;
            let mut smallest = shrink(trials, &mut tree, violation).await;
            smallest.case = Some(case);
            smallest.again = Some(repeat(trials, &smallest, self.repeats).await);
            bag.violations.push(smallest);
        }
        Ok(bag)
    }
}

/// Looks for the smallest plan that ends in a violation of the same sort.
async fn shrink(
    trials: &mut Trials<'_>,
    tree: &mut impl ValueTree<Value = Plan>,
    found: Violation,
) -> Violation {
    let (mut smallest, mut left) = (found, SHRINKING);
    while left > 0 && tree.simplify() {
        loop {
            let (again, used) = same(trials, &tree.current(), &smallest, TRIES.min(left)).await;
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

/// Tries a plan until it ends in a violation of the same sort; says how many trials that took.
async fn same(
    trials: &mut Trials<'_>,
    plan: &Plan,
    like: &Violation,
    tries: usize,
) -> (Option<Violation>, usize) {
    for used in 1..=tries {
        let found = trials.trial(plan).await.ok().flatten();
        if let Some(found) = found.filter(|found| found.is_like(like)) {
            return (Some(found), used);
        }
    }
    (None, tries)
}

async fn repeat(trials: &mut Trials<'_>, found: &Violation, runs: usize) -> Again {
    let mut again = Again { times: 0, runs };
    for _ in 0..runs {
        let one = trials.trial(&found.plan).await.ok().flatten();
        again.times += usize::from(one.is_some_and(|one| one.is_like(found)));
    }
    again
}

/// Makes the random numbers of a seed.
fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
