//! Skipped tests: a test that needs a program which this machine lacks says so at once, and again in a summary.
//!
//! Each skipped test adds an [`Entry`] to a file of its test run. The test binaries of one `cargo test` are children
//! of one Cargo, so the file is named after their parent process: runs at the same time have a file each. The test
//! `summary` of this package, which Cargo runs last, prints the file and removes it.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

/// Returns what is missing and how to get it, if this machine cannot run `program`, which Debian has in `package`.
pub fn missing(program: &str, package: &str) -> Option<String> {
    let mut probe = Command::new(program);
    probe.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let runs = probe.status().is_ok_and(|status| status.success());
    (!runs).then(|| format!("no {program} (Debian: apt-get install {package})"))
}

/// Says on standard error that the running test is skipped, what is not tested thereby, what is missing and how to get
/// it, and adds that to the summary.
///
/// # Panics
///
/// When the variable `CI` is set: there, nothing may be missing.
pub fn say_skipped(what: &str, missing: &str) {
    let entry = Entry { missing: missing.to_owned(), test: test_name(), what: what.to_owned() };
    assert!(std::env::var_os("CI").is_none(), "nothing may be skipped in CI: {entry}");
    // Unlike `eprintln!`, this is not captured by the test harness.
    let _ = writeln!(io::stderr(), "skipped: {entry}");
    let run = Run::current();
    run.add(&entry).unwrap_or_else(|error| panic!("{}: {error}", run.file.display()));
}

/// Returns the name of the test binary, and behind it that of the test, which its thread bears.
fn test_name() -> String {
    let binary = std::env::current_exe().expect("this program has a path");
    let binary = binary.file_stem().unwrap_or_default().to_string_lossy();
    // Cargo appends a hash.
    let binary = binary.rsplit_once('-').map_or(&*binary, |(name, _)| name);
    match std::thread::current().name() {
        Some(test) if test != "main" => format!("{binary}::{test}"),
        _ => binary.to_owned(),
    }
}

/// One skipped test.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// What is missing, and how to get it.
    missing: String,
    /// The name of the test, or of its binary.
    test: String,
    /// What is not tested.
    what: String,
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.test, self.what, self.missing)
    }
}

impl Entry {
    /// Returns the entry as a line of the file.
    fn line(&self) -> String {
        let fields = [&self.missing, &self.test, &self.what];
        format!("{}\n", fields.map(|field| field.replace(['\t', '\n'], " ")).join("\t"))
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [missing, test, what] = fields.try_into().map_err(|_| format!("{line:?} is no entry"))?;
        Ok(Self { missing, test, what })
    }
}

/// The test run that this program is a part of.
#[derive(Debug)]
pub struct Run {
    file: PathBuf,
}

impl Run {
    /// Returns the run that the parent of this process has started.
    pub fn current() -> Self {
        let binary = std::env::current_exe().expect("this program has a path");
        // The test binaries of all packages stand in one folder.
        let folder = binary.parent().expect("a program stands in a folder").join("skipped-tests");
        Self { file: folder.join(run_id(parent_id())) }
    }

    fn add(&self, entry: &Entry) -> io::Result<()> {
        fs::create_dir_all(self.folder())?;
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        // One write of a short line: those of tests that run at the same time do not mix.
        file.write_all(entry.line().as_bytes())
    }

    /// Removes what the run has added, and returns its summary.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or removed.
    pub fn take_summary(&self) -> io::Result<String> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        if self.folder().exists() {
            remove_ended(self.folder())?;
        }
        if !text.is_empty() {
            fs::remove_file(&self.file)?;
        }
        let entries: Result<Vec<Entry>, String> = text.lines().map(str::parse).collect();
        Ok(summary(&entries.map_err(io::Error::other)?))
    }

    fn folder(&self) -> &Path {
        self.file.parent().expect("the file stands in a folder")
    }
}

/// Returns the process ID and the start time of a process: later processes may have the same ID.
fn run_id(process: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may contain blanks. The start time is field 22 of proc_pid_stat(5).
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    format!("{process}-{}", after_name.split(' ').nth(19).unwrap_or_default())
}

/// Removes the files of runs that ended before their summary, as after a failed test.
fn remove_ended(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        let process = name.split('-').next().and_then(|id| id.parse().ok());
        if process.is_none_or(|process| run_id(process) != name) {
            // Another run's summary may have removed it.
            let _ = fs::remove_file(file.path());
        }
    }
    Ok(())
}

/// Lists what was skipped, below what is missing.
fn summary(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "No test was skipped.\n".to_owned();
    }
    let mut text = String::from("Skipped on this machine, which has\n");
    let mut group = None;
    // A test that lacks a thing at several places is listed once.
    for entry in entries.iter().collect::<BTreeSet<_>>() {
        if group.replace(&entry.missing) != Some(&entry.missing) {
            text.push_str(&format!("- {}:\n", entry.missing));
        }
        text.push_str(&format!("    {} ({})\n", entry.test, entry.what));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(missing: &str, test: &str, what: &str) -> Entry {
        Entry { missing: missing.to_owned(), test: test.to_owned(), what: what.to_owned() }
    }

    #[test]
    fn a_summary_lists_each_test_below_what_it_lacks() {
        let python = "no python3 (Debian: apt-get install python3)";
        let entries = [
            entry("no curl (Debian: apt-get install curl)", "scripts::b", "scripts"),
            entry(python, "grade::b", "grading"),
            entry(python, "grade::a", "grading"),
            entry(python, "grade::b", "grading"),
        ];
        let expected = "Skipped on this machine, which has\n\
                        - no curl (Debian: apt-get install curl):\n    scripts::b (scripts)\n\
                        - no python3 (Debian: apt-get install python3):\n    grade::a (grading)\n    grade::b (grading)\n";
        assert_eq!(summary(&entries), expected);
        assert_eq!(summary(&[]), "No test was skipped.\n");
    }

    #[test]
    fn an_entry_is_one_line_whatever_is_in_it() {
        let line = entry("no\tx", "a::b", "two\nlines").line();
        assert_eq!(line.strip_suffix('\n').expect("a line").parse(), Ok(entry("no x", "a::b", "two lines")));
    }

    #[test]
    fn a_summary_holds_the_entries_of_its_run_alone_and_leaves_no_file_of_an_ended_run() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let run = |name: String| Run { file: folder.path().join(name) };
        // A process that runs, as long as this test does; one that has never been; and the same process ID again.
        let [own, other] = [std::process::id(), parent_id()].map(|process| run(run_id(process)));
        let ended = ["4194305-1".to_owned(), format!("{}-0", std::process::id())].map(run);
        for run in ended.iter().chain([&own, &other]) {
            run.add(&entry("nothing", &run.file.display().to_string(), "files")).expect("there is room");
        }
        let summary = own.take_summary().expect("the file can be read");
        let left: Vec<_> = fs::read_dir(&folder).expect("the folder is there").collect();
        assert_eq!(left.len(), 1, "the other run's file: {left:?}");
        assert!(other.file.exists());
        assert_eq!(summary.lines().count(), 3, "{summary}");
        assert!(summary.contains(&own.file.display().to_string()), "{summary}");
        assert_eq!(own.take_summary().expect("no file is no entry"), "No test was skipped.\n");
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_its_package() {
        assert_eq!(missing("cargo", "cargo"), None);
        let nobody = missing("no-such-program", "nothing");
        assert_eq!(nobody.as_deref(), Some("no no-such-program (Debian: apt-get install nothing)"));
    }
}
