//! The requirements one by one: the sentence, the counts, and the evidence of everything that is not met.

use maud::{Markup, html};

use super::failure::{Failure, Group};
use super::text::{Room, class, compared, plural, sign, start, symbol, words};
use super::{Column, Page};
use crate::report::{Entry, modes};
use crate::task;
use crate::verdict::Kind;

impl Page<'_> {
    pub(super) fn requirements(&self, room: &mut Room) -> Markup {
        html! {
            section #requirements {
                h2 { "Requirements" }
                @for columns in self.tasks() {
                    section.task {
                        h3 { (task::title(&columns[0].row.task)) }
                        @for column in columns { (self.requirement(column, room)) }
                    }
                }
            }
        }
    }

    fn requirement(&self, column: &Column<'_>, room: &mut Room) -> Markup {
        let row = column.row;
        let count = |kind| self.entries.iter().filter(|entry| entry.merged(row) == Some(kind)).count();
        let worst = self.entries.iter().filter_map(|entry| entry.merged(row)).max();
        html! {
            details.requirement id={ "r-" (row.id) } data-task=(row.task) data-weight=(row.weight.as_str()) {
                summary {
                    @if let Some(kind) = worst { span.k.(class(kind)) { (sign(kind)) } " " }
                    code { (row.id) } " "
                    span.weight.(row.weight.as_str()) { (row.weight.as_str()) }
                    @if self.entries.len() > 1 {
                        span.tally {
                            @for kind in Kind::ALL.into_iter().filter(|kind| count(*kind) > 0) {
                                " " span.k.(class(kind)) { (symbol(kind)) } (count(kind)) i { (words(kind)) }
                            }
                        }
                    }
                    span.sentence { (row.text) }
                }
                @if column.failures.is_empty() { p.hint { "Nothing to show: every step answered as accepted." } }
                @for failure in &column.failures { (self.failure(failure, room)) }
            }
        }
    }

    fn failure(&self, failure: &Failure<'_>, room: &mut Room) -> Markup {
        let names = failure.shared_by.iter().map(|place| self.entries[*place].name.as_str());
        let evidence = room.admit(|| self.evidence(failure));
        html! {
            article.failure id={ "e" (failure.number) } {
                @if self.entries.len() > 1 {
                    p.who {
                        b { (plural(failure.shared_by.len(), "implementation")) } ": "
                        @for (index, name) in names.enumerate() { @if index > 0 { ", " } (name) }
                    }
                }
                @match evidence {
                    Some(evidence) => (evidence),
                    None => p.hint { (words(failure.kind)) "; the page is full: the evidence is in the JSON report" },
                }
            }
        }
    }

    fn evidence(&self, failure: &Failure<'_>) -> Markup {
        let with_output = failure.shared_by.iter().filter(|place| has_output(&self.entries[**place]));
        html! {
            @for group in &failure.groups { (self.group(group)) }
            @if failure.kind == Kind::Error && with_output.clone().next().is_some() {
                p.output {
                    "Last output of "
                    @for (index, place) in with_output.enumerate() {
                        @if index > 0 { ", " } a href={ "#o" (place) } { (self.entries[*place].name) }
                    }
                }
            }
        }
    }

    fn group(&self, group: &Group<'_>) -> Markup {
        html! {
            div.group {
                h4 {
                    span.k.(class(group.kind)) aria-hidden="true" { (symbol(group.kind)) }
                    " " (words(group.kind)) " in " (modes(&group.modes))
                    @if group.known { ", as is known" }
                }
                @if let Some(line) = group.stale {
                    p.reason { "A list says that it fails; take it out: " code { (line) } }
                }
                @if let Some(reason) = group.reason {
                    p.reason {
                        @match group.kind {
                            Kind::Blocked if self.catalogue.find(reason).is_some() => {
                                "a step that it needs failed: " a href={ "#r-" (reason) } { code { (reason) } }
                            }
                            _ => (start(reason)),
                        }
                    }
                }
                @if let Some((scenario, line)) = group.place { p.place { "scenarios/" (scenario) ".md:" (line) } }
                @if let Some(evidence) = group.evidence {
                    @let (expected, actual) = compared(&start(&evidence.expected), &start(&evidence.actual));
                    dl {
                        @if evidence.curl.is_none() { dt { "step" } dd { pre { (start(&evidence.step)) } } }
                        dt { "expected" } dd { pre.expected { (expected) } }
                        dt { "actual" } dd { pre.actual { (actual) } }
                        @if let Some(curl) = &evidence.curl {
                            dt { "try" } dd { pre.curl { (start(curl)) } }
                            @if let Some(settings) = &evidence.settings {
                                dt { "with" } dd { pre { (start(settings)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn has_output(entry: &Entry) -> bool {
    entry.result.as_ref().is_ok_and(|report| !report.outputs.is_empty())
}
