//! The campaign: sequences of one property are carried out until one is answered wrongly, and that one is made as short
//! as can be.

use std::collections::BTreeSet;

use super::harness::Harness;
use super::property::Property;
use super::search::{self, Search};
use super::strategy;
use super::world::World;
use crate::Error;
use model::Deviation;
use spec::catalogue::Mode;
use spec::scenario::Scenario;

/// How often a walk is made shorter or simpler where a person shall read it.
pub const SHRINKS: u32 = 400;

/// What to look for, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The property.
    pub property: Property,
    /// The modes; only those in which the property says something are drawn.
    pub modes: &'a [Mode],
    /// How many walks.
    pub cases: u32,
    /// What the walks are drawn from: the same number gives the same walks.
    pub seed: u64,
    /// How often a walk that fails is made shorter or simpler, at most.
    pub shrinks: u32,
}

/// A walk that is answered wrongly, as short as it could be made.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The property that it was found by.
    pub property: Property,
    /// The mode that it is played in.
    pub mode: Mode,
    /// What is wrong with the answer to its last request.
    pub deviation: Deviation,
    /// The walk.
    pub scenario: Scenario,
    /// After how many walks it was found.
    pub case: u32,
}

/// The requirements that need not be found: they are said not to be met, or there is a counterexample.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeSet<String>);

impl Known {
    /// Begins with requirements that are said not to be met.
    pub fn listed<'k>(requirements: impl IntoIterator<Item = &'k str>) -> Self {
        Self(requirements.into_iter().map(str::to_owned).collect())
    }

    /// Notes that there is a counterexample of a requirement.
    pub fn find(&mut self, requirement: &str) {
        self.0.insert(requirement.to_owned());
    }

    /// Tells whether a deviation is passed over: what most likely breaks another requirement is still of interest.
    pub fn has(&self, deviation: &Deviation) -> bool {
        self.holds(deviation.requirements[0])
    }

    /// Tells whether a requirement need not be found.
    pub fn holds(&self, requirement: &str) -> bool {
        self.0.contains(requirement)
    }
}

/// What a campaign has found.
#[derive(Clone, Debug, Default)]
pub struct CampaignResult {
    /// One for each requirement, in the order in which they were found.
    pub counterexamples: Vec<Counterexample>,
    /// How many walks were played, shrinking not counted.
    pub cases: u32,
    /// The requirements of answers that were wrong once, and right when the walk was played again.
    pub passing: BTreeSet<&'static str>,
}

impl Campaign<'_> {
    /// Runs the campaign; `on_progress` is called after each sequence. Requirements in `known` are not looked for.
    ///
    /// # Errors
    ///
    /// When the target cannot be used any more.
    pub async fn run(
        self,
        harness: &mut Harness<'_>,
        known: &Known,
        on_progress: &dyn Fn(),
    ) -> Result<CampaignResult, Error> {
        let modes: Vec<Mode> =
            self.property.modes().iter().filter(|mode| self.modes.contains(mode)).copied().collect();
        let mut result = CampaignResult::default();
        if modes.is_empty() {
            return Ok(result);
        }
        let mut known = known.clone();
        let walks = strategy::walks(self.property, &modes, harness.abilities);
        for round in 0.. {
            let search = Search {
                cases: self.cases - result.cases,
                shrinks: self.shrinks,
                seed: search::seed(self.seed, self.property, round),
                on_progress,
            };
            let play = async |walk: &World, wanted: Option<&&'static str>| {
                let passed = |one: &Deviation| {
                    known.has(one) || wanted.is_some_and(|wanted| *wanted != one.requirements[0])
                };
                let found = harness.play(&walk.scenario(), walk.mode, &passed).await?;
                Ok(found.map(|mismatch| (mismatch.step, mismatch.requirement())))
            };
            let searched = search.run(&walks, play).await?;
            result.cases += searched.cases;
            result.passing.extend(searched.passing);
            let Some((walk, requirement)) = searched.failed else { break };
            let passed = |one: &Deviation| known.has(one);
            let (scenario, mode) = (walk.world.scenario(), walk.world.mode);
            match harness.play(&scenario, mode, &passed).await? {
                Some(mismatch) => {
                    let id = mismatch.requirement();
                    let scenario = walk.world.ending_at(mismatch.step, id);
                    let (property, deviation) = (self.property, mismatch.deviation);
                    known.find(id);
                    let case = result.cases;
                    result.counterexamples.push(Counterexample { property, mode, deviation, scenario, case });
                }
                // It was seen twice; where it is gone now, it is no more than passing.
                None => {
                    result.passing.insert(requirement);
                    known.find(requirement);
                }
            }
            if result.cases >= self.cases {
                break;
            }
        }
        Ok(result)
    }
}
