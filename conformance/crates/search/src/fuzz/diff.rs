//! The difference between two implementations: the shortest sequence that they answer differently.

use super::campaign::SHRINKS;
use super::harness::Harness;
use super::property::Property;
use super::reference_state::ReferenceState;
use super::search::{self, Search};
use super::strategy;
use super::transition::Capabilities;
use super::verifier::Mismatch;
use crate::Error;
use model::{Deviation, Unspecified};
use spec::catalogue::Mode;
use spec::results::run::Run;
use spec::scenario::Scenario;
use spec::transcript::Answer;

/// What to compare, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// The property whose sequences are replayed.
    pub property: Property,
    /// The modes.
    pub modes: &'a [Mode],
    /// How many sequences.
    pub cases: u32,
    /// What the sequences are drawn from.
    pub seed: u64,
    /// Whether differences that the documents leave open are passed over.
    pub documented: bool,
}

/// A sequence that two implementations answer differently, as short as it could be made.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The mode in which the two differ.
    pub mode: Mode,
    /// The sequence; its last step is answered differently.
    pub scenario: Scenario,
    /// The last answer of each, with ids, cookies and times named alike.
    pub answers: [Vec<String>; 2],
    /// What the documents have against each, if anything.
    pub deviations: [Option<Deviation>; 2],
    /// The freedoms of which either made use; where nothing is against either, these are why.
    pub freedoms: Vec<Unspecified>,
}

/// The identity of a divergence while it is made shorter: the first line of each answer.
type Kind = [String; 2];

impl Diff<'_> {
    /// Looks for a sequence that is answered differently; also returns the number of sequences that were replayed.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be used any more.
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
        let capabilities = Capabilities {
            restarts: left.capabilities.restarts && right.capabilities.restarts,
            clock: left.capabilities.clock && right.capabilities.clock,
        };
        let written = |sequence: &ReferenceState| {
            if self.documented { sequence.scenario() } else { sequence.scenario_in_full() }
        };
        let play = async |sequence: &ReferenceState, wanted: Option<&Kind>| {
            let scenario = written(sequence);
            let (left, _) = left.replay(&scenario, sequence.mode).await?;
            let (right, _) = right.replay(&scenario, sequence.mode).await?;
            let found = first_difference(&left, &right);
            Ok(found.filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == kind)))
        };
        let search = Search {
            cases: self.cases,
            shrinks: SHRINKS,
            seed: search::seed(self.seed, self.property, 0),
            on_progress,
        };
        let searched = search.run(&strategy::sequences(self.property, &modes, capabilities), play).await?;
        let Some((sequence, _)) = searched.failed else { return Ok((None, searched.cases)) };
        let mode = sequence.state.mode;
        let scenario = written(&sequence.state);
        let (left_run, of_left) = left.replay(&scenario, mode).await?;
        let (right_run, of_right) = right.replay(&scenario, mode).await?;
        let Some((step, _)) = first_difference(&left_run, &right_run) else {
            return Ok((None, searched.cases));
        };
        let title = "Two implementations, and where they part";
        let scenario = sequence.state.cut(step, "divergence", title, "What is answered differently", &[]);
        let lines = |run: &Run| run.steps[step].printed.lines();
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
    let (step, (left, right)) = steps.find(|(_, (left, right))| left.printed != right.printed)?;
    let first = |printed: &Answer| printed.lines().into_iter().next().unwrap_or_default();
    Some((step, [first(&left.printed), first(&right.printed)]))
}
