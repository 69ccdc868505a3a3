//! Signatures: what the scenarios say of the model with one fault, as `scenarios/faults.txt` keeps it.
//!
//! The file is written by `just patterns`, from a check of every fault in every mode: a block a fault, a line for
//! each answer that shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use model::faults::{Fault, all};
use spec::catalogue::Subject;
use spec::digest;
use spec::results::Report;
use spec::results::{Finding, Kind};

/// The file as it was when this program was built.
pub const TEXT: &str = include_str!("../../../../scenarios/faults.txt");

/// What the file begins with.
pub const HEAD: &str = "\
# What the scenarios say of the model with each fault, in a check of every mode; `just patterns` writes it.
#
#   NAME: what the fault does
#     not-met REQUIREMENT MODES SCENARIO:LINE DIGEST ANSWER
#     blocked REQUIREMENT MODES
#
# SCENARIO:LINE is the step that is shown as the evidence, DIGEST begins the SHA-256 of what came there, and ANSWER is its
# first line, where another was expected. * is every requirement of these modes that is not named as not met.
";

/// The place of `*` in a line of the file.
const EVERY_OTHER: &str = "*";

/// How many hexadecimal digits of a digest are kept.
const DIGEST: usize = 8;

/// A requirement in a mode.
pub type Cell = (String, Subject);

/// What shows that a requirement is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symptom {
    /// The scenario and the line of its step.
    place: (String, usize),
    /// The beginning of the digest of what came.
    digest: String,
    /// The first line of what came, where another was expected: mostly a status.
    answer: Option<String>,
}

impl Symptom {
    /// Gives what shows that this verdict is not met; `None` where it is another.
    pub fn of(finding: &Finding) -> Option<Self> {
        let evidence = finding.evidence.as_ref().filter(|_| finding.kind == Kind::NotMet)?;
        let mut digest = digest::sha256_hex(evidence.actual.to_string());
        digest.truncate(DIGEST);
        Some(Self {
            place: finding.place.clone()?,
            digest,
            answer: (!evidence.actual.begins_as(&evidence.expected)).then(|| evidence.actual.first_line()),
        })
    }

    /// Tells whether it is of the same step.
    pub fn is_at(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Tells whether what came differs from what was expected in the same way: in the same first line, or, where
    /// that is as expected, as a whole.
    pub fn is_like(&self, other: &Self) -> bool {
        self.answer == other.answer && (self.answer.is_some() || self.digest == other.digest)
    }

    /// Tells whether the same came.
    pub fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// What the scenarios say of one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the fault.
    pub fault: String,
    /// What is not met, and what shows it.
    pub not_met: BTreeMap<Cell, Symptom>,
    /// What is blocked.
    pub blocked: BTreeSet<Cell>,
    /// The modes in which everything is blocked that is not not met.
    pub lost: BTreeSet<Subject>,
}

impl Signature {
    /// Reads the pattern off the report of a check in every mode.
    pub fn of(fault: &Fault, report: &Report) -> Self {
        let of_kind = |kind| report.verdicts.all().filter(move |one| one.kind == kind);
        let cell = |one: &Finding| (one.requirement.clone(), one.mode);
        let met: BTreeSet<Subject> = of_kind(Kind::Met).map(|one| one.mode).collect();
        let blocked: BTreeSet<Cell> = of_kind(Kind::Blocked).map(cell).collect();
        let lost: BTreeSet<Subject> =
            blocked.iter().map(|(_, mode)| *mode).filter(|mode| !met.contains(mode)).collect();
        Self {
            fault: fault.name.to_owned(),
            not_met: of_kind(Kind::NotMet).filter_map(|one| Some((cell(one), Symptom::of(one)?))).collect(),
            blocked: blocked.into_iter().filter(|(_, mode)| !lost.contains(mode)).collect(),
            lost,
        }
    }

    /// Gives the fault, where there is one of that name.
    pub fn fault(&self) -> Option<&'static Fault> {
        all().find(|fault| fault.name == self.fault)
    }
}

impl fmt::Display for Signature {
    /// Writes the block of the fault, with a final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = self.fault().map_or("", |fault| fault.sentence);
        writeln!(f, "{}: {sentence}", self.fault)?;
        let mut shown: Vec<(&str, &Symptom, Vec<Subject>)> = Vec::new();
        for ((id, mode), symptom) in &self.not_met {
            match shown.iter_mut().find(|(other, same, _)| other == id && *same == symptom) {
                Some((_, _, modes)) => modes.push(*mode),
                None => shown.push((id, symptom, vec![*mode])),
            }
        }
        for (id, symptom, modes) in shown {
            let (scenario, line) = &symptom.place;
            write!(f, "  not-met {id} {} {scenario}:{line} {}", names(modes), symptom.digest)?;
            match &symptom.answer {
                Some(answer) => writeln!(f, " {answer}")?,
                None => writeln!(f)?,
            }
        }
        let mut blocked: BTreeMap<&str, Vec<Subject>> = BTreeMap::new();
        for (id, mode) in &self.blocked {
            blocked.entry(id).or_default().push(*mode);
        }
        for (id, modes) in blocked {
            writeln!(f, "  blocked {id} {}", names(modes))?;
        }
        if !self.lost.is_empty() {
            writeln!(f, "  blocked {EVERY_OTHER} {}", names(self.lost.iter().copied()))?;
        }
        Ok(())
    }
}

