//! The word that somebody may have meant.

/// How alike two words must be for the one to be suggested for the other.
const ALIKE: f64 = 0.78;

/// Returns the candidate that is spelled most like `word`; `None` where none is near enough to suggest.
///
/// Capitals and small letters are alike.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("login.okay", ["login.ok", "logout.ok"]), Some("login.ok"));
        assert_eq!(nearest("LOGIN.OK", ["login.ok", "logout.ok"]), Some("login.ok"));
        assert_eq!(nearest("restrat", ["Restart", "sleep"]), Some("Restart"));
        assert_eq!(nearest("zzz", ["login.ok"]), None);
    }
}
