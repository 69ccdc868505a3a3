//! The judge: a run against the accepted transcript, step by step, gives findings.
//!
//! A difference belongs to the requirement that speaks of it. Seven requirements are *aspects* of answers
//! that others ask for; a difference in such an aspect is theirs alone, and a difference in the rest of the
//! answer leaves them blocked. So one mistake of an implementation is one row of the report.

mod plain;

pub use self::plain::plain_run;
use crate::attribution::causes;
use crate::attribution::causes::Before;
use spec::catalogue::Catalogue;
use spec::catalogue::Subject;
use spec::catalogue::task;
use spec::results::run::{Outcome, Run, StepRun};
use spec::results::{Evidence, Excerpt, Finding, Kind};
use spec::scenario::redis::{Call, Redis};
use spec::scenario::{Action, CaptureSource, Scenario, Section, Setting, Step, Template};
use spec::transcript::{Answer, Breach, Field, FieldName, Shown, Transcript};

/// The requirements that speak of one aspect of answers given for other reasons.
pub const ASPECTS: [&str; 7] = [
    "login.cookie",
    "cors.any-origin",
    "json.transcript-bytes",
    "errors.method-not-allowed-page",
    "users.shape",
    "users.timestamps",
    "users.hide-password",
];

/// Judges one run of one scenario.
pub struct Judge<'a> {
    /// The requirements, for the modes that they apply to.
    pub catalogue: &'a Catalogue,
    /// What was run.
    pub scenario: &'a Scenario,
    /// In which mode.
    pub mode: Subject,
    /// Writes the line that repeats a step, and the settings to start the server with for it; given the step's
    /// place among all steps.
    pub reproduce: &'a (dyn Fn(usize) -> Option<(String, String)> + Sync),
}

/// Says that the accepted transcript is not of the scenario as it is now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the accepted transcript of {scenario} does not have the step of line {line}; run `just review` to accept it anew"
)]
pub struct OutOfDate {
    /// The scenario.
    pub scenario: String,
    /// The line of its first step that the transcript does not have.
    pub line: usize,
}

/// What a part of an answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The status and the body: what the heading's requirements are about.
    Main,
    /// The session cookie that is set.
    Cookie,
    /// The CORS header.
    Cors,
    /// Bytes and headers that only `curl -i` shows.
    Exact,
    /// The page and Allow header of a 405 that only `curl -i` shows.
    Page,
}

const PARTS: [Part; 5] = [Part::Main, Part::Cookie, Part::Cors, Part::Exact, Part::Page];

