//! Weights: how much each task and each weight counts in a score.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Error};
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Weight, nearest};
use spec::results::Kind;

/// How much each task and each weight of a requirement counts; all the same unless a file says otherwise.
///
/// ```toml
/// [tasks]           # tasks that are not named count 1
/// "session/7" = 3
/// redis = 0         # every task of a part
///
/// [weights]         # weights that are not named count 1
/// should = 0.5
/// exact = 0
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    tasks: BTreeMap<String, f64>,
    factors: BTreeMap<Weight, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    tasks: BTreeMap<String, f64>,
    #[serde(default)]
    weights: BTreeMap<Weight, f64>,
}

impl Weights {
    /// Reads weights from TOML: a table `tasks` and a table `weights`, both optional.
    ///
    /// # Errors
    ///
    /// When the text has another shape, a task is not in the catalogue, or a number is negative or not finite.
    pub fn from_toml(text: &str, catalogue: &Catalogue) -> Result<Self, Error> {
        let File { tasks, weights } = toml::from_str(text)?;
        let known = task::all(catalogue);
        for read in tasks.keys() {
            let part = |task: &&str| task.split('/').next() == Some(read);
            if !known.iter().any(|task| task == read || part(task)) {
                let advice = match nearest(read, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the tasks are {}", known.join(", ")),
                };
                return Err(Error::UnknownTask { read: read.clone(), advice });
            }
        }
        let numbers = tasks.iter().map(|(task, number)| (task.as_str(), *number));
        let numbers = numbers.chain(weights.iter().map(|(weight, number)| (weight.as_str(), *number)));
        for (of, number) in numbers {
            if !number.is_finite() || number < 0.0 {
                return Err(Error::Number { of: of.to_owned(), number });
            }
        }
        Ok(Self { tasks, factors: weights })
    }

    /// Gives how much a task counts in the total.
    pub fn of_task(&self, task: &str) -> f64 {
        let part = task.split('/').next().unwrap_or(task);
        self.tasks.get(task).or_else(|| self.tasks.get(part)).copied().unwrap_or(1.0)
    }

    /// Gives how much a requirement of this weight counts in its task.
    pub fn of_weight(&self, weight: Weight) -> f64 {
        self.factors.get(&weight).copied().unwrap_or(1.0)
    }

    /// Scores a task from 0 to 1; `None` where nothing of it that counts could be checked.
    ///
    /// A requirement earns the part of its modes in which it is met. What was not checked is left out; what
    /// is blocked or in error is not shown to be met, and earns nothing.
    pub fn score(&self, entry: &Entry, catalogue: &Catalogue, task: &str) -> Option<f64> {
        let (mut earned, mut all) = (0.0, 0.0);
        for row in catalogue.of_the_api().filter(|row| row.task == task) {
            let factor = self.of_weight(row.weight);
            let part = match &entry.result {
                Err(_) => Some(0.0),
                Ok(_) => {
                    let kinds = || entry.findings(row).map(|one| one.kind);
                    let met = kinds().filter(|kind| *kind == Kind::Met).count();
                    let checked = kinds().filter(|kind| *kind != Kind::NotChecked).count();
                    (checked > 0).then(|| met as f64 / checked as f64)
                }
            };
            if let Some(part) = part {
                earned += factor * part;
                all += factor;
            }
        }
        (all > 0.0).then(|| earned / all)
    }

    /// Scores an implementation from 0 to 1: the mean of its tasks, each as much as it counts.
    pub fn total(&self, entry: &Entry, catalogue: &Catalogue) -> Option<f64> {
        let (mut earned, mut all) = (0.0, 0.0);
        for task in task::all(catalogue) {
            if let Some(score) = self.score(entry, catalogue, task) {
                earned += self.of_task(task) * score;
                all += self.of_task(task);
            }
        }
        (all > 0.0).then(|| earned / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn read(text: &str) -> Result<Weights, Error> {
        Weights::from_toml(text, &samples::catalogue())
    }

    #[test]
    fn tasks_and_weights_count_as_the_file_says_and_else_one() {
        let weights =
            read("[tasks]\nsession = 3\n\"api\" = 0.5\n[weights]\nexact = 0").expect("it is well formed");
        assert_eq!(
            [weights.of_task("session/7"), weights.of_task("api"), weights.of_task("redis/0")],
            [3.0, 0.5, 1.0]
        );
        assert_eq!(Weight::ALL.map(|weight| weights.of_weight(weight)), [1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_total_is_the_mean_of_the_tasks_by_what_they_count() {
        let (entry, catalogue) = (Entry::of(samples::bad("bad")), samples::catalogue());
        let equal = Weights::default();
        // login.ok is met in no mode; of the API, status.ok is met in one mode of two, users.names in none.
        assert_eq!(equal.score(&entry, &catalogue, "session/7"), Some(0.0));
        assert_eq!(equal.score(&entry, &catalogue, "api"), Some(0.25));
        assert_eq!(equal.score(&entry, &catalogue, "redis/0"), None);
        assert_eq!(equal.total(&entry, &catalogue), Some(0.125));
        let only_musts = read("[tasks]\napi = 3\n[weights]\nshould = 0").expect("it is well formed");
        assert_eq!(only_musts.total(&entry, &catalogue), Some(0.375));
    }

    #[test]
    fn what_the_file_cannot_mean_is_refused_by_name() {
        let refused = |text| read(text).expect_err("it means nothing").to_string();
        assert_eq!(
            refused("[tasks]\n\"session/8\" = 1"),
            "the weights name the task `session/8`, which does not exist; did you mean `session/7`?"
        );
        assert_eq!(refused("[weights]\nmust = -1"), "the weight of `must` is -1; write a number from 0");
        assert!(refused("[weights]\nmay = 1").starts_with("the weights cannot be read: "));
    }
}
