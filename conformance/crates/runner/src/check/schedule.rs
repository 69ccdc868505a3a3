//! Strands: the scenarios of a mode, sorted into those that follow each other on one stage.
//!
//! Starting programs is what a check takes longest for. So a scenario follows one that leaves the server running
//! with the settings that it begins with, where there is one: most share the program with the documents' settings.
//! Strands know nothing of each other, and are played side by side.

use spec::catalogue::Subject;
use spec::scenario::{Action, Scenario};
use targets::Launch;

/// Scenarios that follow each other on one stage.
#[derive(Debug)]
pub struct Strand<'a> {
    /// What is special about them.
    pub kind: Kind,
    /// At least one, each with its place among those of the mode.
    pub scenarios: Vec<(usize, &'a Scenario)>,
}

/// What is special about the scenarios of a strand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Plain,
    /// They may leave the server in a state that is no place for another scenario.
    Isolated,
    /// It is one that sleeps in real time, and leaves the machine to others meanwhile.
    Sleeping,
}

/// Takes the scenarios of a mode as they come.
pub fn one<'a>(scenarios: &[&'a Scenario]) -> Vec<Strand<'a>> {
    let scenarios: Vec<_> = scenarios.iter().copied().enumerate().collect();
    if scenarios.is_empty() { Vec::new() } else { vec![Strand { kind: Kind::Plain, scenarios }] }
}

/// Sorts the scenarios of a mode; the first strand begins with the first of them.
///
/// There are no more than half of `jobs`, the modes being played side by side too, but for what stands apart.
/// `sleeps` says that time is slept through: what does so is then a strand of its own.
pub fn of<'a>(mode: Subject, scenarios: &[&'a Scenario], jobs: usize, sleeps: bool) -> Vec<Strand<'a>> {
    let strand = |kind, scenarios| Strand { kind, scenarios };
    let (mut links, mut isolated, mut apart) = (Vec::new(), Vec::new(), Vec::new());
    for (place, scenario) in scenarios.iter().copied().enumerate() {
        if scenario.isolated {
            isolated.push((place, scenario));
        } else if sleeps && !scenario.exact_clock && waits(scenario) {
            apart.push(strand(Kind::Sleeping, vec![(place, scenario)]));
        } else {
            links.push(Link::new(mode, place, scenario));
        }
    }
    if !isolated.is_empty() {
        apart.push(strand(Kind::Isolated, isolated));
    }
    let plain = joined(chains(links), jobs.div_ceil(2));
    let mut strands = plain.into_iter().map(|scenarios| strand(Kind::Plain, scenarios));
    // What sleeps takes longest and wants the machine least, so it is begun early.
    strands.next().into_iter().chain(apart).chain(strands).collect()
}

fn waits(scenario: &Scenario) -> bool {
    scenario.steps().any(|step| matches!(step.action, Action::Sleep(_)))
}

/// A scenario with the settings that it finds the server running with, and those that it leaves it with.
struct Link<'a> {
    place: usize,
    scenario: &'a Scenario,
    /// `None` where it stops whatever runs.
    first: Option<Launch>,
    /// `None` where it leaves nothing running.
    last: Option<Launch>,
}

