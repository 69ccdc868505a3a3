//! Verdicts: what is known of one requirement in one mode.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use crate::catalogue::Subject;
use crate::catalogue::{Catalogue, Weight};

/// What is known of a requirement.
///
/// Many steps may bear on a requirement. Of the steps of one scenario the heaviest counts, in the order of
/// this list. Of several scenarios it is the same, but that `Met` outweighs `Blocked`: what one scenario could
/// not reach another has shown.
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

    /// The order of the kinds among scenarios.
    fn weight(self) -> u8 {
        match self {
            Self::NotChecked => 0,
            Self::Blocked => 1,
            Self::Met => 2,
            Self::Error => 3,
            Self::NotMet => 4,
        }
    }

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

/// What one step, or the sum of them, says of one requirement in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Finding {
    /// The requirement's id.
    pub requirement: String,
    /// The mode that the target ran in.
    pub mode: Subject,
    /// What is known.
    pub kind: Kind,
    /// The scenario that told, and the line of its step.
    pub place: Option<(String, usize)>,
    /// Whether that scenario is of the requirement's own task: its evidence is the plainest.
    pub at_home: bool,
    /// Why it is blocked, not checked or an error.
    pub reason: Option<String>,
    /// What differed, where it is not met.
    pub evidence: Option<Evidence>,
    /// The requirements whose own failure would explain this one; `runner::attribution` works them out.
    pub causes: Vec<String>,
}

/// The verdicts of a run: one for every requirement and mode that it covers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(from = "Vec<Finding>", into = "Vec<Finding>")]
pub struct Verdicts {
    rows: BTreeMap<(String, Subject), Finding>,
    /// The verdicts that are listed as failing, each with the line that lists it.
    listed: BTreeMap<(String, Subject), String>,
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
    /// Adds what a scenario says; of the heaviest findings the first at home stays, or else the first.
    ///
    /// A requirement of a Redis server is what its scenarios show together: where one of them could not be checked,
    /// it is not met on the word of the others.
    pub fn add(&mut self, finding: Finding) {
        let weight = |one: &Finding| match (one.mode, one.kind) {
            (Subject::Redis, Kind::NotChecked) => Kind::Met.weight(),
            (_, kind) => kind.weight(),
        };
        let is_lacking = |one: &Finding| one.kind == Kind::NotChecked;
        let order = |one: &Finding| (weight(one), is_lacking(one), one.at_home);
        let key = (finding.requirement.clone(), finding.mode);
        match self.rows.get_mut(&key) {
            Some(old) if order(old) >= order(&finding) => {}
            Some(old) => *old = finding,
            None => {
                self.rows.insert(key, finding);
            }
        }
    }

    /// Adds the findings of all steps of one mode, scenario by scenario.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        type Key = (Option<String>, String, Subject);
        let mut scenarios: BTreeMap<Key, Finding> = BTreeMap::new();
        let mut order: Vec<Key> = Vec::new();
        for finding in findings {
            let scenario = finding.place.as_ref().map(|(scenario, _)| scenario.clone());
            let key = (scenario, finding.requirement.clone(), finding.mode);
            match scenarios.get_mut(&key) {
                Some(old) if old.kind >= finding.kind => {}
                Some(old) => *old = finding,
                None => {
                    order.push(key.clone());
                    scenarios.insert(key, finding);
                }
            }
        }
        for key in order {
            if let Some(finding) = scenarios.remove(&key) {
                self.add(finding);
            }
        }
    }

    /// Names as the blocker of each blocked requirement the one that is itself not met, where there is one.
    pub fn trace_blockers(&mut self) {
        let reasons: BTreeMap<(String, Subject), String> = self
            .rows
            .iter()
            .filter(|(_, finding)| finding.kind == Kind::Blocked)
            .filter_map(|(key, finding)| Some((key.clone(), finding.reason.clone()?)))
            .collect();
        for ((_, mode), finding) in self.rows.iter_mut().filter(|(_, finding)| finding.kind == Kind::Blocked)
        {
            // Bounded, since two requirements may each block the other somewhere.
            for _ in 0..reasons.len() {
                let next = finding.reason.clone().and_then(|reason| reasons.get(&(reason, *mode)));
                match next {
                    Some(next) => finding.reason = Some(next.clone()),
                    None => break,
                }
            }
        }
    }

    /// Finds the verdict of one requirement in one mode.
    pub fn find(&self, requirement: &str, mode: impl Into<Subject>) -> Option<&Finding> {
        self.rows.get(&(requirement.to_owned(), mode.into()))
    }

    /// Lists the verdicts by requirement, then by mode.
    pub fn all(&self) -> impl Iterator<Item = &Finding> {
        self.rows.values()
    }

    /// Lists the verdicts that are not met, by requirement, then by mode.
    pub fn not_met(&self) -> impl Iterator<Item = &Finding> {
        self.all().filter(|finding| finding.kind == Kind::NotMet)
    }

    /// Gives the first reason that any verdict states.
    pub fn any_reason(&self) -> Option<String> {
        self.rows.values().find_map(|finding| finding.reason.clone())
    }

    /// Lists the verdicts by the catalogue's order, then by mode.
    pub fn in_order<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a Finding> {
        catalogue.rows().iter().flat_map(|row| row.modes.iter().filter_map(|mode| self.find(&row.id, *mode)))
    }

    /// Notes that a verdict is known to fail, and where that is said; one that was not judged is passed over.
    ///
    /// It decides nothing from now on, but must fail: see [`stale`](Self::stale).
    pub fn list_as_failing(&mut self, requirement: &str, mode: impl Into<Subject>, line: &str) {
        let key = (requirement.to_owned(), mode.into());
        if self.rows.contains_key(&key) {
            self.listed.entry(key).or_insert_with(|| line.to_owned());
        }
    }

    /// Gives the line that lists a verdict as failing, if one does.
    pub fn listed(&self, finding: &Finding) -> Option<&str> {
        if self.listed.is_empty() {
            return None;
        }
        self.listed.get(&(finding.requirement.clone(), finding.mode)).map(String::as_str)
    }

    /// Tells whether a verdict is listed as failing.
    pub fn is_listed(&self, finding: &Finding) -> bool {
        self.listed(finding).is_some()
    }

    /// Lists the verdicts that are listed as failing and are met, with the lines that say otherwise.
    pub fn stale(&self) -> impl Iterator<Item = (&Finding, &str)> {
        let all = self.listed.iter().filter_map(|(key, line)| Some((self.rows.get(key)?, line.as_str())));
        all.filter(|(finding, _)| finding.kind == Kind::Met)
    }

    /// Counts the failures that are listed.
    pub fn known_failures(&self) -> usize {
        let failing = |one: &&Finding| matches!(one.kind, Kind::NotMet | Kind::Blocked);
        self.listed.keys().filter_map(|key| self.rows.get(key)).filter(failing).count()
    }

    /// Counts the verdicts of one weight and kind, but for those that are listed as failing.
    pub fn count_unlisted(&self, catalogue: &Catalogue, weight: Weight, kind: Kind) -> usize {
        let all = self.in_order(catalogue).filter(|one| one.kind == kind && !self.is_listed(one));
        all.filter(|one| catalogue.find(&one.requirement).is_some_and(|row| row.weight == weight)).count()
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
mod tests;
