//! A run in plain steps: what came of `authenticate`, as of the login and of the cookie that is kept of it.

use std::borrow::Cow;
use std::ops::Range;

use spec::plain::Plain;
use spec::results::run::{Outcome, Run, StepRun};
use spec::scenario::{Action, Step};
use spec::transcript::{Answer, Shown};

/// Returns the run of the plain steps of a scenario, given that of the written ones.
pub fn plain_run<'r>(plain: &Plain<'_>, run: &'r Run) -> Cow<'r, Run> {
    let Some(places) = plain.places() else { return Cow::Borrowed(run) };
    let places: Vec<(&Step, &Range<usize>)> = places.collect();
    let mut steps = Vec::new();
    for ((step, places_of_step), step_run) in places.iter().zip(&run.steps) {
        let plain = StepRun { outcome: outcome(&step_run.outcome, &places, run), ..step_run.clone() };
        match &step.action {
            Action::Authenticate(_) => steps.extend(login(plain, places_of_step)),
            _ => steps.push(plain),
        }
    }
    Cow::Owned(Run { steps, output: run.output.clone() })
}

/// Names the plain step by which another is blocked.
fn outcome(outcome: &Outcome, places: &[(&Step, &Range<usize>)], run: &Run) -> Outcome {
    let Outcome::Blocked { by } = *outcome else { return outcome.clone() };
    let of = places.get(by).map_or(0..0, |(_, places)| (*places).clone());
    // Who was let in, and has no cookie all the same, lacks the second of them.
    let lacks_cookie = of.len() > 1 && run.steps.get(by).is_some_and(|step| step.success == Some(true));
    Outcome::Blocked { by: of.start + usize::from(lacks_cookie) }
}

/// Splits what came of `authenticate` into the login and the cookie that is kept of it; nothing where neither is there.
fn login(step: StepRun, places: &Range<usize>) -> Vec<StepRun> {
    if places.is_empty() {
        return Vec::new();
    }
    if step.outcome != Outcome::Done {
        return vec![step.clone(), step];
    }
    let kept = |outcome, printed| StepRun { outcome, printed, success: None };
    if step.success != Some(true) {
        let kept = kept(Outcome::Blocked { by: places.start }, Answer::default());
        return vec![step, kept];
    }
    let missing = Answer::text(step.printed.body);
    let printed =
        Answer { status: Some(Shown::Success), breaches: step.printed.breaches, ..Answer::default() };
    vec![StepRun { printed, ..step }, kept(Outcome::Done, missing)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::catalogue::Mode;
    use spec::scenario::Scenario;

    const SOURCE: &str = "---\nmodes: [off, basic_auth, session_auth]\n---\n# A `users.list`\n```console\n\
        $ user b@c pw\n$ authenticate b@c \"a pw\"\n$ curl \"$URL/a\" -H \"A: b\" -H \"$CREDENTIAL\"\n\
        $ OLD=$CREDENTIAL\n$ serve SESSION_NAME=sid\n$ authenticate d@e pw\n$ parallel 2 curl \"$URL/b\" -H \"$OLD\"\n\
        $ curl \"$URL/c\" -H \"$CREDENTIAL\"\n```\n";

    fn scenario() -> Scenario {
        Scenario::parse("x", SOURCE).expect("it is well-formed")
    }

    /// What came of the plain steps, given what came of the second and the last of the written ones.
    fn came(mode: Mode, authenticate: StepRun, last: Outcome) -> Vec<String> {
        let done = StepRun { outcome: Outcome::Done, printed: Answer::default(), success: None };
        let mut steps = vec![done; 8];
        steps[1] = authenticate;
        steps[7].outcome = last;
        let scenario = scenario();
        let run = Run { steps, output: String::new() };
        let plain = Plain::of(&scenario, mode);
        let steps = plain_run(&plain, &run).steps.clone();
        assert_eq!(steps.len(), plain.scenario().steps().count());
        let shown = |at: usize| {
            format!("{:?} {:?} {:?}", steps[at].outcome, steps[at].printed.lines(), steps[at].success)
        };
        [1, 2, steps.len() - 1].map(shown).to_vec()
    }

    #[test]
    fn what_came_of_a_login_is_the_logins_and_what_it_lacks_is_the_cookies() {
        let of = |lines: &[&str], success, outcome| StepRun {
            outcome,
            printed: Answer::from_lines(lines.to_vec()),
            success,
        };
        let mode = Mode::SessionAuth;
        let blocked = Outcome::Blocked { by: 1 };
        let good = of(&["! users.shape: odd"], Some(true), Outcome::Done);
        assert_eq!(
            came(mode, good, Outcome::Done),
            [r#"Done ["2xx", "! users.shape: odd"] Some(true)"#, "Done [] None", "Done [] None"]
        );
        let none = Answer::text(vec!["no cookie sid in the last answer".to_owned()]);
        let bare = StepRun { printed: none, ..of(&[], Some(true), Outcome::Done) };
        assert_eq!(
            came(mode, bare, blocked.clone()),
            [
                r#"Done ["2xx"] Some(true)"#,
                r#"Done ["no cookie sid in the last answer"] None"#,
                "Blocked { by: 2 } [] None"
            ]
        );
        let refused = of(&["404 Not Found"], Some(false), Outcome::Done);
        assert_eq!(
            came(mode, refused, blocked),
            [
                r#"Done ["404 Not Found"] Some(false)"#,
                "Blocked { by: 1 } [] None",
                "Blocked { by: 1 } [] None"
            ]
        );
        let why = Outcome::NotChecked { why: "no way".to_owned() };
        assert_eq!(
            came(mode, of(&[], None, why.clone()), why)[..2],
            [r#"NotChecked { why: "no way" } [] None"#; 2]
        );
        let silent = of(&[], None, Outcome::Done);
        let last = Outcome::Blocked { by: 4 };
        assert_eq!(came(Mode::BasicAuth, silent, last)[2], "Blocked { by: 3 } [] None");
    }
}
