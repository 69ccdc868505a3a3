//! Coverage: which steps check a requirement, and whether each refusal has a positive twin.
//!
//! A *twin* of a step that is refused is a step that is answered 2xx and differs in one thing: the method,
//! the path, one header, the credential, the content's type, one field of the content; or in nothing but the
//! state it meets. Every requirement that is checked by refusals has one for at least one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Requirement;
use crate::catalogue::Subject;
use crate::plain::Plain;
use crate::scenario::{Action, Curl, Scenario, Section, Step, Template};
use crate::suite::Suite;
use crate::transcript::{Block, Shown, Transcript};

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The scenario's name.
    pub scenario: String,
    /// The line in its file.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.scenario, self.line)
    }
}

/// Which steps check what.
#[derive(Debug, Default)]
pub struct Coverage {
    /// The steps of every requirement and mode.
    pub steps: BTreeMap<(String, Subject), Vec<Place>>,
    /// The requirements and modes that no step checks.
    pub missing: Vec<(String, Subject)>,
    /// Every requirement with steps that are refused: such a step with its twin, if any has one.
    pub twins: BTreeMap<String, Option<(Place, Place)>>,
    /// The scenarios that were never accepted.
    pub unaccepted: Vec<String>,
    /// The steps whose accepted answer is not what their fence demands.
    pub contradicted: Vec<Place>,
}

impl Coverage {
    /// Works out the coverage of a suite.
    pub fn of(suite: &Suite) -> Self {
        let mut coverage = Self::default();
        for scenario in &suite.scenarios {
            scenario.modes.iter().for_each(|mode| coverage.count(suite, scenario, *mode));
            match suite.accepted(&scenario.name) {
                Some(accepted) => coverage.contradicted.extend(contradicted(scenario, accepted)),
                None => coverage.unaccepted.push(scenario.name.clone()),
            }
        }
        for row in suite.catalogue.rows() {
            for mode in &row.modes {
                if !coverage.steps.contains_key(&(row.id.clone(), *mode)) {
                    coverage.missing.push((row.id.clone(), *mode));
                }
            }
        }
        coverage.twins = twins(suite);
        coverage
    }

    /// Counts the steps of a scenario that check something in a mode.
    fn count(&mut self, suite: &Suite, scenario: &Scenario, mode: Subject) {
        for section in &Plain::of(scenario, mode).scenario().sections {
            let ids = section.requirements.iter().map(|id| &id.value);
            for id in ids.filter(|id| suite.catalogue.applies(id, mode)) {
                let places = self.steps.entry((id.clone(), mode)).or_default();
                let steps = section.steps.iter();
                places.extend(steps.map(|step| Place { scenario: scenario.name.clone(), line: step.line }));
                places.dedup();
            }
        }
    }

    /// Tells whether every requirement is checked in every mode and every refusal has its twin.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
            && self.unaccepted.is_empty()
            && self.contradicted.is_empty()
            && self.twins.values().all(Option::is_some)
    }

    /// Lists the requirements in the catalogue's order, with what checks them.
    pub fn rows<'a>(&self, suite: &'a Suite) -> Vec<Row<'a>> {
        suite.catalogue.rows().iter().map(|requirement| self.row(requirement)).collect()
    }

    fn row<'a>(&self, requirement: &'a Requirement) -> Row<'a> {
        let modes = requirement.modes.iter();
        let places: BTreeSet<&Place> =
            modes.filter_map(|mode| self.steps.get(&(requirement.id.clone(), *mode))).flatten().collect();
        let scenarios: BTreeSet<&str> = places.iter().map(|place| place.scenario.as_str()).collect();
        Row {
            requirement,
            steps: places.len(),
            scenarios: scenarios.into_iter().map(str::to_owned).collect(),
            twin: self.twins.get(&requirement.id).cloned(),
        }
    }

    /// Sums up in sentences: how much is checked, then each thing that is missing.
    pub fn remarks(&self, suite: &Suite) -> Vec<String> {
        let total: usize = suite.catalogue.rows().iter().map(|row| row.modes.len()).sum();
        let checked = total - self.missing.len();
        let paired = self.twins.values().filter(|twin| twin.is_some()).count();
        let refusing = self.twins.len();
        let mut remarks = vec![
            format!("{checked} of {total} requirements × modes are checked by at least one step."),
            format!("{paired} of {refusing} requirements that are checked by refusals have a positive twin."),
        ];
        remarks.extend(self.missing.iter().map(|(id, mode)| format!("no step checks {id} in {mode}")));
        let single = self.twins.iter().filter(|(_, twin)| twin.is_none());
        remarks.extend(single.map(|(id, _)| format!("no positive twin for any refusal that checks {id}")));
        let contradicted = self.contradicted.iter();
        remarks.extend(
            contradicted.map(|place| format!("the accepted answer at {place} is not what its fence demands")),
        );
        let unaccepted = self.unaccepted.iter();
        remarks.extend(
            unaccepted.map(|name| format!("no transcript of {name} was ever accepted: run `just review`")),
        );
        remarks
    }
}

/// One requirement with what checks it.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// How many steps check it, in whatever mode.
    pub steps: usize,
    /// The scenarios of these steps, sorted.
    pub scenarios: Vec<String>,
    /// A refusal with its positive twin; `None` where it is checked by no refusal, and `None` inside where no
    /// refusal has a twin.
    pub twin: Option<Option<(Place, Place)>>,
}

