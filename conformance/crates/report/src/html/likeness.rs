//! Likenesses on the page: known faults with the same symptoms as the implementations.

use maud::{Markup, html};

use super::Page;
use super::text::{name, plural};
use crate::Entry;
use spec::results::Likeness;

/// Up to how many names stand open beside a likeness.
const OPEN_NAMES: usize = 8;

/// Returns the likenesses, the most frequent first, with the indices of the implementations among the entries.
pub(super) fn likenesses(entries: &[Entry]) -> Vec<(Likeness, Vec<usize>)> {
    let mut all: Vec<(Likeness, Vec<usize>)> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Ok(report) = &entry.result else { continue };
        for likeness in &report.likenesses {
            match all.iter_mut().find(|(known, _)| known.sentence == likeness.sentence) {
                Some((known, places)) => {
                    known.explains.extend(likeness.explains.iter().cloned());
                    places.push(place);
                }
                None => all.push((likeness.clone(), vec![place])),
            }
        }
    }
    // The sort is stable: what is as frequent stays in the order in which it came.
    all.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    all
}

impl Page<'_> {
    /// Renders the likenesses of one implementation.
    pub(super) fn behaves_like(&self) -> Markup {
        html! {
            @for (likeness, _) in &self.likenesses {
                p.tip { b { "Behaves like: " } (likeness.sentence) " " (self.explained(likeness)) }
            }
        }
    }

    /// Renders the likenesses of many implementations, the most frequent first, with their names.
    pub(super) fn behaving_alike(&self) -> Markup {
        html! {
            @if !self.likenesses.is_empty() {
                section #behaves {
                    h2 { "What they behave like" }
                    p.hint {
                        "Known mistakes that would show as these implementations do; one may show several. "
                        "Most mistakes are none of these."
                    }
                    ul { @for (likeness, entries) in &self.likenesses {
                        li {
                            b { (plural(entries.len(), "implementation")) } ": " (likeness.sentence) " "
                            (self.explained(likeness))
                            details open[entries.len() <= OPEN_NAMES] {
                                summary { "Their names" }
                                p { @for (place, entry) in entries.iter().enumerate() {
                                    @if place > 0 { ", " } (name(&self.entries[*entry].name))
                                } }
                            }
                        }
                    } }
                }
            }
        }
    }

    /// The requirements that a likeness explains, each a link to its evidence.
    fn explained(&self, likeness: &Likeness) -> Markup {
        html! {
            "(" @for (place, id) in likeness.requirements().iter().enumerate() {
                @if place > 0 { ", " } a href={ "#r-" (id) } { code { (id) } }
            } ")"
        }
    }
}
