//! Fingerprints: a short text that changes when the files of an implementation change, and one for the suite.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use spec::suite::Suite;

/// The size in bytes up to which a file is read; larger files are told apart by size and time alone.
const READ: u64 = 1024 * 1024;

/// Returns the fingerprint of a folder: of the names and contents of the files that are copied and run.
pub fn folder_fingerprint(folder: &Path) -> String {
    let mut hash = Sha256::new();
    add_folder(&mut hash, folder, folder);
    hexadecimal(hash)
}

/// Returns the fingerprint of the suite: of the catalogue, the scenarios and the accepted transcripts.
pub fn suite_fingerprint(suite: &Suite) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    for row in suite.catalogue.rows() {
        hash.update(format!("{row:?}"));
    }
    for scenario in &suite.scenarios {
        hash.update(&scenario.source);
        hash.update(suite.accepted(&scenario.name).map(ToString::to_string).unwrap_or_default());
    }
    hexadecimal(hash)
}

fn add_folder(hash: &mut Sha256, root: &Path, folder: &Path) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|one| one.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        // Files that tools leave behind are no part of a submission: `target` is Cargo's and Maven's build folder.
        if matches!(&*name, ".git" | "__pycache__" | "node_modules" | "target" | ".venv" | "venv") {
            continue;
        }
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            add_folder(hash, root, &path);
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
        hash.update(format!("{relative}\0{}\0", metadata.len()));
        if metadata.is_file() && metadata.len() <= READ {
            hash.update(fs::read(&path).unwrap_or_default());
        } else {
            hash.update(format!("{:?}", metadata.modified().ok()));
        }
    }
}

/// Returns the first 128 bits of a hash: enough to tell submissions apart.
fn hexadecimal(hash: Sha256) -> String {
    spec::digest::hex(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_changes_the_fingerprint_and_what_tools_leave_does_not() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        };
        write("api/v1/app.py", "one");
        let before = folder_fingerprint(folder.path());
        write("api/__pycache__/app.pyc", "compiled");
        assert_eq!(folder_fingerprint(folder.path()), before);
        write("api/v1/app.py", "two");
        assert_ne!(folder_fingerprint(folder.path()), before);
    }
}
