//! The schedule: the scenarios of a mode in batches, each of which is replayed on one instance.
//!
//! A check spends most of its time on starting programs. So a scenario follows one that leaves the server running with
//! the settings that it begins with, where there is one. Most share the server with the documents' settings. Batches
//! are independent, and run side by side.

use spec::catalogue::Subject;
use spec::scenario::{Action, Scenario};
use targets::ServerSettings;

/// Scenarios that follow each other on one instance.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The kind of the scenarios.
    pub kind: BatchKind,
    /// At least one, each with its place among those of the mode.
    pub scenarios: Vec<(usize, &'a Scenario)>,
}

/// The kind of the scenarios of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// They need nothing special.
    Plain,
    /// They may leave the server in a state in which no other scenario can be replayed.
    Isolated,
    /// It is one scenario that sleeps in real time, and uses the machine little.
    Sleeping,
}

/// Puts all scenarios of a mode into one batch, in their order.
pub fn one_batch<'a>(scenarios: &[&'a Scenario]) -> Vec<Batch<'a>> {
    let scenarios: Vec<_> = scenarios.iter().copied().enumerate().collect();
    if scenarios.is_empty() { Vec::new() } else { vec![Batch { kind: BatchKind::Plain, scenarios }] }
}

/// Sorts the scenarios of a mode into batches. The first batch begins with the first scenario.
///
/// Since modes run side by side too, there are at most half as many batches as `jobs`, apart from those of isolated and
/// sleeping scenarios. `sleeps` says that sleeping takes real time: each scenario that sleeps is then a batch of its
/// own.
pub fn batches<'a>(mode: Subject, scenarios: &[&'a Scenario], jobs: usize, sleeps: bool) -> Vec<Batch<'a>> {
    let batch = |kind, scenarios| Batch { kind, scenarios };
    let (mut links, mut isolated, mut apart) = (Vec::new(), Vec::new(), Vec::new());
    for (place, scenario) in scenarios.iter().copied().enumerate() {
        if scenario.isolated {
            isolated.push((place, scenario));
        } else if sleeps && !scenario.exact_clock && waits(scenario) {
            apart.push(batch(BatchKind::Sleeping, vec![(place, scenario)]));
        } else {
            links.push(Link::new(mode, place, scenario));
        }
    }
    if !isolated.is_empty() {
        apart.push(batch(BatchKind::Isolated, isolated));
    }
    let plain = joined(chains(links), jobs.div_ceil(2));
    let mut batches = plain.into_iter().map(|scenarios| batch(BatchKind::Plain, scenarios));
    // Sleeping batches take longest and use the machine least, so they begin early.
    batches.next().into_iter().chain(apart).chain(batches).collect()
}

fn waits(scenario: &Scenario) -> bool {
    scenario.steps().any(|step| matches!(step.action, Action::Sleep(_)))
}

/// A scenario with the settings that it finds the server running with, and those that it leaves it with.
struct Link<'a> {
    place: usize,
    scenario: &'a Scenario,
    /// `None` where it stops whatever runs.
    first: Option<ServerSettings>,
    /// `None` where it leaves nothing running.
    last: Option<ServerSettings>,
}

impl<'a> Link<'a> {
    fn new(mode: Subject, place: usize, scenario: &'a Scenario) -> Self {
        let mut settings = ServerSettings::new(mode, &scenario.settings);
        let mut first = None;
        let (mut running, mut replaced) = (None, false);
        for step in scenario.steps() {
            settings.follow(&step.action);
            match &step.action {
                // Nobody has to be there for credentials that are no session.
                Action::Authenticate(_) if !mode.is_session() => {}
                Action::Curl(_) | Action::Parallel(_) | Action::Authenticate(_) if replaced => {}
                Action::Curl(_)
                | Action::Parallel(_)
                | Action::Authenticate(_)
                | Action::Serve(_)
                | Action::Redis(_) => {
                    first.get_or_insert_with(|| Some(settings.clone()));
                    running = Some(settings.clone());
                }
                Action::Restart | Action::Kill => {
                    first.get_or_insert(None);
                    (running, replaced) = (Some(settings.clone()), false);
                }
                Action::Main(_) | Action::RequireAuth(_) => {
                    first.get_or_insert(None);
                    running = None;
                    replaced |= matches!(&step.action, Action::Main(program) if program.serves());
                }
                Action::Sleep(_) | Action::User(_) | Action::Capture(_) | Action::Wait => {}
            }
        }
        Self { place, scenario, first: first.flatten(), last: running }
    }

    /// Returns whether it begins as `other` ends.
    fn follows(&self, other: &Self) -> bool {
        self.first.is_some() && self.first == other.last
    }
}

/// Chains the links, so that as many as possible follow one after which the server need not be restarted.
fn chains<'a>(mut links: Vec<Link<'a>>) -> Vec<Vec<(usize, &'a Scenario)>> {
    let mut chains = Vec::new();
    while !links.is_empty() {
        let is_head = |at: &usize| {
            let others = links.iter().enumerate().filter(|(other, _)| other != at);
            !others.into_iter().any(|(_, other)| links[*at].follows(other))
        };
        let head = if chains.is_empty() { 0 } else { (0..links.len()).find(is_head).unwrap_or(0) };
        let mut chain = vec![links.remove(head)];
        loop {
            let end = &chain[chain.len() - 1];
            let next = (0..links.len()).filter(|at| links[*at].follows(end));
            // First those that leave the settings as they are.
            let Some(next) = next.min_by_key(|at| links[*at].first != links[*at].last) else { break };
            chain.push(links.remove(next));
        }
        chains.push(chain.into_iter().map(|link| (link.place, link.scenario)).collect());
    }
    chains
}

