//! The HTML report: one page, complete in itself, for one implementation or hundreds.
//!
//! Everything is in the page's own markup, so that it can be read, searched and printed without a script; the
//! script only filters, and shows the evidence of a cell beside it. Equal evidence stands on the page once.
//! The output of an implementation is hostile: it is escaped and bounded, and the page's policy allows no script and no
//! style but its own.
//!
//! The page grows by some 40 bytes for a cell that is met and some 80 for another, and evidence is limited as
//! a whole: 200 implementations × 300 requirements are below 30 MB whatever they have answered, and
//! some 3 MB where they fail as students do.

mod cluster;
mod counts;
mod failure;
mod filters;
mod head;
mod likeness;
mod matrix;
mod modes;
mod outputs;
mod requirement;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::cluster::{Cluster, clusters};
use self::failure::{Failure, failures};
use self::likeness::likenesses;
use self::text::{Room, plural};
use super::Entry;
use spec::catalogue::task;
use spec::catalogue::{Catalogue, Requirement};
use spec::results::Likeness;
use spec::results::Report;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = concat!(include_str!("html/filters.js"), include_str!("html/evidence.js"));

/// A requirement of which something is known, and how implementations fail it.
struct Column<'a> {
    row: &'a Requirement,
    failures: Vec<Failure<'a>>,
}

/// The data that the parts of the page are rendered from.
struct Page<'a> {
    entries: &'a [Entry],
    catalogue: &'a Catalogue,
    /// By task, in the documents' order.
    columns: Vec<Column<'a>>,
    clusters: Vec<Cluster<'a>>,
    /// The faults that implementations behave like, with their places among the entries.
    likenesses: Vec<(Likeness, Vec<usize>)>,
}

