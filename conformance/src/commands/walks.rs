//! The setup that `fuzz` and `diff` share: runtime, targets, modes, seed and progress bar.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use crate::error::Error;
use crate::exit::Failure;
use runner::interruption::Interruption;
use runner::prepare::ClockUnproved;
use search::fuzz::Property;
use search::fuzz::{Harness, Setup};
use spec::catalogue::{Catalogue, Mode};
use spec::results::ClockKind;
use targets::clock;
use targets::command::Command;
use targets::progress::event::EventListener;
use targets::{NewUser, Target};

/// Makes the runtime that walks are played in.
///
/// # Errors
///
/// When the system has no room for it.
pub fn runtime() -> Result<Runtime, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::Runtime)
}

/// Returns the implementation in a folder once for each clock driver of this machine, the best first.
///
/// # Errors
///
/// When there is none.
pub fn folder(folder: &str, command: Option<&str>) -> Result<Vec<Box<dyn Target>>, Failure> {
    let command = Command::new(Path::new(folder), command, ClockKind::Wall).map_err(Failure::usage)?;
    let mut targets: Vec<Box<dyn Target>> = Vec::new();
    if clock::library().is_some() {
        targets.push(Box::new(command.with_clock(ClockKind::Faketime)));
    }
    targets.push(Box::new(command));
    Ok(targets)
}

/// Prepares the first of these targets whose clock follows its driver; at least one is given.
///
/// # Errors
///
/// When the users cannot get in, no clock follows, or a signal ends it.
pub fn harness<'t>(
    runtime: &Runtime,
    targets: &'t [Box<dyn Target>],
    catalogue: &'t Catalogue,
    listener: &'t dyn EventListener,
    modes: &'t [Mode],
    given: Option<&'t NewUser>,
    stop: &Interruption,
) -> Result<Harness<'t>, Failure> {
    let mut end = Failure::not_checked(ClockUnproved.to_string());
    for target in targets {
        let setup = Setup { catalogue, listener, modes, seed_methods: target.seed_methods(), given };
        let harness = Harness::prepare(target.as_ref(), setup, stop.clone());
        match runtime.block_on(stop.or(harness)) {
            Ok(Ok(harness)) => return Ok(harness),
            Ok(Err(search::Error::ClockUnproved(_))) => {}
            Ok(Err(none)) => {
                end = failure(none, &target.name());
                break;
            }
            Err(signal) => return Err(Failure::interrupted(signal, "")),
        }
    }
    Err(end)
}

/// Says why walks of a target cannot be played, or not any more.
pub fn failure(none: search::Error, name: &str) -> Failure {
    match none {
        search::Error::Interrupted(signal) => Failure::interrupted(signal, ""),
        other => Failure::not_checked(format!("{name}: {other}")),
    }
}

/// Returns the modes of the command line, or all modes if it names none.
pub fn modes(asked: &[Mode]) -> Vec<Mode> {
    if asked.is_empty() { Mode::ALL.to_vec() } else { asked.to_vec() }
}

/// Returns the seed of the command line, or a new one.
pub fn seed(asked: Option<u64>) -> u64 {
    asked.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0))
}

/// Checks that some walk can be run at all.
///
/// # Errors
///
/// When none of what was asked for, each a name with its modes, says anything in the modes of the run.
pub fn says_something(asked: &[(&str, &[Mode])], modes: &[Mode]) -> Result<(), Failure> {
    if asked.iter().any(|(_, of)| of.iter().any(|mode| modes.contains(mode))) {
        return Ok(());
    }
    let names = |modes: &[Mode]| modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(", ");
    let each = asked.iter().map(|(name, of)| format!("{name} is about {}", names(of)));
    let each = each.collect::<Vec<_>>().join("; ");
    Err(Failure::usage(format!("there is nothing to play in {}: {each}", names(modes))))
}

/// The modes of a property that was named.
pub fn of_property(property: Property) -> (&'static str, &'static [Mode]) {
    (property.as_str(), property.modes())
}

/// A bar of all walks, on a terminal.
pub fn bar(walks: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} walks, {eta} left: {msg}");
    ProgressBar::new(walks).with_style(style.expect("the template is well-formed"))
}
