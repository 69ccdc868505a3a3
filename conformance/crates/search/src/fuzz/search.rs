//! The search: walks are played until one fails, and that one is made as short as can be.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::ground::NoGround;
use super::op::Op;
use super::property::Property;
use super::strategy::Walks;
use super::world::World;

/// How long a walk is made shorter, in milliseconds.
const SHRINK_TIME: u32 = 60_000;

/// Plays a walk, and gives the place of the step at which it fails, and how. Where it is given how a longer walk has
/// failed, no other failure counts.
pub type Play<'p, K> = dyn Fn(&World, Option<&K>) -> Result<Option<(usize, K)>, NoGround> + 'p;

/// What to search for, and for how long.
pub struct Search<'s, K> {
    /// How many walks are played at most.
    pub cases: u32,
    /// How often one that fails is made shorter or simpler, at most.
    pub shrinks: u32,
    /// What the walks are drawn from.
    pub seed: [u8; 32],
    /// Plays one.
    pub play: &'s Play<'s, K>,
    /// Hears after each walk, of those that are made shorter not.
    pub tell: &'s dyn Fn(),
}

/// What a search has found.
#[derive(Debug)]
pub struct Searched<K> {
    /// The walk that fails, as short as it could be made, and how it does.
    pub failed: Option<(Walk, K)>,
    /// How many walks were played.
    pub cases: u32,
    /// The failures that were gone when their walk was played again.
    pub passing: Vec<K>,
}

impl<K: Clone + Debug + PartialEq> Search<'_, K> {
    /// Searches.
    ///
    /// # Errors
    ///
    /// When nothing can be played any more.
    pub fn run(&self, walks: &Walks) -> Result<Searched<K>, NoGround> {
        let config = Config {
            cases: self.cases,
            failure_persistence: None,
            max_shrink_iters: self.shrinks,
            max_shrink_time: SHRINK_TIME,
            max_local_rejects: u32::MAX,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &self.seed);
        let pass = Pass {
            search: self,
            played: Cell::new(0),
            wanted: RefCell::new(None),
            passing: RefCell::default(),
            broken: RefCell::new(None),
        };
        let end = TestRunner::new_with_rng(config, rng)
            .run(walks, |(world, ops, seen)| pass.one(world, &ops, seen.as_deref()));
        if let Some(why) = pass.broken.into_inner() {
            return Err(why);
        }
        let failed = match (end, pass.wanted.into_inner()) {
            (Err(TestError::Fail(_, (world, ops, _))), Some(how)) => Some((Walk::of(world, &ops), how)),
            _ => None,
        };
        Ok(Searched { failed, cases: pass.played.get(), passing: pass.passing.into_inner() })
    }
}

/// A search under way.
struct Pass<'p, 's, K> {
    search: &'p Search<'s, K>,
    played: Cell<u32>,
    /// The failure whose walk is being made shorter.
    wanted: RefCell<Option<K>>,
    passing: RefCell<Vec<K>>,
    broken: RefCell<Option<NoGround>>,
}

impl<K: Clone + Debug + PartialEq> Pass<'_, '_, K> {
    fn one(&self, world: World, ops: &[Op], seen: Option<&AtomicUsize>) -> Result<(), TestCaseError> {
        if self.broken.borrow().is_some() {
            // Nothing is made shorter any more.
            return Ok(());
        }
        let walk = Walk::of(world, ops);
        let wanted = self.wanted.borrow().clone();
        let play = || (self.search.play)(&walk.world, wanted.as_ref());
        let first = play();
        if wanted.is_none() {
            self.played.set(self.played.get() + 1);
            (self.search.tell)();
        }
        let (step, how) = match first {
            Err(why) => return self.end(why),
            Ok(None) => return Ok(()),
            Ok(Some(failed)) => failed,
        };
        if wanted.is_none() {
            // It is believed when it happens again.
            match play() {
                Err(why) => return self.end(why),
                Ok(Some((_, again))) if again == how => {}
                Ok(_) => {
                    self.passing.borrow_mut().push(how);
                    return Ok(());
                }
            }
            *self.wanted.borrow_mut() = Some(how.clone());
        }
        // What is not made shorter is given back as it is, and must not have been counted.
        if let Some(seen) = seen.filter(|_| self.search.shrinks > 0) {
            seen.store(walk.ops_until(step), Ordering::SeqCst);
        }
        Err(TestCaseError::fail(format!("{how:?}")))
    }

    /// Ends the search: there is nothing more to play on.
    fn end(&self, why: NoGround) -> Result<(), TestCaseError> {
        let shown = why.to_string();
        *self.broken.borrow_mut() = Some(why);
        Err(TestCaseError::fail(shown))
    }
}

/// A walk to its end.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The world at its end.
    pub world: World,
    /// The number of steps after each operation.
    ends: Vec<usize>,
}

impl Walk {
    fn of(world: World, ops: &[Op]) -> Self {
        let mut ends = Vec::with_capacity(ops.len());
        let world = ops.iter().fold(world, |world, op| {
            let world = world.after(op);
            ends.push(world.steps().len());
            world
        });
        Self { world, ends }
    }

    /// Counts the operations up to the one that a step belongs to.
    fn ops_until(&self, step: usize) -> usize {
        self.ends.iter().position(|end| step < *end).map_or(self.ends.len(), |at| at + 1)
    }
}

/// Draws a seed of its own for each property and each round.
pub fn seed(seed: u64, property: Property, round: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = property as u8;
    bytes[16..24].copy_from_slice(&round.to_le_bytes());
    bytes
}
