//! The subcommands `list` and `show`: the scenarios, as text.

use spec::script;
use spec::suite::Suite;

use crate::console::print;
use crate::exit::{Exit, Failure};

/// Prints every scenario's name and title.
pub fn list(suite: &Suite) -> Exit {
    let width = suite.scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    let lines: String = suite
        .scenarios
        .iter()
        .map(|scenario| format!("{:<width$}  {}\n", scenario.name, scenario.title))
        .collect();
    print(&lines);
    Exit::Met
}

/// Prints the steps of a scenario with their accepted answers, or as a bash script.
///
/// # Errors
///
/// When there is no such scenario, or no transcript of it was ever accepted.
pub fn show(suite: &Suite, name: &str, sh: bool) -> Result<Exit, Failure> {
    let scenario = suite.find_scenario(name).map_err(Failure::usage)?;
    let accepted = suite.accepted(&scenario.name);
    let text = match accepted {
        _ if sh => script::script(scenario, accepted),
        Some(transcript) => transcript.to_string(),
        None => {
            let name = &scenario.name;
            let why = format!("no transcript of {name} was ever accepted; run `just review`");
            return Err(Failure::usage(why));
        }
    };
    print(&text);
    Ok(Exit::Met)
}
