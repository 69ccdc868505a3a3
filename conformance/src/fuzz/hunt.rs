//! The hunt: walks of one property are played until one is answered wrongly, and that one is made as short as can be.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::Runtime;

use super::ground::{Ground, NoGround, Surprise};
use super::op::Op;
use super::property::Property;
use super::strategy::{self, Walks};
use super::world::World;
use crate::mode::Mode;
use crate::model::Deviation;
use crate::scenario::Scenario;

/// How often a walk is made shorter or simpler where a person shall read it.
pub const SHRINKS: u32 = 400;

/// How long that may take, in milliseconds.
const SHRINK_TIME: u32 = 60_000;

/// What to look for, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Hunt<'a> {
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

/// What need not be found.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Requirements that are said not to be met: whatever may break one of them is passed over.
    listed: BTreeSet<String>,
    /// Requirements of which there is a counterexample: what most likely breaks another is still of interest.
    found: BTreeSet<&'static str>,
}

impl Known {
    /// Passes over whatever may break one of these requirements.
    pub fn listed<'k>(requirements: impl IntoIterator<Item = &'k str>) -> Self {
        let listed = requirements.into_iter().map(str::to_owned).collect();
        Self { listed, found: BTreeSet::new() }
    }

    /// Notes that there is a counterexample of a requirement.
    pub fn find(&mut self, requirement: &'static str) {
        self.found.insert(requirement);
    }

    /// Tells whether a deviation is passed over.
    pub fn has(&self, deviation: &Deviation) -> bool {
        let ids = &deviation.requirements;
        ids.iter().any(|id| self.listed.contains(*id)) || self.found.contains(ids[0])
    }
}

/// What a hunt has found.
#[derive(Clone, Debug, Default)]
pub struct Catch {
    /// One for each requirement, in the order in which they were found.
    pub counterexamples: Vec<Counterexample>,
    /// How many walks were played, shrinking not counted.
    pub cases: u32,
    /// The requirements of answers that were wrong once, and right when the walk was played again.
    pub passing: BTreeSet<&'static str>,
}

impl Hunt<'_> {
    /// Hunts; `tell` hears after each walk. Requirements in `known` are not hunted for.
    ///
    /// # Errors
    ///
    /// When the target cannot be played on any more; the text says why.
    pub fn run(
        self,
        runtime: &Runtime,
        ground: &RefCell<Ground<'_>>,
        known: &Known,
        tell: &dyn Fn(),
    ) -> Result<Catch, NoGround> {
        let modes: Vec<Mode> =
            self.property.modes().iter().filter(|mode| self.modes.contains(mode)).copied().collect();
        let mut catch = Catch::default();
        if modes.is_empty() {
            return Ok(catch);
        }
        let mut known = known.clone();
        let mut round = 0;
        while catch.cases < self.cases {
            let walks = strategy::walks(self.property, &modes, ground.borrow().abilities);
            let pass = Pass {
                runtime,
                ground,
                known: &known,
                tell,
                played: Cell::new(0),
                wanted: Cell::new(None),
                shrinks: self.shrinks,
                passing: RefCell::default(),
                broken: RefCell::default(),
            };
            let found = pass.run(&walks, self.cases - catch.cases, seed(self.seed, self.property, round));
            catch.cases += pass.played.get();
            catch.passing.extend(pass.passing.into_inner());
            if let Some(why) = pass.broken.into_inner() {
                return Err(why);
            }
            let Some((world, ops)) = found else { return Ok(catch) };
            let walk = Walk::of(world, &ops);
            let played =
                runtime.block_on(
                    ground.borrow_mut().play(&walk.whole(), walk.world.mode, &|one| known.has(one)),
                )?;
            // It was seen twice; where it is gone now, it is no more than passing.
            let Some(surprise) = played else {
                catch.passing.extend(pass.wanted.get());
                pass.wanted.get().into_iter().for_each(|id| known.find(id));
                continue;
            };
            known.find(surprise.requirement());
            catch.counterexamples.push(walk.counterexample(self.property, surprise, catch.cases));
            round += 1;
        }
        Ok(catch)
    }
}

