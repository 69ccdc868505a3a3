//! Scenarios in files of the user's, such as `conformance fuzz --save` writes: no transcript of theirs was ever
//! accepted, and what the model answers stands for it.

use std::path::Path;

use crate::Error;
use crate::fuzz::saved;
use crate::served_model::Model;
use runner::check::{Check, Plan};
use runner::prepare::ClockUnproved;
use spec::results::SeedMethod;
use spec::suite::Suite;
use targets::progress::event::NoListener;

/// Returns whether somebody means a file by the name of a scenario, and not a scenario of this suite.
pub fn is_meant(suite: &Suite, name: &str) -> bool {
    let path = Path::new(name);
    let is_file = path.extension().is_some_and(|extension| extension == "md") && path.is_file();
    // A place as reports have it may also be a file here.
    is_file && !suite.find_scenario(name).is_ok_and(|known| same_text(path, &known.source))
}

/// Says in a complaint about the name of a scenario that no such file is there either, where one may be meant.
pub fn or_file(complaint: String, name: &str) -> String {
    if name.ends_with(".md") { format!("there is no file {name}, and {complaint}") } else { complaint }
}

fn same_text(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|read| read == text)
}

/// Adds the scenario in a file to a suite, and returns its name.
///
/// # Errors
///
/// When the file is no scenario, or the model answers it differently in two of its modes.
pub async fn add(suite: &Suite, file: &str) -> Result<(Suite, String), Error> {
    let scenario = saved::file(Path::new(file))?;
    let (name, modes) = (scenario.name.clone(), scenario.modes.clone());
    let suite = suite.with(scenario, file);
    let mut suite = suite.map_err(Error::UnknownRequirements)?;
    let plan = Plan {
        modes,
        scenarios: vec![name.clone()],
        requirements: Vec::new(),
        seed_methods: vec![SeedMethod::Api],
        given: None,
        jobs: 1,
    };
    let target = Model::default();
    let check = Check::new(&suite, &target, &plan, &NoListener);
    let checked = check.run().await.map_err(|ClockUnproved| Error::ModelClock)?;
    let transcripts: Vec<_> = checked.runs.iter().map(|run| (run.mode, run.transcript())).collect();
    let Some((first, transcript)) = transcripts.first() else {
        return Err(Error::NoStep(file.to_owned()));
    };
    if let Some((other, _)) = transcripts.iter().find(|(_, other)| other != transcript) {
        return Err(Error::ModesDiffer { file: file.to_owned(), first: *first, other: *other });
    }
    suite.accept(&name, transcript.clone());
    Ok((suite, name))
}
