//! The working folder of an implementation: it holds all files that the implementation writes, and is removed in the end.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

/// A temporary folder for one implementation. Dropping the value removes the folder, whatever the programs made of it.
#[derive(Debug)]
pub struct Workdir {
    folder: TempDir,
}

impl Workdir {
    /// Makes an empty folder.
    ///
    /// # Errors
    ///
    /// When the system cannot make it.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("conformance-").tempdir()? })
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the size of the files on the disk, in KiB; counting stops beyond `enough`.
    pub fn size_kib(&self, enough: u64) -> u64 {
        let mut size = 0;
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else { continue };
                // A block is 512 bytes. Unlike the length, blocks do not count the holes of a sparse file.
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

impl Drop for Workdir {
    fn drop(&mut self) {
        if fs::remove_dir_all(self.path()).is_err() {
            // A program may have withdrawn the permission to remove files from its folders.
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
