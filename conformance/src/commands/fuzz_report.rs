//! The report of a fuzz run, for people and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use model::Deviation;
use report::style::{BAD, BOLD, DIM, GOOD, NOTE, WARNING};
use search::concurrency::{self, Violation};
use search::fuzz::Property;
use search::fuzz::{CampaignResult, Counterexample};
use spec::catalogue::Catalogue;
use spec::catalogue::Mode;
use spec::scenario::Scenario;

/// The result of a fuzz run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The target.
    pub name: String,
    /// The seed of the walks.
    pub seed: u64,
    /// The result of each property.
    pub catches: Vec<(Property, CampaignResult)>,
    /// The result of requests at once, in each mode.
    pub races: Vec<(Mode, concurrency::CampaignResult)>,
    /// The kept counterexamples that are still answered wrongly.
    pub still: Vec<Found>,
    /// The number of kept counterexamples that were run again.
    pub replayed: usize,
    /// The number of requests that were answered.
    pub requests: usize,
}

/// A scenario that is answered wrongly.
#[derive(Clone, Debug)]
pub struct Found {
    /// The scenario; what is wrong is the answer to its last request.
    pub scenario: Scenario,
    /// The mode that it is played in.
    pub mode: Mode,
    /// The deviation of the last answer.
    pub deviation: Deviation,
    /// The origin of the scenario, for a person.
    pub told: String,
}

impl Report {
    /// Tells whether every answer was right.
    pub fn is_clean(&self) -> bool {
        self.wrong() == 0
    }

    fn wrong(&self) -> usize {
        self.still.len() + self.counterexamples().count() + self.violations().count()
    }

    fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.races.iter().flat_map(|(_, bag)| &bag.violations)
    }

    /// Returns the counterexamples of this run that can be written as scenarios, each with its name and text.
    pub fn scenarios(&self) -> Vec<(String, String)> {
        let walks =
            self.counterexamples().map(|one| (one.scenario.name.clone(), one.scenario.source.clone()));
        let races = self.violations().filter_map(|one| Some((race_name(one), one.scenario()?)));
        walks.chain(races).collect()
    }

    /// Iterates over what was found in this run.
    pub fn counterexamples(&self) -> impl Iterator<Item = &Counterexample> {
        self.catches.iter().flat_map(|(_, catch)| &catch.counterexamples)
    }

    /// Writes the report for a terminal; `saved` is the folder where counterexamples are kept.
    pub fn text(&self, catalogue: &Catalogue, saved: Option<&Path>) -> String {
        let mut out = format!("Fuzzed {}: {} requests, --seed {}\n\n", self.name, self.requests, self.seed);
        if self.replayed > 0 {
            let kept = format!("{} kept, {} of them still answered wrongly", self.replayed, self.still.len());
            self.line(&mut out, "kept", "counterexamples of earlier runs", self.still.is_empty(), &kept);
            self.still.iter().for_each(|found| found.write(&mut out, catalogue));
        }
        for (property, catch) in &self.catches {
            if catch.cases == 0 {
                let name = property.as_str();
                let _ = writeln!(out, "{DIM}- {name:<10}  does not apply in these modes{DIM:#}");
                continue;
            }
            let (sign, cases) = (catch.counterexamples.is_empty(), counted(catch.cases, "walk"));
            self.line(&mut out, property.as_str(), property.sentence(), sign, &cases);
            for one in &catch.counterexamples {
                let told = format!("found by walk {}", one.case);
                let (scenario, deviation) = (one.scenario.clone(), one.deviation.clone());
                Found { scenario, mode: one.mode, deviation, told }.write(&mut out, catalogue);
                if let Some(folder) = saved {
                    let path = folder.join(format!("{}.md", one.scenario.name));
                    let _ = writeln!(out, "    kept as {NOTE}{}{NOTE:#}\n", path.display());
                }
            }
            for id in &catch.passing {
                let _ = writeln!(
                    out,
                    "    {WARNING}!{WARNING:#} {id} was broken once, and not when the walk was run again"
                );
            }
        }
        if !self.races.is_empty() {
            let plans: u32 = self.races.iter().map(|(_, bag)| bag.cases).sum();
            let sentence = "requests at once are answered as if they had come one after another";
            let is_good = self.violations().next().is_none();
            self.line(&mut out, "concurrent", sentence, is_good, &counted(plans, "plan"));
        }
        for one in self.violations() {
            let sentence = catalogue.find(one.requirements[0]).map_or("", |row| &row.text);
            let _ = writeln!(out, "\n  {BAD}{}{BAD:#}  {sentence}", one.requirements[0]);
            one.to_string().lines().for_each(|line| {
                let _ = writeln!(out, "    {line}");
            });
            if let (Some(folder), Some(_)) = (saved, one.scenario()) {
                let path = folder.join(format!("{}.md", race_name(one)));
                let _ = writeln!(out, "    kept as {NOTE}{}{NOTE:#}\n", path.display());
            }
        }
        let wrong = self.wrong();
        let _ = match wrong {
            0 => writeln!(out, "\n{BOLD}Every answer was right.{BOLD:#}"),
            1 => writeln!(out, "\n{BOLD}One counterexample.{BOLD:#}"),
            _ => writeln!(out, "\n{BOLD}{wrong} counterexamples, each with another requirement.{BOLD:#}"),
        };
        if wrong > 0 && saved.is_none() {
            let _ = writeln!(out, "{DIM}--save DIR keeps them as scenarios.{DIM:#}");
        }
        out
    }

    fn line(&self, out: &mut String, name: &str, sentence: &str, is_good: bool, more: &str) {
        let sign = if is_good { format!("{GOOD}✓{GOOD:#}") } else { format!("{BAD}✗{BAD:#}") };
        let _ = writeln!(out, "{sign} {BOLD}{name:<10}{BOLD:#}  {sentence}  {DIM}{more}{DIM:#}");
    }

    /// Writes the report as JSON.
    pub fn json(&self) -> String {
        let properties: Vec<Value> = self
            .catches
            .iter()
            .map(|(property, catch)| {
                json!({
                    "property": property.as_str(),
                    "cases": catch.cases,
                    "passing": catch.passing,
                    "counterexamples": catch.counterexamples.iter().map(|one| {
                        Found {
                            scenario: one.scenario.clone(),
                            mode: one.mode,
                            deviation: one.deviation.clone(),
                            told: String::new(),
                        }
                        .json()
                    }).collect::<Vec<_>>(),
                })
            })
            .collect();
        let still: Vec<Value> = self.still.iter().map(Found::json).collect();
        let report = json!({
            "schema": 1,
            "target": self.name,
            "seed": self.seed,
            "requests": self.requests,
            "kept": {"played": self.replayed, "counterexamples": still},
            "properties": properties,
            "concurrent": self.races.iter().map(|(mode, bag)| json!({
                "mode": mode.as_str(),
                "cases": bag.cases,
                "violations": bag.violations.iter().map(|one| json!({
                    "requirements": one.requirements,
                    "history": one.to_string(),
                    "scenario": one.scenario(),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        });
        format!("{report:#}\n")
    }
}

fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn race_name(violation: &Violation) -> String {
    format!("concurrent-{}-{}", violation.requirements[0].replace('.', "-"), violation.mode)
}

impl Found {
    fn write(&self, out: &mut String, catalogue: &Catalogue) {
        let ids = &self.deviation.requirements;
        let id = ids[0];
        let sentence = catalogue.find(id).map_or("", |row| &row.text);
        let duration = self.scenario.settings.session_duration.for_subject(self.mode.into());
        let duration = duration.map_or_else(String::new, |value| format!(", SESSION_DURATION={value}"));
        let _ = writeln!(out, "\n  {BAD}{id}{BAD:#}  {sentence}");
        if ids.len() > 1 {
            let _ = writeln!(out, "    {DIM}or {}{DIM:#}", ids[1..].join(", "));
        }
        let _ = writeln!(out, "    expected {}", self.deviation.expected);
        let _ = writeln!(out, "    actual   {}", self.deviation.actual);
        let _ = writeln!(out, "    {DIM}in {}{duration}; {}{DIM:#}", self.mode, self.told);
        for step in self.scenario.steps() {
            let _ = writeln!(out, "      {NOTE}$ {}{NOTE:#}", step.text);
        }
        out.push('\n');
    }

    fn json(&self) -> Value {
        json!({
            "requirements": self.deviation.requirements,
            "mode": self.mode.as_str(),
            "expected": self.deviation.expected,
            "actual": self.deviation.actual,
            "scenario": self.scenario.source,
        })
    }
}
