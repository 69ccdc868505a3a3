//! Verdicts: what is known of one requirement in one mode.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::requirements::{Catalogue, Weight};

/// What is known of a requirement, in the order in which one of them outweighs another.
///
/// Many steps may bear on a requirement: the heaviest of what they say is the verdict. `Met` outweighs
/// `NotChecked` only: what one scenario could not check, another has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// This target cannot do what the check needs.
    NotChecked,
    /// Every step that could be checked answered as accepted.
    Met,
    /// A step that this one needs failed before it.
    Blocked,
    /// The suite or the start-up failed; never the implementation's fault in a requirement.
    Error,
    /// A step answered otherwise.
    NotMet,
}

impl Kind {
    /// Every kind, in the order of the JSON summary.
    pub const ALL: [Self; 5] = [Self::Met, Self::NotMet, Self::Blocked, Self::NotChecked, Self::Error];

    /// Names the kind as the reports do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not-met",
            Self::Blocked => "blocked",
            Self::NotChecked => "not-checked",
            Self::Error => "error",
        }
    }
}

/// Where and how a step differed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Evidence {
    /// The step as written.
    pub step: String,
    /// What the accepted transcript says, as far as it bears on the requirement.
    pub expected: String,
    /// What the target answered.
    pub actual: String,
    /// One shell line that repeats the exchange.
    pub curl: Option<String>,
}

/// What one step, or the sum of them, says of one requirement in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Finding {
    /// The requirement's id.
    pub requirement: String,
    /// The mode that the target ran in.
    pub mode: Mode,
    /// What is known.
    pub kind: Kind,
    /// The scenario that told, and the line of its step.
    pub place: Option<(String, usize)>,
    /// Why it is blocked, not checked or an error.
    pub reason: Option<String>,
    /// What differed, where it is not met.
    pub evidence: Option<Evidence>,
    /// The requirements whose own failure would explain this one; see [`crate::cause`].
    pub causes: Vec<String>,
}

/// The verdicts of a run: one for every requirement and mode that it covers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(from = "Vec<Finding>", into = "Vec<Finding>")]
pub struct Verdicts {
    rows: BTreeMap<(String, Mode), Finding>,
}

impl From<Vec<Finding>> for Verdicts {
    fn from(findings: Vec<Finding>) -> Self {
        let mut verdicts = Self::default();
        verdicts.extend(findings);
        verdicts
    }
}

impl From<Verdicts> for Vec<Finding> {
    fn from(verdicts: Verdicts) -> Self {
        verdicts.rows.into_values().collect()
    }
}

impl Verdicts {
    /// Adds what a step says; the first of the heaviest findings stays.
    pub fn add(&mut self, finding: Finding) {
        let key = (finding.requirement.clone(), finding.mode);
        match self.rows.get_mut(&key) {
            Some(old) if old.kind >= finding.kind => {}
            Some(old) => *old = finding,
            None => {
                self.rows.insert(key, finding);
            }
        }
    }

    /// Adds every finding of another set.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.add(finding);
        }
    }

    /// Finds the verdict of one requirement in one mode.
    pub fn find(&self, requirement: &str, mode: Mode) -> Option<&Finding> {
        self.rows.get(&(requirement.to_owned(), mode))
    }

    /// Lists the verdicts by the catalogue's order, then by mode.
    pub fn in_order<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a Finding> {
        catalogue.rows().iter().flat_map(|row| row.modes.iter().filter_map(|mode| self.find(&row.id, *mode)))
    }

    /// Counts the verdicts of one weight and kind.
    pub fn count(&self, catalogue: &Catalogue, weight: Weight, kind: Kind) -> usize {
        self.in_order(catalogue)
            .filter(|finding| finding.kind == kind)
            .filter(|finding| catalogue.find(&finding.requirement).is_some_and(|row| row.weight == weight))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: Kind, line: usize) -> Finding {
        Finding {
            requirement: "login.ok".into(),
            mode: Mode::SessionAuth,
            kind,
            place: Some(("s".into(), line)),
            reason: None,
            evidence: None,
            causes: Vec::new(),
        }
    }

    #[test]
    fn the_heaviest_finding_is_the_verdict_and_the_first_of_its_kind_stays() {
        let mut verdicts = Verdicts::default();
        verdicts.extend([finding(Kind::NotChecked, 1), finding(Kind::Met, 2), finding(Kind::NotMet, 3)]);
        verdicts.extend([finding(Kind::NotMet, 4), finding(Kind::Blocked, 5), finding(Kind::Met, 6)]);
        let verdict = verdicts.find("login.ok", Mode::SessionAuth).expect("it was added");
        assert_eq!((verdict.kind, verdict.place.as_ref().map(|place| place.1)), (Kind::NotMet, Some(3)));
    }
}
