//! The subcommand `doctor`: the tools that checks use, whether this machine has them, and how to install them.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use report::style::{BOLD, DIM, GOOD, WARNING};
use targets::clock;

/// Runs a program and returns the first line of its output; `None` if it is missing or fails.
pub type Probe<'a> = dyn Fn(&str, &[&str]) -> Option<String> + 'a;

/// Something that checks may use.
struct Tool {
    name: &'static str,
    /// Its version or place, where this machine has it.
    found: Option<String>,
    purpose: &'static str,
    how_to_get: &'static str,
    /// A known problem of the version that was found.
    caution: Option<&'static str>,
}

/// The version of Werkzeug that drops cookie values with a space.
const WERKZEUG: &str = "3.1.9";

/// Returns the list of tools with ANSI styles, which the output stream strips if they are unwanted. `library` is
/// the path of libfaketime.
pub fn doctor(probe: &Probe<'_>, library: Option<String>) -> String {
    let tools = tools(probe, library);
    let mut out = format!(
        "{BOLD}The reference server and anything at a URL can be checked without any of these.{BOLD:#}\n\n"
    );
    for tool in &tools {
        let (style, mark, state) = match (&tool.found, tool.caution) {
            (Some(found), None) => (GOOD, "✓", found.as_str()),
            (Some(found), Some(_)) => (WARNING, "!", found.as_str()),
            (None, _) => (WARNING, "-", "not found"),
        };
        let mut line = |text: std::fmt::Arguments<'_>| {
            writeln!(out, "{text}").expect("writing to a string cannot fail");
        };
        line(format_args!("{style}{mark} {:<13}{style:#} {state}", tool.name));
        line(format_args!("                {DIM}for {}{DIM:#}", tool.purpose));
        if tool.found.is_none() {
            line(format_args!("                to get it: {}", tool.how_to_get));
        }
        if let Some(caution) = tool.caution {
            line(format_args!("                {WARNING}{caution}{WARNING:#}"));
        }
    }
    out
}

fn tools(probe: &Probe<'_>, library: Option<String>) -> Vec<Tool> {
    let version = |program| probe(program, &["--version"]);
    let module = |name: &str| {
        let code = format!("import importlib.metadata as m; print(m.version({name:?}))");
        probe("python3", &["-c", &code])
    };
    let tool = |name, found, purpose, how_to_get| Tool { name, found, purpose, how_to_get, caution: None };
    let werkzeug = module("werkzeug");
    let caution = (werkzeug.as_deref() == Some(WERKZEUG)).then_some(
        "this version drops cookie values with a space: main3.cookie-value is not met, whatever the project does",
    );
    let mut tools = vec![
        tool(
            "curl",
            version("curl"),
            "the lines that repeat a failure, and the scripts of `show --sh`",
            "apt-get install curl",
        ),
        tool("bash", version("bash"), "the scripts of `show --sh`", "apt-get install bash"),
        tool(
            "faketime",
            library,
            "moving the time of a project in a folder; without it expiry is checked by waiting, to whole seconds only",
            "apt-get install faketime",
        ),
        tool(
            "python3",
            version("python3"),
            "starting Flask projects, their main_0 to main_4, and values kept by the scripts",
            "apt-get install python3",
        ),
        tool("Flask", module("flask"), "starting Flask projects", "pip install flask"),
        tool("flask-cors", module("flask-cors"), "starting Flask projects", "pip install flask-cors"),
        Tool { caution, ..tool("Werkzeug", werkzeug, "the server inside Flask", "it comes with Flask") },
    ];
    tools.push(tool(
        "redis-server",
        version("redis-server"),
        "the Redis part of the documents: `conformance check redis-server` starts one of its own",
        "apt-get install redis-server",
    ));
    tools
}

/// Returns the list of tools for this machine.
pub fn this_machine() -> String {
    let probe = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then(|| version(text.lines().next().unwrap_or_default()).to_owned())
    };
    doctor(&probe, clock::library().map(|path| path.display().to_string()))
}

/// Returns the part of a program's first line up to its version: the first word with a digit.
fn version(line: &str) -> &str {
    let Some(digit) = line.find(|letter: char| letter.is_ascii_digit()) else { return line };
    let end = line[digit..].find(' ').map_or(line.len(), |length| digit + length);
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(probe: &Probe<'_>, library: Option<&str>) -> String {
        anstream::adapter::strip_str(&doctor(probe, library.map(str::to_owned))).to_string()
    }

    #[test]
    fn a_bare_machine_is_told_how_to_get_each_tool() {
        let text = report(&|_, _| None, None);
        assert_eq!(text.matches("not found").count(), 8, "{text}");
        assert_eq!(text.matches("to get it: ").count(), 8, "{text}");
    }

    #[test]
    fn a_version_is_cut_out_of_what_a_program_says_of_itself() {
        assert_eq!(version("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1"), "curl 7.88.1");
        assert_eq!(version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"), "Redis server v=7.0.15");
        assert_eq!(
            version("GNU bash, version 5.2.15(1)-release (x86_64)"),
            "GNU bash, version 5.2.15(1)-release"
        );
        assert_eq!(version("3.1.9"), "3.1.9");
        assert_eq!(version("no number"), "no number");
    }

    #[test]
    fn the_werkzeug_that_drops_cookie_values_with_a_space_is_pointed_out() {
        let with = |version: &'static str| {
            let probe = move |_: &str, arguments: &[&str]| {
                Some(if arguments.concat().contains("werkzeug") { version } else { "1.0" }.to_owned())
            };
            report(&probe, Some("/usr/lib/libfaketime.so.1"))
        };
        assert!(with("3.1.9").contains("! Werkzeug      3.1.9\n"), "{}", with("3.1.9"));
        assert!(with("3.1.9").contains("main3.cookie-value"), "{}", with("3.1.9"));
        assert!(!with("3.1.8").contains("main3.cookie-value"), "{}", with("3.1.8"));
        assert!(with("3.1.8").contains("✓ faketime      /usr/lib/libfaketime.so.1\n"));
    }
}
