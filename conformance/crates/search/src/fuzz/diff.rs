//! The difference between two implementations: the shortest walk that they answer differently.

use std::cell::RefCell;

use tokio::runtime::Runtime;

use super::ground::{Ground, NoGround, Surprise};
use super::hunt::SHRINKS;
use super::property::Property;
use super::search::{self, Search};
use super::strategy;
use super::world::{Abilities, World};
use model::{Deviation, Open};
use spec::catalogue::Mode;
use spec::results::run::Run;
use spec::scenario::Scenario;
use spec::transcript::Answer;

/// What to compare, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// Whose walks are played.
    pub property: Property,
    /// The modes.
    pub modes: &'a [Mode],
    /// How many walks.
    pub cases: u32,
    /// What the walks are drawn from.
    pub seed: u64,
    /// Whether differences that the documents leave open are passed over.
    pub documented: bool,
}

/// A walk that two implementations answer differently, as short as it could be made.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The mode that it is played in.
    pub mode: Mode,
    /// The walk; its last step is answered differently.
    pub scenario: Scenario,
    /// The last answer of each, with ids, cookies and times named alike.
    pub answers: [Vec<String>; 2],
    /// What the documents have against each, if anything.
    pub deviations: [Option<Deviation>; 2],
    /// The freedoms of which either made use; where nothing is against either, these are why.
    pub freedoms: Vec<Open>,
}

/// What tells one divergence from another while it is made shorter: the first line of each answer.
type Kind = [String; 2];

impl Diff<'_> {
    /// Looks for a walk that is answered differently; gives the number of walks played besides.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be played on any more.
    pub fn run(
        self,
        runtime: &Runtime,
        grounds: [&RefCell<Ground<'_>>; 2],
        tell: &dyn Fn(),
    ) -> Result<(Option<Divergence>, u32), NoGround> {
        let modes: Vec<Mode> =
            self.property.modes().iter().filter(|mode| self.modes.contains(mode)).copied().collect();
        if modes.is_empty() {
            return Ok((None, 0));
        }
        let [left, right] = grounds.map(|ground| ground.borrow().abilities);
        let abilities =
            Abilities { restarts: left.restarts && right.restarts, clock: left.clock && right.clock };
        let both = |scenario: &Scenario, mode| -> Result<[(Run, Vec<Surprise>); 2], NoGround> {
            let [left, right] = grounds;
            Ok([
                runtime.block_on(left.borrow_mut().run(scenario, mode))?,
                runtime.block_on(right.borrow_mut().run(scenario, mode))?,
            ])
        };
        let written = |walk: &World| if self.documented { walk.scenario() } else { walk.scenario_in_full() };
        let play = |walk: &World, wanted: Option<&Kind>| {
            let [(left, _), (right, _)] = both(&written(walk), walk.mode)?;
            let found = first_difference(&left, &right);
            Ok(found.filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == kind)))
        };
        let search = Search {
            cases: self.cases,
            shrinks: SHRINKS,
            seed: search::seed(self.seed, self.property, 0),
            play: &play,
            tell,
        };
        let searched = search.run(&strategy::walks(self.property, &modes, abilities))?;
        let Some((walk, _)) = searched.failed else { return Ok((None, searched.cases)) };
        let mode = walk.world.mode;
        let [left, right] = both(&written(&walk.world), mode)?;
        let Some((step, _)) = first_difference(&left.0, &right.0) else { return Ok((None, searched.cases)) };
        let title = "Two implementations, and where they part";
        let scenario = walk.world.cut(step, "divergence", title, "What is answered differently", &[]);
        let lines = |run: &Run| run.steps[step].printed.lines();
        let deviation = |surprises: Vec<Surprise>| {
            surprises.into_iter().find(|one| one.step <= step).map(|one| one.deviation)
        };
        let answers = [lines(&left.0), lines(&right.0)];
        let deviations = [deviation(left.1), deviation(right.1)];
        let mut freedoms: Vec<Open> = grounds.iter().flat_map(|ground| ground.borrow().freedoms()).collect();
        freedoms.dedup();
        Ok((Some(Divergence { mode, scenario, answers, deviations, freedoms }), searched.cases))
    }
}

/// Finds the first step that came out differently.
fn first_difference(left: &Run, right: &Run) -> Option<(usize, Kind)> {
    let mut steps = left.steps.iter().zip(&right.steps).enumerate();
    let (step, (left, right)) = steps.find(|(_, (left, right))| left.printed != right.printed)?;
    let first = |printed: &Answer| printed.lines().into_iter().next().unwrap_or_default();
    Some((step, [first(&left.printed), first(&right.printed)]))
}
