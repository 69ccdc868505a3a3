//! Clusters: the implementations that do not meet exactly the same requirements, or fail to start alike.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::Page;
use super::text::{class, name, plural, symbol};
use crate::Entry;
use spec::catalogue::{Catalogue, Weight};
use spec::results::Kind;

/// The number of requirements that the title of a cluster names.
const NAMED: usize = 3;

/// Implementations that have failed alike.
pub(super) struct Cluster<'a> {
    /// The property that they share.
    pub alike: Alike<'a>,
    /// Their places among the entries.
    pub entries: Vec<usize>,
}

/// The property that the implementations of a cluster share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alike<'a> {
    /// The requirements that they do not meet, in catalogue order; empty where all that was checked is met.
    Requirements(Vec<&'a str>),
    /// The class of the failure for which they could not be judged.
    Class(&'a str),
}

impl Cluster<'_> {
    /// Returns the property in a few words.
    pub(super) fn title(&self) -> String {
        match &self.alike {
            Alike::Class(class) => format!("not judged: {class}"),
            Alike::Requirements(all) if all.is_empty() => "all that was checked is met".to_owned(),
            Alike::Requirements(all) if all.len() <= NAMED => format!("{} not met", all.join(", ")),
            Alike::Requirements(all) => {
                format!("{} and {} more not met", all[..NAMED].join(", "), all.len() - NAMED)
            }
        }
    }

    fn kind(&self) -> Kind {
        match &self.alike {
            Alike::Class(_) => Kind::Error,
            Alike::Requirements(all) if all.is_empty() => Kind::Met,
            Alike::Requirements(_) => Kind::NotMet,
        }
    }
}

/// Finds the clusters of two implementations or more, the largest first.
pub(super) fn clusters<'a>(entries: &'a [Entry], catalogue: &'a Catalogue) -> Vec<Cluster<'a>> {
    let mut found: BTreeMap<(BTreeSet<usize>, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let rows = catalogue.rows().iter().enumerate();
        let failed = rows.filter(|(_, row)| entry.merged(row) == Some(Kind::NotMet)).map(|(index, _)| index);
        let class = entry.result.as_ref().err().map(|why| why.class.as_str());
        found.entry((failed.collect(), class)).or_default().push(place);
    }
    let id = |index: usize| catalogue.rows()[index].id.as_str();
    let mut clusters: Vec<Cluster<'a>> = found
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .map(|((failed, class), entries)| {
            let requirements = || Alike::Requirements(failed.into_iter().map(id).collect());
            Cluster { alike: class.map_or_else(requirements, Alike::Class), entries }
        })
        .collect();
    // The sort is stable: clusters of one size stay in the order of their requirements.
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.entries.len()));
    clusters
}

impl Page<'_> {
    /// The implementations that fail alike, by what they share.
    pub(super) fn alike(&self) -> Markup {
        html! {
            @if !self.clusters.is_empty() {
                section #alike {
                    h2 { "Implementations that fail alike" }
                    p.hint { "Each of these groups does not meet exactly the same requirements, or fails to start in the same way." }
                    ul { @for (place, cluster) in self.clusters.iter().enumerate() { (self.cluster(place, cluster)) } }
                }
            }
        }
    }

    fn cluster(&self, place: usize, cluster: &Cluster<'_>) -> Markup {
        let places: Vec<String> = cluster.entries.iter().map(usize::to_string).collect();
        html! {
            li data-places=(places.join(" ")) {
                div.what {
                    h3 {
                        span.k.(class(cluster.kind(), Weight::Must)) aria-hidden="true" { (symbol(cluster.kind(), Weight::Must)) }
                        " " (plural(cluster.entries.len(), "implementation")) ": "
                        @match &cluster.alike {
                            Alike::Requirements(all) if !all.is_empty() => { (plural(all.len(), "requirement")) " not met" }
                            _ => (cluster.title()),
                        }
                    }
                    button.with-script type="button" hidden data-cluster=(place) { "Show only these" }
                }
                @if let Alike::Requirements(all) = &cluster.alike && !all.is_empty() {
                    p { @for (place, id) in all.iter().enumerate() {
                        @if place > 0 { ", " } a href={ "#r-" (id) } { code { (id) } }
                    } }
                }
                details {
                    summary { "Their names" }
                    p { @for (place, entry) in cluster.entries.iter().enumerate() {
                        @if place > 0 { ", " } (name(&self.entries[*entry].name))
                    } }
                }
            }
        }
    }
}
