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
    /// When a path is a folder or its folder is missing, or two reports would go to one place.
    pub fn new<'a>(asked: impl IntoIterator<Item = (Format, &'a Option<PathBuf>)>) -> Result<Self, String> {
        let mut files = Self { asked: Vec::new() };
        for (format, path) in asked {
            let Some(path) = path else { continue };
            if let Some((other, _)) = files.asked.iter().find(|(_, taken)| taken == path) {
                let (option, other, shown) = (format.option(), other.option(), path.display());
                return Err(format!("{option} {shown}: {other} writes there; name another file"));
            }
            if !is_stdout(path) {
                can_be_made(format, path)?;
            }
            files.asked.push((format, path.clone()));
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
            let mut fresh = path.clone().into_os_string();
            fresh.push(".conformance-new");
            std::fs::write(&fresh, text(*format))
                .and_then(|()| std::fs::rename(&fresh, path))
                .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        Ok(())
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

fn can_be_made(format: Format, path: &Path) -> Result<(), String> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reports_do_not_share_a_place() {
        let path = Some(PathBuf::from("-"));
        let error = Files::new([(Format::Json, &path), (Format::Html, &path)]).expect_err("both go there");
        assert_eq!(error, "--html -: --json writes there; name another file");
    }

    #[test]
    fn a_file_that_cannot_be_made_is_refused_before_the_run() {
        let folder = tempfile::tempdir().expect("there is room");
        let (itself, below) = (Some(folder.path().to_owned()), Some(folder.path().join("no/report.xml")));
        let error = Files::new([(Format::Junit, &itself)]).expect_err("it is a folder");
        assert!(error.ends_with(": this is a folder; name a file in it"), "{error}");
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
