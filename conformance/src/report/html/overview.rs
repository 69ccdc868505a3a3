//! The implementations one by one, the clusters among them, and the last output of their programs.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Page;
use super::cluster::clusters;
use super::text::{Room, end, plural, words};
use crate::mode::Mode;
use crate::report::{Entry, Report, modes};
use crate::requirements::Weight;
use crate::verdict::Kind;

/// Of how many implementations counts stand open on the page.
const OPEN: usize = 12;

impl Page<'_> {
    /// The counts of every implementation, by weight.
    pub(super) fn overview(&self) -> Markup {
        html! {
            section {
                h2 { "Counts" }
                details open[self.entries.len() <= OPEN] {
                    summary { "Requirements by verdict, merged over modes: the worst of a requirement's modes counts" }
                    div.scroll role="region" aria-label="Counts" tabindex="0" {
                        table.counts {
                            thead {
                                tr {
                                    th.name rowspan="2" scope="col" { "Implementation" }
                                    @for weight in Weight::ALL { th colspan="5" scope="colgroup" { (weight.as_str()) } }
                                }
                                tr {
                                    @for _ in Weight::ALL {
                                        @for kind in Kind::ALL {
                                            th scope="col" { (words(kind)) }
                                        }
                                    }
                                }
                            }
                            tbody { @for entry in self.entries { (self.counts(entry)) } }
                        }
                    }
                }
            }
        }
    }

    fn counts(&self, entry: &Entry) -> Markup {
        html! {
            tr {
                th.name scope="row" {
                    (entry.name)
                    @if let Ok(report) = &entry.result { small { (driven(report)) } }
                }
                @match &entry.result {
                    Err(why) => td.lost colspan="15" { (why) },
                    Ok(_) => @for weight in Weight::ALL {
                        @for kind in Kind::ALL {
                            @let count = entry.count(self.catalogue, weight, kind);
                            td class=[(count == 0).then_some("none")] { (count) }
                        }
                    },
                }
            }
        }
    }

    pub(super) fn clusters(&self) -> Markup {
        let clusters = clusters(self.entries, self.catalogue);
        html! {
            @if !clusters.is_empty() {
                section {
                    h2 { "Implementations that fail alike" }
                    p.hint { "Each of these groups does not meet exactly the same requirements." }
                    ul.clusters {
                        @for cluster in &clusters {
                            li {
                                details {
                                    summary {
                                        b { (plural(cluster.entries.len(), "implementation")) } ": "
                                        @match cluster.requirements.len() {
                                            0 => "all that was checked is met",
                                            count => { (plural(count, "requirement")) " not met" }
                                        }
                                    }
                                    p { @for (place, entry) in cluster.entries.iter().enumerate() {
                                        @if place > 0 { ", " } (entry.name)
                                    } }
                                    p { @for (place, id) in cluster.requirements.iter().enumerate() {
                                        @if place > 0 { ", " } a href={ "#r-" (id) } { code { (id) } }
                                    } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The last output of programs that did not serve.
    pub(super) fn outputs(&self, room: &mut Room) -> Markup {
        let of = |entry: &'_ Entry| entry.result.as_ref().is_ok_and(|report| !report.outputs.is_empty());
        html! {
                   @if self.entries.iter().any(of) {
                       section #outputs {
                           h2 { "Last output of programs that failed to serve" }
                           @for (place, entry) in self.entries.iter().enumerate() {
                               @if let Ok(report) = &entry.result && !report.outputs.is_empty() {
                                   details {
                                       summary { (entry.name) }
                                       div id={ "o" (place) } {
                                           @for (output, in_modes) in distinct(report) {
                                               h4 { "In " (modes(&in_modes)) }
                                               @match room.admit(|| html! { pre { (end(output)) } }) {
        Some(shown) => (shown),
        None => p.hint { "The page is full: `conformance check` shows it on the terminal." },
        }
                                           }
                                       }
                                   }
                               }
                           }
                       }
                   }
               }
    }
}

/// How an implementation was driven, in one line.
fn driven(report: &Report) -> String {
    let target = &report.target;
    let users = target.seeding.map_or("none stored", |way| way.as_str());
    format!("modes: {}; clock: {}; users: {users}", modes(&report.modes), target.clock.as_str())
}

/// The outputs with the modes that share them, by the first such mode.
fn distinct(report: &Report) -> Vec<(&str, Vec<Mode>)> {
    let mut shared: BTreeMap<&str, Vec<Mode>> = BTreeMap::new();
    for (mode, output) in &report.outputs {
        shared.entry(output.trim_end()).or_default().push(*mode);
    }
    let mut all: Vec<_> = shared.into_iter().collect();
    all.sort_by_key(|(_, modes)| modes[0]);
    all
}
