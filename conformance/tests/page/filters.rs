//! Each filter changes what is shown as it should, and clearing it brings everything back.

use std::collections::BTreeSet;

use report::Entry;
use spec::catalogue::{Requirement, Weight};
use spec::results::Kind;

use crate::crowd::{class, crowd, implementation};
use crate::view::{DESK, Page};
use test_support::broken::Fault;
use test_support::suite::suite;

/// The names of these implementations.
fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.clone()).collect()
}

/// The requirements that anything is known of, as a set.
fn requirements(wanted: impl Fn(&Requirement) -> bool) -> BTreeSet<String> {
    let rows = suite().catalogue.of_the_api();
    rows.filter(|row| wanted(row)).map(|row| row.id.clone()).collect()
}

fn shown(page: &Page) -> BTreeSet<String> {
    assert!(page.is_aligned(), "cells stand under their heads");
    page.requirements().into_iter().collect()
}

/// Clears the filters, which brings everything back.
fn clear(page: &Page, entries: &[Entry]) {
    page.clear();
    assert_eq!(page.rows(), names(entries));
    assert_eq!(shown(page), requirements(|_| true));
    let all =
        format!("{0} of {0} implementations, {1} of {1} requirements", entries.len(), shown(page).len());
    assert_eq!(page.text("#filters output"), all);
}

pub fn a_name_picks_its_rows() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    assert_eq!(page.rows(), names(&entries));
    page.search("name", "CREATES");
    assert_eq!(page.rows(), ["bob__creates", "eve__creates"]);
    assert_eq!(shown(&page), requirements(|_| true), "a name picks no requirement");
    assert!(page.text("#filters output").starts_with("2 of 9 implementations"));
    page.search("name", "eve");
    assert_eq!(page.rows(), ["eve__creates"]);
    page.search("name", "");
    assert_eq!(page.rows(), names(&entries));
    page.search("name", "lost");
    assert_eq!(page.rows(), ["sam__lost", "tom__lost"], "also those that could not be judged");
    clear(&page, &entries);
}

pub fn a_word_picks_requirements() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    page.search("text", "Login.");
    let of_login =
        requirements(|row| row.id.starts_with("login.") || row.text.to_lowercase().contains("login."));
    assert_eq!(shown(&page), of_login);
    assert_eq!(page.rows(), names(&entries), "a word picks no implementation");
    page.search("text", "wrong password");
    assert_eq!(
        shown(&page),
        requirements(|row| row.text.contains("wrong password")),
        "a word of the sentence"
    );
    assert!(page.shows("#r-login\\.wrong-password") && !page.shows("#r-status\\.ok"), "below the table, too");
    clear(&page, &entries);
}

pub fn a_task_shows_its_requirements_and_no_others() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    for task in page.options("task") {
        page.choose("task", &task);
        let of_task = requirements(|row| row.task == task);
        assert_eq!(shown(&page), of_task, "{task}");
        assert!(!of_task.is_empty());
    }
    clear(&page, &entries);
}

pub fn a_weight_shows_its_requirements_and_no_others() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    for weight in Weight::ALL {
        page.choose("weight", weight.as_str());
        assert_eq!(shown(&page), requirements(|row| row.weight == weight));
    }
    clear(&page, &entries);
}

pub fn a_verdict_shows_where_it_was_given() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    for kind in Kind::ALL {
        page.choose("verdict", kind.as_str());
        let given = |entry: &Entry| {
            let rows = suite().catalogue.rows().iter();
            rows.filter(|row| entry.merged(row) == Some(kind)).map(|row| row.id.clone()).collect()
        };
        let all: Vec<BTreeSet<String>> = entries.iter().map(given).collect();
        let lost = |entry: &Entry| kind == Kind::Error && entry.result.is_err();
        let wanted: Vec<String> = entries
            .iter()
            .zip(&all)
            .filter(|(entry, given)| lost(entry) || !given.is_empty())
            .map(|(entry, _)| entry.name.clone())
            .collect();
        assert_eq!(page.rows(), wanted, "{kind:?}");
        assert_eq!(shown(&page), all.into_iter().flatten().collect(), "{kind:?}");
        assert!(wanted.len() < entries.len(), "{kind:?} leaves something out");
    }
    clear(&page, &entries);
}

