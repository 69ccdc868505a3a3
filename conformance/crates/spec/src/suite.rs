//! The suite: the catalogue, the scenarios, and their accepted transcripts, read once and checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::catalogue::Profile;
use crate::catalogue::Subject;
use crate::catalogue::{Catalogue, Requirement, nearest};
use crate::error::{Advice, Error};
use crate::scenario::diagnose::{self, code};
use crate::scenario::{Action, Diagnostic, Scenario, Show};
use crate::transcript::{Shown, Transcript};

/// The scenarios as they were when this program was built.
static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../../scenarios");

/// The catalogues: of the documents, and of what HARDENED=1 changes.
const CATALOGUES: [&str; 2] = ["requirements.toml", "hardened.toml"];

/// Everything that a run is judged by.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The requirements.
    pub catalogue: Catalogue,
    /// The scenarios by name.
    pub scenarios: Vec<Scenario>,
    accepted: BTreeMap<String, Transcript>,
}

impl Suite {
    /// Gives the suite that is built into this program, by which the documents are checked.
    ///
    /// # Errors
    ///
    /// When a scenario is malformed; a test sees to it that none is.
    pub fn built_in() -> Result<Self, Error> {
        Self::built_in_for(Profile::Documented)
    }

    /// Gives the suite that is built into this program, for a profile.
    ///
    /// # Errors
    ///
    /// When a scenario is malformed; a test sees to it that none is.
    pub fn built_in_for(profile: Profile) -> Result<Self, Error> {
        let text =
            |path: &str| BUILT_IN.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default();
        let files = BUILT_IN.files().filter_map(|file| {
            let path = file.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            (path.extension()? == "md").then(|| (name, file.contents_utf8().unwrap_or_default().to_owned()))
        });
        let snapshot = |name: &str| {
            BUILT_IN
                .get_file(format!("snapshots/{name}.snap"))
                .and_then(|file| file.contents_utf8())
                .map(str::to_owned)
        };
        let catalogues = CATALOGUES.map(text);
        Self::assemble(profile, catalogues, files.collect(), &snapshot)
    }

    /// Reads a suite from a folder: `requirements.toml`, `hardened.toml`, `*.md`, `snapshots/*.snap`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a scenario or a catalogue is malformed.
    pub fn from_folder(profile: Profile, folder: &Path) -> Result<Self, Error> {
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |source| Error::Unreadable { path, source }
        };
        let read = |path: &Path| fs::read_to_string(path).map_err(unreadable(path));
        let [documented, hardened] = CATALOGUES.map(|name| read(&folder.join(name)));
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, read(&path)?));
            }
        }
        let snapshots = folder.join("snapshots");
        Self::assemble(profile, [&documented?, &hardened?], files, &|name| {
            fs::read_to_string(snapshots.join(format!("{name}.snap"))).ok()
        })
    }

    /// Finds the scenario that somebody calls `name`: also `name.md`, and a place as reports have it,
    /// `scenarios/name.md:41`.
    ///
    /// # Errors
    ///
    /// When there is none; the text suggests the nearest.
    pub fn find_scenario(&self, name: &str) -> Result<&Scenario, Error> {
        let name = name.split(':').next().unwrap_or_default();
        let name = name.strip_prefix("scenarios/").unwrap_or(name).trim_end_matches(".md");
        if self.catalogue.find(name).is_some() {
            return Err(Error::IsRequirement(name.to_owned()));
        }
        self.scenario(name).ok_or_else(|| {
            let names = self.scenarios.iter().map(|scenario| scenario.name.as_str());
            let advice = Advice::near_or_listed(nearest(name, names), "list", "them");
            Error::NoScenario { name: name.to_owned(), advice }
        })
    }

    /// Finds the requirement with this id.
    ///
    /// # Errors
    ///
    /// When there is none; the text suggests the nearest.
    pub fn find_requirement(&self, id: &str) -> Result<&Requirement, Error> {
        if self.scenario(id).is_some() {
            return Err(Error::IsScenario(id.to_owned()));
        }
        self.catalogue.find(id).ok_or_else(|| {
            let group = format!("{}.", id.to_lowercase().trim_end_matches(['.', '*']));
            let rows = self.catalogue.rows().iter().filter(|row| row.id.starts_with(&group));
            let ids: Vec<String> = rows.map(|row| row.id.clone()).collect();
            let advice = match ids.is_empty() {
                true => Advice::near_or_listed(self.catalogue.nearest(id), "coverage", "them"),
                false => Advice::Group(ids),
            };
            Error::NoRequirement { id: id.to_owned(), advice }
        })
    }

    fn assemble(
        profile: Profile,
        catalogues: [&str; 2],
        mut files: Vec<(String, String)>,
        snapshot: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let named = |index: usize| move |source| Error::Catalogue { file: CATALOGUES[index], source };
        let documented = Catalogue::parse(catalogues[0]).map_err(named(0))?;
        let added = Catalogue::parse(catalogues[1]).map_err(named(1))?;
        let hardened = documented.with(&added).map_err(named(1))?;
        files.sort();
        let mut scenarios = Vec::new();
        let mut complaints = String::new();
        for (name, text) in &files {
            let wrong = match Scenario::parse(name, text) {
                Ok(scenario) => {
                    let catalogue = match scenario.settings.profile {
                        Profile::Documented => &documented,
                        Profile::Hardened => &hardened,
                    };
                    let wrong = unknown_ids(&scenario, catalogue);
                    scenarios.push(scenario);
                    wrong
                }
                Err(wrong) => wrong,
            };
            complaints.push_str(&diagnose::render_all(&wrong, &format!("scenarios/{name}.md"), text, false));
        }
        if !complaints.is_empty() {
            return Err(Error::Scenarios(complaints));
        }
        scenarios.retain(|scenario| [Profile::Documented, profile].contains(&scenario.settings.profile));
        let accepted = scenarios
            .iter()
            .filter_map(|scenario| {
                let text = snapshot(&scenario.name)?;
                Some((scenario.name.clone(), Transcript::from_snapshot(&text)))
            })
            .collect();
        match profile {
            Profile::Documented => Ok(Self { catalogue: documented, scenarios, accepted }),
            Profile::Hardened => {
                let replaced = added.rows().iter().flat_map(|row| row.replaces.clone()).collect();
                Ok(Self { catalogue: hardened, scenarios, accepted }.hardened(&replaced))
            }
        }
    }

    /// Asks every server to be hardened. Steps that bear on nothing but what is replaced then are played, since others
    /// build on them, and judged no more.
    fn hardened(mut self, replaced: &BTreeSet<String>) -> Self {
        for scenario in &mut self.scenarios {
            scenario.settings.profile = Profile::Hardened;
            let accepted = self.accepted.get_mut(&scenario.name);
            let mut blocks = accepted.into_iter().flat_map(|transcript| &mut transcript.blocks);
            for section in &mut scenario.sections {
                let before = section.requirements.len();
                section.requirements.retain(|id| !replaced.contains(&id.value));
                let is_replaced = before > 0 && section.requirements.is_empty();
                for step in &mut section.steps {
                    let block = blocks.next();
                    if is_replaced && matches!(step.action, Action::Curl(_)) {
                        step.show = Show::BelowServerError;
                        block
                            .into_iter()
                            .for_each(|block| block.lines = vec![Shown::BelowServerError.to_string()]);
                    }
                }
            }
        }
        self
    }

    /// Gives the suite with one scenario more; it takes the place of one of its name.
    ///
    /// # Errors
    ///
    /// When a heading names a requirement that the catalogue does not have; the text shows the place in the file
    /// `shown`.
    pub fn with(&self, scenario: Scenario, shown: &str) -> Result<Self, Error> {
        let wrong = unknown_ids(&scenario, &self.catalogue);
        if !wrong.is_empty() {
            return Err(Error::Scenarios(diagnose::render_all(&wrong, shown, &scenario.source, false)));
        }
        let mut suite = self.clone();
        suite.accepted.remove(&scenario.name);
        suite.scenarios.retain(|one| one.name != scenario.name);
        suite.scenarios.push(scenario);
        Ok(suite)
    }

    /// Accepts a transcript for a scenario.
    pub fn accept(&mut self, name: &str, transcript: Transcript) {
        self.accepted.insert(name.to_owned(), transcript);
    }

    /// Finds a scenario by its name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// Gives the accepted transcript of a scenario; `None` where none was ever accepted.
    pub fn accepted(&self, name: &str) -> Option<&Transcript> {
        self.accepted.get(name)
    }

    /// Lists the scenarios of a mode in the order in which they share a sandbox best.
    ///
    /// Those that tell whether the mode exists at all come first; then those that use the documents'
    /// settings as they are; last those that stop the server or run it otherwise.
    pub fn of_mode(&self, mode: impl Into<Subject>) -> Vec<&Scenario> {
        let mode = mode.into();
        let mut scenarios: Vec<&Scenario> =
            self.scenarios.iter().filter(|scenario| scenario.modes.contains(&mode)).collect();
        scenarios.sort_by_key(|scenario| {
            (
                !scenario.names_requirement(crate::catalogue::MODE_SELECTED),
                scenario.isolated,
                scenario.restarts(),
            )
        });
        scenarios
    }
}

