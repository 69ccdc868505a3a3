//! The difference between two implementations: the shortest walk that they answer differently.

use super::campaign::SHRINKS;
use super::harness::Harness;
use super::property::Property;
use super::search::{self, Search};
use super::strategy;
use super::verifier::Mismatch;
use super::world::{Abilities, World};
use crate::Error;
use model::{Deviation, Unspecified};
use spec::catalogue::Mode;
use spec::results::run::Run;
use spec::scenario::Scenario;

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
    pub freedoms: Vec<Unspecified>,
}

/// What tells one divergence from another while it is made shorter: the first line of each answer.
type Kind = [String; 2];

impl Diff<'_> {
    /// Looks for a walk that is answered differently; gives the number of walks played besides.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be played on any more.
    pub async fn run(
        self,
        [left, right]: [&mut Harness<'_>; 2],
        on_progress: &dyn Fn(),
    ) -> Result<(Option<Divergence>, u32), Error> {
        let modes: Vec<Mode> =
            self.property.modes().iter().filter(|mode| self.modes.contains(mode)).copied().collect();
        if modes.is_empty() {
            return Ok((None, 0));
        }
        let abilities = Abilities {
            restarts: left.abilities.restarts && right.abilities.restarts,
            clock: left.abilities.clock && right.abilities.clock,
        };
        let written = |walk: &World| if self.documented { walk.scenario() } else { walk.scenario_in_full() };
        let play = async |walk: &World, wanted: Option<&Kind>| {
            let scenario = written(walk);
            let (left, _) = left.run(&scenario, walk.mode).await?;
            let (right, _) = right.run(&scenario, walk.mode).await?;
            let found = first_difference(&left, &right);
            Ok(found.filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == kind)))
        };
        let search = Search {
            cases: self.cases,
            shrinks: SHRINKS,
            seed: search::seed(self.seed, self.property, 0),
            on_progress,
        };
        let searched = search.run(&strategy::walks(self.property, &modes, abilities), play).await?;
        let Some((walk, _)) = searched.failed else { return Ok((None, searched.cases)) };
        let mode = walk.world.mode;
        let scenario = written(&walk.world);
        let (left_run, of_left) = left.run(&scenario, mode).await?;
        let (right_run, of_right) = right.run(&scenario, mode).await?;
        let Some((step, _)) = first_difference(&left_run, &right_run) else {
            return Ok((None, searched.cases));
        };
        let title = "Two implementations, and where they part";
        let scenario = walk.world.cut(step, "divergence", title, "What is answered differently", &[]);
        let lines = |run: &Run| run.steps[step].lines.clone();
        let deviation = |mismatches: Vec<Mismatch>| {
            mismatches.into_iter().find(|one| one.step <= step).map(|one| one.deviation)
        };
        let answers = [lines(&left_run), lines(&right_run)];
        let deviations = [deviation(of_left), deviation(of_right)];
        let mut freedoms: Vec<Unspecified> =
            [left, right].into_iter().flat_map(|one| one.freedoms()).collect();
        freedoms.dedup();
        Ok((Some(Divergence { mode, scenario, answers, deviations, freedoms }), searched.cases))
    }
}

/// Finds the first step that came out differently.
fn first_difference(left: &Run, right: &Run) -> Option<(usize, Kind)> {
    let mut steps = left.steps.iter().zip(&right.steps).enumerate();
    let (step, (left, right)) = steps.find(|(_, (left, right))| left.lines != right.lines)?;
    let first = |lines: &[String]| lines.first().cloned().unwrap_or_default();
    Some((step, [first(&left.lines), first(&right.lines)]))
}
