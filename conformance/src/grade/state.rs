//! The state of a run: one line of JSON per implementation, with which an interrupted run can go on.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Entry, Graded, fingerprint};
use spec::suite::Suite;

/// The file in a folder that is given as the state.
const IN_FOLDER: &str = "conformance-grade.jsonl";

/// The results of earlier runs, and the file that new results are added to.
#[derive(Debug, Default)]
pub struct State {
    suite: String,
    known: HashMap<(PathBuf, String), Graded>,
    file: Option<File>,
}

/// A line of the file.
#[derive(Deserialize, Serialize)]
struct Line {
    suite: String,
    folder: PathBuf,
    fingerprint: String,
    #[serde(flatten)]
    graded: Graded,
}

impl State {
    /// Opens the state at `path`, a file or a folder for the file; without a path nothing is kept.
    ///
    /// The results of another version of the suite are ignored.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or is something else.
    pub fn open(path: Option<&Path>, suite: &Suite) -> io::Result<Self> {
        let suite = fingerprint::suite_fingerprint(suite);
        let Some(path) = path else { return Ok(Self { suite, ..Self::default() }) };
        let path = if path.is_dir() { path.join(IN_FOLDER) } else { path.to_owned() };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // A run that was killed may have left half a line at the end.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut known = HashMap::new();
        for (index, line) in text[..whole].lines().enumerate() {
            let line: Line = serde_json::from_str(line).map_err(|error| {
                io::Error::other(format!("line {} is no result of a run: {error}", index + 1))
            })?;
            if line.suite == suite {
                known.insert((line.folder, line.fingerprint), line.graded);
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(whole as u64)?;
        Ok(Self { suite, known, file: Some(file) })
    }

    /// Returns the result of an implementation with this fingerprint, under the name of this run.
    pub fn find(&self, entry: &Entry, fingerprint: &str) -> Option<Graded> {
        let mut graded = self.known.get(&(entry.folder.clone(), fingerprint.to_owned())).cloned()?;
        graded.report.target.name.clone_from(&entry.name);
        Some(graded)
    }

    /// Adds a result, as one line in one write.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn add(&mut self, entry: &Entry, fingerprint: &str, graded: &Graded) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let line = Line {
            suite: self.suite.clone(),
            folder: entry.folder.clone(),
            fingerprint: fingerprint.to_owned(),
            graded: graded.clone(),
        };
        let mut text = serde_json::to_string(&line).map_err(io::Error::other)?;
        text.push('\n');
        file.write_all(text.as_bytes())
    }
}
