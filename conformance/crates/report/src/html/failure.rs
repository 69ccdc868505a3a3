//! Failures of one requirement: cells with equal evidence are one failure, whichever implementation shows it.

use crate::Entry;
use spec::catalogue::Requirement;
use spec::catalogue::Subject;
use spec::results::{Evidence, Finding, Kind};

/// The evidence of a cell that is not met in every mode, and the implementations that share it.
pub(super) struct Failure<'a> {
    /// Its number on the page, to link to.
    pub number: usize,
    /// The merged verdict.
    pub kind: Kind,
    /// The findings by mode; modes with equal findings stand together.
    pub groups: Vec<Group<'a>>,
    /// The places of the implementations among the entries.
    pub shared_by: Vec<usize>,
}

/// The modes of which the same is known.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub modes: Vec<Subject>,
    pub kind: Kind,
    pub place: Option<&'a (String, usize)>,
    pub reason: Option<&'a str>,
    pub evidence: Option<&'a Evidence>,
    /// Whether it fails and is listed as a known failure.
    pub known: bool,
    /// The line that lists it as a known failure, where it is met.
    pub stale: Option<&'a str>,
}

impl Group<'_> {
    /// Tells whether it says more than that the requirement is met.
    pub(super) fn says_more(&self) -> bool {
        self.kind != Kind::Met || self.stale.is_some()
    }
}

/// Finds the failures of a requirement, the most frequent of the heaviest kind first; numbers them from `next`.
pub(super) fn failures<'a>(entries: &'a [Entry], row: &'a Requirement, next: &mut usize) -> Vec<Failure<'a>> {
    let mut failures: Vec<Failure<'a>> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(kind) = entry.merged(row) else { continue };
        let nothing = |finding: &Finding| finding.kind == Kind::Met && entry.listed(finding).is_none();
        if entry.findings(row).all(nothing) {
            continue;
        }
        let groups = groups(entry, row);
        match failures.iter_mut().find(|known| known.groups == groups) {
            Some(known) => known.shared_by.push(index),
            None => failures.push(Failure { number: 0, kind, groups, shared_by: vec![index] }),
        }
    }
    failures.sort_by_key(|failure| {
        (std::cmp::Reverse((failure.kind, failure.shared_by.len())), failure.shared_by[0])
    });
    for failure in &mut failures {
        failure.number = *next;
        *next += 1;
    }
    failures
}

fn groups<'a>(entry: &'a Entry, row: &'a Requirement) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for finding in entry.findings(row) {
        // Of what was met or could not be tried, the step says little, and it differs from mode to mode.
        let told = matches!(finding.kind, Kind::NotMet | Kind::Error);
        let listed = entry.listed(finding);
        let fresh = Group {
            modes: Vec::new(),
            kind: finding.kind,
            place: finding.place.as_ref().filter(|_| told),
            reason: finding.reason.as_deref(),
            evidence: finding.evidence.as_ref(),
            known: listed.is_some() && finding.kind != Kind::Met,
            stale: listed.filter(|_| finding.kind == Kind::Met),
        };
        let same = |group: &&mut Group<'a>| fresh == Group { modes: Vec::new(), ..(**group).clone() };
        match groups.iter_mut().find(same) {
            Some(group) => group.modes.push(finding.mode),
            None => groups.push(Group { modes: vec![finding.mode], ..fresh }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.kind));
    groups
}