/// Joins chains until there are at most `most` of them: each takes a copy of the project.
fn joined(mut chains: Vec<Vec<(usize, &Scenario)>>, most: usize) -> Vec<Vec<(usize, &Scenario)>> {
    while chains.len() > most.max(1) {
        let last = chains.pop().unwrap_or_default();
        if let Some(shortest) = chains.iter_mut().min_by_key(|chain| chain.len()) {
            shortest.extend(last);
        }
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;

    const FETCH: &str = "$ curl \"$URL/api/v1/status\"\n";

    fn scenario(name: &str, steps: &str) -> Scenario {
        let text = format!("---\nmodes: [session_auth]\n---\n\n```console\n{steps}```\n");
        Scenario::parse(name, &text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"))
    }

    /// The batches of scenarios that are given by name and steps, as names.
    fn batches(scenarios: &[(&str, String)], jobs: usize, sleeps: bool) -> Vec<(BatchKind, Vec<String>)> {
        let read = |(name, steps): &(&str, String)| {
            let (steps, isolated) =
                steps.strip_prefix("isolated ").map_or((steps.as_str(), false), |s| (s, true));
            Scenario { isolated, ..scenario(name, steps) }
        };
        let scenarios: Vec<Scenario> = scenarios.iter().map(read).collect();
        let batches = super::batches(
            spec::catalogue::Mode::SessionAuth.into(),
            &scenarios.iter().collect::<Vec<_>>(),
            jobs,
            sleeps,
        );
        let names = |batch: Batch<'_>| {
            let names = batch.scenarios.iter().map(|(place, scenario)| {
                assert_eq!(scenarios[*place].name, scenario.name);
                scenario.name.clone()
            });
            (batch.kind, names.collect())
        };
        batches.into_iter().map(names).collect()
    }

    fn plain(scenarios: &[(&str, String)]) -> Vec<Vec<String>> {
        let batches = batches(scenarios, 8, false);
        assert!(batches.iter().all(|(kind, _)| *kind == BatchKind::Plain), "{batches:?}");
        batches.into_iter().map(|(_, names)| names).collect()
    }

    #[test]
    fn a_scenario_follows_one_that_ends_with_its_settings() {
        let batches = plain(&[
            ("documented", FETCH.to_owned()),
            ("moves", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
            ("restarts", format!("{FETCH}$ restart\n{FETCH}")),
            ("other", format!("$ serve SESSION_DURATION=5\n{FETCH}")),
            ("tokyo", format!("$ serve TZ=Asia/Tokyo\n{FETCH}")),
        ]);
        assert_eq!(batches, [vec!["documented", "restarts", "moves", "tokyo"], vec!["other"]]);
    }

    #[test]
    fn a_chain_begins_where_nothing_leads_to() {
        let batches = plain(&[
            ("documented", FETCH.to_owned()),
            ("back", format!("$ serve SESSION_DURATION=5\n{FETCH}$ serve -u SESSION_DURATION\n{FETCH}")),
            ("five", format!("$ serve SESSION_DURATION=5\n{FETCH}")),
        ]);
        assert_eq!(batches, [vec!["documented"], vec!["five", "back"]]);
    }

    #[test]
    fn a_program_in_the_servers_place_is_nobodys_to_follow() {
        let batches = plain(&[
            ("documented", FETCH.to_owned()),
            ("server", "$ main_3\n$ curl \"$URL/\"\n".to_owned()),
            ("program", format!("$ main_0\n{FETCH}")),
            ("away", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
            ("too", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
        ]);
        assert_eq!(batches, [vec!["documented", "away"], vec!["server"], vec!["program", "too"]]);
    }

    #[test]
    fn what_sleeps_for_real_and_what_is_isolated_stand_apart() {
        let scenarios = [
            ("documented", FETCH.to_owned()),
            ("strange", format!("isolated {FETCH}")),
            ("sleeper", format!("{FETCH}$ sleep 61\n{FETCH}")),
            ("stranger", format!("isolated {FETCH}")),
            ("sleepless", FETCH.to_owned()),
        ];
        let named =
            |kind, names: &[&str]| (kind, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            batches(&scenarios, 1, true),
            [
                named(BatchKind::Plain, &["documented", "sleepless"]),
                named(BatchKind::Sleeping, &["sleeper"]),
                named(BatchKind::Isolated, &["strange", "stranger"]),
            ]
        );
        assert_eq!(
            batches(&scenarios, 1, false),
            [
                named(BatchKind::Plain, &["documented", "sleeper", "sleepless"]),
                named(BatchKind::Isolated, &["strange", "stranger"]),
            ]
        );
    }

    #[test]
    fn there_are_no_more_strands_than_half_of_what_can_be_played_at_once() {
        let serve = |seconds: u32| format!("$ serve SESSION_DURATION={seconds}\n{FETCH}");
        let scenarios = [
            ("documented", FETCH.to_owned()),
            ("too", FETCH.to_owned()),
            ("five", serve(5)),
            ("six", serve(6)),
            ("seven", serve(7)),
        ];
        let names = |jobs| -> Vec<Vec<String>> {
            batches(&scenarios, jobs, false).into_iter().map(|(_, names)| names).collect()
        };
        assert_eq!(names(5), [vec!["documented", "too"], vec!["five", "seven"], vec!["six"]]);
        assert_eq!(names(1), [vec!["documented", "too", "six", "five", "seven"]]);
    }
}
