//! XML: the output of programs as text that a document can carry.

use anstream::adapter::strip_str;

/// Returns a text that XML 1.0 can carry.
///
/// Terminal styles and most control characters are left out; other characters that XML forbids become �.
pub(super) fn text(text: &str) -> String {
    strip_str(text).to_string().replace(|letter| !is_allowed(letter), "\u{fffd}")
}

/// Tells whether XML 1.0 allows a character at all; it forbids the others even if they are escaped.
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_goes_or_is_seen_to_have_been_there() {
        let printed = "\u{1b}[31mred\u{1b}[0m, a\0b, \u{fffe}\u{ffff}, \u{85}, \u{1f600}\t]]>\n";
        assert_eq!(text(printed), "red, ab, \u{fffd}\u{fffd}, \u{85}, \u{1f600}\t]]>\n");
    }
}
