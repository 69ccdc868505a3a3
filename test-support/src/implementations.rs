//! Implementations to start for a test, and the trial that stands in for tests of one that this machine lacks.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::skip::say_skipped;

/// Returns the folder of our Flask project.
///
/// # Errors
///
/// When this machine cannot run it; the text says what is missing, and how to get it.
pub fn flask() -> Result<PathBuf, String> {
    let imports = ["-c", "import flask, flask_cors"];
    let can = Command::new("python3").args(imports).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if can.is_ok_and(|status| status.success()) {
        let workspace =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a workspace");
        return Ok(workspace.join("conformance/tests/implementations/flask"));
    }
    Err("no python3 with Flask and flask-cors \
         (pip install -r conformance/tests/implementations/flask/requirements.txt)"
        .to_owned())
}

/// Returns one ignored trial in the place of trials that are skipped, and says so as [`say_skipped`] does.
pub fn skipped(name: &str, what: &str, missing: &str) -> Vec<Trial> {
    say_skipped(what, missing);
    vec![Trial::test(format!("{name}::skipped"), || Ok(())).with_ignored_flag(true)]
}
