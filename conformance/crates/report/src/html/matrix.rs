//! The table of many implementations: a row for each, a column for every requirement, grouped by task.

use maud::{Markup, html};

use super::text::{class, name, symbol, words};
use super::{Column, Page};
use crate::Entry;
use spec::catalogue::Weight;
use spec::catalogue::task;
use spec::results::Kind;

impl Page<'_> {
    pub(super) fn matrix(&self) -> Markup {
        html! {
            section #table {
                h2 { "Implementations × requirements" }
                p.hint {
                    "A sign that is a link shows its evidence; the head of a column leads to the requirement. "
                    span.keys.with-script hidden {
                        "Arrow keys go from sign to sign, Enter shows the evidence, Escape closes it."
                    }
                }
                (nothing_matches())
                div.scroll role="region" aria-label="Implementations and requirements" tabindex="0" {
                    table #matrix {
                        thead { (self.heads()) }
                        tbody { @for (place, entry) in self.entries.iter().enumerate() { (self.row(place, entry)) } }
                        tfoot { (self.sums()) }
                    }
                }
            }
        }
    }

    /// Three rows of heads: projects, the numbers of their tasks, and the requirements of these.
    fn heads(&self) -> Markup {
        let projects = || {
            let project = |column: &Column<'_>| task::project(&column.row.task).to_owned();
            self.columns.chunk_by(move |left, right| project(left) == project(right))
        };
        html! {
            tr.projects {
                th.name rowspan="3" scope="col" { "Implementation" }
                th.score rowspan="3" scope="col" { span { "musts met" } }
                @for columns in projects() {
                    @let title = task::project(&columns[0].row.task);
                    th.first scope="colgroup" colspan=(columns.len()) data-span=(columns.len()) title=(title) {
                        span { (title) }
                    }
                }
            }
            tr.tasks {
                @for columns in self.tasks() {
                    @let task = &columns[0].row.task;
                    th.first scope="colgroup" colspan=(columns.len()) data-span=(columns.len()) title=(task::title(task)) {
                        @match task::number(task) {
                            Some(number) => span { span.spoken { "task " } (number) },
                            None => span.spoken { (task::title(task)) },
                        }
                    }
                }
            }
            tr.requirements {
                @for columns in self.tasks() {
                    @for (place, column) in columns.iter().enumerate() {
                        @let first = if place == 0 { " first" } else { "" };
                        th class={ "requirement " (column.row.weight.as_str()) (first) } scope="col" data-id=(column.row.id)
                            data-task=(column.row.task) data-weight=(column.row.weight.as_str()) title=(column.row.id) {
                            a href={ "#r-" (column.row.id) } { (column.row.id) }
                        }
                    }
                }
            }
        }
    }

    fn row(&self, place: usize, entry: &Entry) -> Markup {
        html! {
            tr {
                th.name scope="row" { (name(&entry.name)) }
                @match &entry.result {
                    Err(why) => {
                        td.score aria-label="not judged" { "–" }
                        td.lost colspan=(self.columns.len().max(1)) {
                            a href={ "#o" (place) } { (symbol(Kind::Error, Weight::Must)) " " (why) }
                        }
                    }
                    Ok(_) => {
                        td.score { (self.score(entry)) }
                        @for column in &self.columns { (cell(place, entry, column)) }
                    }
                }
            }
        }
    }

    /// Returns the number of musts that are met, of those with a verdict.
    fn score(&self, entry: &Entry) -> String {
        let (met, known) = self.met(entry, Weight::Must);
        format!("{met}/{known}")
    }

    /// Returns the number of requirements of a weight that are met, and the number of those with a verdict.
    pub(super) fn met(&self, entry: &Entry, weight: Weight) -> (usize, usize) {
        let count = |kind| entry.count(self.catalogue, weight, kind);
        let known = Kind::ALL.into_iter().filter(|kind| *kind != Kind::NotChecked).map(count).sum();
        (count(Kind::Met), known)
    }

    /// Renders the number of implementations that do not meet each requirement.
    fn sums(&self) -> Markup {
        html! {
            tr {
                th.name scope="row" { "not met by" }
                td.score { }
                @for column in &self.columns { td { (self.failing(column)) } }
            }
        }
    }

    /// Returns the number of implementations that do not meet a requirement.
    pub(super) fn failing(&self, column: &Column<'_>) -> usize {
        self.entries.iter().filter(|entry| entry.merged(column.row) == Some(Kind::NotMet)).count()
    }
}

fn cell(place: usize, entry: &Entry, column: &Column<'_>) -> Markup {
    let Some(kind) = entry.merged(column.row) else {
        return html! { td aria-label="nothing known" { } };
    };
    let weight = column.row.weight;
    let failure = column.failures.iter().find(|failure| failure.shared_by.binary_search(&place).is_ok());
    html! {
        @match failure {
            Some(failure) => td class=(class(kind, weight)) {
                a href={ "#e" (failure.number) } aria-label=(words(kind)) { (symbol(kind, weight)) }
            },
            None => td class=(class(kind, weight)) aria-label=(words(kind)) { (symbol(kind, weight)) },
        }
    }
}

/// Renders the text that replaces a table whose rows are all filtered away.
pub(super) fn nothing_matches() -> Markup {
    html! { p #nothing hidden { "Nothing matches these filters." } }
}
