//! The schemas of JUnit files that CI servers read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::skip::say_skipped;

/// The variable that names a copy of Jenkins' own schema, `junit-10.xsd`.
const JENKINS: &str = "JENKINS_JUNIT_SCHEMA";

/// The way to get the file.
const HOW: &str = "junit-10.xsd from the sources of pytest, as .ci/run does";

/// Asserts that a file is valid by our schema and by Jenkins', as far as this machine can validate it.
///
/// # Panics
///
/// When it is not.
pub fn assert_valid_junit(file: &Path) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/tests/schemas/junit.xsd");
    validate(&ours, file);
    match std::env::var_os(JENKINS) {
        Some(theirs) => validate(&PathBuf::from(theirs), file),
        None => {
            say_skipped("JUnit files by Jenkins' schema", &format!("no file that {JENKINS} names ({HOW})"));
        }
    }
}

fn validate(schema: &Path, file: &Path) {
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema"]).args([schema, file]).stdin(Stdio::null());
    match xmllint.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{} is not valid by {}: {said}",
                file.display(),
                schema.display()
            );
        }
        Err(_) => {
            let missing = "no xmllint (Debian: apt-get install libxml2-utils)";
            say_skipped("JUnit files by their schema", missing);
        }
    }
}
