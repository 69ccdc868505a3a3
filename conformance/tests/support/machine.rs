//! What this machine can run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use test_support::skip::say_skipped;

/// Our Flask implementation, or what it lacks here.
pub fn flask() -> Result<PathBuf, String> {
    let imports = ["-c", "import flask, flask_cors"];
    let can = Command::new("python3").args(imports).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if can.is_ok_and(|status| status.success()) {
        return Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/implementations/flask"));
    }
    Err("no python3 with Flask and flask-cors \
         (pip install -r conformance/tests/implementations/flask/requirements.txt)"
        .to_owned())
}

/// One ignored trial in the place of those that cannot run.
pub fn skipped(name: &str, what: &str, missing: &str) -> Vec<Trial> {
    say_skipped(what, missing);
    vec![Trial::test(format!("{name}::skipped"), || Ok(())).with_ignored_flag(true)]
}
