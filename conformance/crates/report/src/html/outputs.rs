//! The last output of programs that did not serve.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Page;
use super::text::{Room, end, name};
use crate::Entry;
use spec::catalogue::Subject;
use spec::results::{Report, modes};

impl Page<'_> {
    /// Tells whether some implementation could not be judged in every mode.
    pub(super) fn has_outputs(&self) -> bool {
        self.entries.iter().any(failed_to_serve)
    }

    /// Renders, for each program that did not serve, the reason and its last output.
    pub(super) fn outputs(&self, room: &mut Room) -> Markup {
        let failed = self.entries.iter().enumerate().filter(|(_, entry)| failed_to_serve(entry));
        html! {
            @if self.has_outputs() {
                section #outputs {
                    h2 { "Programs that did not serve" }
                    @for (place, entry) in failed {
                        details open[self.entries.len() == 1] {
                            summary { (name(&entry.name)) }
                            div.outputs id={ "o" (place) } {
                                @match &entry.result {
                                    Ok(report) => @for (output, in_modes) in distinct(report) {
                                        h4 { "Its last output in " (modes(&in_modes)) }
                                        (shown(output, room))
                                    },
                                    Err(why) => {
                                        p { (why) }
                                        @if !why.output.trim().is_empty() {
                                            h4 { "Its last output" }
                                            (shown(why.output.trim_end(), room))
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

fn failed_to_serve(entry: &Entry) -> bool {
    entry.result.as_ref().map_or(true, |report| !report.outputs.is_empty())
}

fn shown(output: &str, room: &mut Room) -> Markup {
    if output.trim().is_empty() {
        return html! { p.hint { "It printed nothing." } };
    }
    room.admit(|| html! { pre { (end(output)) } }).unwrap_or_else(|| {
        html! { p.hint { "The page is full: `conformance check` shows it on the terminal." } }
    })
}

/// The outputs with the modes that share them, by the first such mode.
fn distinct(report: &Report) -> Vec<(&str, Vec<Subject>)> {
    let mut shared: BTreeMap<&str, Vec<Subject>> = BTreeMap::new();
    for (mode, output) in &report.outputs {
        shared.entry(output.trim_end()).or_default().push(*mode);
    }
    let mut all: Vec<_> = shared.into_iter().collect();
    all.sort_by_key(|(_, modes)| modes[0]);
    all
}
