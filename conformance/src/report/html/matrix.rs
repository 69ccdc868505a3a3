//! The matrix: a row for every implementation, a column for every requirement, grouped by task.

use maud::{Markup, html};

use super::text::{class, symbol, words};
use super::{Column, Page};
use crate::report::Entry;
use crate::requirements::Weight;
use crate::task;
use crate::verdict::Kind;

impl Page<'_> {
    pub(super) fn matrix(&self) -> Markup {
        html! {
                    section {
                        h2 { "Implementations × requirements" }
                        p.hint { "A sign that is a link leads to its evidence; the head of a column leads to the requirement." }
                        div.scroll role="region" aria-label="Implementations and requirements" tabindex="0" {
                            table #matrix {
                                thead {
                                    tr {
                                        th.name rowspan="2" scope="col" { "Implementation" }
                                        th.score rowspan="2" scope="col" { span { "musts met" } }
                                        @for columns in self.tasks() {
                                            th.task scope="colgroup" colspan=(columns.len()) title=(task::title(&columns[0].row.task)) {
                                                span { (columns[0].row.task) }
                                            }
                                        }
                                    }
                                    tr {
                                        @for columns in self.tasks() {
                                            @for (place, column) in columns.iter().enumerate() {
                                                @let first = if place == 0 { " first" } else { "" };
        th class={ (column.row.weight.as_str()) (first) } scope="col" {
                                                    a href={ "#r-" (column.row.id) } { (column.row.id) }
                                                }
                                            }
                                        }
                                    }
                                }
                                tbody { @for (place, entry) in self.entries.iter().enumerate() { (self.row(place, entry)) } }
                                @if self.entries.len() > 1 { tfoot { (self.sums()) } }
                            }
                        }
                    }
                }
    }

    fn row(&self, place: usize, entry: &Entry) -> Markup {
        html! {
            tr {
                th.name scope="row" { (entry.name) }
                @match &entry.result {
                    Err(why) => {
                        td.score { "–" }
                        td.lost colspan=(self.columns.len().max(1)) { (why) }
                    }
                    Ok(_) => {
                        td.score { (self.score(entry)) }
                        @for column in &self.columns { (cell(place, entry, column)) }
                    }
                }
            }
        }
    }

    /// How many of the musts that something is known of are met.
    pub(super) fn score(&self, entry: &Entry) -> String {
        let count = |kind| entry.count(self.catalogue, Weight::Must, kind);
        let known: usize = Kind::ALL.into_iter().filter(|kind| *kind != Kind::NotChecked).map(count).sum();
        format!("{}/{known}", count(Kind::Met))
    }

    /// How many implementations do not meet each requirement.
    fn sums(&self) -> Markup {
        html! {
            tr {
                th.name scope="row" { "not met by" }
                td.score { }
                @for column in &self.columns {
                    td { (self.entries.iter().filter(|entry| entry.merged(column.row) == Some(Kind::NotMet)).count()) }
                }
            }
        }
    }
}

fn cell(place: usize, entry: &Entry, column: &Column<'_>) -> Markup {
    let Some(kind) = entry.merged(column.row) else {
        return html! { td aria-label="nothing known" { } };
    };
    let failure = column.failures.iter().find(|failure| failure.shared_by.binary_search(&place).is_ok());
    html! {
        @match failure {
            Some(failure) => td class=(class(kind)) {
                a href={ "#e" (failure.number) } aria-label=(words(kind)) { (symbol(kind)) }
            },
            None => td class=(class(kind)) aria-label=(words(kind)) { (symbol(kind)) },
        }
    }
}
