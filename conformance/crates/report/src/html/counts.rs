//! The counts: how many requirements of each weight have which verdict.

use maud::{Markup, html};

use super::Page;
use super::head::driven;
use super::text::{name, words};
use crate::Entry;
use spec::catalogue::Weight;
use spec::results::Kind;

impl Page<'_> {
    /// The counts of every implementation, by weight.
    pub(super) fn counts(&self) -> Markup {
        html! {
            section #counts {
                h2 { "Counts" }
                p.hint { "Of requirements, merged over modes: the worst of a requirement's modes counts." }
                div.scroll role="region" aria-label="Counts" tabindex="0" {
                    table {
                        thead {
                            tr {
                                th.name rowspan="2" scope="col" { "Implementation" }
                                @for weight in Weight::ALL { th.first colspan="5" scope="colgroup" { (weight.as_str()) } }
                            }
                            tr {
                                @for _ in Weight::ALL {
                                    @for (place, kind) in Kind::ALL.into_iter().enumerate() {
                                        th.first[place == 0] scope="col" { (words(kind)) }
                                    }
                                }
                            }
                        }
                        tbody { @for entry in self.entries { (self.counts_of(entry)) } }
                    }
                }
            }
        }
    }

    fn counts_of(&self, entry: &Entry) -> Markup {
        html! {
            tr {
                th.name scope="row" {
                    (name(&entry.name))
                    @if let Ok(report) = &entry.result { small { (driven(report)) } }
                }
                @match &entry.result {
                    Err(why) => td.lost colspan="15" { span { (why) } },
                    Ok(_) => @for weight in Weight::ALL {
                        @for (place, kind) in Kind::ALL.into_iter().enumerate() {
                            @let count = entry.count(self.catalogue, weight, kind);
                            td.first[place == 0].none[count == 0] { (count) }
                        }
                    },
                }
            }
        }
    }

    /// The counts of one implementation: a row for every weight.
    pub(super) fn counts_of_one(&self, entry: &Entry) -> Markup {
        html! {
            section #counts {
                h2 { "Counts" }
                p.hint { "Of requirements, merged over modes: the worst of a requirement's modes counts." }
                div.scroll role="region" aria-label="Counts" tabindex="0" {
                    table {
                        thead { tr {
                            th.name scope="col" { "Weight" }
                            @for kind in Kind::ALL { th scope="col" { (words(kind)) } }
                        } }
                        tbody { @for weight in Weight::ALL { tr {
                            th.name scope="row" { (weight.as_str()) }
                            @for kind in Kind::ALL {
                                @let count = entry.count(self.catalogue, weight, kind);
                                td.none[count == 0] { (count) }
                            }
                        } } }
                    }
                }
            }
        }
    }
}
