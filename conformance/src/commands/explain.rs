//! One requirement explained: what it asks, where it is from, what checks it, and what usually goes wrong.

mod checks;

use std::fmt::Write as _;

use self::checks::Check;
use crate::console;
use crate::exit::{Exit, Failure};
use model::faults;
use model::faults::Fault;
use report::style::{BOLD, DIM, GOOD, NOTE};
use search::fuzz::Property;
use spec::catalogue::Profile;
use spec::catalogue::hints;
use spec::catalogue::task;
use spec::catalogue::{Need, Requirement, Weight};
use spec::scenario::Step;
use spec::suite::Suite;
use spec::transcript::Shown;

/// The number of scenarios that are named for the steps that are not listed.
const SCENARIOS: usize = 5;

/// The width of a paragraph, in characters.
const WIDTH: usize = 96;

/// Explains the requirement with this id.
///
/// # Errors
///
/// When there is none; the text suggests the nearest.
pub fn run(suite: &Suite, id: &str) -> Result<Exit, Failure> {
    let row = suite.find_requirement(id).map_err(|why| {
        let hardened = Suite::built_in_for(Profile::Hardened);
        match hardened.is_ok_and(|suite| suite.catalogue.find(id).is_some()) {
            true => Failure::usage(format!(
                "{id} is of another profile: `conformance explain {id} --profile hardened`"
            )),
            false => Failure::usage(why),
        }
    })?;
    console::print(&explain(suite, row));
    Ok(Exit::Met)
}

/// Explains a requirement to a person, with ANSI styles; the stream it goes to strips them where they are unwanted.
pub fn explain(suite: &Suite, row: &Requirement) -> String {
    let mut out = String::new();
    head(&mut out, row);
    let mut checks = Check::all(suite, row);
    checks.sort_by_key(|check| (!check.own, check.hidden, check.shared));
    steps(&mut out, &checks);
    properties(&mut out, row);
    // An answer that is shown whole teaches more than one of the task's own.
    checks.sort_by_key(|check| (check.hidden, !check.own, check.shared));
    passing(&mut out, checks::chosen(&checks).first());
    if let Some(hint) = hints::find(&row.id) {
        line(&mut out, format_args!("\n{BOLD}Look here first{BOLD:#}"));
        paragraph(&mut out, &hint.hint);
        line(&mut out, format_args!("\n{BOLD}Typical ways to get it wrong{BOLD:#}"));
        paragraph(&mut out, &hint.ways);
    }
    mistakes(&mut out, row);
    out
}

/// Writes the property of `fuzz` that searches for violations of the requirement.
fn properties(out: &mut String, row: &Requirement) {
    let at_once = ["security.logout-once", "security.unique-ids"].contains(&row.id.as_str());
    let (name, sentence) = match Property::of(&row.id) {
        Some(property) => (property.as_str(), property.sentence()),
        None if at_once => {
            ("concurrent", "requests at once are answered as if they had come one after another")
        }
        None => return,
    };
    line(out, format_args!("\n{BOLD}Searched for by{BOLD:#} conformance fuzz --property {name}"));
    paragraph(out, sentence);
}