fn names(modes: impl IntoIterator<Item = Subject>) -> String {
    modes.into_iter().map(Subject::as_str).collect::<Vec<_>>().join(",")
}

/// Writes the file.
pub fn write<'a>(patterns: impl IntoIterator<Item = &'a Signature>) -> String {
    patterns.into_iter().fold(HEAD.to_owned(), |text, pattern| format!("{text}\n{pattern}"))
}

/// Says that a line of the file is none of those that [`write()`] writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("faults.txt:{line}: {text:?}")]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
}

/// Reads the file.
///
/// # Errors
///
/// When a line is none of those that [`write()`] writes.
pub fn read(text: &str) -> Result<Vec<Signature>, Malformed> {
    let mut patterns: Vec<Signature> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let malformed = || Malformed { line: number + 1, text: line.to_owned() };
        match line.strip_prefix("  ") {
            _ if line.is_empty() || line.starts_with('#') => {}
            None => {
                let (fault, _) = line.split_once(": ").ok_or_else(malformed)?;
                patterns.push(Signature {
                    fault: fault.to_owned(),
                    not_met: BTreeMap::new(),
                    blocked: BTreeSet::new(),
                    lost: BTreeSet::new(),
                });
            }
            Some(cells) => {
                let pattern = patterns.last_mut().ok_or_else(malformed)?;
                pattern.add(cells).ok_or_else(malformed)?;
            }
        }
    }
    Ok(patterns)
}

impl Signature {
    /// Reads a line of the block; `None` where it is malformed.
    fn add(&mut self, line: &str) -> Option<()> {
        let mut words = line.splitn(6, ' ');
        let kind = words.next()?;
        let id = words.next()?;
        let modes: Vec<Subject> = words.next()?.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
        match kind {
            "blocked" if id == EVERY_OTHER => self.lost.extend(modes),
            "blocked" => self.blocked.extend(modes.into_iter().map(|mode| (id.to_owned(), mode))),
            "not-met" => {
                let (scenario, line) = words.next()?.split_once(':')?;
                let symptom = Symptom {
                    place: (scenario.to_owned(), line.parse().ok()?),
                    digest: words.next()?.to_owned(),
                    answer: words.next().map(str::to_owned),
                };
                self.not_met.extend(modes.into_iter().map(|mode| ((id.to_owned(), mode), symptom.clone())));
            }
            _ => return None,
        }
        Some(())
    }
}

/// The patterns of the file that is built in.
static PATTERNS: LazyLock<Vec<Signature>> =
    LazyLock::new(|| read(TEXT).expect("a test reads it; `just patterns` writes it anew"));

/// Where among them a verdict is not met.
static SHOWING: LazyLock<BTreeMap<&Cell, Vec<usize>>> = LazyLock::new(|| {
    let mut showing: BTreeMap<&Cell, Vec<usize>> = BTreeMap::new();
    for (place, pattern) in PATTERNS.iter().enumerate() {
        pattern.not_met.keys().for_each(|cell| showing.entry(cell).or_default().push(place));
    }
    showing
});

/// Lists the patterns of the file in which one of these verdicts is not met, in its order.
pub fn showing<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<&'static Signature> {
    let places: BTreeSet<usize> = cells.filter_map(|cell| SHOWING.get(cell)).flatten().copied().collect();
    places.into_iter().map(|place| &PATTERNS[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_a_block_for_each_fault_with_its_sentence_and_reads_back_as_it_was_written() {
        let patterns = read(TEXT).expect("it is well formed");
        let names: Vec<&str> = patterns.iter().map(|pattern| pattern.fault.as_str()).collect();
        let faults: Vec<&str> = all().map(|fault| fault.name).collect();
        assert_eq!(names, faults, "`just patterns` writes it anew");
        assert_eq!(write(&patterns), TEXT, "`just patterns` writes it anew");
    }

    #[test]
    fn a_line_that_is_none_is_told_with_its_number() {
        for line in [
            "  not-met login.ok session_auth session-07-login 00000000",
            "  blocked * sesion_auth",
            "  met a off",
        ] {
            let text = format!("# A comment\nlogin-201: answers a login with 201\n{line}\n");
            assert_eq!(read(&text), Err(Malformed { line: 3, text: line.to_owned() }));
        }
        assert!(read("  blocked * off\n").is_err(), "it is nobody's");
    }

    #[test]
    fn every_step_that_shows_a_fault_is_one_of_its_scenario() {
        let suite = spec::suite::Suite::built_in().expect("a test of its own reads it");
        for pattern in &*PATTERNS {
            for ((id, mode), Symptom { place: (scenario, line), .. }) in &pattern.not_met {
                let scenario = suite.scenario(scenario).expect("`just patterns` writes the file anew");
                assert!(scenario.modes.contains(mode), "{}: {id} in {mode}", pattern.fault);
                assert!(scenario.steps().any(|step| step.line == *line), "{}: {id}:{line}", pattern.fault);
            }
        }
    }
}
