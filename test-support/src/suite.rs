//! The suite in the working tree: the program has a copy built in, which is as old as its build.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use spec::catalogue::Profile;
use spec::suite::Suite;

static SUITE: LazyLock<Suite> =
    LazyLock::new(|| match Suite::from_folder(Profile::Documented, &scenarios_folder()) {
        Ok(suite) => suite,
        Err(error) => {
            // The text shows each place; the lines of a panic would push it out of sight.
            eprintln!("{error}");
            std::process::exit(101)
        }
    });

/// Returns the suite, which is read once. A suite that cannot be read ends the process.
pub fn suite() -> &'static Suite {
    &SUITE
}

/// Returns the folder of the scenarios, the catalogue and the snapshots.
pub fn scenarios_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}
