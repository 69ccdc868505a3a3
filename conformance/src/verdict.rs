//! Verdicts: what is known of one requirement in one mode.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::requirements::{Catalogue, Weight};

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
    /// The settings to start the server with for it, as the shell writes them.
    pub settings: Option<String>,
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
    /// Whether that scenario is of the requirement's own task: its evidence is the plainest.
    pub at_home: bool,
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
    /// The verdicts that are listed as failing, each with the line that lists it.
    listed: BTreeMap<(String, Mode), String>,
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
    pub fn add(&mut self, finding: Finding) {
        let order = |one: &Finding| (one.kind.weight(), one.at_home);
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
        type Key = (Option<String>, String, Mode);
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
        let reasons: BTreeMap<(String, Mode), String> = self
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
    pub fn find(&self, requirement: &str, mode: Mode) -> Option<&Finding> {
        self.rows.get(&(requirement.to_owned(), mode))
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
    pub fn list_as_failing(&mut self, requirement: &str, mode: Mode, line: &str) {
        let key = (requirement.to_owned(), mode);
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
mod tests {
    use super::*;

    fn finding(scenario: &str, kind: Kind, line: usize) -> Finding {
        Finding {
            requirement: "login.ok".into(),
            mode: Mode::SessionAuth,
            kind,
            place: Some((scenario.into(), line)),
            at_home: scenario == "home",
            reason: None,
            evidence: None,
            causes: Vec::new(),
        }
    }

    /// The verdict of these findings: its kind and line.
    fn verdict(findings: impl IntoIterator<Item = Finding>) -> (Kind, usize) {
        let mut verdicts = Verdicts::default();
        verdicts.extend(findings);
        let verdict = verdicts.find("login.ok", Mode::SessionAuth).expect("it was added");
        (verdict.kind, verdict.place.as_ref().map_or(0, |place| place.1))
    }

    #[test]
    fn one_failed_step_outweighs_all_others_and_the_first_is_shown() {
        let steps = [Kind::NotChecked, Kind::Met, Kind::NotMet, Kind::NotMet, Kind::Blocked, Kind::Met];
        let steps = steps.into_iter().enumerate().map(|(line, kind)| finding("s", kind, line));
        assert_eq!(verdict(steps), (Kind::NotMet, 2));
    }

    #[test]
    fn evidence_from_the_requirements_own_task_is_preferred() {
        let steps = [finding("s", Kind::NotMet, 1), finding("home", Kind::NotMet, 2)];
        assert_eq!(verdict(steps), (Kind::NotMet, 2));
    }

    #[test]
    fn a_blocked_step_blocks_its_scenario_and_no_other() {
        assert_eq!(verdict([finding("s", Kind::Met, 1), finding("s", Kind::Blocked, 2)]), (Kind::Blocked, 2));
        assert_eq!(verdict([finding("s", Kind::Blocked, 1), finding("t", Kind::Met, 2)]), (Kind::Met, 2));
    }

    #[test]
    fn the_blocker_that_is_named_is_the_one_that_is_not_met() {
        let blocked = |requirement: &str, reason: &str| Finding {
            requirement: requirement.into(),
            reason: Some(reason.into()),
            ..finding("s", Kind::Blocked, 1)
        };
        let mut verdicts = Verdicts::default();
        verdicts.extend([blocked("logout.ok", "login.ok"), blocked("logout.ends-session", "logout.ok")]);
        verdicts.extend([finding("s", Kind::NotMet, 1)]);
        verdicts.trace_blockers();
        let ends = verdicts.find("logout.ends-session", Mode::SessionAuth).expect("it was added");
        assert_eq!(ends.reason.as_deref(), Some("login.ok"));
    }

    fn catalogue() -> Catalogue {
        let row = |id: &str, weight: &str, modes: &str| {
            format!(
                "[[requirement]]\nid = \"{id}\"\ntask = \"api\"\nmodes = [{modes}]\nweight = \"{weight}\"\ntext = 't'\n"
            )
        };
        let both = "\"off\", \"session_auth\"";
        let rows =
            [row("status.ok", "should", both), row("login.ok", "must", both), row("a.first", "must", both)];
        Catalogue::parse(&rows.concat()).expect("well-formed")
    }

    /// Three requirements in two modes: one met twice, one not met and blocked, one not checked.
    fn mixed() -> Verdicts {
        let rows = [
            ("a.first", Mode::Off, Kind::Met),
            ("a.first", Mode::SessionAuth, Kind::Met),
            ("login.ok", Mode::Off, Kind::Blocked),
            ("login.ok", Mode::SessionAuth, Kind::NotMet),
            ("status.ok", Mode::Off, Kind::NotChecked),
        ];
        let finding = |(requirement, mode, kind): (&str, Mode, Kind)| Finding {
            requirement: requirement.to_owned(),
            mode,
            reason: (kind == Kind::NotChecked).then(|| "no clock".to_owned()),
            ..finding("s", kind, 1)
        };
        Verdicts::from(rows.map(finding).to_vec())
    }

    #[test]
    fn verdicts_are_listed_in_order_and_counted_by_weight_and_kind() {
        let (verdicts, catalogue) = (mixed(), catalogue());
        let ids = |findings: Vec<&Finding>| -> Vec<String> {
            findings.iter().map(|one| format!("{} {}", one.requirement, one.mode)).collect()
        };
        assert_eq!(ids(verdicts.not_met().collect()), ["login.ok session_auth"]);
        assert_eq!(ids(verdicts.all().collect())[..2], ["a.first off", "a.first session_auth"]);
        assert_eq!(
            ids(verdicts.in_order(&catalogue).collect()),
            ["status.ok off", "login.ok off", "login.ok session_auth", "a.first off", "a.first session_auth"]
        );
        assert_eq!(verdicts.any_reason().as_deref(), Some("no clock"));
        let counts = [
            (Weight::Must, Kind::Met, 2),
            (Weight::Must, Kind::NotMet, 1),
            (Weight::Should, Kind::NotMet, 0),
        ];
        for (weight, kind, count) in counts {
            assert_eq!(verdicts.count(&catalogue, weight, kind), count, "{weight:?} {kind:?}");
        }
        assert_eq!(verdicts.count(&catalogue, Weight::Should, Kind::NotChecked), 1);
        assert_eq!(
            verdicts.count(&Catalogue::parse("requirement = []").expect("empty"), Weight::Must, Kind::Met),
            0
        );
    }

    #[test]
    fn what_is_listed_as_failing_is_counted_apart_and_must_fail() {
        let (mut verdicts, catalogue) = (mixed(), catalogue());
        assert_eq!((verdicts.known_failures(), verdicts.stale().count()), (0, 0));
        for (id, mode, line) in [
            ("login.ok", Mode::Off, "line 1"),
            ("login.ok", Mode::Off, "line 2"),
            ("login.ok", Mode::SessionAuth, "line 3"),
            ("a.first", Mode::Off, "line 4"),
            ("a.first", Mode::Auth, "line 5"),
        ] {
            verdicts.list_as_failing(id, mode, line);
        }
        assert_eq!(verdicts.known_failures(), 2, "the one that is met is none");
        let stale: Vec<(&str, &str)> =
            verdicts.stale().map(|(one, line)| (one.requirement.as_str(), line)).collect();
        assert_eq!(stale, [("a.first", "line 4")], "and one that was not judged is passed over");
        let listed = |id: &str, mode: Mode| verdicts.listed(verdicts.find(id, mode).expect("it is there"));
        assert_eq!(listed("login.ok", Mode::Off), Some("line 1"));
        assert_eq!(listed("a.first", Mode::SessionAuth), None);
        assert_eq!(verdicts.count(&catalogue, Weight::Must, Kind::NotMet), 1);
        assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Must, Kind::NotMet), 0);
        assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Must, Kind::Met), 1);
        assert_eq!(verdicts.count_unlisted(&catalogue, Weight::Should, Kind::Met), 0);
    }

    #[test]
    fn findings_go_in_and_come_out() {
        let findings = Vec::<Finding>::from(mixed());
        assert_eq!(findings.len(), 5);
        assert_eq!(Vec::<Finding>::from(Verdicts::from(findings.clone())), findings);
    }

    #[test]
    fn heavier_findings_win_whatever_their_order() {
        // Among scenarios an error outweighs being blocked, and being met outweighs both not being checked.
        let kinds = [Kind::NotChecked, Kind::Blocked, Kind::Met, Kind::Error, Kind::NotMet];
        for (light, heavy) in kinds
            .iter()
            .enumerate()
            .flat_map(|(at, light)| kinds[at + 1..].iter().map(move |heavy| (*light, *heavy)))
        {
            for order in [[light, heavy], [heavy, light]] {
                let lines = [finding("s", order[0], 1), finding("t", order[1], 2)];
                assert_eq!(verdict(lines).0, heavy, "{order:?}");
            }
        }
    }

    #[test]
    fn two_that_block_each_other_are_told_all_the_same() {
        let blocked = |requirement: &str, reason: &str| Finding {
            requirement: requirement.into(),
            reason: Some(reason.into()),
            ..finding("s", Kind::Blocked, 1)
        };
        let mut verdicts =
            Verdicts::from(vec![blocked("a.a", "b.b"), blocked("b.b", "a.a"), blocked("c.c", "login.ok")]);
        verdicts.trace_blockers();
        let reason = |id: &str| verdicts.find(id, Mode::SessionAuth).and_then(|one| one.reason.clone());
        assert!(reason("a.a").is_some() && reason("b.b").is_some());
        assert_eq!(reason("c.c").as_deref(), Some("login.ok"));
    }
}