impl Scenario {
    /// Tells whether a heading names the requirement.
    pub fn names_requirement(&self, id: &str) -> bool {
        self.sections.iter().any(|section| section.requirements.iter().any(|named| named.value == id))
    }

    /// Tells whether it stops the server, or runs it with settings of its own.
    pub fn restarts(&self) -> bool {
        let stops = |action: &Action| {
            matches!(
                action,
                Action::Restart | Action::Kill | Action::Serve(_) | Action::Main(_) | Action::RequireAuth(_)
            )
        };
        !self.settings.are_usual() || self.steps().any(|step| stops(&step.action))
    }
}

/// Complains of ids in headings that the catalogue does not have.
fn unknown_ids(scenario: &Scenario, catalogue: &Catalogue) -> Vec<Diagnostic> {
    let ids = scenario.sections.iter().flat_map(|section| &section.requirements);
    ids.filter(|id| catalogue.find(&id.value).is_none())
        .map(|id| {
            let help = match catalogue.nearest(&id.value) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the ids stand in scenarios/requirements.toml".to_owned(),
            };
            let message = format!("unknown requirement `{}`", id.value);
            Diagnostic::new(code::UNKNOWN_REQUIREMENT, id.span.clone(), message, help)
                .label("no row of requirements.toml has this id")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_answer_is_read_whole() {
        let suite = Suite::built_in_for(Profile::Hardened).expect("a test of its own reads it");
        let mut answers = 0;
        for scenario in &suite.scenarios {
            let accepted = suite.accepted(&scenario.name).expect("it was accepted");
            for (step, block) in scenario.steps().zip(&accepted.blocks) {
                let printed = block.printed(&step.action);
                assert_eq!(printed.lines(), block.lines, "{}: {}", scenario.name, step.text);
                if step.action.request().is_some() {
                    let failure = matches!(printed.status, None | Some(Shown::Failure(_)));
                    assert!(!failure && printed.breaches.is_empty(), "{}: {}", scenario.name, step.text);
                    answers += 1;
                }
            }
        }
        assert!(answers > 500, "{answers}");
    }
}
