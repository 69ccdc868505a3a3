//! The report of a check: what was checked, in which modes, and every verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::target_info::TargetInfo;
use super::verdict::{Kind, Verdicts};
use crate::catalogue::{Catalogue, Weight};
use crate::catalogue::{Mode, Subject};

/// The outcome of a check, by which the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every must that was checked is met, and at least one was checked.
    Met,
    /// Some must is not met or blocked.
    NotMet,
    /// Nothing that decides could be checked, or not everything.
    NotChecked,
}

/// The result of one check; the same verdicts give the same bytes in every report.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Report {
    /// What was checked.
    pub target: TargetInfo,
    /// In which modes.
    pub modes: Vec<Subject>,
    /// The verdicts.
    pub verdicts: Verdicts,
    /// The last output of programs that did not start, by mode.
    pub outputs: BTreeMap<Subject, String>,
    /// The known mistakes that it behaves like; whoever renders the report works them out first.
    #[serde(skip)]
    pub likenesses: Vec<Likeness>,
}

/// A known mistake that an implementation behaves like, or a few that cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// The sentence that says what such an implementation is like.
    pub sentence: String,
    /// The verdicts that speak for it: requirement and mode.
    pub explains: BTreeSet<(String, Subject)>,
}

impl Likeness {
    /// Lists the requirements that it explains.
    pub fn requirements(&self) -> BTreeSet<&str> {
        self.explains.iter().map(|(id, _)| id.as_str()).collect()
    }
}

/// Which weights decide beside the musts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// Shoulds count as musts (`--strict`).
    pub strict: bool,
    /// Exacts count as musts (`--exact`).
    pub exact: bool,
}

impl Strictness {
    /// Tells whether verdicts of this weight decide.
    pub fn decides(self, weight: Weight) -> bool {
        match weight {
            Weight::Must => true,
            Weight::Should => self.strict,
            Weight::Exact => self.exact,
        }
    }
}

impl Report {
    /// Decides the outcome of the check.
    ///
    /// Failures that are listed as known do not count; a line of that list whose verdict is met does.
    pub fn outcome(&self, catalogue: &Catalogue, strictness: Strictness) -> Outcome {
        let count = |kind| -> usize {
            let weights = Weight::ALL.into_iter().filter(|weight| strictness.decides(*weight));
            weights.map(|weight| self.verdicts.count_unlisted(catalogue, weight, kind)).sum()
        };
        if count(Kind::NotMet) + count(Kind::Blocked) + self.verdicts.stale().count() > 0 {
            Outcome::NotMet
        } else if count(Kind::Error) > 0 || count(Kind::Met) == 0 {
            Outcome::NotChecked
        } else {
            Outcome::Met
        }
    }

    /// Tells whether anything could be judged.
    pub fn judged(&self, catalogue: &Catalogue) -> bool {
        self.verdicts.in_order(catalogue).any(|finding| finding.kind != Kind::Error)
    }

    /// Says the outcome in a sentence.
    pub fn outcome_sentence(&self, catalogue: &Catalogue, strictness: Strictness) -> String {
        let musts = |kind| self.verdicts.count(catalogue, Weight::Must, kind);
        let unchecked = musts(Kind::NotChecked);
        let words = match self.outcome(catalogue, strictness) {
            Outcome::Met if self.verdicts.known_failures() > 0 => {
                "Every must that was checked is met, but for the failures that are known."
            }
            Outcome::Met if unchecked > 0 => {
                return format!(
                    "Every must that was checked is met; {unchecked} were not checked, for the reasons given."
                );
            }
            Outcome::Met => "Every must that was checked is met.",
            Outcome::NotMet if self.verdicts.stale().next().is_some() => {
                "The list of known failures is stale: what it lists is met."
            }
            Outcome::NotMet => "Not every must is met.",
            _ if !self.judged(catalogue) => {
                "Nothing could be checked; `conformance doctor` says what this machine has."
            }
            _ if musts(Kind::Error) > 0 => "Not everything could be checked: there are errors.",
            _ => "Nothing that decides could be checked.",
        };
        words.to_owned()
    }
}

/// Lists modes, or says "every mode" where that is what they are.
pub fn modes(modes: &[Subject]) -> String {
    if modes.len() == Mode::ALL.len() {
        return "every mode".to_owned();
    }
    modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(", ")
}
