//! One requirement explained: what it asks, where it is from, what checks it, and what usually goes wrong.

use std::fmt::Write as _;

use crate::hints;
use crate::requirements::{Need, Requirement};
use crate::scenario::{Scenario, Section, Show, Step};
use crate::style::{BOLD, DIM, GOOD, NOTE};
use crate::suite::Suite;
use crate::task;
use crate::transcript::Block;

/// How many steps are listed.
const STEPS: usize = 16;

/// How wide a paragraph is, in characters.
const WIDTH: usize = 96;

/// A step that counts for the requirement, with what it is accepted to print.
struct Check<'a> {
    scenario: &'a Scenario,
    section: &'a Section,
    step: &'a Step,
    accepted: Option<&'a Block>,
}

/// Explains a requirement to a person, with ANSI styles; the stream it goes to strips them where they are unwanted.
pub fn explain(suite: &Suite, row: &Requirement) -> String {
    let mut out = String::new();
    head(&mut out, row);
    let checks = checks(suite, &row.id);
    steps(&mut out, &checks);
    passing(&mut out, &checks);
    if let Some(hint) = hints::find(&row.id) {
        line(&mut out, format_args!("\n{BOLD}Look here first{BOLD:#}"));
        paragraph(&mut out, &hint.hint);
        line(&mut out, format_args!("\n{BOLD}Typical ways to get it wrong{BOLD:#}"));
        paragraph(&mut out, &hint.ways);
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

fn head(out: &mut String, row: &Requirement) {
    line(out, format_args!("{BOLD}{}{BOLD:#} {DIM}({}){DIM:#}", row.id, row.weight.as_str()));
    paragraph(out, &row.text);
    let modes: Vec<&str> = row.modes.iter().map(|mode| mode.as_str()).collect();
    let modes = if modes.is_empty() { "none".to_owned() } else { modes.join(", ") };
    let needs: Vec<&str> = row.needs.iter().map(|need| says(*need)).collect();
    let needs = if needs.is_empty() { "nothing but requests".to_owned() } else { needs.join(", ") };
    let weight = match row.weight {
        crate::requirements::Weight::Must => "must: it decides the outcome",
        crate::requirements::Weight::Should => "should: a warning; --strict lets it decide",
        crate::requirements::Weight::Exact => "exact: information; --exact lets it decide",
    };
    out.push('\n');
    for (label, text) in
        [("task", task::title(&row.task).as_str()), ("modes", &modes), ("weight", weight), ("needs", &needs)]
    {
        line(out, format_args!("  {DIM}{label:<8}{DIM:#}{text}"));
    }
}

/// Says what a target must be able to do.
fn says(need: Need) -> &'static str {
    match need {
        Need::Restart => "a restart of the server",
        Need::Clock => "a clock that can be moved",
        Need::Seed => "a stored first user",
        Need::Program => "a program of the implementation",
        Need::Redis => "a Redis server",
    }
}

/// Lists the steps that count for a requirement, the most telling first.
///
/// Steps that show the whole answer come before those that show its status, and a heading that names the
/// requirement first before one that names it among others.
fn checks<'a>(suite: &'a Suite, id: &str) -> Vec<Check<'a>> {
    let mut checks: Vec<(usize, Check<'a>)> = Vec::new();
    for scenario in &suite.scenarios {
        let accepted = suite.accepted(&scenario.name);
        let steps =
            scenario.sections.iter().flat_map(|section| section.steps.iter().map(move |s| (section, s)));
        for (index, (section, step)) in steps.enumerate() {
            let Some(place) = section.requirements.iter().position(|named| named.value == id) else {
                continue;
            };
            let accepted = accepted.and_then(|transcript| transcript.blocks.get(index));
            let alone = usize::from(section.requirements.len() > 1);
            let shown = match step.show {
                Show::All => 0,
                Show::Status => 4,
                Show::Success | Show::NotSuccess | Show::Refused | Show::BelowServerError => 8,
            };
            checks.push((shown + 2 * place.min(1) + alone, Check { scenario, section, step, accepted }));
        }
    }
    checks.sort_by_key(|(rank, _)| *rank);
    checks.into_iter().map(|(_, check)| check).collect()
}

