//! What a scenario keeps of an answer, under a name.

use serde_json::Value;

use super::{Printed, Replayer, Stopped};
use spec::results::run::Outcome;
use spec::scenario::path::PathStep;
use spec::scenario::{Capture, CaptureSource, JsonPath};
use spec::transcript::Answer;

impl Replayer<'_, '_> {
    pub(super) fn capture(&mut self, index: usize, capture: &Capture) -> Result<Printed, Stopped> {
        let cookie_name = self.cookie_name();
        let value = match &capture.from {
            CaptureSource::Variable(template) => Ok(self.expand(template, index)?),
            from => {
                let Some((asked, exchange)) = &self.last else {
                    return Err(Stopped::Step(Outcome::Error {
                        why: "no answer stands before this step".into(),
                    }));
                };
                let Some(exchange) = exchange else {
                    let by = *asked;
                    self.missing.insert(capture.name.clone(), by);
                    return Err(Stopped::Step(Outcome::Blocked { by }));
                };
                let answer = exchange.answer.as_ref().ok();
                if !answer.is_some_and(spec::http::Answer::is_success) {
                    // The request itself failed, and has said so.
                    let by = *asked;
                    self.missing.insert(capture.name.clone(), by);
                    return Err(Stopped::Step(Outcome::Blocked { by }));
                }
                match from {
                    CaptureSource::Json(path) => answer
                        .and_then(spec::http::Answer::json)
                        .and_then(|value| find(path, &value).map(plain))
                        .ok_or_else(|| format!("no {path} in the last answer")),
                    _ => answer.and_then(|answer| answer.cookie(&cookie_name)).map(str::to_owned).ok_or_else(
                        || format!("no cookie {} in the last answer", self.settings.session_name),
                    ),
                }
            }
        };
        match value {
            Ok(value) => {
                self.missing.remove(&capture.name);
                self.variables.insert(capture.name.clone(), value);
                Ok((Answer::default(), None))
            }
            Err(line) => {
                self.variables.remove(&capture.name);
                self.missing.insert(capture.name.clone(), index);
                Ok((Answer::text(vec![line]), None))
            }
        }
    }
}

/// Follows a path into a JSON value.
fn find<'v>(path: &JsonPath, value: &'v Value) -> Option<&'v Value> {
    path.steps().iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get(key),
        PathStep::Index(index) => value.get(index),
    })
}

/// Writes a JSON value as the shell would hold it: a string without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
