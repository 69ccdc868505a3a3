//! The campaign: sequences of one property are carried out until one is answered wrongly, and that one is made as short
//! as can be.

use std::collections::BTreeSet;

use super::harness::Harness;
use super::property::Property;
use super::reference_state::ReferenceState;
use super::search::{self, Search};
use super::strategy;
use crate::Error;
use model::Deviation;
use spec::catalogue::Mode;
use spec::scenario::Scenario;

/// The number of attempts to shorten a sequence that a person is going to read.
pub const SHRINKS: u32 = 400;

/// What to look for, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The property.
    pub property: Property,
    /// The modes; only those in which the property says something are drawn.
    pub modes: &'a [Mode],
    /// The number of sequences.
    pub cases: u32,
    /// What the sequences are drawn from: the same number gives the same sequences.
    pub seed: u64,
    /// The largest number of attempts to shorten a sequence that fails.
    pub shrinks: u32,
}

/// A sequence that is answered wrongly, as short as it could be made.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The property that it was found by.
    pub property: Property,
    /// The mode in which it fails.
    pub mode: Mode,
    /// What is wrong with the answer to its last request.
    pub deviation: Deviation,
    /// The sequence.
    pub scenario: Scenario,
    /// The number of sequences until it was found.
    pub case: u32,
}

/// The requirements that are known not to be met: they are listed so, or there is a counterexample.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeSet<String>);

impl Known {
    /// Creates the set of these requirements.
    pub fn listed<'k>(requirements: impl IntoIterator<Item = &'k str>) -> Self {
        Self(requirements.into_iter().map(str::to_owned).collect())
    }

    /// Adds a requirement.
    pub fn find(&mut self, requirement: &str) {
        self.0.insert(requirement.to_owned());
    }

    /// Returns whether a deviation is known: the requirement that it most likely breaks is.
    pub fn has(&self, deviation: &Deviation) -> bool {
        self.holds(deviation.requirements[0])
    }

    /// Returns whether a requirement is known not to be met.
    pub fn holds(&self, requirement: &str) -> bool {
        self.0.contains(requirement)
    }
}

/// What a campaign has found.
#[derive(Clone, Debug, Default)]
pub struct CampaignResult {
    /// One for each requirement, in the order in which they were found.
    pub counterexamples: Vec<Counterexample>,
    /// The number of sequences that were replayed, without those of shrinking.
    pub cases: u32,
    /// The requirements of answers that were wrong once, and right when the sequence was replayed.
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
        let sequences = strategy::sequences(self.property, &modes, harness.capabilities);
        for round in 0.. {
            let search = Search {
                cases: self.cases - result.cases,
                shrinks: self.shrinks,
                seed: search::seed(self.seed, self.property, round),
                on_progress,
            };
            let play = async |sequence: &ReferenceState, wanted: Option<&&'static str>| {
                let passed = |one: &Deviation| {
                    known.has(one) || wanted.is_some_and(|wanted| *wanted != one.requirements[0])
                };
                let found = harness.find_mismatch(&sequence.scenario(), sequence.mode, &passed).await?;
                Ok(found.map(|mismatch| (mismatch.step, mismatch.requirement())))
            };
            let searched = search.run(&sequences, play).await?;
            result.cases += searched.cases;
            result.passing.extend(searched.passing);
            let Some((sequence, requirement)) = searched.failed else { break };
            let passed = |one: &Deviation| known.has(one);
            let (scenario, mode) = (sequence.state.scenario(), sequence.state.mode);
            match harness.find_mismatch(&scenario, mode, &passed).await? {
                Some(mismatch) => {
                    let id = mismatch.requirement();
                    let scenario = sequence.state.ending_at(mismatch.step, id);
                    let (property, deviation) = (self.property, mismatch.deviation);
                    known.find(id);
                    let case = result.cases;
                    result.counterexamples.push(Counterexample { property, mode, deviation, scenario, case });
                }
                // It was seen twice, and is gone now: it is passing.
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
