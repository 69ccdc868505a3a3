//! Output files: where each report goes. The places are tried before a long run, and written at its end.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// What goes to a file of its own.
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
    /// `--write-known-failing`
    KnownFailing,
    /// `--patterns`
    Patterns,
}

impl Format {
    /// Returns the option that names the file.
    pub fn option(self) -> &'static str {
        match self {
            Self::Json => "--json",
            Self::Junit => "--junit",
            Self::Html => "--html",
            Self::Csv => "--csv",
            Self::Scores => "--scores",
            Self::KnownFailing => "--write-known-failing",
            Self::Patterns => "--patterns",
        }
    }
}

/// The files that the command line names, each with its format.
#[derive(Debug)]
pub struct Files {
    named: Vec<(Format, PathBuf)>,
}

impl Files {
    /// Takes the files that are named, after trying that each can be made.
    ///
    /// # Errors
    ///
    /// When a path is a folder, its folder is missing or takes no file, or two files would go to one place.
    pub fn new<'a>(named: impl IntoIterator<Item = (Format, &'a Option<PathBuf>)>) -> Result<Self, Error> {
        let mut files = Self { named: Vec::new() };
        for (format, path) in named {
            let Some(path) = path else { continue };
            if !is_stdout(path) {
                try_to_make(format.option(), path)?;
            }
            if let Some((other, _)) = files.named.iter().find(|(_, taken)| place(taken) == place(path)) {
                let (option, other) = (format.option(), other.option());
                return Err(Error::OutputShared { option, path: path.clone(), other });
            }
            files.named.push((format, path.clone()));
        }
        Ok(files)
    }

    /// Tells whether a report goes to standard output; nothing else may be printed there then.
    pub fn take_stdout(&self) -> bool {
        self.named.iter().any(|(_, path)| is_stdout(path))
    }

    /// Writes the text of a format to its file, if one is named; a text for standard output is given to `print`.
    ///
    /// The file is there as a whole or not at all: until it is, an older one stays.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(
        &self,
        format: Format,
        text: impl FnOnce() -> String,
        print: impl FnOnce(&str),
    ) -> Result<(), Error> {
        let Some((_, path)) = self.named.iter().find(|(named, _)| *named == format) else { return Ok(()) };
        if is_stdout(path) {
            print(&text());
            return Ok(());
        }
        replace(&place(path), &text()).map_err(|source| Error::Write { path: path.clone(), source })
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Returns the folder that a path names a file in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Returns the one path of a file, however it is written, whether the file exists or not.
fn place(path: &Path) -> PathBuf {
    let in_folder = || Some(fs::canonicalize(folder(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

/// Tells whether a path exists and is no file (`/dev/null`, a pipe): it must not be replaced by one.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file())
}

/// Makes the file that is written first and then takes the place of `path`; it is removed if it does not.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    // A report may be read by whoever the umask allows; tempfile's own files are the user's alone.
    tempfile::Builder::new().prefix(".conformance-").make_in(folder(path), |path| File::create_new(path))
}

/// Writes a file in one step; what is no file is written to as it is.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if is_device(path) {
        return fs::write(path, text);
    }
    let mut file = temporary(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn try_to_make(option: &'static str, path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Err(Error::OutputIsFolder { option, path: path.to_owned() });
    }
    let folder = folder(path);
    if !folder.is_dir() {
        let (path, folder) = (path.to_owned(), folder.to_owned());
        return Err(Error::OutputHasNoFolder { option, path, folder });
    }
    if is_device(path) {
        return Ok(());
    }
    match temporary(&place(path)) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::OutputRefused { option, path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};

    use nix::fcntl::OFlag;

    use super::*;

    /// Writes the same text for whatever was asked for.
    fn write_all(files: &Files, formats: &[Format]) -> Result<(), Error> {
        formats.iter().try_for_each(|format| files.write(*format, || format.option().to_owned(), |_| ()))
    }

    #[test]
    fn two_files_do_not_share_a_place_however_it_is_written() {
        let path = Some(PathBuf::from("-"));
        let error = Files::new([(Format::Json, &path), (Format::Html, &path)]).expect_err("both go there");
        assert_eq!(error.to_string(), "--html -: --json writes there; name another file");

        let folder = tempfile::tempdir().expect("there is room");
        fs::create_dir(folder.path().join("below")).expect("a folder can be made");
        let (one, same) = (folder.path().join("report"), folder.path().join("below/../report"));
        let asked = [(Format::Json, &Some(one)), (Format::KnownFailing, &Some(same))];
        let error = Files::new(asked).expect_err("both go there").to_string();
        assert!(
            error.starts_with("--write-known-failing ") && error.contains(": --json writes there"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_made_is_refused_before_the_run() {
        let folder = tempfile::tempdir().expect("there is room");
        let (itself, below) = (Some(folder.path().to_owned()), Some(folder.path().join("no/report.xml")));
        let error = Files::new([(Format::Junit, &itself)]).expect_err("it is a folder").to_string();
        assert!(error.ends_with(": this is a folder; name a file in it"), "{error}");
        let inside = Some("/proc/report.xml".into());
        let error = Files::new([(Format::Junit, &inside)]).expect_err("it takes no file").to_string();
        assert!(error.starts_with("--junit /proc/report.xml cannot be written: "), "{error}");
        let error = Files::new([(Format::Junit, &below)]).expect_err("there is no such folder").to_string();
        assert!(error.starts_with("--junit ") && error.ends_with("; make it first"), "{error}");
    }

    #[test]
    fn everything_is_written_to_its_place() {
        let folder = tempfile::tempdir().expect("there is room");
        let place = |name: &str| Some(folder.path().join(name));
        let (json, html) = (place("report"), place("report.html"));
        let asked = [(Format::Json, &json), (Format::Html, &html), (Format::Csv, &None)];
        let files = Files::new(asked).expect("both can be made");
        write_all(&files, &[Format::Json, Format::Html, Format::Csv]).expect("both are written");
        let read = |path: &Option<PathBuf>| fs::read_to_string(path.as_ref()?).ok();
        assert_eq!([read(&json), read(&html)].map(Option::unwrap_or_default), ["--json", "--html"]);
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 2);
        // Whoever may read what this user writes may read a report: a web server, the next step of a CI job.
        fs::write(folder.path().join("plain"), "").expect("it can be written");
        let mode = |path: PathBuf| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(folder.path().join("report")), mode(folder.path().join("plain")));
    }

    #[test]
    fn a_link_stays_a_link_and_a_pipe_a_pipe() {
        let folder = tempfile::tempdir().expect("there is room");
        let place = |name: &str| folder.path().join(name);
        fs::write(place("file"), "old").expect("it can be written");
        symlink(place("file"), place("link")).expect("a link can be made");
        nix::unistd::mkfifo(&place("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
        // A reader that does not wait for a writer: then the writer need not wait either.
        let open =
            fs::OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(place("pipe"));
        let mut reader = open.expect("a pipe can be read");
        let (link, pipe) = (Some(place("link")), Some(place("pipe")));
        let files = Files::new([(Format::Json, &link), (Format::Html, &pipe)]).expect("both can be made");
        write_all(&files, &[Format::Json, Format::Html]).expect("both are written");
        assert!(place("link").is_symlink());
        assert_eq!(fs::read_to_string(place("file")).expect("it is there"), "--json");
        assert!(fs::metadata(place("pipe")).expect("it is there").file_type().is_fifo());
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("it was written to");
        assert_eq!(text, "--html");
    }
}
