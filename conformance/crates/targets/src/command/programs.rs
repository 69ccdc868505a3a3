//! The documents' programs for Flask projects: small Python programs of ours, run in the project's copy.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tempfile::TempDir;

use crate::{Program, ProgramServer};
use spec::catalogue::Mode;

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

/// The programs in a folder of their own, which goes with this.
#[derive(Debug)]
pub struct Programs(TempDir);

impl Programs {
    /// Writes them into a folder that is made in `room`.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn unpack(room: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("conformance-").tempdir_in(room)?;
        let programs = Self(folder);
        fs::create_dir(programs.path())?;
        for (name, text) in FILES {
            fs::write(programs.folder().join(name), text)?;
        }
        fs::write(programs.path().join("sitecustomize.py"), SITE_CUSTOMIZE)?;
        Ok(programs)
    }

    /// Returns the folder that they stand in.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Returns the folder that a Python under libfaketime needs on its PYTHONPATH.
    pub fn path(&self) -> PathBuf {
        self.folder().join("path")
    }

    /// Returns the command that runs a program.
    pub fn words(&self, program: &Program) -> Vec<String> {
        match program {
            Program::Main0(users) => {
                let credentials = users.iter().flat_map(|user| [user.email.clone(), user.password.clone()]);
                self.python("main_0.py", credentials)
            }
            Program::Main1 => self.python("main_1.py", []),
            Program::Main2 => self.python("main_2.py", []),
            Program::RequireAuth { excluded, paths } => {
                self.python("require_auth.py", std::iter::once(excluded).chain(paths).cloned())
            }
        }
    }

    /// Returns the command that runs a serving program.
    pub fn server_words(&self, program: &ProgramServer) -> Vec<String> {
        match program {
            ProgramServer::Main3 => self.python("main_3.py", []),
            ProgramServer::Main4(user) => {
                self.python("main_4.py", [user.email.clone(), user.password.clone()])
            }
        }
    }

    fn python(&self, name: &str, arguments: impl IntoIterator<Item = String>) -> Vec<String> {
        let program = self.folder().join(name).display().to_string();
        ["python3".to_owned(), program].into_iter().chain(arguments).collect()
    }
}

/// Returns the mode that the documents run a program in.
pub fn mode(program: &Program) -> Mode {
    match program {
        Program::Main0(_) | Program::RequireAuth { .. } => Mode::BasicAuth,
        Program::Main1 | Program::Main2 => Mode::SessionAuth,
    }
}
