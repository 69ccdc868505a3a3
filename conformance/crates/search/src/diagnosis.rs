//! The diagnosis: which faults an implementation behaves like, by what it does not meet and what came instead.
//!
//! A fault is named where an implementation gives, at the same steps, the answers that the model with that fault
//! gives ([`crate::signature`]). What was not checked, or was blocked, speaks neither for a fault nor against it;
//! what is met speaks against each that breaks it. An implementation with several mistakes is told several, each for
//! what those before it leave to explain. Nothing is better than a guess: most mistakes are no fault of the list.

use std::collections::{BTreeMap, BTreeSet};

use crate::signature;
use crate::signature::{Cell, Signature, Symptom};
use model::faults;
use model::faults::Fault;
use spec::catalogue::Catalogue;
use spec::catalogue::Subject;
use spec::results::{Kind, Verdicts};
use spec::results::{Likeness, Report};

/// How many faults are named where they cannot be told apart.
const NAMED: usize = 3;

/// How many likenesses are told.
const TOLD: usize = 5;

/// For each verdict that speaks against a fault, this many must speak for it.
const FOR_ONE_AGAINST: usize = 4;

/// What the same answer, and one that differs from the expected in the same way, counts.
const SAME: usize = 3;
const ALIKE: usize = 2;

/// A fault that an implementation behaves like, or a few that are not to be told apart.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The faults, in the order of the catalogue; at least one, at most three.
    pub faults: Vec<&'static Fault>,
    /// The verdicts that speak for them.
    pub explains: BTreeSet<Cell>,
}

impl Diagnosis {
    /// Says what the implementation behaves like.
    pub fn sentence(&self) -> String {
        let sentences: Vec<&str> = self.faults.iter().map(|fault| fault.sentence).collect();
        format!("a server that {}", sentences.join("; or "))
    }
}

/// Names the faults that these verdicts are like, those that explain most first.
///
/// It is empty where there is none, and where not every requirement of the modes was asked for: what a part of the
/// scenarios says of a fault is not known.
pub fn diagnose(verdicts: &Verdicts, modes: &[Subject], catalogue: &Catalogue) -> Vec<Diagnosis> {
    let asked = |id: &str, mode: &Subject| !modes.contains(mode) || verdicts.find(id, *mode).is_some();
    if !catalogue.rows().iter().all(|row| row.modes.iter().all(|mode| asked(&row.id, mode))) {
        return Vec::new();
    }
    let mut known = Known { modes, met: BTreeSet::new(), not_met: BTreeMap::new() };
    for finding in verdicts.all() {
        let cell = (finding.requirement.clone(), finding.mode);
        match Symptom::of(finding) {
            Some(symptom) => drop(known.not_met.insert(cell, symptom)),
            None if finding.kind == Kind::Met => drop(known.met.insert(cell)),
            None => {}
        }
    }
    likenesses(&known)
}

/// Adds to a report which known mistakes the implementation behaves like.
pub fn attach(report: &mut Report, catalogue: &Catalogue) {
    let told = diagnose(&report.verdicts, &report.modes, catalogue);
    let likeness = |one: Diagnosis| Likeness { sentence: one.sentence(), explains: one.explains };
    report.likenesses = told.into_iter().map(likeness).collect();
}

/// What is known of an implementation.
struct Known<'a> {
    /// The modes that were checked.
    modes: &'a [Subject],
    met: BTreeSet<Cell>,
    not_met: BTreeMap<Cell, Symptom>,
}

/// How well a fault's pattern fits what is known.
struct Match<'a> {
    fault: &'static Fault,
    /// The verdicts that speak for it, with what they count.
    fitting: BTreeMap<&'a Cell, usize>,
    /// How many speak against it.
    against: usize,
    /// How many of what it breaks are not known, or fail at another step.
    open: usize,
    /// Whether it shows in a requirement that it breaks, and not only in what that brings about.
    is_its_own: bool,
}

