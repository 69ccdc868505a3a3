//! Copies of folders: an implementation runs in a copy, so that nothing it does touches the original.

use std::path::Path;
use std::{fs, io};

/// The largest folder that is copied, in bytes: more is no project but something beside one.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Folders that hold what other tools have built: large and read-only by custom, so linked, not copied.
const LINKED: [&str; 4] = ["node_modules", "target", ".venv", "venv"];

/// Copies `from` into the folder `to`, which must exist.
///
/// `keep` decides by file name what else is left behind. Symbolic links are copied as what they point to;
/// a dangling one, and one to a folder, is left out.
///
/// # Errors
///
/// When a file cannot be read or written, or the whole is too large.
pub fn copy(from: &Path, to: &Path, keep: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let mut left = LARGEST;
    copy_folder(from, to, keep, &mut left)
}

fn copy_folder(from: &Path, to: &Path, keep: &dyn Fn(&str) -> bool, left: &mut u64) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown == ".git" || !keep(&shown) {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        let linked = LINKED.contains(&shown.as_ref()) || source.join("pyvenv.cfg").is_file();
        if linked && source.is_dir() {
            std::os::unix::fs::symlink(fs::canonicalize(&source)?, &copy)?;
            continue;
        }
        let Ok(metadata) = fs::metadata(&source) else { continue };
        if entry.file_type()?.is_symlink() && metadata.is_dir() {
            continue;
        }
        if metadata.is_dir() {
            fs::create_dir_all(&copy)?;
            copy_folder(&source, &copy, keep, left)?;
        } else if metadata.is_file() {
            *left = left.checked_sub(metadata.len()).ok_or_else(|| {
                io::Error::other(format!("the folder holds more than {} MiB", LARGEST / 1024 / 1024))
            })?;
            fs::copy(&source, &copy)?;
            // Python takes what it has compiled before for as old as its source. Where the time cannot be kept, it
            // compiles once more.
            let _ = fs::File::open(&copy).and_then(|file| file.set_modified(metadata.modified()?));
        }
    }
    Ok(())
}
