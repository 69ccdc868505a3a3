//! Rooms: the folder that holds all that an implementation writes, and goes when it has been judged.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

/// A temporary folder for one implementation; dropping it removes it, whatever its programs made of it.
#[derive(Debug)]
pub struct Room {
    folder: TempDir,
}

impl Room {
    /// Makes an empty room.
    ///
    /// # Errors
    ///
    /// When the system has no place for it.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("conformance-").tempdir()? })
    }

    /// Gives its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds up what it holds on the disk, in KiB, but stops counting beyond `enough`.
    pub fn size_kib(&self, enough: u64) -> u64 {
        let mut size = 0;
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else { continue };
                // Blocks count 512 bytes, and count what is there, not what a sparse file claims.
                size += metadata.blocks().div_ceil(2);
                if metadata.is_dir() {
                    folders.push(entry.path());
                }
                if size > enough {
                    return size;
                }
            }
        }
        size
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if fs::remove_dir_all(self.path()).is_err() {
            // A program may have taken the right to remove what is in its folders.
            open_up(self.path());
            let _ = fs::remove_dir_all(self.path());
        }
    }
}

fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}
