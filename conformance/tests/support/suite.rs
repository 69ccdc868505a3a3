//! The suite as it stands on disk.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use conformance::suite::Suite;

static SUITE: LazyLock<Suite> = LazyLock::new(|| match Suite::from_folder(&scenarios_folder()) {
    Ok(suite) => suite,
    Err(error) => panic!("{error}"),
});

/// The suite, read once.
pub fn suite() -> &'static Suite {
    &SUITE
}

/// The folder of scenarios, catalogue and snapshots.
pub fn scenarios_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}