/// Lists the steps whose accepted answer is another than the one that `2xx`, `refused` … stand for.
fn contradicted(scenario: &Scenario, accepted: &Transcript) -> Vec<Place> {
    let wrong = scenario.steps().zip(&accepted.blocks).filter(|(step, block)| {
        if matches!(step.action, Action::Authenticate(_)) {
            return !block.lines.is_empty();
        }
        let demanded = Shown::demanded(step.show);
        demanded.is_some()
            && step.action.request().is_some()
            && block.printed(&step.action).status != demanded
    });
    wrong.map(|(step, _)| Place { scenario: scenario.name.clone(), line: step.line }).collect()
}

/// A request of a scenario with what its accepted transcript says of it.
struct Asked<'a> {
    place: Place,
    section: &'a Section,
    curl: &'a Curl,
    accepted: bool,
}

fn twins(suite: &Suite) -> BTreeMap<String, Option<(Place, Place)>> {
    let mut twins: BTreeMap<String, Option<(Place, Place)>> = BTreeMap::new();
    for mode in Subject::all() {
        let scenarios = suite.scenarios.iter().filter(|scenario| scenario.modes.contains(&mode));
        let plain: Vec<Plain<'_>> = scenarios.map(|scenario| Plain::of(scenario, mode)).collect();
        let asked: Vec<Asked<'_>> = plain.iter().flat_map(|plain| requests(suite, plain)).collect();
        for one in asked.iter().filter(|one| !one.accepted) {
            let twin = asked
                .iter()
                .filter(|other| other.accepted && differences(one.curl, other.curl) <= 1)
                .min_by_key(|other| other.place.scenario != one.place.scenario)
                .map(|twin| (one.place.clone(), twin.place.clone()));
            for id in &one.section.requirements {
                let known = twins.entry(id.value.clone()).or_default();
                *known = known.take().or(twin.clone());
            }
        }
    }
    twins
}

/// Lists the requests of a scenario that are clearly answered 2xx or refused.
fn requests<'a>(suite: &Suite, plain: &'a Plain<'_>) -> Vec<Asked<'a>> {
    let scenario = plain.scenario();
    let Some(transcript) = suite.accepted(&scenario.name) else { return Vec::new() };
    let transcript = plain.accepted(transcript);
    let steps =
        scenario.sections.iter().flat_map(|section| section.steps.iter().map(move |step| (section, step)));
    let asked = |((section, step), block): ((&'a Section, &'a Step), &Block)| {
        let Action::Curl(curl) = &step.action else { return None };
        let accepted = match block.printed(&step.action).status? {
            Shown::Success | Shown::Status(200..=299) => true,
            Shown::NotSuccess | Shown::Refused | Shown::Status(400..=499) => false,
            _ => return None,
        };
        let place = Place { scenario: scenario.name.clone(), line: step.line };
        Some(Asked { place, section, curl, accepted })
    };
    steps.zip(&transcript.blocks).filter_map(asked).collect()
}

/// Counts the things in which two requests differ.
///
/// The credential is one thing, however it is sent; so is the content, where its type differs.
fn differences(left: &Curl, right: &Curl) -> usize {
    let shown =
        |templates: &[&Template]| -> Vec<String> { templates.iter().map(|one| format!("{one:?}")).collect() };
    let named = |header: &Template, name: &str| header.literal_start().to_ascii_lowercase().starts_with(name);
    let is_credential = |header: &&Template| named(header, "authorization");
    let is_type = |header: &&Template| named(header, "content-type");
    let sets = |curl: &Curl| -> [Vec<String>; 3] {
        let headers: Vec<&Template> =
            curl.headers.iter().filter(|header| !is_credential(header) && !is_type(header)).collect();
        let fields = curl.data.iter().map(|data| format!("{data:?}")).collect();
        [shown(&headers), shown(&curl.form.iter().collect::<Vec<_>>()), fields]
    };
    let content_type = |curl: &Curl| shown(&curl.headers.iter().filter(is_type).collect::<Vec<_>>());
    let credential = |curl: &Curl| -> Vec<String> {
        let headers = curl.headers.iter().filter(is_credential);
        shown(&headers.chain(&curl.cookies).chain(&curl.user).collect::<Vec<_>>())
    };
    let pairs: Vec<usize> =
        sets(left).iter().zip(&sets(right)).map(|(a, b)| beyond(a, b).max(beyond(b, a))).collect();
    let other_content = content_type(left) != content_type(right);
    let differing = pairs[0] + if other_content { 1 } else { pairs[1] + pairs[2] };
    usize::from(left.effective_method() != right.effective_method())
        + usize::from((&left.url, &left.request_target) != (&right.url, &right.request_target))
        + usize::from(left.get != right.get)
        + usize::from(credential(left) != credential(right))
        + differing
}

/// Counts what `left` has beyond `right`.
fn beyond(left: &[String], right: &[String]) -> usize {
    let mut right: Vec<&String> = right.iter().collect();
    let mut count = 0;
    for item in left {
        match right.iter().position(|other| *other == item) {
            Some(index) => {
                right.swap_remove(index);
            }
            None => count += 1,
        }
    }
    count
}
