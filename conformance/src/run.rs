//! A run: what came of every step of a scenario, and its text.

use crate::scenario::Scenario;
use crate::transcript::{Block, Transcript};

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; its lines tell what it printed.
    Done,
    /// It needs what an earlier step should have given.
    Blocked {
        /// The place of that step among all steps of the scenario.
        by: usize,
    },
    /// This target cannot do it.
    NotChecked {
        /// What it would need.
        why: String,
    },
    /// The suite or the start-up failed.
    Error {
        /// What happened.
        why: String,
    },
}

/// One step as it was carried out.
#[derive(Clone, Debug)]
pub struct StepRun {
    /// What came of it.
    pub outcome: Outcome,
    /// What it printed.
    pub lines: Vec<String>,
    /// Whether its request was answered 2xx; `None` where it sent none.
    pub success: Option<bool>,
}

/// A scenario as it was carried out, one entry a step.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The steps in order.
    pub steps: Vec<StepRun>,
    /// The last output of the program under test, where a step ended in an error.
    pub output: String,
}

impl Run {
    /// Writes the run as text; a step that was not carried out says why.
    pub fn transcript(&self, scenario: &Scenario) -> Transcript {
        let blocks = scenario.steps().zip(&self.steps).map(|(step, run)| Block {
            step: step.text.clone(),
            lines: match &run.outcome {
                Outcome::Done => run.lines.clone(),
                Outcome::Blocked { .. } => vec!["(blocked by an earlier step)".to_owned()],
                Outcome::NotChecked { why } => vec![format!("(not checked: {why})")],
                Outcome::Error { why } => vec![format!("(error: {why})")],
            },
        });
        Transcript { blocks: blocks.collect() }
    }
}
