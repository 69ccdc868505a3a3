//! The program as its users run it.

use std::process::{Command, Output};

/// Runs it with these arguments.
pub fn conformance(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(arguments).env_remove("NO_COLOR").output().expect("the program runs")
}

/// Gives its exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it exits")
}

/// Gives what it printed.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Gives what it complained of.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
