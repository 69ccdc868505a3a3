//! The `server` binary of this build.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Gives its path; cargo builds it with the workspace, and on demand otherwise.
pub fn binary() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_conformance")).parent().expect("a binary stands in a folder");
    let binary = folder.join("server");
    if !binary.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "server", "--bin", "server"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let built = build.status().expect("cargo runs, since it runs this");
        assert!(built.success(), "the server does not build");
    }
    binary
}
