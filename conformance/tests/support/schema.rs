//! Schemas: whether a JUnit file is one that CI servers read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The variable that names a copy of Jenkins' own schema, `junit-10.xsd`.
const JENKINS: &str = "JENKINS_JUNIT_SCHEMA";

/// Validates a file by our schema and by Jenkins', by each where this machine can.
pub fn assert_valid_junit(file: &Path) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/junit.xsd");
    validate(&ours, file);
    match std::env::var_os(JENKINS) {
        Some(theirs) => validate(&PathBuf::from(theirs), file),
        None => skipped(&format!("JUnit files by Jenkins' schema: {JENKINS} names no copy of junit-10.xsd")),
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
        Err(_) => skipped("JUnit files by their schema: no xmllint (Debian: apt-get install libxml2-utils)"),
    }
}

fn skipped(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must not skip {what}");
    eprintln!("not tested: {what}");
}
