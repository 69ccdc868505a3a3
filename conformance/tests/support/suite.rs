//! The suite as it stands on disk.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use spec::catalogue::Profile;
use spec::suite::Suite;

static SUITE: LazyLock<Suite> =
    LazyLock::new(|| match Suite::from_folder(Profile::Documented, &scenarios_folder()) {
        Ok(suite) => suite,
        Err(error) => {
            // The text shows each place; a panic's own lines would push it out of sight.
            eprintln!("{error}");
            std::process::exit(101)
        }
    });

/// The suite, read once.
pub fn suite() -> &'static Suite {
    &SUITE
}

/// The folder of scenarios, catalogue and snapshots.
pub fn scenarios_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}