pub fn filters_add_up() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    page.choose("verdict", "not-met");
    page.choose("weight", "should");
    assert_eq!(page.rows(), ["kim__shows-hash"], "only this one fails a should");
    assert_eq!(page.requirements(), ["cors.any-origin"]);
    page.choose("weight", "must");
    assert_eq!(page.rows(), ["bob__creates", "eve__creates", "kim__shows-hash", "lee__no-cookie"]);
    page.search("name", "b");
    assert_eq!(page.rows(), ["bob__creates"]);
    assert_eq!(page.requirements(), ["login.ok"]);
    assert_eq!(page.text("#matrix tfoot td:not(.score)"), "1", "sums are of what is shown");
    clear(&page, &entries);
}

pub fn what_matches_nothing_says_so() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    assert!(!page.shows("#nothing"));
    page.search("name", "nobody of this name");
    assert!(page.rows().is_empty() && page.shows("#nothing") && !page.shows("#matrix"));
    page.search("name", "");
    assert!(!page.shows("#nothing") && page.shows("#matrix"));
    page.search("text", "no requirement says this");
    assert!(page.requirements().is_empty());
    clear(&page, &entries);
    assert!(!page.shows("#nothing"));
}

pub fn a_cluster_shows_those_that_fail_alike() {
    let entries = class();
    let page = Page::open(&entries, DESK);
    let clusters: Vec<(String, Vec<String>)> = page.script(
        "return [...document.querySelectorAll('#alike li')].map((one) =>
            [one.querySelector('h3').innerText, [...one.querySelectorAll('bdi')].map((name) => name.textContent)])",
    );
    let names: Vec<Vec<&str>> =
        clusters.iter().map(|(_, names)| names.iter().map(String::as_str).collect()).collect();
    let whole = ["ada__whole", "max__no-clock", "pat__ends"];
    assert_eq!(names, [&whole[..], &["sam__lost", "tom__lost"], &["bob__creates", "eve__creates"]]);
    for (place, (title, names)) in clusters.iter().enumerate() {
        page.click(&format!("#alike li:nth-child({}) button", place + 1));
        assert_eq!(page.rows(), *names, "{title}");
        assert!(page.has_focus("[name=alike]"), "the filter that was set can be changed at once");
    }
    clear(&page, &entries);
    page.choose("alike", "2");
    assert_eq!(page.rows(), ["bob__creates", "eve__creates"], "the list does the same");
    clear(&page, &entries);
}

pub fn rows_come_in_the_order_that_is_chosen() {
    let faults = [Fault::LoginIsCreated, Fault::LostOnRestart, Fault::EndsLate];
    let entries = [
        implementation("middling", &faults[..1]),
        crate::crowd::unjudged("lost"),
        implementation("worst", &faults),
        implementation("Best", &[]),
    ];
    let page = Page::open(&entries, DESK);
    for (order, wanted) in [
        ("name", ["Best", "lost", "middling", "worst"]),
        ("most", ["Best", "middling", "worst", "lost"]),
        ("fewest", ["lost", "worst", "middling", "Best"]),
    ] {
        page.choose("order", order);
        assert_eq!(page.rows(), wanted);
    }
    page.click("#matrix .lost a");
    assert_eq!(page.text("dialog h2"), "lost", "evidence stays with its row");
    page.click("dialog .close");
    clear(&page, &entries);
}

pub fn one_implementation_is_filtered_by_its_requirements() {
    let page = Page::open(&[implementation("only", &[Fault::LoginIsCreated])], DESK);
    let every = requirements(|_| true);
    let shown = || page.requirements().into_iter().collect::<BTreeSet<_>>();
    assert_eq!(shown(), every);
    page.choose("verdict", "not-met");
    assert_eq!(page.requirements(), ["login.ok"]);
    page.choose("verdict", "met");
    assert_eq!(shown(), every, "every requirement is met in some mode");
    page.choose("verdict", "blocked");
    assert!(shown().len() < every.len() && !shown().contains("status.ok"));
    page.clear();
    page.choose("task", "session/8");
    assert_eq!(shown(), requirements(|row| row.task == "session/8"));
    assert_eq!(page.text("#matrix .task").lines().count(), 1, "other tasks have no heading either");
    page.search("text", "nothing like it");
    assert!(page.shows("#nothing") && !page.shows("#matrix"));
    page.clear();
    assert_eq!(shown(), every);
}

pub fn two_hundred_are_searched_alike() {
    let entries = crowd(200);
    let page = Page::open(&entries, DESK);
    page.search("name", "student-19");
    assert_eq!(page.rows(), names(&entries[190..]));
    page.choose("verdict", "error");
    assert_eq!(page.rows(), [entries[197].name.as_str()], "every ninth could not be judged");
    clear(&page, &entries);
}
