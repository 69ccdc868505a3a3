//! The steps that check a requirement, and the choice of the most telling ones.

use spec::catalogue::task;
use spec::catalogue::{Requirement, Weight};
use spec::scenario::{Action, Scenario, Section, Show, Step};
use spec::suite::Suite;
use spec::transcript::Block;

/// The number of steps that are listed.
const STEPS: usize = 8;

/// The number of steps that are listed of one heading.
const OF_A_HEADING: usize = 3;

/// The number of steps that are listed if some belong to the scenarios of other tasks.
const FOREIGN: usize = 4;

/// The last words of the names of scenarios that ask the same with other credentials; the plainest first.
const VARIANTS: [&str; 4] = ["-off", "-session", "-basic", "-auth"];

/// A step that counts for the requirement and prints something, with its accepted answer.
pub struct Check<'a> {
    pub scenario: &'a Scenario,
    pub section: &'a Section,
    pub step: &'a Step,
    pub accepted: &'a Block,
    /// The scenario is of the requirement's own task.
    pub own: bool,
    /// What the answer hides: 0 nothing that the requirement speaks of, 1 all but the status, 2 even the status.
    pub hidden: usize,
    /// The other requirements of its heading: 0 there are none, 1 this one comes first, 2 others come first.
    pub shared: usize,
}

impl<'a> Check<'a> {
    /// Finds the steps that count for a requirement and print something.
    pub fn all(suite: &'a Suite, row: &Requirement) -> Vec<Self> {
        let mut checks = Vec::new();
        for scenario in &suite.scenarios {
            let Some(accepted) = suite.accepted(&scenario.name) else { continue };
            let own = task::owns(&row.task, &scenario.name);
            let steps = scenario
                .sections
                .iter()
                .flat_map(|section| section.steps.iter().map(move |step| (section, step)));
            for ((section, step), accepted) in steps.zip(&accepted.blocks) {
                let Some(place) = section.requirements.iter().position(|named| named.value == row.id) else {
                    continue;
                };
                if accepted.lines.is_empty() {
                    continue;
                }
                let hidden = hidden(step, row.weight);
                let shared = if section.requirements.len() == 1 { 0 } else { 1 + place.min(1) };
                checks.push(Self { scenario, section, step, accepted, own, hidden, shared });
            }
        }
        checks
    }
}

/// Returns what the answer of a step hides from a requirement of this weight, as [`Check::hidden`] has it.
fn hidden(step: &Step, weight: Weight) -> usize {
    let exact = matches!(&step.action, Action::Curl(curl) if curl.include);
    match step.show {
        Show::All | Show::Security => usize::from(exact != (weight == Weight::Exact)),
        Show::Status | Show::Success => 1,
        Show::NotSuccess | Show::Refused | Show::BelowServerError => 2,
    }
}

/// Chooses the steps that are listed: the first ones, a few of a heading, one of what is asked in several modes.
pub fn chosen<'b, 'a>(checks: &'b [Check<'a>]) -> Vec<&'b Check<'a>> {
    let mut chosen: Vec<&Check<'_>> = Vec::new();
    for check in checks {
        let (stem, place) = variant(&check.scenario.name);
        let plainer = |other: &Check<'_>| {
            let (its_stem, its_place) = variant(&other.scenario.name);
            its_stem == stem && its_place < place
        };
        let of_heading = chosen.iter().filter(|other| std::ptr::eq(other.section, check.section)).count();
        let most = if check.own { STEPS } else { FOREIGN };
        if chosen.len() < most && of_heading < OF_A_HEADING && !checks.iter().any(plainer) {
            chosen.push(check);
        }
    }
    chosen
}

/// Splits the name of a scenario into what it asks and the place of its variant.
fn variant(name: &str) -> (&str, usize) {
    let stems = VARIANTS.iter().enumerate().find_map(|(place, end)| Some((name.strip_suffix(end)?, place)));
    stems.unwrap_or((name, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scenarios of the steps that are listed for a requirement, each once.
    fn listed(id: &str) -> Vec<String> {
        let suite = Suite::built_in().expect("a test of its own reads it");
        let mut checks = Check::all(&suite, suite.catalogue.find(id).expect("it is a requirement"));
        checks.sort_by_key(|check| (!check.own, check.hidden, check.shared));
        let mut names: Vec<String> =
            chosen(&checks).iter().map(|check| check.scenario.name.clone()).collect();
        names.dedup();
        names
    }

    #[test]
    fn the_tasks_own_scenarios_are_listed_though_seventy_others_log_in() {
        let names = listed("login.ok");
        assert_eq!(names[0], "session-07-login");
        assert!(names.iter().all(|name| name.starts_with("session-07-")), "{names:?}");
    }

    #[test]
    fn others_fill_a_short_list() {
        assert_eq!(listed("mode.selected"), ["session-01-switch", "session-07-switch"]);
    }

    #[test]
    fn of_what_is_asked_in_several_modes_the_plainest_is_listed() {
        assert_eq!(listed("users.update-unknown"), ["api-users-update-refused"]);
    }
}
