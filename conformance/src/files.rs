//! Report files: where each was asked to go. They are checked before a long run and written at its end.

use std::path::{Path, PathBuf};

/// A kind of report that goes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `--json`
    Json,
    /// `--junit`
    Junit,
    /// `--html`
    Html,
    /// `--csv`
    Csv,
    /// `--scores`
    Scores,
}

impl Format {
    /// Gives the option that asks for it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Json => "--json",
            Self::Junit => "--junit",
            Self::Html => "--html",
            Self::Csv => "--csv",
            Self::Scores => "--scores",
        }
    }
}

/// The reports that were asked for, each with its place.
#[derive(Debug)]
pub struct Files {
    asked: Vec<(Format, PathBuf)>,
}

impl Files {
    /// Takes what was asked for, having seen that every file can be made.
    ///
    /// # Errors
    ///
    /// When a path is a folder, its folder is missing or takes no file, or two reports would go to one place.
    pub fn new<'a>(asked: impl IntoIterator<Item = (Format, &'a Option<PathBuf>)>) -> Result<Self, String> {
        let mut files = Self { asked: Vec::new() };
        for (format, path) in asked {
            let Some(path) = path else { continue };
            let place = if is_stdout(path) { path.clone() } else { place(format, path)? };
            if let Some((other, _)) = files.asked.iter().find(|(_, taken)| *taken == place) {
                let (option, other, shown) = (format.option(), other.option(), path.display());
                return Err(format!("{option} {shown}: {other} writes there; name another file"));
            }
            files.asked.push((format, place));
        }
        Ok(files)
    }

    /// Tells whether a report goes to standard output, where nothing else may go then.
    pub fn take_stdout(&self) -> bool {
        self.asked.iter().any(|(_, path)| is_stdout(path))
    }

    /// Writes every report, whole or not at all; what goes to standard output is given to `print`.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, text: impl Fn(Format) -> String, print: impl Fn(&str)) -> Result<(), String> {
        for (format, path) in &self.asked {
            if is_stdout(path) {
                print(&text(*format));
                continue;
            }
            let written = if is_device(path) {
                std::fs::write(path, text(*format))
            } else {
                let fresh = fresh(path);
                std::fs::write(&fresh, text(*format)).and_then(|()| std::fs::rename(&fresh, path))
            };
            written.map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        Ok(())
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Tells whether a path is there and is no file (`/dev/null`, a pipe): nothing may be put in its place.
fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|what| !what.is_file())
}

/// Finds where a path leads, having seen that a file can be made there.
fn place(format: Format, path: &Path) -> Result<PathBuf, String> {
    let (option, shown) = (format.option(), path.display());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return Err(format!("{option} {shown}: this is a folder; name a file in it"));
    }
    if !folder.is_dir() {
        return Err(format!("{option} {shown}: there is no folder {}; make it first", folder.display()));
    }
    if is_device(path) {
        return Ok(path.to_owned());
    }
    let failed = |error: std::io::Error| format!("{option} {shown} cannot be written: {error}");
    let place = match path.canonicalize() {
        Ok(place) => place,
        Err(_) => folder.canonicalize().map_err(failed)?.join(path.file_name().unwrap_or_default()),
    };
    let tried = fresh(&place);
    std::fs::write(&tried, "").and_then(|()| std::fs::remove_file(&tried)).map_err(failed)?;
    Ok(place)
}

/// The file that is written first and then takes the place of `path`.
fn fresh(path: &Path) -> PathBuf {
    let mut fresh = path.to_owned().into_os_string();
    fresh.push(".conformance-new");
    fresh.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reports_do_not_share_a_place() {
        let path = Some(PathBuf::from("-"));
        let error = Files::new([(Format::Json, &path), (Format::Html, &path)]).expect_err("both go there");
        assert_eq!(error, "--html -: --json writes there; name another file");
        let folder = tempfile::tempdir().expect("there is room");
        let twice = ["report", "./report"].map(|name| Some(folder.path().join(name)));
        let error =
            Files::new([(Format::Json, &twice[0]), (Format::Html, &twice[1])]).expect_err("one place");
        assert!(error.ends_with(": --json writes there; name another file"), "{error}");
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Some(PathBuf::from("/dev/null"));
        let files = Files::new([(Format::Json, &null), (Format::Html, &None)]).expect("it takes anything");
        files.write(|_| "text".to_owned(), |_| ()).expect("it is written to");
        assert!(is_device(Path::new("/dev/null")));
    }

    #[test]
    fn a_file_that_cannot_be_made_is_refused_before_the_run() {
        let folder = tempfile::tempdir().expect("there is room");
        let (itself, below) = (Some(folder.path().to_owned()), Some(folder.path().join("no/report.xml")));
        let error = Files::new([(Format::Junit, &itself)]).expect_err("it is a folder");
        assert!(error.ends_with(": this is a folder; name a file in it"), "{error}");
        let error =
            Files::new([(Format::Junit, &Some("/proc/report.xml".into()))]).expect_err("it takes no file");
        assert!(error.starts_with("--junit /proc/report.xml cannot be written: "), "{error}");
        let error = Files::new([(Format::Junit, &below)]).expect_err("there is no such folder");
        assert!(error.starts_with("--junit ") && error.ends_with("; make it first"), "{error}");
    }

    #[test]
    fn every_report_is_written_to_its_place() {
        let folder = tempfile::tempdir().expect("there is room");
        let place = |name: &str| Some(folder.path().join(name));
        let (json, html) = (place("report"), place("report.html"));
        let asked = [(Format::Json, &json), (Format::Html, &html), (Format::Csv, &None)];
        let files = Files::new(asked).expect("both can be made");
        files.write(|format| format.option().to_owned(), |_| ()).expect("both are written");
        let read = |path: &Option<PathBuf>| std::fs::read_to_string(path.as_ref()?).ok();
        assert_eq!([read(&json), read(&html)].map(Option::unwrap_or_default), ["--json", "--html"]);
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 2);
    }
}
