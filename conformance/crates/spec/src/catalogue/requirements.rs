//! The catalogue: every requirement as a row of `scenarios/requirements.toml`; those of HARDENED=1 stand in
//! `scenarios/hardened.toml`.

use std::collections::HashSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Mode, Subject};

/// The requirement that tells whether a mode exists at all; where it fails, it blocks the rest of the mode.
pub const MODE_SELECTED: &str = "mode.selected";

/// Says how much a requirement matters: musts drive the outcome, shoulds warn, exacts inform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The documents say it in words or show it in a transcript.
    Must,
    /// It follows from the documents' rules, or is shown only incidentally.
    Should,
    /// Transcript bytes that a correct server may differ in.
    Exact,
}

impl Weight {
    /// Every weight, the heaviest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Exact];

    /// Names the weight as the catalogue and the reports do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Exact => "exact",
        }
    }
}

/// Names what a target must be able to do for a requirement to be checked on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Stop and start again, possibly with other settings.
    Restart,
    /// Make its time pass.
    Clock,
    /// Store a first user without a credential.
    Seed,
    /// Run one of the documents' programs on the implementation's own code.
    Program,
    /// Reach a Redis server.
    Redis,
}

/// One row of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its stable name, as in `login.ok`.
    pub id: String,
    /// Where it comes from, as in `session/7`.
    pub task: String,
    /// The modes that it applies to, in catalogue order; [`Subject::Redis`] alone where the catalogue names none.
    pub modes: Vec<Subject>,
    /// How much it matters.
    pub weight: Weight,
    /// What a target must be able to do.
    pub needs: Vec<Need>,
    /// The requirement itself, one sentence.
    pub text: String,
    /// The requirements of the documents that it takes the place of, in the profile that it belongs to.
    pub replaces: Vec<String>,
}

/// The requirements in the order of the file.
#[derive(Clone, Debug)]
pub struct Catalogue {
    rows: Vec<Requirement>,
}

/// Says why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not TOML of the expected shape.
    #[error("it cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A row names a mode that does not exist.
    #[error("`{id}` names the mode `{mode}`: {reason}")]
    Mode {
        /// The row.
        id: String,
        /// What was read.
        mode: String,
        /// What to write instead.
        reason: String,
    },
    /// Two rows share an id.
    #[error("two rows have the id `{0}`; ids are unique")]
    Twice(String),
}

#[derive(Deserialize)]
struct File {
    requirement: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    task: String,
    modes: Vec<String>,
    weight: Weight,
    #[serde(default)]
    needs: Vec<Need>,
    text: String,
    #[serde(default)]
    replaces: Vec<String>,
}

impl Requirement {
    /// Returns whether it speaks of a Redis server, and not of the API.
    pub fn is_of_redis(&self) -> bool {
        self.modes == [Subject::Redis]
    }
}

impl Catalogue {
    /// Reads the catalogue from the text of `requirements.toml`.
    ///
    /// # Errors
    ///
    /// When the text is not TOML of that shape, a mode is unknown, or an id stands twice.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text)?;
        let mut seen = HashSet::new();
        let mut rows = Vec::with_capacity(file.requirement.len());
        for row in file.requirement {
            if !seen.insert(row.id.clone()) {
                return Err(CatalogueError::Twice(row.id));
            }
            let mut modes: Vec<Subject> = row
                .modes
                .iter()
                .map(|mode| {
                    Mode::from_str(mode).map(Subject::Api).map_err(|error| CatalogueError::Mode {
                        id: row.id.clone(),
                        mode: mode.clone(),
                        reason: error.to_string(),
                    })
                })
                .collect::<Result<_, _>>()?;
            if modes.is_empty() {
                modes.push(Subject::Redis);
            }
            rows.push(Requirement {
                id: row.id,
                task: row.task,
                modes,
                weight: row.weight,
                needs: row.needs,
                text: row.text,
                replaces: row.replaces,
            });
        }
        Ok(Self { rows })
    }

    /// Gives the catalogue with the rows of another after its own, less those that are replaced by them.
    ///
    /// # Errors
    ///
    /// When an id stands in both.
    pub fn with(&self, other: &Self) -> Result<Self, CatalogueError> {
        if let Some(row) = other.rows.iter().find(|row| self.find(&row.id).is_some()) {
            return Err(CatalogueError::Twice(row.id.clone()));
        }
        let is_replaced = |row: &&Requirement| other.rows.iter().any(|new| new.replaces.contains(&row.id));
        let kept = self.rows.iter().filter(|row| !is_replaced(row));
        Ok(Self { rows: kept.chain(&other.rows).cloned().collect() })
    }

    /// Lists every row, in the order of the file.
    pub fn rows(&self) -> &[Requirement] {
        &self.rows
    }

    /// Lists the rows that speak of the API, and not of Redis.
    pub fn of_the_api(&self) -> impl Iterator<Item = &Requirement> {
        self.rows.iter().filter(|row| !row.is_of_redis())
    }

    /// Finds a requirement by its id.
    pub fn find(&self, id: &str) -> Option<&Requirement> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Returns whether the requirement exists and speaks of the subject.
    pub fn applies(&self, id: &str, subject: impl Into<Subject>) -> bool {
        let subject = subject.into();
        self.find(id).is_some_and(|row| row.modes.contains(&subject))
    }

    /// Suggests the id that is spelled most like `id`, if any is near.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        super::nearest(id, self.rows.iter().map(|row| row.id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        "[[requirement]]\nid = \"a.b\"\ntask = \"api\"\nmodes = [\"off\"]\nweight = \"must\"\ntext = 't'\n";

    #[test]
    fn a_row_is_read_with_its_modes() {
        let catalogue = Catalogue::parse(ONE).expect("the row is well formed");
        assert_eq!(catalogue.rows()[0].modes, [Subject::Api(Mode::Off)]);
        assert!(catalogue.applies("a.b", Mode::Off));
        assert!(!catalogue.applies("a.b", Mode::Auth));
    }

    #[test]
    fn a_row_without_modes_is_of_redis() {
        let catalogue = Catalogue::parse(&ONE.replace("\"off\"", "")).expect("the row is well formed");
        assert_eq!(catalogue.rows()[0].modes, [Subject::Redis]);
        assert_eq!(catalogue.of_the_api().count(), 0);
    }

    #[test]
    fn an_id_that_stands_twice_is_refused() {
        let error = Catalogue::parse(&format!("{ONE}{ONE}")).expect_err("twice");
        assert_eq!(error.to_string(), "two rows have the id `a.b`; ids are unique");
    }

    #[test]
    fn an_unknown_mode_is_refused_by_name() {
        let error = Catalogue::parse(&ONE.replace("off", "of")).expect_err("no such mode");
        assert!(error.to_string().starts_with("`a.b` names the mode `of`: "), "{error}");
    }
}
