//! Finding: what in a folder is to be started.

use std::path::{Path, PathBuf};

/// The reason why no command target can be made of a folder; the text says what to do instead.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such folder.
    #[error("there is no folder {0}")]
    NoFolder(String),
    /// It is a file.
    #[error("{0} is a file: name the folder of the project")]
    File(String),
    /// It is a part of a project.
    #[error("{part} is a part of a project: name {project}, where api/v1/app.py is found")]
    Part {
        /// What was named.
        part: String,
        /// The project's folder.
        project: String,
    },
    /// Nothing in it looks like an implementation.
    #[error(
        "no implementation found in {0}: looked for api/v1/app.py there and one and two folders below; \
         say how to start it, as in --command \"node app.js\""
    )]
    NothingFound(String),
    /// Several things in it do.
    #[error(
        "{folder} holds several implementations; name one of them:\n  {folder}/{}",
        .found.join(&format!("\n  {folder}/"))
    )]
    Several {
        /// The folder that was searched.
        folder: String,
        /// The folders in it that could be meant.
        found: Vec<String>,
    },
    /// The command is not made of shell words.
    #[error("--command {0:?} is not a command: it is empty, or a quote is not closed")]
    Words(String),
}

impl CommandError {
    /// Says it for a report, which names the folder itself, and where nobody can be asked for a command.
    pub fn in_report(&self) -> String {
        match self {
            Self::NoFolder(_) => "there is no such folder".to_owned(),
            Self::File(_) => "it is a file".to_owned(),
            Self::Part { .. } => "it is a part of a project".to_owned(),
            Self::NothingFound(_) => {
                "no implementation found: looked for api/v1/app.py in it and one and two folders below"
                    .to_owned()
            }
            Self::Several { found, .. } => format!("it holds several implementations: {}", found.join(", ")),
            Self::Words(_) => self.to_string(),
        }
    }
}

/// Returns whether a folder is that of a Flask project as the documents lay it out.
pub fn is_flask(folder: &Path) -> bool {
    folder.join("api/v1/app.py").is_file()
}

/// Finds the Flask project in a folder: there, or one or two folders below.
///
/// Among several, one whose path in the folder says "session" is meant: it builds on the Basic project beside it.
///
/// # Errors
///
/// When there is none, or several of which none or more than one is meant.
pub fn flask(folder: &Path, shown: &str) -> Result<PathBuf, CommandError> {
    if is_flask(folder) {
        return Ok(folder.to_owned());
    }
    let mut found: Vec<PathBuf> = subfolders(folder)
        .into_iter()
        .flat_map(|below| [vec![below.clone()], subfolders(&below)].concat())
        .filter(|candidate| is_flask(candidate))
        .collect();
    found.sort();
    let below = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let says_session = |path: &PathBuf| below(path).to_lowercase().contains("session");
    let sessions: Vec<&PathBuf> = found.iter().filter(|path| says_session(path)).collect();
    match (found.as_slice(), sessions.as_slice()) {
        ([], _) => Err(part(folder, shown).unwrap_or_else(|| CommandError::NothingFound(shown.to_owned()))),
        ([one], _) => Ok(one.clone()),
        (_, [one]) => Ok((*one).clone()),
        _ => {
            Err(CommandError::Several { folder: shown.to_owned(), found: found.iter().map(below).collect() })
        }
    }
}

/// Complains of a path in a Flask project, if it is one.
pub fn part(path: &Path, shown: &str) -> Option<CommandError> {
    let project = path.ancestors().find(|folder| is_flask(folder))?;
    Some(CommandError::Part { part: shown.to_owned(), project: project.display().to_string() })
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.is_dir() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_of_several_is_meant_does_not_depend_on_where_the_folder_is() {
        let folder = tempfile::Builder::new().prefix("session-").tempdir().expect("a folder can be made");
        let project = |name: &str| {
            let api = folder.path().join(name).join("api/v1");
            std::fs::create_dir_all(&api).expect("a folder can be made");
            std::fs::write(api.join("app.py"), "").expect("a file can be written");
        };
        project("0x06-Basic_authentication");
        project("0x07-Session_authentication");
        let found = flask(folder.path(), "it").expect("one of the two is meant");
        assert!(found.ends_with("0x07-Session_authentication"), "{}", found.display());

        project("Session_again");
        let error = flask(folder.path(), "it").expect_err("two of the three are meant");
        assert_eq!(
            error.in_report(),
            "it holds several implementations: \
             0x06-Basic_authentication, 0x07-Session_authentication, Session_again"
        );
        assert!(error.to_string().ends_with(
            ":\n  it/0x06-Basic_authentication\n  it/0x07-Session_authentication\n  it/Session_again"
        ));
    }
}
