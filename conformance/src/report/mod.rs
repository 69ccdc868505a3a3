//! Reports: the verdicts of one check, for people and for programs.

mod csv;
mod entry;
mod html;
mod json;
mod junit;
mod progress;
#[cfg(test)]
mod samples;
mod terminal;
mod weights;
mod xml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::ClockKind;
use crate::exit::Exit;
use crate::mode::Mode;
use crate::requirements::{Catalogue, Weight};
use crate::seed::Way;
use crate::target::TargetKind;
use crate::verdict::{Kind, Verdicts};

pub use csv::{csv, scores};
pub use entry::{Entry, Unjudged};
pub use html::html;
pub use json::{json, json_of_all};
pub use junit::{junit, junit_of_all};
pub use progress::Progress;
pub use terminal::terminal;
pub use weights::{Weights, WeightsError};

/// What was checked, and how it was driven.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TargetInfo {
    /// Its name: of the folder, the URL, or "reference".
    pub name: String,
    /// Which kind it is.
    pub kind: TargetKind,
    /// The command that starts it, if the suite does.
    pub command: Option<String>,
    /// The URL in the lines that repeat an exchange.
    pub url: String,
    /// What made its time pass.
    pub clock: ClockKind,
    /// How the users got in; `None` where no way worked.
    pub seeding: Option<Way>,
}

/// The result of one check; the same verdicts give the same bytes in every report.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Report {
    /// What was checked.
    pub target: TargetInfo,
    /// In which modes.
    pub modes: Vec<Mode>,
    /// The verdicts.
    pub verdicts: Verdicts,
    /// The last output of programs that did not start, by mode.
    pub outputs: BTreeMap<Mode, String>,
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
    pub fn exit(&self, catalogue: &Catalogue, strictness: Strictness) -> Exit {
        let count = |kind| -> usize {
            let weights = Weight::ALL.into_iter().filter(|weight| strictness.decides(*weight));
            weights.map(|weight| self.verdicts.count_unlisted(catalogue, weight, kind)).sum()
        };
        if count(Kind::NotMet) + count(Kind::Blocked) + self.verdicts.stale().count() > 0 {
            Exit::NotMet
        } else if count(Kind::Error) > 0 || count(Kind::Met) == 0 {
            Exit::NotChecked
        } else {
            Exit::Met
        }
    }

    /// Tells whether anything could be judged.
    pub fn judged(&self, catalogue: &Catalogue) -> bool {
        self.verdicts.in_order(catalogue).any(|finding| finding.kind != Kind::Error)
    }

    /// Says the outcome in a sentence.
    pub fn outcome(&self, catalogue: &Catalogue, strictness: Strictness) -> String {
        let musts = |kind| self.verdicts.count(catalogue, Weight::Must, kind);
        let unchecked = musts(Kind::NotChecked);
        let words = match self.exit(catalogue, strictness) {
            Exit::Met if self.verdicts.known_failures() > 0 => {
                "Every must that was checked is met, but for the failures that are known."
            }
            Exit::Met if unchecked > 0 => {
                return format!(
                    "Every must that was checked is met; {unchecked} were not checked, for the reasons given."
                );
            }
            Exit::Met => "Every must that was checked is met.",
            Exit::NotMet if self.verdicts.stale().next().is_some() => {
                "The list of known failures is stale: what it lists is met."
            }
            Exit::NotMet => "Not every must is met.",
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
pub(crate) fn modes(modes: &[Mode]) -> String {
    if modes.len() == Mode::ALL.len() {
        return "every mode".to_owned();
    }
    modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(", ")
}