impl<'a> Match<'a> {
    fn of(pattern: &'a Signature, known: &Known<'_>) -> Option<Self> {
        let fault = faults::all().find(|fault| fault.name == pattern.fault)?;
        let is_own = |(id, _): &Cell| fault.requirements.contains(&id.as_str());
        let mut fit = Self {
            fault,
            fitting: BTreeMap::new(),
            against: 0,
            open: 0,
            is_its_own: pattern.not_met.keys().any(is_own),
        };
        let is_checked = |(cell, _): &(&Cell, &Symptom)| known.modes.contains(&cell.1);
        for (cell, symptom) in pattern.not_met.iter().filter(is_checked) {
            match known.not_met.get(cell) {
                Some(came) if came.is_at(symptom) && came.is_like(symptom) => {
                    fit.fitting.insert(cell, if came.is_same(symptom) { SAME } else { ALIKE });
                }
                Some(came) if came.is_at(symptom) => fit.against += 1,
                None if known.met.contains(cell) => fit.against += 1,
                _ => fit.open += 1,
            }
        }
        if fit.fitting.is_empty() {
            return None;
        }
        // What the fault makes unreachable was reached.
        let is_unreachable = |cell: &&Cell| pattern.blocked.contains(*cell) || pattern.lost.contains(&cell.1);
        let not_counted = |cell: &&Cell| !pattern.not_met.contains_key(*cell);
        fit.against += known.met.iter().filter(not_counted).filter(is_unreachable).count();
        let is_near = fit.against * FOR_ONE_AGAINST <= fit.fitting.len()
            && fit.open <= fit.fitting.len()
            && fit.shows(fit.fitting.keys().copied());
        is_near.then_some(fit)
    }

    /// Tells whether any of these verdicts is one that names the fault, where any ever does.
    fn shows<'b>(&self, mut cells: impl Iterator<Item = &'b Cell>) -> bool {
        !self.is_its_own || cells.any(|(id, _)| self.fault.requirements.contains(&id.as_str()))
    }

    /// Gives what it explains of what is left, and how well; `None` where that is less than half of what fits.
    fn explains(&self, left: &BTreeSet<&Cell>) -> Option<(usize, BTreeSet<&'a Cell>)> {
        let cells: BTreeSet<&Cell> =
            self.fitting.keys().copied().filter(|cell| left.contains(cell)).collect();
        let counted: usize = cells.iter().map(|cell| self.fitting[cell]).sum();
        let counts = counted.saturating_sub(self.against * SAME);
        let enough = counts > 0 && cells.len() * 2 >= self.fitting.len() && self.shows(cells.iter().copied());
        enough.then_some((counts, cells))
    }
}

/// Takes the fault that explains most of what is left, and those like it, again and again.
fn likenesses(known: &Known<'_>) -> Vec<Diagnosis> {
    let patterns = signature::showing(known.not_met.keys());
    let fits: Vec<Match<'_>> = patterns.into_iter().filter_map(|pattern| Match::of(pattern, known)).collect();
    let mut left: BTreeSet<&Cell> = known.not_met.keys().collect();
    let mut told = Vec::new();
    while told.len() < TOLD {
        let explaining = fits.iter().filter_map(|fit| Some((fit, fit.explains(&left)?)));
        let explaining: Vec<_> = explaining.collect();
        // Of those that count the same, the first with the fewest open verdicts.
        let rank = |(fit, (counts, _)): &(&Match<'_>, (usize, _))| (*counts, usize::MAX - fit.open);
        let Some(best) = explaining.iter().map(rank).max() else { break };
        let mut tied = explaining.iter().filter(|one| rank(one) == best).peekable();
        let Some((_, (_, cells))) = tied.peek() else { break };
        let alike = tied.clone().filter(|(_, (_, other))| other == cells);
        told.push(Diagnosis {
            faults: alike.map(|(fit, _)| fit.fault).take(NAMED).collect(),
            explains: cells.iter().map(|cell| (*cell).clone()).collect(),
        });
        left.retain(|cell| !cells.contains(cell));
    }
    told
}