/// Draws a seed of its own for each property and each pass.
fn seed(seed: u64, property: Property, round: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = property as u8;
    bytes[16..24].copy_from_slice(&round.to_le_bytes());
    bytes
}

/// Walks played until one fails.
struct Pass<'p, 'a> {
    runtime: &'p Runtime,
    ground: &'p RefCell<Ground<'a>>,
    known: &'p Known,
    tell: &'p dyn Fn(),
    played: Cell<u32>,
    /// The requirement whose counterexample is being made shorter.
    wanted: Cell<Option<&'static str>>,
    shrinks: u32,
    passing: RefCell<BTreeSet<&'static str>>,
    broken: RefCell<Option<NoGround>>,
}

impl Pass<'_, '_> {
    fn run(&self, walks: &Walks, cases: u32, seed: [u8; 32]) -> Option<(World, Vec<Op>)> {
        let config = Config {
            cases,
            failure_persistence: None,
            max_shrink_iters: self.shrinks,
            max_shrink_time: SHRINK_TIME,
            max_local_rejects: u32::MAX,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let failed = TestRunner::new_with_rng(config, rng)
            .run(walks, |(world, ops, seen)| self.one(world, &ops, seen));
        match failed {
            Err(TestError::Fail(_, (world, ops, _))) if self.broken.borrow().is_none() => Some((world, ops)),
            _ => None,
        }
    }

    fn one(&self, world: World, ops: &[Op], seen: Option<Arc<AtomicUsize>>) -> Result<(), TestCaseError> {
        let walk = Walk::of(world, ops);
        let scenario = walk.whole();
        let known = |one: &Deviation| {
            let is_other = |wanted: &str| wanted != one.requirements[0];
            self.known.has(one) || self.wanted.get().is_some_and(is_other)
        };
        let play =
            || self.runtime.block_on(self.ground.borrow_mut().play(&scenario, walk.world.mode, &known));
        if self.broken.borrow().is_some() {
            // Nothing is made shorter any more.
            return Ok(());
        }
        let first = play();
        if self.wanted.get().is_none() {
            self.played.set(self.played.get() + 1);
            (self.tell)();
        }
        let surprise = match first {
            Err(why) => return self.end(why),
            Ok(None) => return Ok(()),
            Ok(Some(surprise)) => surprise,
        };
        if self.wanted.get().is_none() {
            // It is believed when it happens again.
            match play() {
                Err(why) => return self.end(why),
                Ok(Some(again)) if again.requirement() == surprise.requirement() => {}
                Ok(_) => {
                    self.passing.borrow_mut().insert(surprise.requirement());
                    return Ok(());
                }
            }
            self.wanted.set(Some(surprise.requirement()));
        }
        // What is not made shorter is given back as it is, and must not have been counted.
        if let Some(seen) = seen.filter(|_| self.shrinks > 0) {
            seen.store(walk.ops_until(surprise.step), Ordering::SeqCst);
        }
        Err(TestCaseError::fail(surprise.requirement()))
    }

    /// Ends the hunt: there is nothing more to play on.
    fn end(&self, why: NoGround) -> Result<(), TestCaseError> {
        let shown = why.to_string();
        *self.broken.borrow_mut() = Some(why);
        Err(TestCaseError::fail(shown))
    }
}

/// A walk to its end, with the number of steps after each operation.
struct Walk {
    world: World,
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

    fn whole(&self) -> Scenario {
        self.world.scenario()
    }

    /// Counts the operations up to the one that a step belongs to.
    fn ops_until(&self, step: usize) -> usize {
        self.ends.iter().position(|end| step < *end).map_or(self.ends.len(), |at| at + 1)
    }

    fn counterexample(self, property: Property, surprise: Surprise, case: u32) -> Counterexample {
        let scenario = self.world.ending_at(surprise.step, surprise.requirement());
        Counterexample { property, mode: self.world.mode, deviation: surprise.deviation, scenario, case }
    }
}
