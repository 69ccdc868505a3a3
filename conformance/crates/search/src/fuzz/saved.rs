//! Saved counterexamples: scenarios in a folder of the user's, replayed first the next time.

use std::path::Path;
use std::{fs, io};

use crate::Error;
use spec::scenario::{Scenario, diagnose};

/// Reads every scenario in a folder, by name; a folder that is not there yet has none.
///
/// # Errors
///
/// When a file cannot be read or is no scenario; the text shows each place.
pub fn read(folder: &Path) -> Result<Vec<Scenario>, Error> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    if folder.is_file() {
        return Err(Error::NoFolder(folder.to_owned()));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| file(path)).collect()
}

/// Reads a scenario from its file.
///
/// # Errors
///
/// When it cannot be read or is no scenario; the text shows each place.
pub fn file(path: &Path) -> Result<Scenario, Error> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let shown = path.display().to_string();
    Scenario::parse(&name, &text).map_err(|wrong| Error::NoScenario {
        path: path.to_owned(),
        diagnosis: diagnose::render_all(&wrong, &shown, &text, false),
    })
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Unreadable { path: path.to_owned(), source }
}

/// Writes scenarios, each a name and a text, to a folder, which is made where it is missing; one of the same name gives
/// way.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(folder: &Path, scenarios: &[(String, String)]) -> Result<(), Error> {
    let unwritable = |path: &Path, source| Error::Unwritable { path: path.to_owned(), source };
    for (name, text) in scenarios {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        let path = folder.join(format!("{name}.md"));
        fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
    }
    Ok(())
}
