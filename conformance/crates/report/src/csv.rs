//! The CSV reports: every verdict as a row, and a score for every task.

use super::{Entry, Weights};
use spec::catalogue::Subject;
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Requirement};
use spec::results::{Finding, Kind};

/// Writes a row for every implementation, requirement and mode, under a row of names.
///
/// An implementation that could not be judged has the verdict `error` in all of them, and why. Rows stand in
/// the order of the implementations, then of the catalogue, then of the modes.
pub fn csv(entries: &[Entry], catalogue: &Catalogue) -> String {
    let mut table = Table::new(&[
        "implementation",
        "requirement",
        "task",
        "weight",
        "mode",
        "verdict",
        "scenario",
        "line",
        "reason",
    ]);
    for entry in entries {
        for (row, mode) in
            catalogue.of_the_api().flat_map(|row| row.modes.iter().map(move |mode| (row, mode)))
        {
            match &entry.result {
                Ok(report) => {
                    if let Some(finding) = report.verdicts.find(&row.id, *mode) {
                        table.add(&verdict(entry, row, finding));
                    }
                }
                Err(why) => table.add(&cells(entry, row, *mode, Kind::Error, "", "", &why.to_string())),
            }
        }
    }
    table.text()
}

/// Writes a row for every implementation and task with its score from 0 to 1, and one for the total.
///
/// A task of which nothing could be checked has no score and does not count in the total; an implementation
/// that could not be judged scores 0.
pub fn scores(entries: &[Entry], catalogue: &Catalogue, weights: &Weights) -> String {
    let mut table = Table::new(&["implementation", "task", "title", "weight", "score"]);
    let shown = |score: Option<f64>| score.map(|score| format!("{score:.4}")).unwrap_or_default();
    for entry in entries {
        for task in task::all(catalogue) {
            let (title, weight) = (task::title(task), weights.task_factor(task).to_string());
            table.add(&[&entry.name, task, &title, &weight, &shown(weights.score(entry, catalogue, task))]);
        }
        table.add(&[&entry.name, "total", "", "", &shown(weights.total(entry, catalogue))]);
    }
    table.text()
}

fn verdict<'a>(entry: &'a Entry, row: &'a Requirement, finding: &'a Finding) -> [String; 9] {
    let (scenario, line) = match &finding.place {
        Some((scenario, line)) => (scenario.as_str(), line.to_string()),
        None => ("", String::new()),
    };
    let reason = finding.reason.as_deref().unwrap_or_default();
    cells(entry, row, finding.mode, finding.kind, scenario, &line, reason)
}

fn cells(
    entry: &Entry,
    row: &Requirement,
    mode: Subject,
    kind: Kind,
    scenario: &str,
    line: &str,
    reason: &str,
) -> [String; 9] {
    let (weight, mode, kind) = (row.weight.as_str(), mode.as_str(), kind.as_str());
    [&entry.name, &row.id, &row.task, weight, mode, kind, scenario, line, reason].map(str::to_owned)
}

/// A table under way.
struct Table {
    writer: ::csv::Writer<Vec<u8>>,
}

impl Table {
    fn new(names: &[&str]) -> Self {
        let mut table = Self { writer: ::csv::Writer::from_writer(Vec::new()) };
        table.add(names);
        table
    }

    fn add<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells = cells.iter().map(|cell| unevaluated(cell.as_ref()));
        self.writer.write_record(cells).expect("every row has the same cells, and memory takes them");
    }

    fn text(self) -> String {
        let bytes = self.writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("every cell is UTF-8")
    }
}

/// Puts an apostrophe before what a spreadsheet would evaluate: names and reasons are others' words.
fn unevaluated(cell: &str) -> String {
    let evaluated = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("{}{cell}", if evaluated { "'" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn every_verdict_is_a_row() {
        let text = csv(&samples::entries(), &samples::catalogue());
        assert_eq!(text.lines().next().map(|names| names.split(',').count()), Some(9));
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<::csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().expect("every row is well formed");
        assert_eq!(rows.len(), 4 * 7);
        let of = |row: &::csv::StringRecord| row.iter().take(6).collect::<Vec<_>>().join("|");
        assert_eq!(of(&rows[7]), "bad, one|login.ok|session/7|must|session_auth|not-met");
        assert_eq!(of(&rows[14]), "'=bad <b>two</b>|login.ok|session/7|must|session_auth|not-met");
        assert_eq!(of(&rows[21]), "lost|login.ok|session/7|must|session_auth|error");
        assert_eq!(&rows[27][8], "import-error: the program ended at once: No module named 'flask_cors'");
    }

    #[test]
    fn every_task_has_a_score_and_every_implementation_a_total() {
        let text = scores(&samples::entries(), &samples::catalogue(), &Weights::default());
        let rows: Vec<&str> = text.lines().filter(|row| row.starts_with("\"bad, one")).collect();
        assert_eq!(
            rows,
            [
                "\"bad, one\",api,The simple API that both projects start from,1,0.2500",
                "\"bad, one\",session/7,\"Session authentication, 7. New view for Session Authentication\",1,0.0000",
                "\"bad, one\",redis/0,\"Redis, 0. Install a redis instance\",1,",
                "\"bad, one\",total,,,0.1250",
            ]
        );
        assert!(text.contains("good,total,,,1.0000\n") && text.contains("lost,total,,,0.0000\n"), "{text}");
    }
}
