//! Scenarios in files of the user's, such as `conformance fuzz --save` writes: no transcript of theirs was ever
//! accepted, and what the model answers stands for it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::fuzz::saved;
use crate::served_model::Model;
use runner::check::{Check, Plan};
use spec::catalogue::Subject;
use spec::results::Way;
use spec::suite::Suite;
use spec::transcript::Transcript;
use targets::progress::event::{Event, Listener};

/// Tells whether somebody means a file by the name of a scenario, and not a scenario of this suite.
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

/// Adds the scenario in a file to a suite, and gives its name.
///
/// # Errors
///
/// When the file is no scenario, or the model answers it differently in two of its modes.
pub async fn add(suite: &Suite, file: &str) -> Result<(Suite, String), String> {
    let scenario = saved::file(Path::new(file))?;
    let (name, modes) = (scenario.name.clone(), scenario.modes.clone());
    let mut suite = suite.with(scenario, file)?;
    let plan = Plan {
        modes,
        scenarios: vec![name.clone()],
        requirements: Vec::new(),
        ways: vec![Way::Api],
        given: None,
        jobs: 1,
    };
    let transcripts = Transcripts::default();
    let target = Model::default();
    let check = Check::new(&suite, &target, &plan, &transcripts);
    check.run().await.map_err(|_| "the model's clock does not follow".to_owned())?;
    let transcripts = transcripts.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Some((first, transcript)) = transcripts.first() else {
        return Err(format!("{file} has no step to play"));
    };
    if let Some((other, _)) = transcripts.iter().find(|(_, other)| other != transcript) {
        return Err(format!(
            "{file} is answered otherwise in {first} than in {other}; make it one scenario for each"
        ));
    }
    suite.accept(&name, transcript.clone());
    Ok((suite, name))
}

/// What the model has answered, by mode; each mode adds its own when it is played.
#[derive(Default)]
struct Transcripts(Mutex<Vec<(Subject, Transcript)>>);

impl Listener for Transcripts {
    fn hear(&self, event: &Event<'_>) {
        if let Event::Played { mode, scenario, run } = event {
            let mut transcripts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            transcripts.push((*mode, run.transcript(scenario)));
        }
    }
}