impl Judge<'_> {
    /// Compares the run with the accepted transcript.
    ///
    /// # Errors
    ///
    /// When the accepted transcript is not of this scenario as it is now.
    pub fn judge(&self, accepted: &Transcript, run: &Run) -> Result<Vec<Finding>, OutOfDate> {
        let mut findings = Vec::new();
        let mut blocked_by: Option<String> = None;
        let steps = self
            .scenario
            .sections
            .iter()
            .flat_map(|section| section.steps.iter().map(move |step| (section, step)));
        for (index, (section, step)) in steps.enumerate() {
            let expected = match accepted.blocks.get(index) {
                Some(block) if block.step == step.text => block.printed(&step.action),
                _ => return Err(self.out_of_date(step)),
            };
            let Some(step_run) = run.steps.get(index) else { return Err(self.out_of_date(step)) };
            let place = StepPlace { section, step, index };
            if let (Outcome::Done, Some(blocker)) = (&step_run.outcome, &blocked_by) {
                findings.extend(self.of_all(&place, Kind::Blocked, Some(blocker.clone())));
                continue;
            }
            match &step_run.outcome {
                Outcome::Done => {
                    findings.extend(self.compare(&place, &expected, &step_run.printed));
                    if failed_to_change(step, &expected, step_run) {
                        blocked_by = Some(self.blame(section, step));
                    }
                }
                Outcome::Blocked { by } if self.is_nobodys(*by) => {
                    let why = self.hitch(*by, run);
                    findings.extend(self.of_all(&place, Kind::Error, Some(why)));
                }
                Outcome::Blocked { by } => {
                    let blamed = self.place(*by).map(|(section, step)| self.blame(section, step));
                    findings.extend(self.of_all(&place, Kind::Blocked, blamed));
                }
                Outcome::NotChecked { why } => {
                    findings.extend(self.of_all(&place, Kind::NotChecked, Some(why.clone())));
                }
                Outcome::Error { why } => {
                    findings.extend(self.of_all(&place, Kind::Error, Some(why.clone())));
                }
            }
        }
        Ok(findings)
    }

    /// Says the same of every step, where none could be judged.
    pub fn nothing(&self, kind: Kind, reason: &str) -> Vec<Finding> {
        let sections = self.scenario.sections.iter();
        sections
            .flat_map(|section| section.steps.iter().map(move |step| StepPlace { section, step, index: 0 }))
            .flat_map(|place| self.of_all(&place, kind, Some(reason.to_owned())))
            .collect()
    }

    fn out_of_date(&self, step: &Step) -> OutOfDate {
        OutOfDate { scenario: self.scenario.name.clone(), line: step.line }
    }

    fn place(&self, index: usize) -> Option<(&Section, &Step)> {
        self.scenario
            .sections
            .iter()
            .flat_map(|section| section.steps.iter().map(move |step| (section, step)))
            .nth(index)
    }

    /// Tells whether a step of a Redis server is one that no requirement speaks of: it only clears the ground.
    fn is_nobodys(&self, index: usize) -> bool {
        self.place(index).is_some_and(|(section, step)| {
            matches!(step.action, Action::Redis(_))
                && self.ids(section).is_empty()
                && !is_of_redis_ping(&step.action)
        })
    }

    /// Says what came of a step that the others cannot go on without.
    fn hitch(&self, index: usize, run: &Run) -> String {
        let text = self.place(index).map_or("", |(_, step)| step.text.as_str());
        let lines = run.steps.get(index).map_or_else(String::new, |step| step.printed.lines().join("; "));
        format!("`{text}` comes before it: {lines}")
    }

    /// Compares what a step printed, part by part.
    fn compare(&self, place: &StepPlace<'_>, expected: &Answer, actual: &Answer) -> Vec<Finding> {
        let ids = self.ids(place.section);
        let (mains, aspects): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| !ASPECTS.contains(id));
        let mut failed: Vec<Finding> = Vec::new();
        for Breach { requirement, what } in &actual.breaches {
            let wanted = self.catalogue.find(requirement).map_or_else(String::new, |row| row.text.clone());
            failed.extend(self.not_met(place, requirement, wanted.into(), what.as_str().into()));
        }
        let mut main_differs = false;
        for part in PARTS {
            let (wanted, got) = (part.of(place.step, expected), part.of(place.step, actual));
            if wanted == got {
                continue;
            }
            let unasked = wanted.is_empty() && !matches!(place.step.action, Action::Capture(_));
            // An answer of another type altogether is not a matter of bytes.
            let other_type = part == Part::Exact
                && got.field(FieldName::ContentType).is_some_and(|media_type| !media_type.contains("json"));
            let owners = if other_type { mains.clone() } else { self.owners(part, unasked, &mains, &ids) };
            main_differs |= part == Part::Main;
            let causes = match (&place.step.action, part) {
                (Action::Capture(_), Part::Cookie) => vec!["login.cookie"],
                (action, Part::Main) => match (action.request(), self.mode) {
                    (Some(curl), Subject::Api(mode)) => {
                        causes::likely_causes(mode, curl, &wanted, &got, self.before(place.index))
                    }
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            for owner in owners {
                let finding =
                    self.not_met(place, owner, Excerpt::Answer(wanted.clone()), Excerpt::Answer(got.clone()));
                let causes = causes.iter().map(|cause| (*cause).to_owned()).collect();
                failed.extend(finding.map(|one| Finding { causes, ..one }));
            }
            if main_differs {
                // What else differs in an answer that is another one altogether says nothing more.
                break;
            }
        }
        let mut findings = failed;
        for id in ids {
            if findings.iter().any(|finding| finding.requirement == id) {
                continue;
            }
            let (kind, reason) = if main_differs && aspects.contains(&id) {
                (Kind::Blocked, Some(self.blame(place.section, place.step)))
            } else {
                (Kind::Met, None)
            };
            findings.push(self.finding(place, id, kind, reason));
        }
        findings
    }

    /// Sums up what happened to the session that a step uses, from the step that kept it on.
    fn before(&self, index: usize) -> Before {
        let steps: Vec<&Step> = self.scenario.steps().take(index + 1).collect();
        let Some(curl) = steps[index].action.request() else { return Before::default() };
        let uses: Vec<&str> = curl.cookies.iter().flat_map(Template::variables).collect();
        let kept = steps.iter().rposition(
            |step| matches!(&step.action, Action::Capture(capture) if uses.contains(&capture.name.as_str())),
        );
        let mut before = Before { zone: self.scenario.settings.tz.is_some(), ..Before::default() };
        for (at, step) in steps[..index].iter().enumerate() {
            // A session that nobody was given was never kept: every restart was before it is used.
            let since = kept.map_or(!curl.cookies.is_empty(), |kept| at > kept);
            match &step.action {
                Action::Serve(serve) => {
                    before.restarted |= since;
                    before.zone |= serve.set.iter().any(|(setting, _)| *setting == Setting::TimeZone);
                }
                Action::Restart | Action::Kill => before.restarted |= since,
                action => {
                    let logout =
                        action.request().is_some_and(|curl| causes::route_of(curl) == Some("logout.ok"));
                    before.logged_out |= since && kept.is_some() && logout;
                }
            }
        }
        before
    }

    /// Says whose difference it is; `unasked` where the answer has a part that it should not have.
    fn owners<'b>(&self, part: Part, unasked: bool, mains: &[&'b str], ids: &[&'b str]) -> Vec<&'b str> {
        match part {
            Part::Main => mains.to_vec(),
            Part::Cookie if unasked => mains.to_vec(),
            Part::Cookie if ids.contains(&"login.cookie") || ids.contains(&"login.ok") => {
                vec!["login.cookie"]
            }
            Part::Cookie => mains.to_vec(),
            Part::Cors => vec!["cors.any-origin"],
            Part::Exact => vec!["json.transcript-bytes"],
            Part::Page => vec!["errors.method-not-allowed-page"],
        }
    }

    /// The ids of a heading that apply in this mode.
    fn ids<'b>(&self, section: &'b Section) -> Vec<&'b str> {
        section
            .requirements
            .iter()
            .map(|id| id.value.as_str())
            .filter(|id| self.catalogue.applies(id, self.mode))
            .collect()
    }

    /// Names the requirement that a failed step stands for.
    fn blame(&self, section: &Section, step: &Step) -> String {
        let ids = self.ids(section);
        let cookie =
            matches!(&step.action, Action::Capture(capture) if matches!(capture.from, CaptureSource::Cookie));
        if cookie && (ids.contains(&"login.ok") || ids.contains(&"login.cookie")) {
            return "login.cookie".to_owned();
        }
        if let Action::Parallel(parallel) = &step.action
            && let Some(route) = causes::route_of(&parallel.curl)
        {
            return route.to_owned();
        }
        // A server that does not even answer SET says nothing of what is asked after it.
        if ids.is_empty() && is_of_redis_ping(&step.action) {
            return "redis.ping".to_owned();
        }
        let main = ids.iter().find(|id| !ASPECTS.contains(id));
        let any = main.or(ids.first()).map(|id| (*id).to_owned());
        any.unwrap_or_else(|| format!("line {} of {}", step.line, self.scenario.name))
    }

    fn of_all(&self, place: &StepPlace<'_>, kind: Kind, reason: Option<String>) -> Vec<Finding> {
        self.ids(place.section).into_iter().map(|id| self.finding(place, id, kind, reason.clone())).collect()
    }

    fn not_met(
        &self,
        place: &StepPlace<'_>,
        id: &str,
        expected: Excerpt,
        actual: Excerpt,
    ) -> Option<Finding> {
        if !self.catalogue.applies(id, self.mode) {
            return None;
        }
        let mut finding = self.finding(place, id, Kind::NotMet, None);
        let (curl, settings) = (self.reproduce)(place.index).unzip();
        let settings = settings.filter(|settings| !settings.is_empty());
        finding.evidence = Some(Evidence {
            step: place.step.text.clone(),
            request: place.step.action.request().cloned(),
            expected,
            actual,
            curl,
            settings,
        });
        Some(finding)
    }

    fn finding(&self, place: &StepPlace<'_>, id: &str, kind: Kind, reason: Option<String>) -> Finding {
        Finding {
            requirement: id.to_owned(),
            mode: self.mode,
            kind,
            place: Some((self.scenario.name.clone(), place.step.line)),
            at_home: self.catalogue.find(id).is_some_and(|row| task::owns(&row.task, &self.scenario.name)),
            reason,
            evidence: None,
            causes: Vec::new(),
        }
    }
}

