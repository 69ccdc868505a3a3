//! Saved counterexamples: scenarios in a folder of the user's, played first the next time.

use std::fs;
use std::path::Path;

use spec::scenario::{Scenario, diagnose};

/// Reads every scenario in a folder, by name; a folder that is not there yet has none.
///
/// # Errors
///
/// When a file cannot be read or is no scenario; the text shows each place.
pub fn read(folder: &Path) -> Result<Vec<Scenario>, String> {
    let unreadable = |path: &Path, error| format!("{} cannot be read: {error}", path.display());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    if folder.is_file() {
        return Err(format!("{} is a file: name a folder to keep counterexamples in", folder.display()));
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
pub fn file(path: &Path) -> Result<Scenario, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let shown = path.display().to_string();
    Scenario::parse(&name, &text).map_err(|wrong| {
        format!("{shown} is no scenario:\n{}", diagnose::render_all(&wrong, &shown, &text, false))
    })
}

/// Writes scenarios, each a name and a text, to a folder, which is made where it is missing; one of the same name gives
/// way.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(folder: &Path, scenarios: &[(String, String)]) -> Result<(), String> {
    let unwritable = |path: &Path, error| format!("{} cannot be written: {error}", path.display());
    for (name, text) in scenarios {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        let path = folder.join(format!("{name}.md"));
        fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
    }
    Ok(())
}