fn steps(out: &mut String, checks: &[Check<'_>]) {
    if checks.is_empty() {
        line(out, format_args!("\nNo step checks it."));
        return;
    }
    let noun = if checks.len() == 1 { "step" } else { "steps" };
    line(out, format_args!("\n{BOLD}Checked by {} {noun}{BOLD:#}", checks.len()));
    let shown = &checks[..checks.len().min(STEPS)];
    let place = |check: &Check<'_>| format!("scenarios/{}.md:{}", check.scenario.name, check.step.line);
    let width = shown.iter().map(|check| place(check).len()).max().unwrap_or(0);
    for check in shown {
        line(out, format_args!("  {DIM}{:<width$}{DIM:#}  {}", place(check), check.step.text));
    }
    if checks.len() > shown.len() {
        line(out, format_args!("  {DIM}and {} more{DIM:#}", checks.len() - shown.len()));
    }
}

/// Shows the first step that sends something with the answer that is accepted.
fn passing(out: &mut String, checks: &[Check<'_>]) {
    let told = checks.iter().find_map(|check| {
        let block = check.accepted.filter(|block| !block.lines.is_empty())?;
        Some((check, block))
    });
    let Some((check, block)) = told else { return };
    line(
        out,
        format_args!("\n{BOLD}An exchange that passes{BOLD:#} {DIM}({}){DIM:#}", check.section.heading),
    );
    line(out, format_args!("  {NOTE}$ {}{NOTE:#}", block.step));
    for text in &block.lines {
        line(out, format_args!("  {GOOD}{text}{GOOD:#}"));
    }
    line(out, format_args!("  {DIM}conformance show {}{DIM:#}", check.scenario.name));
}

/// Writes text in lines of at most [`WIDTH`] characters, indented.
fn paragraph(out: &mut String, text: &str) {
    let mut row = String::new();
    for word in text.split_whitespace() {
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > WIDTH {
            line(out, format_args!("  {row}"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    if !row.is_empty() {
        line(out, format_args!("  {row}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> Suite {
        Suite::built_in().expect("a test of its own reads it")
    }

    fn explained(suite: &Suite, id: &str) -> String {
        let text = explain(suite, suite.catalogue.find(id).expect("it is a requirement"));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_requirement_is_explained_with_its_steps_an_exchange_and_the_usual_mistakes() {
        insta::assert_snapshot!(explained(&suite(), "login.unknown-email"), @r##"
        login.unknown-email (must)
          an unknown email answers 404 {"error": "no user found for this email"}

          task    Session authentication, 7. New view for Session Authentication
          modes   session_auth, session_exp_auth, session_db_auth
          weight  must: it decides the outcome
          needs   nothing but requests

        Checked by 4 steps
          scenarios/session-07-login.md:35          curl "$URL/api/v1/auth_session/login" -XPOST -d "email=guillaume@hbtn.io" -d "password=test"
          scenarios/session-07-unknown-email.md:14  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=guillaume@hbtn.io" -d "password=fake pwd"
          scenarios/session-07-unknown-email.md:20  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=bob" -d "password=fake pwd"
          scenarios/session-07-unknown-email.md:21  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=%25" -d "password=fake pwd"

        An exchange that passes (Then whether there is such a user)
          $ curl "$URL/api/v1/auth_session/login" -XPOST -d "email=guillaume@hbtn.io" -d "password=test"
          404 Not Found
          {"error": "no user found for this email"}
          conformance show session-07-login

        Look here first
          an empty list of found users is 404 {"error": "no user found for this email"}

        Typical ways to get it wrong
          [0] of the empty list crashes with 500. abort(404) answers "Not found" instead of the message;
          compare it letter for letter. A search over a class that was never loaded raises instead of
          finding nobody.
        "##);
    }

    #[test]
    fn every_requirement_can_be_explained() {
        let suite = suite();
        for row in suite.catalogue.rows() {
            let text = explained(&suite, &row.id);
            assert!(text.contains(row.weight.as_str()), "{text}");
            assert_eq!(text.contains("An exchange that passes"), !row.modes.is_empty(), "{text}");
        }
    }
}
