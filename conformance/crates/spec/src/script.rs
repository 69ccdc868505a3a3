//! A scenario as a bash script with real curl, for a person to run against a server.
//!
//! The script prints what the transcript shows: each step, the status, the session cookie, the body. What no
//! shell can do by itself (a stored user, a restart, a program) is a function that asks a person to do it, and
//! that whoever runs the script may define before it; see `script.sh`, which stands at the head of each.

use crate::scenario::Template;
use crate::scenario::action::{Action, Capture, CaptureSource, Serve, Setting};
use crate::scenario::curl::Curl;
use crate::scenario::print::redis_cli::NOWHERE;
use crate::scenario::print::shell::{filter, to_shell, word};
use crate::scenario::redis::{Call, NOBODY, Redis};
use crate::scenario::{Scenario, Section, SessionDuration, Show, Step};
use crate::transcript::Transcript;

/// The functions that every script uses.
const FUNCTIONS: &str = include_str!("script.sh");

/// Where a server is looked for where nothing else is said.
const API: &str = "http://127.0.0.1:5000";
const REDIS: &str = "redis://127.0.0.1:6379";

/// Writes the scenario as a script; what its steps are accepted to print stands in comments.
pub fn script(scenario: &Scenario, accepted: Option<&Transcript>) -> String {
    let mut out = head(scenario);
    if scenario.is_of_redis() {
        out.push_str(&FUNCTIONS.replace(API, REDIS));
        if scenario.steps().any(|step| step.action.uses().contains(&NOBODY)) {
            out.push_str(&format!("\n# Nobody listens there.\n{NOBODY}={NOWHERE}\n"));
        }
    } else {
        out.push_str(FUNCTIONS);
    }
    // Where a program is run first, the server may be started after it.
    let reaches = !scenario.steps().any(|step| matches!(step.action, Action::Main(_)));
    if scenario.is_of_redis() {
        out.push_str("\nreach_redis\n");
    } else if reaches {
        out.push_str("\nreach\n");
    }
    let mut session_name = scenario.settings.session_name.clone();
    let mut index = 0;
    for section in &scenario.sections {
        out.push('\n');
        if let Some(line) = heading(section) {
            out.push_str(&format!("# {line}\n"));
        }
        for step in &section.steps {
            if let Action::Serve(serve) = &step.action {
                session_name = renamed(serve).unwrap_or(session_name);
            }
            let lines = accepted.and_then(|transcript| transcript.blocks.get(index));
            out.push_str(&written(step, &session_name));
            for line in lines.iter().flat_map(|block| &block.lines) {
                out.push_str(&format!("#   {line}\n"));
            }
            index += 1;
        }
    }
    out
}

fn head(scenario: &Scenario) -> String {
    let (name, title) = (&scenario.name, &scenario.title);
    if scenario.is_of_redis() {
        return format!(
            "#!/usr/bin/env bash\n# {name}: {title}\n#\n\
             # bash {name}.sh [URL]     address of the server, or the variable URL [{REDIS}]\n#\n\
             # A comment below a step says what it is accepted to print.\n"
        );
    }
    let modes: Vec<&str> = scenario.modes.iter().map(|mode| mode.as_str()).collect();
    let settings = &scenario.settings;
    let duration = match &settings.session_duration {
        SessionDuration::OfMode => "SESSION_DURATION=60 in session_exp_auth and session_db_auth".to_owned(),
        SessionDuration::Unset => "SESSION_DURATION unset".to_owned(),
        SessionDuration::Value(value) => format!("SESSION_DURATION={value}"),
    };
    let zone = settings.tz.as_ref().map(|zone| format!(", TZ={zone}")).unwrap_or_default();
    format!(
        "#!/usr/bin/env bash\n# {name}: {title}\n#\n\
         # bash {name}.sh [URL]     URL of the server, or the variable URL [{API}]\n#\n\
         # The server is to run in one of the modes (AUTH_TYPE; unset for off): {modes},\n\
         # with SESSION_NAME={session_name}, {duration}{zone}.\n\
         # A comment below a step says what it is accepted to print.\n",
        modes = modes.join(", "),
        session_name = settings.session_name,
    )
}

fn heading(section: &Section) -> Option<String> {
    let ids: Vec<&str> = section.requirements.iter().map(|id| id.value.as_str()).collect();
    match (section.heading.is_empty(), ids.is_empty()) {
        (true, true) => None,
        (_, true) => Some(section.heading.clone()),
        (true, false) => Some(ids.join(" ")),
        (false, false) => Some(format!("{} ({})", section.heading, ids.join(" "))),
    }
}

/// Writes one step: the line that prints it, and what it does.
fn written(step: &Step, session_name: &str) -> String {
    format!("\nstep {}\n{}\n", single_quoted(&step.text), command(step, session_name))
}

fn command(step: &Step, session_name: &str) -> String {
    match &step.action {
        Action::Curl(curl) => {
            let show = match step.show {
                Show::All if curl.include => "exact",
                Show::All => "all",
                other => other.as_str(),
            };
            format!("ask {show} {}", bare(curl))
        }
        Action::Parallel(parallel) => {
            let show = if step.show == Show::Success { "2xx" } else { "all" };
            format!("at_once {show} {} {}", parallel.count, bare(&parallel.curl))
        }
        Action::Capture(Capture { name, from }) => match filter(from, session_name) {
            Some(filter) => format!("{name}=$(answer | {filter})\nkept \"${name}\" {name}"),
            None => match from {
                CaptureSource::Variable(value) => format!("{name}={}", word(value)),
                CaptureSource::Cookie | CaptureSource::Json(_) => String::new(),
            },
        },
        Action::Serve(serve) => {
            let set = serve.set.iter().map(|(name, value)| format!(" {}={}", name.as_str(), word(value)));
            let unset = serve.unset.iter().map(|name| format!(" -u {}", name.as_str()));
            format!("serve{}", set.chain(unset).collect::<String>())
        }
        Action::User(user) => format!("user {} {}", word(&user.email), word(&user.password)),
        Action::Authenticate(user) => {
            let name = word(&Template::literal(session_name));
            format!("authenticate {} {} {name}", word(&user.email), word(&user.password))
        }
        Action::Kill => "kill_server".to_owned(),
        Action::Restart => "restart".to_owned(),
        Action::Main(program) => program.as_str().to_owned(),
        Action::RequireAuth(asked) => {
            let words = std::iter::once(&asked.excluded).chain(&asked.paths);
            format!("require_auth{}", words.map(|one| format!(" {}", word(one))).collect::<String>())
        }
        Action::Sleep(_) => to_shell(&step.action).unwrap_or_default(),
        Action::Redis(Redis { server, call }) => {
            let server = server.as_ref().map_or_else(|| "\"$URL\"".to_owned(), word);
            match call {
                Call::Command(words) => {
                    let words: String = words.iter().map(|one| format!(" {}", word(one))).collect();
                    format!("redis {server}{words}")
                }
                Call::Program(program) => format!("program {} {server}", program.as_str()),
            }
        }
        Action::Wait => "wait_for_program".to_owned(),
    }
}

/// The request without the options that say what is printed: the script sees to that.
fn bare(curl: &Curl) -> String {
    let curl = Curl { include: false, verbose: false, silent: false, ..curl.clone() };
    to_shell(&Action::Curl(curl)).unwrap_or_default()
}

fn renamed(serve: &Serve) -> Option<String> {
    let (_, value) = serve.set.iter().find(|(name, _)| *name == Setting::SessionName)?;
    value.as_literal().map(str::to_owned)
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
