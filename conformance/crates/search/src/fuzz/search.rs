//! The search: sequences are carried out until one fails, and that one is made as short as can be.
//!
//! It is the loop of proptest's own runner, with the same random numbers, written here since the runner carries out
//! each case in a closure that may neither wait nor change anything.

use std::fmt::Debug;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::property::Property;
use super::reference_state::ReferenceState;
use super::strategy::Sequences;
use super::transition::Transition;
use crate::Error;

/// How long a sequence is made shorter.
const SHRINK_TIME: Duration = Duration::from_secs(60);

/// What to search for, and for how long.
pub struct Search<'s> {
    /// The largest number of sequences that are carried out.
    pub cases: u32,
    /// How often one that fails is made shorter or simpler, at most.
    pub shrinks: u32,
    /// What the sequences are drawn from.
    pub seed: [u8; 32],
    /// Is called after each sequence, but for those that are made shorter.
    pub on_progress: &'s dyn Fn(),
}

/// What a search has found.
#[derive(Debug)]
pub struct Searched<K> {
    /// The sequence that fails, as short as it could be made, and how it does.
    pub failed: Option<(Sequence, K)>,
    /// The number of sequences that were carried out.
    pub cases: u32,
    /// The failures that were gone when their sequence was carried out again.
    pub passing: Vec<K>,
}

impl Search<'_> {
    /// Searches. `play` carries out a sequence, and returns the place of the step at which it fails, and how. Where it
    /// is given how a longer sequence has failed, no other failure counts.
    ///
    /// # Errors
    ///
    /// When nothing can be carried out any more.
    pub async fn run<K: Clone + Debug + PartialEq>(
        &self,
        sequences: &Sequences,
        mut play: impl AsyncFnMut(&ReferenceState, Option<&K>) -> Result<Option<(usize, K)>, Error>,
    ) -> Result<Searched<K>, Error> {
        let config = Config { failure_persistence: None, max_local_rejects: u32::MAX, ..Config::default() };
        let mut runner =
            TestRunner::new_with_rng(config.clone(), TestRng::from_seed(RngAlgorithm::ChaCha, &self.seed));
        let mut searched = Searched { failed: None, cases: 0, passing: Vec::new() };
        for _ in 0..self.cases {
            // What one case draws does not depend on how much the one before it has drawn.
            runner = TestRunner::new_with_rng(config.clone(), runner.new_rng());
            let Ok(mut tree) = sequences.new_tree(&mut runner) else { break };
            let (state, transitions, seen) = tree.current();
            let sequence = Sequence::of(state, &transitions);
            let failed = play(&sequence.state, None).await?;
            searched.cases += 1;
            (self.on_progress)();
            let Some((step, how)) = failed else { continue };
            // It is believed when it happens again.
            match play(&sequence.state, None).await? {
                Some((_, again)) if again == how => {}
                _ => {
                    searched.passing.push(how);
                    continue;
                }
            }
            // By this counter a sequential strategy is told how far a case has come: it leaves out the rest at once.
            if let Some(seen) = seen.filter(|_| self.shrinks > 0) {
                seen.store(sequence.transitions_until(step), Ordering::SeqCst);
            }
            searched.failed = Some((self.shrink(&mut tree, sequence, &how, &mut play).await?, how));
            break;
        }
        Ok(searched)
    }

    /// Returns the shortest sequence that still fails in the same way.
    async fn shrink<K>(
        &self,
        tree: &mut impl ValueTree<Value = <Sequences as proptest::strategy::Strategy>::Value>,
        found: Sequence,
        how: &K,
        play: &mut impl AsyncFnMut(&ReferenceState, Option<&K>) -> Result<Option<(usize, K)>, Error>,
    ) -> Result<Sequence, Error> {
        let (mut shortest, since) = (found, Instant::now());
        if self.shrinks == 0 || !tree.simplify() {
            return Ok(shortest);
        }
        for _ in 0..self.shrinks {
            if since.elapsed() > SHRINK_TIME {
                break;
            }
            let (state, transitions, _) = tree.current();
            let sequence = Sequence::of(state, &transitions);
            let more = match play(&sequence.state, Some(how)).await? {
                None => tree.complicate(),
                Some(_) => {
                    shortest = sequence;
                    tree.simplify()
                }
            };
            if !more {
                break;
            }
        }
        Ok(shortest)
    }
}

/// A sequence to its end.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The reference state at its end.
    pub state: ReferenceState,
    /// The number of steps after each operation.
    ends: Vec<usize>,
}

impl Sequence {
    fn of(state: ReferenceState, transitions: &[Transition]) -> Self {
        let mut ends = Vec::with_capacity(transitions.len());
        let state = transitions.iter().fold(state, |state, transition| {
            let state = state.after(transition);
            ends.push(state.steps().len());
            state
        });
        Self { state, ends }
    }

    /// Counts the operations up to the one that a step belongs to.
    fn transitions_until(&self, step: usize) -> usize {
        self.ends.iter().position(|end| step < *end).map_or(self.ends.len(), |at| at + 1)
    }
}

/// Returns a seed of its own for each property and each round.
pub fn seed(seed: u64, property: Property, round: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = property as u8;
    bytes[16..24].copy_from_slice(&round.to_le_bytes());
    bytes
}