impl<'a> Link<'a> {
    fn new(mode: Subject, place: usize, scenario: &'a Scenario) -> Self {
        let mut launch = Launch::of(mode, &scenario.settings);
        let mut first = None;
        let (mut running, mut replaced) = (None, false);
        for step in scenario.steps() {
            launch.follow(&step.action);
            match &step.action {
                Action::Curl(_) | Action::Parallel(_) if replaced => {}
                Action::Curl(_) | Action::Parallel(_) | Action::Serve(_) | Action::Redis(_) => {
                    first.get_or_insert_with(|| Some(launch.clone()));
                    running = Some(launch.clone());
                }
                Action::Restart | Action::Kill => {
                    first.get_or_insert(None);
                    (running, replaced) = (Some(launch.clone()), false);
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

    /// Tells whether it begins as `other` ends.
    fn follows(&self, other: &Self) -> bool {
        self.first.is_some() && self.first == other.last
    }
}

/// Chains the links, so that as many as can be follow one after which the server need not be started anew.
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

    /// The strands of scenarios that are given by name and steps, as names.
    fn strands(scenarios: &[(&str, String)], jobs: usize, sleeps: bool) -> Vec<(Kind, Vec<String>)> {
        let read = |(name, steps): &(&str, String)| {
            let (steps, isolated) =
                steps.strip_prefix("isolated ").map_or((steps.as_str(), false), |s| (s, true));
            Scenario { isolated, ..scenario(name, steps) }
        };
        let scenarios: Vec<Scenario> = scenarios.iter().map(read).collect();
        let strands = of(
            spec::catalogue::Mode::SessionAuth.into(),
            &scenarios.iter().collect::<Vec<_>>(),
            jobs,
            sleeps,
        );
        let names = |strand: Strand<'_>| {
            let names = strand.scenarios.iter().map(|(place, scenario)| {
                assert_eq!(scenarios[*place].name, scenario.name);
                scenario.name.clone()
            });
            (strand.kind, names.collect())
        };
        strands.into_iter().map(names).collect()
    }

    fn plain(scenarios: &[(&str, String)]) -> Vec<Vec<String>> {
        let strands = strands(scenarios, 8, false);
        assert!(strands.iter().all(|(kind, _)| *kind == Kind::Plain), "{strands:?}");
        strands.into_iter().map(|(_, names)| names).collect()
    }

    #[test]
    fn a_scenario_follows_one_that_ends_with_its_settings() {
        let strands = plain(&[
            ("documented", FETCH.to_owned()),
            ("moves", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
            ("restarts", format!("{FETCH}$ restart\n{FETCH}")),
            ("other", format!("$ serve SESSION_DURATION=5\n{FETCH}")),
            ("tokyo", format!("$ serve TZ=Asia/Tokyo\n{FETCH}")),
        ]);
        assert_eq!(strands, [vec!["documented", "restarts", "moves", "tokyo"], vec!["other"]]);
    }

    #[test]
    fn a_chain_begins_where_nothing_leads_to() {
        let strands = plain(&[
            ("documented", FETCH.to_owned()),
            ("back", format!("$ serve SESSION_DURATION=5\n{FETCH}$ serve -u SESSION_DURATION\n{FETCH}")),
            ("five", format!("$ serve SESSION_DURATION=5\n{FETCH}")),
        ]);
        assert_eq!(strands, [vec!["documented"], vec!["five", "back"]]);
    }

    #[test]
    fn a_program_in_the_servers_place_is_nobodys_to_follow() {
        let strands = plain(&[
            ("documented", FETCH.to_owned()),
            ("server", "$ main_3\n$ curl \"$URL/\"\n".to_owned()),
            ("program", format!("$ main_0\n{FETCH}")),
            ("away", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
            ("too", format!("{FETCH}$ serve TZ=Asia/Tokyo\n{FETCH}")),
        ]);
        assert_eq!(strands, [vec!["documented", "away"], vec!["server"], vec!["program", "too"]]);
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
            strands(&scenarios, 1, true),
            [
                named(Kind::Plain, &["documented", "sleepless"]),
                named(Kind::Sleeping, &["sleeper"]),
                named(Kind::Isolated, &["strange", "stranger"]),
            ]
        );
        assert_eq!(
            strands(&scenarios, 1, false),
            [
                named(Kind::Plain, &["documented", "sleeper", "sleepless"]),
                named(Kind::Isolated, &["strange", "stranger"]),
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
            strands(&scenarios, jobs, false).into_iter().map(|(_, names)| names).collect()
        };
        assert_eq!(names(5), [vec!["documented", "too"], vec!["five", "seven"], vec!["six"]]);
        assert_eq!(names(1), [vec!["documented", "too", "six", "five", "seven"]]);
    }
}
