//! The table of one implementation: a row for every requirement, a column for every mode.

use maud::{Markup, html};

use super::failure::Failure;
use super::matrix::nothing_matches;
use super::text::{class, symbol, words};
use super::{Column, Page};
use crate::Entry;
use spec::catalogue::Subject;
use spec::catalogue::task;
use spec::results::Report;
use spec::results::{Finding, Kind};

impl Page<'_> {
    pub(super) fn modes(&self, entry: &Entry, report: &Report) -> Markup {
        html! {
            section #table {
                h2 { "Requirements × modes" }
                p.hint {
                    "A sign that is a link shows its evidence. "
                    span.keys.with-script hidden {
                        "Arrow keys go from sign to sign, Enter shows the evidence, Escape closes it."
                    }
                }
                (nothing_matches())
                div.scroll role="region" aria-label="Requirements and modes" tabindex="0" {
                    table #matrix.modes {
                        thead {
                            tr {
                                th.name scope="col" { "Requirement" }
                                @for mode in &report.modes { th scope="col" { span { (mode.as_str()) } } }
                            }
                        }
                        @for columns in self.tasks() { (task_rows(columns, entry, &report.modes)) }
                    }
                }
            }
        }
    }
}

fn task_rows(columns: &[Column<'_>], entry: &Entry, modes: &[Subject]) -> Markup {
    let findings = || columns.iter().flat_map(|column| entry.findings(column.row));
    let met = findings().filter(|finding| finding.kind == Kind::Met).count();
    html! {
        tbody {
            tr.task {
                th scope="rowgroup" colspan=(modes.len() + 1) {
                    span { (task::title(&columns[0].row.task)) " " small { (met) " of " (findings().count()) " met" } }
                }
            }
            @for column in columns {
                @let row = column.row;
                tr {
                    th.name.requirement.(row.weight.as_str()) scope="row" data-id=(row.id) data-task=(row.task)
                        data-weight=(row.weight.as_str()) {
                        code { (row.id) } " " span.weight { (row.weight.as_str()) }
                        span.sentence { (row.text) }
                    }
                    @for mode in modes {
                        (cell(column, entry.findings(row).find(|finding| finding.mode == *mode)))
                    }
                }
            }
        }
    }
}

/// The evidence of all modes stands together, so every sign that has some leads to the same place.
fn cell(column: &Column<'_>, finding: Option<&Finding>) -> Markup {
    let Some(Finding { kind, mode, .. }) = finding else {
        return html! { td.none aria-label="does not apply" { "·" } };
    };
    let (kind, weight) = (*kind, column.row.weight);
    let says_more =
        |failure: &&Failure<'_>| failure.groups.iter().any(|one| one.modes.contains(mode) && one.says_more());
    let link = column.failures.iter().find(says_more);
    html! {
        @match link {
            Some(failure) => td class=(class(kind, weight)) {
                a href={ "#e" (failure.number) } aria-label=(words(kind)) { (symbol(kind, weight)) }
            },
            None => td class=(class(kind, weight)) aria-label=(words(kind)) { (symbol(kind, weight)) },
        }
    }
}
