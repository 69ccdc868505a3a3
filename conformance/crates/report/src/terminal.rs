//! The report on the terminal: by the documents' tasks, what is not met first with its evidence, then totals.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anstyle::Style;

use crate::style::{BAD, BOLD, DIM, GOOD, NOTE, WARNING};
use spec::catalogue::Subject;
use spec::catalogue::hints;
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Requirement, Weight};
use spec::results::Outcome;
use spec::results::TargetKind;
use spec::results::{Finding, Kind};
use spec::results::{Report, Strictness, modes};

/// The number of lines of a program's last output that are shown.
const OUTPUT_LINES: usize = 12;

/// Returns the report with ANSI styles, which the output stream strips if they are unwanted.
pub fn terminal(report: &Report, catalogue: &Catalogue, strictness: Strictness) -> String {
    let mut page = Page { report, catalogue, strictness, out: String::new() };
    page.head();
    // If nothing ran, only the cause is of interest.
    let judged = report.judged(catalogue);
    if judged {
        page.legend();
        page.tasks();
        page.behaves_like();
    }
    page.left_out();
    page.outputs();
    page.known();
    if judged {
        page.totals();
    }
    page.outcome();
    page.out
}

struct Page<'a> {
    report: &'a Report,
    catalogue: &'a Catalogue,
    strictness: Strictness,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.out, "{text}").expect("writing to a string cannot fail");
    }

    fn head(&mut self) {
        let target = &self.report.target;
        let what = match target.kind {
            TargetKind::Reference => "the reference server, in process".to_owned(),
            TargetKind::Command => {
                format!("{} (started by `{}`)", target.name, target.command.as_deref().unwrap_or_default())
            }
            TargetKind::Url => target.name.clone(),
        };
        if self.report.modes == [Subject::Redis] {
            return self.line(format_args!("{BOLD}Checked {what}{BOLD:#}"));
        }
        let modes = modes(&self.report.modes);
        let seeding = target.seeding.map_or("none stored", |way| way.as_str());
        self.line(format_args!("{BOLD}Checked {what}{BOLD:#}"));
        self.line(format_args!(
            "{DIM}modes: {modes}; clock: {}; users: {seeding}{DIM:#}",
            target.clock.as_str()
        ));
    }

    fn legend(&mut self) {
        let legend = "✓ met  ✗ must failed  ! should failed  i exact failed  ? error  - not checked";
        self.line(format_args!("{DIM}{legend}; counted per requirement and mode{DIM:#}\n"));
    }

    fn tasks(&mut self) {
        let mut tasks: BTreeMap<(usize, usize), Vec<&Requirement>> = BTreeMap::new();
        for row in self.catalogue.rows() {
            if row.modes.iter().any(|mode| self.report.verdicts.find(&row.id, *mode).is_some()) {
                tasks.entry(task::order(&row.task)).or_default().push(row);
            }
        }
        for rows in tasks.into_values() {
            let all: Vec<&Finding> = rows.iter().flat_map(|row| self.of(row)).collect();
            let met = all.iter().filter(|finding| finding.kind == Kind::Met).count();
            let (style, mark) = self.mark(&all);
            let title = task::title(&rows[0].task);
            let open = all.iter().filter(|finding| finding.kind == Kind::NotChecked).count();
            let open = if open > 0 { format!(", {open} not checked") } else { String::new() };
            self.line(format_args!(
                "{style}{mark}{style:#} {title} {DIM}{met} of {} met{open}{DIM:#}",
                all.len()
            ));
            let worst: Vec<&Requirement> = rows
                .into_iter()
                .filter(|row| self.of(row).any(|finding| finding.kind == Kind::NotMet))
                .collect();
            if !worst.is_empty() {
                self.out.push('\n');
            }
            for row in worst {
                self.not_met(row);
            }
        }
        self.out.push('\n');
    }

    /// Writes the faults that the implementation behaves like, each with the requirements that it explains.
    fn behaves_like(&mut self) {
        for likeness in &self.report.likenesses {
            let explains: Vec<&str> = likeness.requirements().into_iter().collect();
            let (sentence, explains) = (&likeness.sentence, explains.join(", "));
            self.line(format_args!("{NOTE}behaves like{NOTE:#}: {sentence} {DIM}({explains}){DIM:#}"));
        }
        if !self.report.likenesses.is_empty() {
            self.out.push('\n');
        }
    }

    fn of<'b>(&'b self, row: &'b Requirement) -> impl Iterator<Item = &'b Finding> {
        row.modes.iter().filter_map(|mode| self.report.verdicts.find(&row.id, *mode))
    }

    /// Returns the sign of a task: its worst verdict that decides the outcome, or else its worst verdict.
    fn mark(&self, findings: &[&Finding]) -> (Style, &'static str) {
        let has = |kind, deciding| {
            findings.iter().any(|finding| {
                let weight = self.catalogue.find(&finding.requirement).map(|row| row.weight);
                let decides = weight.is_some_and(|weight| self.strictness.decides(weight))
                    && !self.report.verdicts.is_listed(finding);
                finding.kind == kind && decides == deciding
            })
        };
        match () {
            () if has(Kind::NotMet, true) || has(Kind::Blocked, true) => (BAD, "✗"),
            () if has(Kind::Error, true) || has(Kind::Error, false) => (WARNING, "?"),
            () if has(Kind::NotMet, false) || has(Kind::Blocked, false) => (WARNING, "!"),
            () if has(Kind::Met, true) || has(Kind::Met, false) => (GOOD, "✓"),
            () => (DIM, "-"),
        }
    }

    /// Writes a requirement that is not met: its sentence, and the evidence of each different answer.
    fn not_met(&mut self, row: &Requirement) {
        let failed: Vec<Finding> = self.of(row).filter(|one| one.kind == Kind::NotMet).cloned().collect();
        let failed_in: Vec<Subject> = failed.iter().map(|one| one.mode).collect();
        let (style, mark) = match row.weight {
            weight if self.strictness.decides(weight) => (BAD, "✗"),
            Weight::Exact => (NOTE, "i"),
            _ => (WARNING, "!"),
        };
        let weight = row.weight.as_str();
        let known = failed.iter().all(|one| self.report.verdicts.is_listed(one));
        let known = if known { ", as is known" } else { "" };
        let in_modes = modes(&failed_in);
        self.line(format_args!(
            "    {style}{mark} {}{style:#} {DIM}({weight}){DIM:#} is not met in {in_modes}{known}",
            row.id
        ));
        self.line(format_args!("      {}", row.text));
        let mut answers: Vec<(&Finding, Vec<Subject>)> = Vec::new();
        for finding in &failed {
            let actual = |one: &Finding| one.evidence.as_ref().map(|evidence| evidence.actual.clone());
            match answers.iter_mut().find(|(first, _)| actual(first) == actual(finding)) {
                Some((_, in_modes)) => in_modes.push(finding.mode),
                None => answers.push((finding, vec![finding.mode])),
            }
        }
        let several = answers.len() > 1;
        for (first, in_modes) in answers {
            self.evidence(first, several.then(|| modes(&in_modes)));
        }
        if let Some(hint) = hints::find(&row.id) {
            self.aligned("hint", WARNING, &hint.hint);
        }
        self.out.push('\n');
    }

    /// Writes the difference of a step; `in_modes` is given if it differed otherwise in other modes.
    fn evidence(&mut self, finding: &Finding, in_modes: Option<String>) {
        let (Some((scenario, line)), Some(evidence)) = (&finding.place, &finding.evidence) else { return };
        let in_modes = in_modes.map(|modes| format!(", in {modes}")).unwrap_or_default();
        self.line(format_args!("      {DIM}scenarios/{scenario}.md:{line}{in_modes}{DIM:#}"));
        if evidence.curl.is_none() {
            self.aligned("step", DIM, &evidence.step);
        }
        let meaning = evidence.expected.meaning();
        let meaning = meaning.map(|meaning| format!(" ({meaning})")).unwrap_or_default();
        self.aligned("expected", GOOD, &format!("{}{meaning}", evidence.expected));
        self.aligned("actual", BAD, &evidence.actual.to_string());
        if let Some(curl) = &evidence.curl {
            self.aligned("try", NOTE, curl);
            let start = self.start(evidence.settings.as_deref().unwrap_or_default());
            if !start.is_empty() {
                self.aligned("with", DIM, &start);
            }
        }
    }

    /// Returns the command that starts the server for the line to paste.
    fn start(&self, settings: &str) -> String {
        let command = match self.report.target.kind {
            TargetKind::Reference => "cargo run -p server",
            TargetKind::Command => self.report.target.command.as_deref().unwrap_or_default(),
            TargetKind::Url => return String::new(),
        };
        if settings.is_empty() {
            return command.to_owned();
        }
        format!("API_HOST=127.0.0.1 API_PORT=5000 {settings} {command}")
    }

    fn aligned(&mut self, label: &str, style: Style, text: &str) {
        let mut label = label;
        for line in text.lines() {
            self.line(format_args!("        {style}{label:<8}{style:#} {DIM}│{DIM:#} {line}"));
            label = "";
        }
    }

    /// Writes what is blocked, in error or not checked: one line for each reason.
    fn left_out(&mut self) {
        let groups =
            [(Kind::Error, "error"), (Kind::Blocked, "blocked by"), (Kind::NotChecked, "not checked")];
        for (kind, label) in groups {
            let mut reasons: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
            for finding in self.report.verdicts.in_order(self.catalogue).filter(|one| one.kind == kind) {
                reasons.entry(finding.reason.clone().unwrap_or_default()).or_default().push(finding);
            }
            for (reason, findings) in reasons {
                let which: BTreeSet<&str> = findings.iter().map(|one| one.requirement.as_str()).collect();
                let in_modes: BTreeSet<Subject> = findings.iter().map(|one| one.mode).collect();
                let in_modes = modes(&in_modes.into_iter().collect::<Vec<_>>());
                let shown = match which.len() {
                    count @ 9.. => format!("{count} requirements"),
                    _ => which.into_iter().collect::<Vec<_>>().join(", "),
                };
                let style = if kind == Kind::NotChecked { DIM } else { WARNING };
                self.line(format_args!(
                    "{style}{label}{style:#} {reason}: {shown} {DIM}in {in_modes}{DIM:#}"
                ));
            }
        }
    }

    fn outputs(&mut self) {
        for (mode, output) in self.report.outputs.clone() {
            self.line(format_args!("\n{BOLD}The last output in mode {mode}:{BOLD:#}"));
            let lines: Vec<&str> = output.lines().collect();
            if output.trim().is_empty() {
                self.line(format_args!("  {DIM}it printed nothing{DIM:#}"));
                continue;
            }
            for line in &lines[lines.len().saturating_sub(OUTPUT_LINES)..] {
                self.line(format_args!("  {DIM}│{DIM:#} {line}"));
            }
        }
    }

    /// Writes which verdicts the list of known failures names.
    fn known(&mut self) {
        let verdicts = &self.report.verdicts;
        let count = verdicts.known_failures();
        let stale: Vec<String> = verdicts
            .stale()
            .map(|(finding, line)| {
                format!(
                    "{} is met in {}; take it out of the list ({line})",
                    finding.requirement, finding.mode
                )
            })
            .collect();
        if count > 0 {
            self.line(format_args!("{DIM}known{DIM:#} {count} failures are listed, and do not count"));
        }
        for text in stale {
            self.line(format_args!("{BAD}stale{BAD:#} {text}"));
        }
    }

    fn totals(&mut self) {
        self.line(format_args!(
            "\n{BOLD}{:<8}{:>6}{:>9}{:>9}{:>13}{:>7}{BOLD:#}",
            "", "met", "not met", "blocked", "not checked", "error"
        ));
        for weight in Weight::ALL {
            let count = |kind| self.report.verdicts.count(self.catalogue, weight, kind);
            let row = format!(
                "{:<8}{:>6}{:>9}{:>9}{:>13}{:>7}",
                weight.as_str(),
                count(Kind::Met),
                count(Kind::NotMet),
                count(Kind::Blocked),
                count(Kind::NotChecked),
                count(Kind::Error)
            );
            self.line(format_args!("{row}"));
        }
    }

    fn outcome(&mut self) {
        let style = match self.report.outcome(self.catalogue, self.strictness) {
            Outcome::Met => GOOD,
            Outcome::NotMet => BAD,
            _ => WARNING,
        };
        let words = self.report.outcome_sentence(self.catalogue, self.strictness);
        self.line(format_args!("\n{style}{words}{style:#}"));
        let not_met = |row: &&Requirement| self.of(row).any(|finding| finding.kind == Kind::NotMet);
        let rows = self.catalogue.rows().iter().filter(not_met);
        if let Some(row) = rows.min_by_key(|row| !self.strictness.decides(row.weight)) {
            let more = format!("More about what is not met: conformance explain {}", row.id);
            self.line(format_args!("{DIM}{more}{DIM:#}"));
        }
    }
}
