//! Words, signs and texts of bounded length on the page.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use spec::catalogue::Weight;
use spec::results::Kind;

/// The number of bytes of one text that are shown.
const ONE_TEXT: usize = 2_000;

/// The number of bytes of evidence and output that the page has room for.
const ALL_EVIDENCE: usize = 8_000_000;

/// The number of bytes up to which two texts are compared word by word.
const COMPARED: usize = 2_000;

/// The room that is left on the page for evidence and output.
pub(super) struct Room {
    left: usize,
}

impl Room {
    /// Returns the room of an empty page.
    pub(super) fn new() -> Self {
        Self { left: ALL_EVIDENCE }
    }

    /// Returns the markup of `render` if there is room for it; once one does not fit, nothing more is admitted.
    pub(super) fn admit(&mut self, render: impl FnOnce() -> Markup) -> Option<Markup> {
        if self.left == 0 {
            return None;
        }
        let markup = render();
        let left = self.left.checked_sub(markup.0.len());
        self.left = left.unwrap_or(0);
        left.map(|_| markup)
    }
}

/// Returns the start of a text, as long as the page shows it.
pub(super) fn start(text: &str) -> String {
    let end = (0..=text.len().min(ONE_TEXT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    match text.len() - end {
        0 => text.to_owned(),
        more => format!("{}\n({more} more bytes: see the JSON report)", &text[..end]),
    }
}

/// Returns the end of a text, as long as the page shows it.
pub(super) fn end(text: &str) -> String {
    let least = text.len() - text.len().min(ONE_TEXT);
    let start = (least..text.len()).find(|start| text.is_char_boundary(*start)).unwrap_or(text.len());
    match start {
        0 => text.to_owned(),
        _ => format!("({start} bytes before this)\n{}", &text[start..]),
    }
}

/// Every sign, with its class in the style sheet and what it means.
pub(super) const SIGNS: [(&str, &str, &str); 7] = [
    ("m", "✓", "met"),
    ("n", "✗", "must failed"),
    ("w", "!", "should failed"),
    ("i", "i", "exact failed"),
    ("b", "⊘", "blocked by an earlier failure"),
    ("u", "–", "not checked"),
    ("e", "?", "could not be judged"),
];

fn sign(kind: Kind, weight: Weight) -> (&'static str, &'static str) {
    let place = match (kind, weight) {
        (Kind::Met, _) => 0,
        (Kind::NotMet, Weight::Must) => 1,
        (Kind::NotMet, Weight::Should) => 2,
        (Kind::NotMet, Weight::Exact) => 3,
        (Kind::Blocked, _) => 4,
        (Kind::NotChecked, _) => 5,
        (Kind::Error, _) => 6,
    };
    (SIGNS[place].0, SIGNS[place].1)
}

/// The sign of a verdict on a requirement of this weight; the terminal report has the same.
pub(super) fn symbol(kind: Kind, weight: Weight) -> &'static str {
    sign(kind, weight).1
}

/// The class of a verdict in the style sheet: one letter, as there is one for every cell.
pub(super) fn class(kind: Kind, weight: Weight) -> &'static str {
    sign(kind, weight).0
}

/// The verdict in words.
pub(super) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Met => "met",
        Kind::NotMet => "not met",
        Kind::Blocked => "blocked",
        Kind::NotChecked => "not checked",
        Kind::Error => "error",
    }
}

/// The name of an implementation; whatever is in it does not turn the text around it.
pub(super) fn name(name: &str) -> Markup {
    html! { bdi { (name) } }
}

/// An expected and an actual text with the words marked in which they differ, where they are alike at all.
pub(super) fn compared(expected: &str, actual: &str) -> (Markup, Markup) {
    let plain = || (html! { (expected) }, html! { (actual) });
    if expected.len() + actual.len() > COMPARED {
        return plain();
    }
    let diff = TextDiff::from_words(expected, actual);
    if diff.ratio() < 0.7 {
        return plain();
    }
    let side = |other: ChangeTag| {
        html! {
            @for change in diff.iter_all_changes().filter(|change| change.tag() != other) {
                @if change.tag() == ChangeTag::Equal { (change.value()) } @else { mark { (change.value()) } }
            }
        }
    };
    (side(ChangeTag::Insert), side(ChangeTag::Delete))
}

/// "1 implementation", "3 implementations".
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_how_much_is_missing() {
        let text = format!("{}x", "ä".repeat(ONE_TEXT));
        assert!(start(&text).ends_with(&format!("ä\n({} more bytes: see the JSON report)", ONE_TEXT + 1)));
        assert!(end(&text).starts_with(&format!("({} bytes before this)\nä", ONE_TEXT + 2)));
        assert_eq!((start("ä"), end("ä")), ("ä".to_owned(), "ä".to_owned()));
    }

    #[test]
    fn a_full_page_has_room_for_nothing_more() {
        let mut room = Room { left: 5 };
        let mut admit = |text: &str| room.admit(|| html! { (text) }).map(Markup::into_string);
        assert_eq!(admit("abc").as_deref(), Some("abc"));
        assert_eq!([admit("abc"), admit("a")], [None, None]);
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let (expected, actual) = compared("200 OK and <b>", "200 OK or <b>");
        assert_eq!(expected.into_string(), "200 OK <mark>and</mark> &lt;b&gt;");
        assert_eq!(actual.into_string(), "200 OK <mark>or</mark> &lt;b&gt;");
    }
}