/// Writes the faults that break the requirement.
fn mistakes(out: &mut String, row: &Requirement) {
    let breaks = |fault: &&Fault| fault.requirements.contains(&row.id.as_str());
    let mut faults = faults::all().filter(breaks).peekable();
    if faults.peek().is_some() {
        line(out, format_args!("\n{BOLD}Mistakes that it finds{BOLD:#}"));
    }
    for fault in faults {
        paragraph(out, &format!("a server that {}", fault.sentence));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

fn head(out: &mut String, row: &Requirement) {
    line(out, format_args!("{BOLD}{}{BOLD:#} {DIM}({}){DIM:#}", row.id, row.weight.as_str()));
    paragraph(out, &row.text);
    let modes: Vec<&str> = row.modes.iter().map(|mode| mode.as_str()).collect();
    let of_redis = row.is_of_redis();
    let modes = if of_redis { "none: a Redis server is asked".to_owned() } else { modes.join(", ") };
    let needs: Vec<&str> = row.needs.iter().map(|need| need_text(*need)).collect();
    let needs = if needs.is_empty() { "nothing but requests".to_owned() } else { needs.join(", ") };
    let weight = match row.weight {
        Weight::Must => "must: it decides the outcome",
        Weight::Should => "should: a warning; --strict lets it decide",
        Weight::Exact => "exact: information; --exact lets it decide",
    };
    out.push('\n');
    for (label, text) in
        [("task", task::title(&row.task).as_str()), ("modes", &modes), ("weight", weight), ("needs", &needs)]
    {
        line(out, format_args!("  {DIM}{label:<8}{DIM:#}{text}"));
    }
}

/// Returns what a target must be able to do, for a person.
fn need_text(need: Need) -> &'static str {
    match need {
        Need::Restart => "a restart of the server",
        Need::Clock => "a clock that can be moved",
        Need::Seed => "a stored first user",
        Need::Program => "a program of the implementation",
        Need::Redis => "a Redis server",
    }
}

/// Writes the most telling steps below their headings, and the names of scenarios with more such steps.
fn steps(out: &mut String, checks: &[Check<'_>]) {
    if checks.is_empty() {
        line(out, format_args!("\nNo step checks it."));
        return;
    }
    let noun = if checks.len() == 1 { "answer" } else { "answers" };
    line(out, format_args!("\n{BOLD}Checked by {} {noun}{BOLD:#}", checks.len()));
    let listed = checks::chosen(checks);
    let mut left = listed.clone();
    while let Some(first) = left.first().copied() {
        let (name, heading) = (&first.scenario.name, &first.section.heading);
        let heading = if heading.is_empty() { &first.scenario.title } else { heading };
        line(out, format_args!("  scenarios/{name}.md  {NOTE}{heading}{NOTE:#}"));
        for check in left.extract_if(.., |check| std::ptr::eq(check.section, first.section)) {
            line(out, format_args!("  {DIM}{:>5}{DIM:#}  {}", check.step.line, check.step.text));
        }
    }
    let is_listed = |check: &&Check<'_>| listed.iter().any(|other| std::ptr::eq(other.step, check.step));
    let others: Vec<&Check<'_>> = checks.iter().filter(|check| !is_listed(check)).collect();
    if !others.is_empty() {
        paragraph(out, &format!("and {} more in {}", others.len(), scenarios(&others)));
    }
}

/// Returns the names of the first few scenarios of these steps.
fn scenarios(checks: &[&Check<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for check in checks {
        if !names.contains(&check.scenario.name.as_str()) {
            names.push(&check.scenario.name);
        }
    }
    let (shown, others) = names.split_at(names.len().min(SCENARIOS));
    match others.len() {
        0 => shown.join(", "),
        1 => format!("{}, {}", shown.join(", "), others[0]),
        count => format!("{} and {count} other scenarios", shown.join(", ")),
    }
}

/// Writes a step with its accepted answer, below the steps right before it.
fn passing(out: &mut String, check: Option<&&Check<'_>>) {
    let Some(check) = check else { return };
    line(
        out,
        format_args!("\n{BOLD}An exchange that passes{BOLD:#} {DIM}({}){DIM:#}", check.section.heading),
    );
    let before = check.section.steps.iter().take_while(|step| !std::ptr::eq(*step, check.step));
    let mut prepared: Vec<&Step> = Vec::new();
    for step in before {
        match step.action.request() {
            Some(_) => prepared.clear(),
            None => prepared.push(step),
        }
    }
    for step in prepared {
        line(out, format_args!("  {NOTE}$ {}{NOTE:#}", step.text));
    }
    line(out, format_args!("  {NOTE}$ {}{NOTE:#}", check.accepted.step));
    let status = check.accepted.printed(&check.step.action).status;
    let meaning = status.as_ref().and_then(Shown::meaning);
    for (index, text) in check.accepted.lines.iter().enumerate() {
        let meant = meaning.filter(|_| index == 0).map(|meaning| format!(" ({meaning})")).unwrap_or_default();
        line(out, format_args!("  {GOOD}{text}{GOOD:#}{DIM}{meant}{DIM:#}"));
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

        Checked by 4 answers
          scenarios/session-07-login.md  Then whether there is such a user
             35  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=guillaume@hbtn.io" -d "password=test"
          scenarios/session-07-unknown-email.md  An email that no user has is not found
             14  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=guillaume@hbtn.io" -d "password=fake pwd"
          scenarios/session-07-unknown-email.md  Nor is a part of one
             20  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=bob" -d "password=fake pwd"
             21  curl "$URL/api/v1/auth_session/login" -XPOST -d "email=%25" -d "password=fake pwd"

        Searched for by conformance fuzz --property sessions
          session IDs are unique, and never what a client chose

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

        Mistakes that it finds
          a server that answers an unknown email with 401
        "##);
    }

    #[test]
    fn every_requirement_can_be_explained() {
        let suite = suite();
        for row in suite.catalogue.rows() {
            let text = explained(&suite, &row.id);
            assert!(text.contains(row.weight.as_str()), "{text}");
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&row.text.split_whitespace().collect::<Vec<_>>().join(" ")), "{text}");
            assert!(words.contains(&task::title(&row.task)), "{text}");
            let parts = [
                "Checked by ",
                "An exchange that passes",
                "Look here first",
                "Typical ways to get it wrong",
                "Mistakes that it finds",
            ];
            for part in parts {
                // The wrong Redis servers are the tests' own.
                let is_there = !row.is_of_redis() || part != "Mistakes that it finds";
                assert_eq!(text.contains(&format!("\n{part}")), is_there, "{part}: {text}");
            }
        }
    }
}
