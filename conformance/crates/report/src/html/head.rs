//! The head of the page: what came out, in a sentence or two, and what the signs mean.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::text::{SIGNS, plural};
use super::{Column, Page};
use crate::Entry;
use spec::catalogue::Weight;
use spec::results::Outcome;
use spec::results::{Report, Strictness, modes};

/// The number of the musts most often not met that are named at the top.
const MOST_OFTEN: usize = 5;

impl Page<'_> {
    /// Renders the result in a few sentences.
    pub(super) fn lead(&self) -> Markup {
        match self.one() {
            Some((entry, report)) => self.lead_of_one(entry, report),
            None => self.lead_of_many(),
        }
    }

    fn lead_of_one(&self, entry: &Entry, report: &Report) -> Markup {
        let met = |weight| {
            let (met, known) = self.met(entry, weight);
            format!("{met} of {known} {}s", weight.as_str())
        };
        html! {
            p.lead {
                b { (report.outcome_sentence(self.catalogue, Strictness::default())) }
                " Met in every mode: " (Weight::ALL.map(met).join(", ")) "."
            }
            p.hint { (driven(report)) }
        }
    }

    fn lead_of_many(&self) -> Markup {
        let judged = self.entries.iter().filter_map(|entry| entry.result.as_ref().ok());
        let whole = judged
            .clone()
            .filter(|report| report.outcome(self.catalogue, Strictness::default()) == Outcome::Met)
            .count();
        let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
        for why in self.entries.iter().filter_map(|entry| entry.result.as_ref().err()) {
            *lost.entry(&why.class).or_default() += 1;
        }
        let musts = self.columns.iter().filter(|column| column.row.weight == Weight::Must);
        let mut often: Vec<(usize, &Column<'_>)> =
            musts.map(|column| (self.failing(column), column)).collect();
        often.retain(|(count, _)| *count > 0);
        often.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        html! {
            p.lead {
                b { (judged.count()) " of " (plural(self.entries.len(), "implementation")) " judged; "
                    (whole) @if whole == 1 { " meets" } @else { " meet" } " every must." }
            }
            @if !lost.is_empty() {
                p { "Not judged: " @for (place, (class, count)) in lost.iter().enumerate() {
                    @if place > 0 { ", " } (count) " " (class)
                } }
            }
            @if !often.is_empty() {
                p { "Musts most often not met: " @for (place, (count, column)) in often.iter().take(MOST_OFTEN).enumerate() {
                    @if place > 0 { ", " } a href={ "#r-" (column.row.id) } { (column.row.id) } " (" (count) ")"
                } }
            }
            nav aria-label="Parts of this page" {
                a href="#table" { "Table" }
                @if !self.clusters.is_empty() { a href="#alike" { "Fail alike" } }
                @if !self.likenesses.is_empty() { a href="#behaves" { "Behave like" } }
                @if !self.columns.is_empty() { a href="#requirements" { "Requirements" } }
                a href="#counts" { "Counts" }
                @if self.has_outputs() { a href="#outputs" { "Programs that did not serve" } }
            }
        }
    }

    /// Renders the meaning of the signs.
    pub(super) fn legend(&self) -> Markup {
        html! {
            p.legend {
                @for (class, symbol, meaning) in SIGNS {
                    span { span.k.(class) aria-hidden="true" { (symbol) } " " (meaning) }
                }
            }
        }
    }
}

/// Returns how an implementation was checked, in one line.
pub(super) fn driven(report: &Report) -> String {
    let target = &report.target;
    let users = target.seeding.map_or("none stored", |way| way.as_str());
    format!("modes: {}; clock: {}; users: {users}", modes(&report.modes), target.clock.as_str())
}