struct StepPlace<'a> {
    section: &'a Section,
    step: &'a Step,
    index: usize,
}

/// Tells whether a step asks a Redis server one of the commands that `redis.ping` speaks of.
fn is_of_redis_ping(action: &Action) -> bool {
    let Action::Redis(Redis { call: Call::Command(words), .. }) = action else { return false };
    words.first().and_then(Template::as_literal).is_some_and(|name| matches!(name, "ping" | "set" | "get"))
}

impl Part {
    /// Returns this part of what a step printed.
    fn of(self, step: &Step, printed: &Answer) -> Answer {
        if matches!(&step.action, Action::Capture(capture) if matches!(capture.from, CaptureSource::Cookie)) {
            return if self == Self::Cookie { printed.clone() } else { Answer::default() };
        }
        let is_exact = matches!(&step.action, Action::Curl(curl) if curl.include);
        // Where the bytes are shown, all but the status is of them, or of the page of a 405.
        let rest = match (is_exact, printed.code()) {
            (false, _) => Self::Main,
            (true, Some(405)) => Self::Page,
            (true, _) => Self::Exact,
        };
        let of_field = |field: &Field| match field {
            field if field.is_set_cookie() => Self::Cookie,
            field if rest == Self::Exact && field.is(FieldName::AllowOrigin) => Self::Cors,
            _ => rest,
        };
        Answer {
            status: printed.status.clone().filter(|_| self == Self::Main),
            fields: printed.fields.iter().filter(|field| of_field(field) == self).cloned().collect(),
            body: if self == rest { printed.body.clone() } else { Vec::new() },
            breaches: Vec::new(),
        }
    }
}

/// Tells whether the step should have changed something and did not: what follows has nothing to stand on.
fn failed_to_change(step: &Step, expected: &Answer, actual: &StepRun) -> bool {
    let Some(curl) = step.action.request() else { return false };
    if matches!(curl.effective_method(), "GET" | "HEAD" | "OPTIONS") {
        return false;
    }
    let any = |answer: &Answer| matches!(&answer.status, Some(Shown::Tally(tally)) if tally.successes > 0);
    match step.action {
        Action::Parallel(_) => any(expected) && !any(&actual.printed),
        _ => expected.status.as_ref().is_some_and(Shown::is_success) && actual.success == Some(false),
    }
}

#[cfg(test)]
mod tests;
