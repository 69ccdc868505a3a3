//! The programs of this workspace, run as their users run them.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Returns the path of the program `conformance`, which Cargo builds before the tests of its package.
pub fn conformance_path() -> PathBuf {
    built("conformance")
}

/// Returns the path of the program `server`, and builds it first if the tests of another package run alone.
///
/// # Panics
///
/// When the server does not build.
pub fn server_path() -> PathBuf {
    let server = built("server");
    if !server.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "server", "--bin", "server"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.status().expect("cargo runs, since it runs this");
        assert!(built.success(), "the server does not build");
    }
    server
}

/// Runs `conformance` with these arguments to its end.
///
/// # Panics
///
/// When the program cannot be started.
pub fn conformance(arguments: &[&str]) -> Output {
    let mut command = Command::new(conformance_path());
    command.args(arguments).env_remove("NO_COLOR").output().expect("the program runs")
}

/// Returns the exit code of a program that exited.
///
/// # Panics
///
/// When a signal ended the program.
pub fn code(output: &Output) -> i32 {
    output.status.code().expect("the program exits")
}

/// Returns the standard output of a program.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the standard error of a program.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns where Cargo puts a program: beside the folder `deps` of the test binaries.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).expect("a test binary stands in a folder of the target folder").join(name)
}
