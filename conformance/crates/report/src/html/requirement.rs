//! The requirements one by one: the sentence, the counts, and the evidence of everything that is not met.

use maud::{Markup, html};

use super::failure::{Failure, Group};
use super::text::{Room, class, compared, name, plural, start, symbol, words};
use super::{Column, Page};
use spec::catalogue::Weight;
use spec::catalogue::hints;
use spec::catalogue::task;
use spec::results::Kind;
use spec::results::modes;

/// Up to how many names stand open beside a failure.
const OPEN_NAMES: usize = 8;

impl Page<'_> {
    /// Every requirement, with its evidence.
    pub(super) fn requirements(&self, room: &mut Room) -> Markup {
        html! {
            section #requirements {
                h2 { "Requirements" }
                (self.by_task(|_| true, room))
            }
        }
    }

    /// The requirements that one implementation does not meet; then, folded away, what else is to be said.
    pub(super) fn failures(&self, room: &mut Room) -> Markup {
        // A list that is stale fails the check as well.
        let decides = |one: &Group<'_>| one.kind == Kind::NotMet || one.stale.is_some();
        let is_not_met =
            |column: &Column<'_>| column.failures.iter().flat_map(|one| &one.groups).any(decides);
        let is_open = |column: &Column<'_>| !column.failures.is_empty() && !is_not_met(column);
        let open = self.columns.iter().filter(|column| is_open(column)).count();
        html! {
            section #requirements {
                h2 { "What is not met" }
                (self.behaves_like())
                @if !self.columns.iter().any(is_not_met) {
                    p.hint { "Nothing: every step that could be checked answered as accepted." }
                }
                (self.by_task(is_not_met, room))
                @if open > 0 {
                    details.rest {
                        summary { (plural(open, "requirement")) " blocked, not checked or in error in some mode" }
                        (self.by_task(is_open, room))
                    }
                }
            }
        }
    }

    fn by_task(&self, wanted: impl Fn(&Column<'_>) -> bool, room: &mut Room) -> Markup {
        let wanted = |column: &&Column<'_>| wanted(column);
        html! {
            @for columns in self.tasks().filter(|columns| columns.iter().any(|column| wanted(&column))) {
                section.task {
                    h3 { (task::title(&columns[0].row.task)) }
                    @for column in columns.iter().filter(wanted) { (self.requirement(column, room)) }
                }
            }
        }
    }

    fn requirement(&self, column: &Column<'_>, room: &mut Room) -> Markup {
        let row = column.row;
        let count = |kind| self.entries.iter().filter(|entry| entry.merged(row) == Some(kind)).count();
        let worst = self.entries.iter().filter_map(|entry| entry.merged(row)).max();
        let not_met = worst == Some(Kind::NotMet);
        let stale = column.failures.iter().flat_map(|one| &one.groups).any(|one| one.stale.is_some());
        html! {
            details.requirement id={ "r-" (row.id) } open[self.one().is_some() && (not_met || stale)] {
                summary {
                    @if let (Some(kind), Some(_)) = (worst, self.one()) { (sign(kind, row.weight)) " " }
                    code { (row.id) } " "
                    span.weight { (row.weight.as_str()) }
                    @if self.entries.len() > 1 {
                        span.tally {
                            @for kind in Kind::ALL.into_iter().filter(|kind| count(*kind) > 0) {
                                " " (sign(kind, row.weight)) (count(kind))
                            }
                        }
                    }
                    span.sentence { (row.text) }
                }
                @if column.failures.is_empty() { p.hint { "Nothing to show: every step answered as accepted." } }
                @if not_met && let Some(hint) = hints::find(&row.id) {
                    p.tip { b { "Hint: " } (hint.hint) }
                }
                @for failure in &column.failures { (self.failure(failure, row.weight, room)) }
            }
        }
    }

    fn failure(&self, failure: &Failure<'_>, weight: Weight, room: &mut Room) -> Markup {
        let evidence = room.admit(|| self.evidence(failure, weight));
        html! {
            article.failure id={ "e" (failure.number) } {
                @if self.entries.len() > 1 { (self.who(failure)) }
                @match evidence {
                    Some(evidence) => (evidence),
                    None => p.hint { (words(failure.kind)) "; the page is full: the evidence is in the JSON report" },
                }
            }
        }
    }

    /// Renders the implementations that share the failure.
    fn who(&self, failure: &Failure<'_>) -> Markup {
        let count = html! { b { (plural(failure.shared_by.len(), "implementation")) } };
        let names = html! {
            @for (index, place) in failure.shared_by.iter().enumerate() {
                @if index > 0 { ", " } (name(&self.entries[*place].name))
            }
        };
        html! {
            @if failure.shared_by.len() > OPEN_NAMES {
                details.who { summary { (count) } (names) }
            } @else {
                p.who { (count) ": " (names) }
            }
        }
    }

    fn evidence(&self, failure: &Failure<'_>, weight: Weight) -> Markup {
        let has_output = |place: &&usize| {
            self.entries[**place].result.as_ref().is_ok_and(|report| !report.outputs.is_empty())
        };
        let with_output = failure.shared_by.iter().filter(has_output);
        let in_error = failure.groups.iter().any(|group| group.kind == Kind::Error);
        html! {
            @for group in &failure.groups { (self.group(group, weight)) }
            @if in_error && with_output.clone().next().is_some() {
                p.output {
                    "Last output of "
                    @for (index, place) in with_output.enumerate() {
                        @if index > 0 { ", " } a href={ "#o" (place) } { (name(&self.entries[*place].name)) }
                    }
                }
            }
        }
    }

    fn group(&self, group: &Group<'_>, weight: Weight) -> Markup {
        html! {
            div.group {
                h4 {
                    span.k.(class(group.kind, weight)) aria-hidden="true" { (symbol(group.kind, weight)) }
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
                @if let Some((scenario, line)) = group.place { p.hint { "scenarios/" (scenario) ".md:" (line) } }
                @if let Some(evidence) = group.evidence {
                    @let (expected, actual) = (evidence.expected.to_string(), evidence.actual.to_string());
                    @let (expected, actual) = compared(&start(&expected), &start(&actual));
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

/// A sign, with its words for those who do not see it.
fn sign(kind: Kind, weight: Weight) -> Markup {
    html! { span.k.(class(kind, weight)) aria-hidden="true" { (symbol(kind, weight)) } span.spoken { (words(kind)) " " } }
}