/// Writes the page for these implementations, in their order.
///
/// Requirements of which nothing is known in any implementation are left out. A single implementation that
/// could be judged has a page of its own kind: requirements by modes, with the evidence above.
pub fn html(entries: &[Entry], catalogue: &Catalogue) -> String {
    let page = Page::new(entries, catalogue);
    let title = match entries {
        [one] => format!("Conformance of {}", one.name),
        _ => format!("Conformance of {}", plural(entries.len(), "implementation")),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { bdi { (title) } }
                    (page.lead())
                }
                main {
                    (page.filters())
                    (page.legend())
                    (page.parts())
                }
                dialog aria-labelledby="shown" { }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// Allows the page its own style and script, and nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

impl<'a> Page<'a> {
    fn new(entries: &'a [Entry], catalogue: &'a Catalogue) -> Self {
        let mut rows: Vec<&Requirement> = catalogue
            .rows()
            .iter()
            .filter(|row| entries.iter().any(|entry| entry.merged(row).is_some()))
            .collect();
        rows.sort_by_key(|row| task::order(&row.task));
        let mut next = 1;
        let columns =
            rows.into_iter().map(|row| Column { row, failures: failures(entries, row, &mut next) }).collect();
        let (clusters, likenesses) = (clusters(entries, catalogue), likenesses(entries));
        Self { entries, catalogue, columns, clusters, likenesses }
    }

    /// Returns the implementation of a page about a single one that could be judged.
    fn one(&self) -> Option<(&'a Entry, &'a Report)> {
        match self.entries {
            [entry] => Some((entry, entry.result.as_ref().ok()?)),
            _ => None,
        }
    }

    /// Iterates over the columns, grouped by task.
    fn tasks(&self) -> impl Iterator<Item = &[Column<'a>]> {
        self.columns.chunk_by(|left, right| left.row.task == right.row.task)
    }

    /// Renders the parts of the page below its head, the most wanted first.
    fn parts(&self) -> Markup {
        let mut room = Room::new();
        match self.one() {
            Some((entry, report)) => html! {
                (self.outputs(&mut room))
                (self.failures(&mut room))
                (self.modes(entry, report))
                (self.counts_of_one(entry))
            },
            None => html! {
                (self.matrix())
                (self.alike())
                (self.behaving_alike())
                @if !self.columns.is_empty() { (self.requirements(&mut room)) }
                (self.counts())
                (self.outputs(&mut room))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use spec::catalogue::Mode;
    use spec::catalogue::Weight;
    use spec::results::Kind;

    fn page() -> String {
        html(&samples::entries(), &samples::catalogue())
    }

    #[test]
    fn the_same_results_give_the_same_page() {
        assert_eq!(page(), page());
    }

    #[test]
    fn every_kind_of_verdict_has_a_sign_and_words() {
        let page = page();
        for kind in Kind::ALL {
            let sign = text::symbol(kind, Weight::Must);
            let cell = format!("aria-label=\"{}\">{sign}<", text::words(kind));
            assert!(page.contains(&cell), "{cell}");
        }
        assert!(page.contains("import-error: the program ended at once: No module named 'flask_cors'"));
    }

    #[test]
    fn what_a_program_wrote_is_text_and_nothing_else() {
        let page = page();
        assert_eq!(page.matches("<script").count(), 1, "the page's own");
        assert_eq!(page.matches("</script").count(), 1);
        assert!(page.contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onclick='x' &amp;"));
        assert!(page.contains("=bad &lt;b&gt;two&lt;/b&gt;"));
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }

    #[test]
    fn the_page_asks_for_nothing_from_elsewhere() {
        for loader in ["src=", "url(", "@import", "fetch(", "<link", "https://"] {
            assert!(!page().contains(loader), "{loader}");
        }
    }

    #[test]
    fn every_link_leads_to_a_place_on_the_page() {
        let page = page();
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(ids.iter().filter(|id| **id == target).count(), 1, "#{target}");
        }
    }

    #[test]
    fn equal_evidence_stands_on_the_page_once_with_all_who_share_it() {
        let page = page();
        assert_eq!(page.matches("500 Internal Server Error").count(), 1);
        assert!(page.contains(
            "<b>2 implementations</b>: <bdi>bad, one</bdi>, <bdi>=bad &lt;b&gt;two&lt;/b&gt;</bdi>"
        ));
        assert!(page.contains(">2: login.ok, users.names not met<"), "the cluster");
    }

    #[test]
    fn a_requirement_of_which_nothing_is_known_is_left_out() {
        assert!(!page().contains("redis.ping"));
    }

    #[test]
    fn one_implementation_has_a_page_of_its_modes_without_sums_and_clusters() {
        let page = html(&[Entry::judged(samples::bad("only"))], &samples::catalogue());
        assert!(page.contains("<h1><bdi>Conformance of only</bdi></h1>"));
        assert!(page.contains("<b>Not every must is met.</b>"));
        assert!(!page.contains("not met by") && !page.contains("fail alike"));
    }

    #[test]
    fn a_known_failure_is_marked_and_a_stale_list_is_told_where_it_is_met() {
        let mut report = samples::bad("only");
        report.verdicts.list_as_failing("login.ok", Mode::SessionAuth, "known:1: login.*");
        report.verdicts.list_as_failing("status.ok", Mode::Off, "known:2: status.ok");
        let page = html(&[Entry::judged(report)], &samples::catalogue());
        assert_eq!(page.matches("not met in session_auth, as is known").count(), 1);
        assert_eq!(page.matches(", as is known").count(), 1);
        assert!(page.contains("A list says that it fails; take it out: <code>known:2: status.ok</code>"));
    }

    #[test]
    fn what_many_write_does_not_make_the_page_endless() {
        let all: Vec<Entry> = (0..3_000)
            .map(|number| {
                let mut report = samples::bad(&format!("{number:04}"));
                let mut findings: Vec<_> = report.verdicts.in_order(&samples::catalogue()).cloned().collect();
                for evidence in findings.iter_mut().filter_map(|finding| finding.evidence.as_mut()) {
                    evidence.actual = format!("{number}{}", "x\n".repeat(10_000)).into();
                }
                report.verdicts = spec::results::Verdicts::default();
                report.verdicts.extend(findings);
                Entry::judged(report)
            })
            .collect();
        let page = html(&all, &samples::catalogue());
        assert!(page.contains("the page is full"));
        assert!(page.len() < 13_000_000, "{} bytes", page.len());
    }
}
