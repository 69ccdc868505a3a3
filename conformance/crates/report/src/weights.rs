//! Weights: the factors of tasks and requirements in a score.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Error};
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Weight, nearest};
use spec::results::Kind;

/// The factors of each task and of each weight of a requirement in a score; each is 1 unless a file says otherwise.
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

    /// Returns the factor of a task in the total.
    pub fn task_factor(&self, task: &str) -> f64 {
        let part = task.split('/').next().unwrap_or(task);
        self.tasks.get(task).or_else(|| self.tasks.get(part)).copied().unwrap_or(1.0)
    }

    /// Returns the factor of a requirement of this weight in its task.
    pub fn weight_factor(&self, weight: Weight) -> f64 {
        self.factors.get(&weight).copied().unwrap_or(1.0)
    }

    /// Returns the score of a task, from 0 to 1; `None` if nothing of it that counts could be checked.
    ///
    /// A requirement earns the share of its modes in which it is met. Modes in which it was not checked are left out;
    /// a blocked requirement or an error earns nothing, since nothing shows that it is met.
    pub fn score(&self, entry: &Entry, catalogue: &Catalogue, task: &str) -> Option<f64> {
        let (mut earned, mut all) = (0.0, 0.0);
        for row in catalogue.of_the_api().filter(|row| row.task == task) {
            let factor = self.weight_factor(row.weight);
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

    /// Returns the score of an implementation, from 0 to 1: the weighted mean of its tasks.
    pub fn total(&self, entry: &Entry, catalogue: &Catalogue) -> Option<f64> {
        let (mut earned, mut all) = (0.0, 0.0);
        for task in task::all(catalogue) {
            if let Some(score) = self.score(entry, catalogue, task) {
                earned += self.task_factor(task) * score;
                all += self.task_factor(task);
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
            [weights.task_factor("session/7"), weights.task_factor("api"), weights.task_factor("redis/0")],
            [3.0, 0.5, 1.0]
        );
        assert_eq!(Weight::ALL.map(|weight| weights.weight_factor(weight)), [1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_total_is_the_mean_of_the_tasks_by_what_they_count() {
        let (entry, catalogue) = (Entry::judged(samples::bad("bad")), samples::catalogue());
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
