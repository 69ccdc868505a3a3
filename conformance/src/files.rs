//! Output files: where each was asked to go. They are checked before a long run and written at its end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
    /// Gives the option that asks for it.
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

/// The files that were asked for, each with its place.
#[derive(Debug)]
pub struct Files {
    asked: Vec<(Format, PathBuf)>,
}

impl Files {
    /// Takes what was asked for, having seen that every file can be made.
    ///
    /// # Errors
    ///
    /// When a path is a folder, its folder is missing or takes no file, or two files would go to one place.
    pub fn new<'a>(asked: impl IntoIterator<Item = (Format, &'a Option<PathBuf>)>) -> Result<Self, String> {
        let mut files = Self { asked: Vec::new() };
        for (format, path) in asked {
            let Some(path) = path else { continue };
            if !is_stdout(path) {
                can_be_made(format, path)?;
            }
            if let Some((other, _)) = files.asked.iter().find(|(_, taken)| place(taken) == place(path)) {
                let (option, other, shown) = (format.option(), other.option(), path.display());
                return Err(format!("{option} {shown}: {other} writes there; name another file"));
            }
            files.asked.push((format, path.clone()));
        }
        Ok(files)
    }

    /// Tells whether something goes to standard output, where nothing else may go then.
    pub fn take_stdout(&self) -> bool {
        self.asked.iter().any(|(_, path)| is_stdout(path))
    }

    /// Writes what `text` gives, if this format was asked for; what goes to standard output is given to `print`.
    ///
    /// A file is there as a whole or not at all: until it is, an older one stays.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(
        &self,
        format: Format,
        text: impl FnOnce() -> String,
        print: impl FnOnce(&str),
    ) -> Result<(), String> {
        let Some((_, path)) = self.asked.iter().find(|(asked, _)| *asked == format) else { return Ok(()) };
        if is_stdout(path) {
            print(&text());
            return Ok(());
        }
        replace(&place(path), &text())
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Gives the folder that a path names a file in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives the one path of a file, however it is written, whether it is there already or not.
fn place(path: &Path) -> PathBuf {
    let in_folder = || Some(fs::canonicalize(folder(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

/// Tells whether a path is there and is no file (`/dev/null`, a pipe): nothing may be put in its place.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file())
}

/// The file that is written first and then takes the place of `path`.
fn fresh(path: &Path) -> PathBuf {
    let mut fresh = path.to_owned().into_os_string();
    fresh.push(".conformance-new");
    fresh.into()
}

/// Writes a file in one step; what is no file is written to as it is.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if is_device(path) {
        return fs::write(path, text);
    }
    let fresh = fresh(path);
    let written = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // Of no use to anybody now; that it cannot be removed either is no other error.
        let _ = fs::remove_file(&fresh);
    }
    written
}

fn can_be_made(format: Format, path: &Path) -> Result<(), String> {
    let (option, shown) = (format.option(), path.display());
    if path.is_dir() {
        return Err(format!("{option} {shown}: this is a folder; name a file in it"));
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(format!("{option} {shown}: there is no folder {}; make it first", folder.display()));
    }
    if is_device(path) {
        return Ok(());
    }
    let tried = fresh(&place(path));
    let made = fs::write(&tried, "").and_then(|()| fs::remove_file(&tried));
    made.map_err(|error| format!("{option} {shown} cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, symlink};

    use nix::fcntl::OFlag;

    use super::*;

    /// Writes the same text for whatever was asked for.
    fn write_all(files: &Files, formats: &[Format]) -> Result<(), String> {
        formats.iter().try_for_each(|format| files.write(*format, || format.option().to_owned(), |_| ()))
    }

    #[test]
    fn two_files_do_not_share_a_place_however_it_is_written() {
        let path = Some(PathBuf::from("-"));
        let error = Files::new([(Format::Json, &path), (Format::Html, &path)]).expect_err("both go there");
        assert_eq!(error, "--html -: --json writes there; name another file");

        let folder = tempfile::tempdir().expect("there is room");
        fs::create_dir(folder.path().join("below")).expect("a folder can be made");
        let (one, same) = (folder.path().join("report"), folder.path().join("below/../report"));
        let asked = [(Format::Json, &Some(one)), (Format::KnownFailing, &Some(same))];
        let error = Files::new(asked).expect_err("both go there");
        assert!(
            error.starts_with("--write-known-failing ") && error.contains(": --json writes there"),
            "{error}"
        );
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
