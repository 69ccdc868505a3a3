//! The documents' programs for Flask projects: small Python programs of ours, run in the project's copy.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Program, ProgramServer};
use crate::mode::Mode;

/// The programs by file name; `sitecustomize.py` alone goes on PYTHONPATH.
const FILES: [(&str, &str); 6] = [
    ("main_0.py", include_str!("python/main_0.py")),
    ("main_1.py", include_str!("python/main_1.py")),
    ("main_2.py", include_str!("python/main_2.py")),
    ("main_3.py", include_str!("python/main_3.py")),
    ("main_4.py", include_str!("python/main_4.py")),
    ("require_auth.py", include_str!("python/require_auth.py")),
];

/// Lets a Python under libfaketime sleep at all; see its own text.
const SITE_CUSTOMIZE: &str = include_str!("python/sitecustomize.py");

/// Writes the programs into `folder`, which is made.
pub fn unpack(folder: &Path) -> io::Result<()> {
    let path = path(folder);
    fs::create_dir_all(&path)?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    fs::write(path.join("sitecustomize.py"), SITE_CUSTOMIZE)
}

/// Gives the folder that a Python under libfaketime needs on its PYTHONPATH.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("path")
}

/// Gives the mode that the documents run a program in.
pub fn mode(program: &Program) -> Mode {
    match program {
        Program::Main0(_) | Program::RequireAuth { .. } => Mode::BasicAuth,
        Program::Main1 | Program::Main2 => Mode::SessionAuth,
    }
}

/// Gives the command that runs a program.
pub fn words(folder: &Path, program: &Program) -> Vec<String> {
    match program {
        Program::Main0(users) => {
            let credentials = users.iter().flat_map(|user| [user.email.clone(), user.password.clone()]);
            python(folder, "main_0.py", credentials)
        }
        Program::Main1 => python(folder, "main_1.py", []),
        Program::Main2 => python(folder, "main_2.py", []),
        Program::RequireAuth { excluded, paths } => {
            python(folder, "require_auth.py", std::iter::once(excluded).chain(paths).cloned())
        }
    }
}

/// Gives the command that runs a serving program.
pub fn server_words(folder: &Path, program: &ProgramServer) -> Vec<String> {
    match program {
        ProgramServer::Main3 => python(folder, "main_3.py", []),
        ProgramServer::Main4(user) => {
            python(folder, "main_4.py", [user.email.clone(), user.password.clone()])
        }
    }
}

fn python(folder: &Path, name: &str, arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let program = folder.join(name).display().to_string();
    ["python3".to_owned(), program].into_iter().chain(arguments).collect()
}
