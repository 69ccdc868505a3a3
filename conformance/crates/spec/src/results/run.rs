//! A run: what came of every step of a scenario, and its text.

use crate::scenario::Scenario;
use crate::transcript::{Answer, Block, Transcript};

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; what it printed tells the rest.
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
    pub printed: Answer,
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
        let blocks = scenario.steps().zip(&self.steps).map(|(step, run)| {
            let printed = match &run.outcome {
                Outcome::Done => return Block::new(&step.text, &run.printed),
                Outcome::Blocked { .. } => "(blocked by an earlier step)".to_owned(),
                Outcome::NotChecked { why } => format!("(not checked: {why})"),
                Outcome::Error { why } => format!("(error: {why})"),
            };
            Block::new(&step.text, &Answer::text(vec![printed]))
        });
        Transcript { blocks: blocks.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_not_carried_out_says_why_in_the_text() {
        let text = "---\nmodes: [off]\n---\n```console\n$ kill\n$ restart\n$ kill\n$ restart\n```\n";
        let scenario = Scenario::parse("x", text).expect("well-formed");
        let outcomes = [
            Outcome::Done,
            Outcome::Blocked { by: 0 },
            Outcome::NotChecked { why: "no clock".to_owned() },
            Outcome::Error { why: "it died".to_owned() },
        ];
        let printed = Answer::text(vec!["a line".to_owned()]);
        let steps = outcomes.map(|outcome| StepRun { outcome, printed: printed.clone(), success: None });
        let run = Run { steps: steps.to_vec(), output: String::new() };
        assert_eq!(
            run.transcript(&scenario).to_string(),
            "$ kill\na line\n$ restart\n(blocked by an earlier step)\n$ kill\n(not checked: no clock)\n\
             $ restart\n(error: it died)\n"
        );
    }
}
