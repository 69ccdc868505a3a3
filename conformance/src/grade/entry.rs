//! Entries: the implementations of a run, and their results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Class;
use crate::error::Error;
use report::Unjudged;
use spec::results::Report;

/// An implementation that is to be graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its folder as the caller named it.
    pub given: PathBuf,
    /// Its folder, canonical: the key of the state file.
    pub folder: PathBuf,
    /// Its name in reports: the folder's, or the whole path where several folders have that name.
    pub name: String,
}

/// The result of one implementation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Graded {
    /// The class of the submission.
    pub class: Class,
    /// The verdicts; all of them are errors if it could not be judged.
    pub report: Report,
}

impl Graded {
    /// Returns the entry in a report on many implementations: the verdicts, or why there are none.
    pub fn entry(&self) -> report::Entry {
        let result = match self.class {
            Class::Judged => Ok(self.report.clone()),
            class => Err(self.unjudged(&class.to_string())),
        };
        report::Entry { name: self.report.target.name.clone(), result }
    }

    fn unjudged(&self, class: &str) -> Unjudged {
        let reason = self.report.verdicts.any_reason().unwrap_or_default();
        let why = reason.strip_prefix(class).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&reason);
        let output = self.report.outputs.values().next().cloned().unwrap_or_default();
        Unjudged { class: class.to_owned(), why: why.to_owned(), output }
    }
}

/// Returns the entries of the folders; a folder that is given twice is graded once.
///
/// # Errors
///
/// When one of them is no folder: such a mistake should show before a long run.
pub fn entries(given: &[PathBuf]) -> Result<Vec<Entry>, Error> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for path in given {
        let folder =
            std::fs::canonicalize(path).map_err(|source| Error::NoFolder { path: path.clone(), source })?;
        if !folder.is_dir() {
            return Err(Error::FileForFolder(path.clone()));
        }
        if seen.insert(folder.clone()) {
            entries.push(Entry { given: path.clone(), name: last_part(&folder), folder });
        }
    }
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        *uses.entry(entry.name.clone()).or_default() += 1;
    }
    for entry in &mut entries {
        if uses[&entry.name] > 1 {
            entry.name = entry.given.display().to_string();
        }
    }
    Ok(entries)
}

fn last_part(folder: &Path) -> String {
    folder
        .file_name()
        .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::suite::Suite;

    #[test]
    fn what_could_not_be_judged_says_its_class_and_why_apart() {
        let suite = Suite::built_in().expect("a test of its own reads it");
        let entry = Entry { given: "x".into(), folder: "/x".into(), name: "x".into() };
        let graded = super::super::one::failed(&suite, &entry, "no: room");
        let why = graded.entry().result.expect_err("it was not judged");
        assert_eq!((why.class.as_str(), why.why.as_str()), ("suite-failed", "no: room"));
        assert_eq!(why.to_string(), "suite-failed: no: room");
    }
}
