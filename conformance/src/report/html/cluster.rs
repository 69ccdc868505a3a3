//! Clusters: the implementations that do not meet exactly the same requirements.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::Entry;
use crate::requirements::Catalogue;
use crate::verdict::Kind;

/// Implementations that share one set of requirements that are not met.
pub(super) struct Cluster<'a> {
    /// The requirements, in catalogue order; empty where all that was checked is met.
    pub requirements: Vec<&'a str>,
    /// The implementations, in the order of the entries.
    pub entries: Vec<&'a Entry>,
}

/// Finds the clusters of two implementations or more among those that were judged, the largest first.
pub(super) fn clusters<'a>(entries: &'a [Entry], catalogue: &'a Catalogue) -> Vec<Cluster<'a>> {
    let mut found: BTreeMap<BTreeSet<usize>, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.result.is_ok()) {
        let rows = catalogue.rows().iter().enumerate();
        let failed = rows.filter(|(_, row)| entry.merged(row) == Some(Kind::NotMet)).map(|(index, _)| index);
        found.entry(failed.collect()).or_default().push(entry);
    }
    let mut clusters: Vec<Cluster<'a>> = found
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .map(|(failed, entries)| {
            let id = |index: usize| catalogue.rows()[index].id.as_str();
            Cluster { requirements: failed.into_iter().map(id).collect(), entries }
        })
        .collect();
    // The sort is stable: clusters of one size stay in the order of their requirements.
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.entries.len()));
    clusters
}
