//! The guides do not rot: the command lines and options that they name exist, and the workflow does what it says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::cli;
use test_support::skip::{missing, say_skipped};

/// The guides, by their paths.
const GUIDES: [(&str, &str); 8] = [
    ("README.md", include_str!("../../../README.md")),
    ("CONTRIBUTING.md", include_str!("../../../CONTRIBUTING.md")),
    ("CHANGELOG.md", include_str!("../../../CHANGELOG.md")),
    ("docs/architecture.md", include_str!("../../../docs/architecture.md")),
    ("docs/ci.md", include_str!("../../../docs/ci.md")),
    ("docs/grading.md", include_str!("../../../docs/grading.md")),
    ("docs/redis.md", include_str!("../../../docs/redis.md")),
    ("docs/scenario-format.md", include_str!("../../../docs/scenario-format.md")),
];

const WORKFLOW: &str = include_str!("../../../docs/session-auth-conformance.yml");

/// Options of other programs that the guides name: those of curl, cargo, apt-get, pip and uvicorn.
const FOREIGN: [&str; 17] = [
    "--cookie",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "--git",
    "--host",
    "--locked",
    "--no-install-recommends",
    "--path",
    "--path-as-is",
    "--port",
    "--release",
    "--request-target",
    "--requirement",
    "--rev",
    "--test",
    "--workspace",
];

/// The command lines of `conformance` in a guide: in its blocks of shell and in its inline code.
fn command_lines(guide: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    for line in guide.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info) };
            continue;
        }
        match fence {
            Some("sh" | "console" | "yaml") => lines.push(line.to_owned()),
            Some(_) => {}
            None => lines.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    lines.iter().filter_map(|line| after_the_program(line)).collect()
}

/// Returns the arguments of a line that calls the program.
fn after_the_program(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("- ").trim_start_matches("$ ");
    let starts = ["conformance ", "cargo run --release -p conformance -- ", ".conformance/bin/conformance "];
    let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
    // `…` stands for what the reader adds.
    (!rest.starts_with('…')).then(|| rest.to_owned())
}

#[test]
fn every_command_line_of_the_guides_can_be_typed() {
    let lines: Vec<String> = GUIDES.into_iter().flat_map(|(_, text)| command_lines(text)).collect();
    assert!(lines.len() >= 30, "they are found: {lines:#?}");
    for line in lines {
        let words = shlex::split(&line).unwrap_or_else(|| panic!("{line}: a quote is not closed"));
        let typed = std::iter::once("conformance".to_owned()).chain(words);
        if let Err(error) = cli::grammar().try_get_matches_from(typed) {
            panic!("conformance {line}\n{error}");
        }
    }
}

#[test]
fn every_option_that_the_guides_name_exists() {
    let grammar = cli::grammar();
    let own: BTreeSet<String> = std::iter::once(&grammar)
        .chain(grammar.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
        .collect();
    for (name, text) in GUIDES.into_iter().chain([("the workflow", WORKFLOW)]) {
        let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
        let options = words.filter(|word| word.starts_with("--") && word.len() > 4);
        for option in options.filter(|option| !["--help", "--root"].contains(option)) {
            assert!(own.contains(option) || FOREIGN.contains(&option), "{name} names {option}");
        }
    }
}

#[test]
fn the_readme_can_be_read_in_one_go() {
    let (_, readme) = GUIDES[0];
    assert!(readme.lines().count() <= 120, "move what a first reader does not need to docs/");
}

#[test]
fn every_file_that_the_guides_link_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in a workspace");
    for (name, text) in GUIDES {
        let folder = root.join(name).parent().expect("a file stands in a folder").to_owned();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap_or_default();
            assert!(folder.join(file).exists(), "{name}: {link}");
        }
    }
}

/// The `run: |` block of a step of the workflow.
fn run_block(step: &str) -> String {
    let (_, rest) = WORKFLOW.split_once(&format!("- name: {step}\n")).expect("the workflow has the step");
    let (_, block) = rest.split_once("run: |\n").expect("it runs something");
    let indent = block.len() - block.trim_start().len();
    let lines = block.lines().take_while(|line| line.len() - line.trim_start().len() >= indent);
    lines.map(|line| format!("{}\n", &line[indent..])).collect()
}

/// A checkout with a project that ends at once, and the binary where the workflow keeps it.
fn checkout(folder: &Path) -> PathBuf {
    let checkout = folder.join("checkout");
    let api = checkout.join("api/v1");
    std::fs::create_dir_all(&api).expect("a folder can be made");
    std::fs::write(api.join("app.py"), "raise SystemExit('its last words')\n").expect("there is room");
    let bin = folder.join("conformance/bin");
    std::fs::create_dir_all(&bin).expect("a folder can be made");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_conformance"), bin.join("conformance")).expect("a link");
    checkout
}

#[test]
fn the_step_of_the_workflow_that_checks_leaves_its_reports_and_the_exit_code() {
    if let Some(missing) = missing("bash", "bash") {
        return say_skipped("the step of the workflow that checks", &missing);
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let checkout = checkout(folder.path());
    let summary = folder.path().join("summary");
    let run = |known: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &run_block("Check")])
            .current_dir(&checkout)
            .env("HOME", folder.path())
            .env("PROJECT", ".")
            .env("KNOWN_FAILING", known)
            .env("GITHUB_STEP_SUMMARY", &summary);
        bash.output().expect("bash runs")
    };
    let output = run("known-failing.txt");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("\n::error::The project could not be started"), "{text}");
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("it was written");
    let summary = read(summary.clone());
    assert!(summary.starts_with("~~~text\nChecked checkout ") && summary.ends_with("~~~\n"), "{summary}");
    for (report, start) in
        [("conformance.json", "{"), ("conformance.xml", "<?xml"), ("conformance.html", "<!")]
    {
        assert!(read(checkout.join(report)).starts_with(start), "{report}");
    }

    std::fs::write(checkout.join("known"), "login.okay\n").expect("there is room");
    let output = run("known");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "the list was given: {text}");
    assert!(text.contains("did you mean login.ok?"), "{text}");
}

#[test]
fn shellcheck_finds_nothing_in_the_workflow() {
    if let Some(missing) = missing("shellcheck", "shellcheck") {
        return say_skipped("the shell of the workflow", &missing);
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let steps = ["Install what the project needs", "Install what moves the time", "Build the suite", "Check"];
    assert_eq!(WORKFLOW.matches("run: |\n").count(), steps.len(), "every block is read");
    for (number, step) in steps.into_iter().enumerate() {
        let file = folder.path().join(number.to_string());
        std::fs::write(&file, run_block(step)).expect("there is room");
        let output =
            Command::new("shellcheck").args(["--shell", "bash"]).arg(file).output().expect("it runs");
        assert!(output.status.success(), "{step}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
