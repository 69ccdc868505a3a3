//! Hints: what usually goes wrong with a requirement, in words for whoever has to put it right.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What usually goes wrong with one requirement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// One line: where to look first.
    pub hint: String,
    /// A few sentences: the typical mistakes, and how to tell them apart.
    pub ways: String,
}

/// The rows of `hints.toml` by requirement.
static HINTS: LazyLock<BTreeMap<String, Hint>> =
    LazyLock::new(|| toml::from_str(include_str!("hints.toml")).expect("a test reads it at every build"));

/// Finds the hint for a requirement; there is one for each.
pub fn find(requirement: &str) -> Option<&'static Hint> {
    HINTS.get(requirement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Profile;
    use crate::suite::Suite;

    #[test]
    fn every_requirement_has_a_hint_and_no_hint_is_for_another() {
        let suites = [Profile::Documented, Profile::Hardened]
            .map(|profile| Suite::built_in_for(profile).expect("a test of its own reads it"));
        let rows = suites.iter().flat_map(|suite| suite.catalogue.rows());
        let wanted: Vec<&str> = rows.map(|row| row.id.as_str()).collect();
        let missing: Vec<&&str> = wanted.iter().filter(|id| find(id).is_none()).collect();
        let foreign: Vec<&String> = HINTS.keys().filter(|id| !wanted.contains(&id.as_str())).collect();
        assert!(missing.is_empty(), "hints.toml lacks {missing:?}");
        assert!(foreign.is_empty(), "hints.toml names what is no requirement: {foreign:?}");
    }

    #[test]
    fn a_hint_is_one_line_and_the_ways_are_one_to_four_sentences() {
        for (id, hint) in HINTS.iter() {
            assert!(!hint.hint.contains('\n') && hint.hint.len() <= 150, "{id}: {}", hint.hint);
            let sentences = hint.ways.split(". ").count();
            assert!((1..=4).contains(&sentences) && hint.ways.ends_with('.'), "{id}: {}", hint.ways);
            assert!(!hint.ways.contains('\n'), "{id}: the lines are joined by a backslash");
        }
    }
}
