//! Starting: waiting for a program's first answer, and the ways in which none comes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::port;
use super::process::Process;
use crate::client;
use crate::exchange::NoAnswer;
use crate::scenario::curl::Request;
use crate::varying;

/// How long one request of a starting program may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// How soon after a question a starting program is asked again whether it answers, at least.
const POLL: Duration = Duration::from_millis(5);

/// What part of the time since its start is waited between two questions: asking takes time of the machine that a
/// slow start needs itself.
const PART: u32 = 25;

/// How long a program that serves on another port is given to come to its own as well.
const ELSEWHERE: Duration = Duration::from_secs(2);

/// How long a program that has closed its port may take to end.
const END: Duration = Duration::from_millis(200);

/// Says why a program does not serve. The text is fit for a report: it names no place of this run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFailure {
    /// The system cannot run it.
    #[error("{program} cannot be started: {why}")]
    CannotRun {
        /// The first word of the command.
        program: String,
        /// What the system says.
        why: String,
    },
    /// It ended since something that it imports is not there.
    #[error("the program ended at once ({status}): {last_line}")]
    MissingModule {
        /// What it wanted to import.
        module: String,
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It ended before it was asked anything.
    #[error("the program ended at once ({status}): {last_line}")]
    Ended {
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It ended when it was asked for the first time.
    #[error("the program ended at its first request ({status}): {last_line}")]
    EndedWhenAsked {
        /// How it ended.
        status: String,
        /// The line of its output that says most.
        last_line: String,
    },
    /// It listens, but elsewhere.
    #[error("the program listens on {}, not on API_PORT", varying::port(*.0))]
    OtherPort(u16),
    /// It wants a port that somebody else has, however often it gets another API_PORT.
    #[error("the program finds its port in use, whatever API_PORT says")]
    PortInUse,
    /// It runs, and nobody listens.
    #[error("the program does not listen on API_PORT within {} s", .0.as_secs_f32())]
    NeverListens(Duration),
    /// It listens and does not answer as an HTTP server does.
    #[error("the program listens, but: {0}")]
    NoAnswer(NoAnswer),
}

impl StartFailure {
    /// Sorts the failure.
    pub fn class(&self) -> StartClass {
        match self {
            Self::MissingModule { .. } => StartClass::ImportError,
            Self::CannotRun { .. } | Self::Ended { .. } => StartClass::DoesNotStart,
            Self::OtherPort(_) | Self::PortInUse => StartClass::IgnoresPort,
            Self::EndedWhenAsked { .. } | Self::NoAnswer(NoAnswer::Closed) => {
                StartClass::CrashesOnFirstRequest
            }
            Self::NoAnswer(NoAnswer::Garbage) => StartClass::NotHttp,
            Self::NeverListens(_) | Self::NoAnswer(_) => StartClass::Hangs,
        }
    }

    /// Tells whether the program may well start with other settings: it ended by itself, and said why.
    pub fn is_quick(&self) -> bool {
        matches!(self, Self::MissingModule { .. } | Self::Ended { .. } | Self::EndedWhenAsked { .. })
    }

    /// Tells whether the program was waited for as long as it may take.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::NeverListens(_) | Self::NoAnswer(_) | Self::OtherPort(_))
    }

    /// Sorts the end of a program by what it printed.
    fn ended(status: String, output: &str, asked: bool) -> Self {
        let last_line = last_line(output).to_owned();
        match missing_module(output) {
            Some(module) => Self::MissingModule { module, status, last_line },
            None if asked => Self::EndedWhenAsked { status, last_line },
            None => Self::Ended { status, last_line },
        }
    }

    /// Rewrites what the program itself said.
    pub fn map_output(self, rewrite: impl Fn(&str) -> String) -> Self {
        match self {
            Self::MissingModule { module, status, last_line } => {
                Self::MissingModule { module, status, last_line: rewrite(&last_line) }
            }
            Self::Ended { status, last_line } => Self::Ended { status, last_line: rewrite(&last_line) },
            Self::EndedWhenAsked { status, last_line } => {
                Self::EndedWhenAsked { status, last_line: rewrite(&last_line) }
            }
            other => other,
        }
    }
}

/// The class of a start-up failure, as `grade` counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartClass {
    /// Something that it imports is not there.
    ImportError,
    /// It cannot be run, or ends at once.
    DoesNotStart,
    /// It listens on a port of its own choice.
    IgnoresPort,
    /// It never listens, or listens and never answers.
    Hangs,
    /// It ends, or closes the connection, when it is asked for the first time.
    CrashesOnFirstRequest,
    /// What it answers is not HTTP.
    NotHttp,
}

impl StartClass {
    /// Names the class as reports do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImportError => "import-error",
            Self::DoesNotStart => "does-not-start",
            Self::IgnoresPort => "ignores-port",
            Self::Hangs => "hangs",
            Self::CrashesOnFirstRequest => "crashes-on-first-request",
            Self::NotHttp => "not-http",
        }
    }
}

/// Says why a started program is not ready.
#[derive(Debug)]
pub enum NotReady {
    /// Somebody else took its port in between; another port may do.
    PortTaken,
    /// It does not serve.
    Failed(StartFailure),
}

/// Waits until the program answers a request on `port`, as long as `patience` has it; says why where it does not.
///
/// Only an answer counts: a reloader's parent holds the port before anybody serves there. And only the
/// program's own: a port is free for a moment between being found and being taken.
pub async fn wait_until_ready(process: &mut Process, port: u16, patience: &Patience) -> Result<(), NotReady> {
    let since = tokio::time::Instant::now();
    let limit = patience.left();
    tokio::time::sleep(patience.silence()).await;
    let status = client::get(format!("http://127.0.0.1:{port}/api/v1/status"));
    let mut asked = false;
    let failed = |failure| Err(NotReady::Failed(failure));
    loop {
        tokio::time::sleep(POLL.max(since.elapsed() / PART)).await;
        if let Some(status) = process.ended() {
            process.drain().await;
            let output = process.output();
            return match port_in_use(&output) {
                Some(Some(other)) if other != port => failed(StartFailure::OtherPort(other)),
                Some(_) => Err(NotReady::PortTaken),
                None => failed(StartFailure::ended(status.to_string(), &output, asked)),
            };
        }
        let none = match ask(process, port, &status).await? {
            Ok(()) => {
                patience.answered(since.elapsed());
                return Ok(());
            }
            Err(none) => none,
        };
        if none == NoAnswer::Garbage {
            return failed(StartFailure::NoAnswer(none));
        }
        let unconnected = is_unconnected(&none);
        asked |= !unconnected;
        // It says that it serves elsewhere, and does: it will not come here as well.
        if unconnected
            && since.elapsed() > ELSEWHERE
            && let Some(other) = other_port(&process.output(), port)
            && port::belongs_to(other, &process.all()) == Some(true)
        {
            return failed(StartFailure::OtherPort(other));
        }
        if since.elapsed() > limit {
            let other = || other_port(&process.output(), port).or_else(|| port::of(&process.all()));
            return failed(match none {
                _ if unconnected => {
                    other().map_or(StartFailure::NeverListens(limit), StartFailure::OtherPort)
                }
                none => StartFailure::NoAnswer(none),
            });
        }
    }
}

/// Sends one request; what another on the port does with it is not taken for the program's doing.
async fn ask(process: &mut Process, port: u16, request: &Request) -> Result<Result<(), NoAnswer>, NotReady> {
    let answer = client::send(request.clone(), ANSWER_PATIENCE).await.answer.map(|_| ());
    if answer.as_ref().is_err_and(is_unconnected) {
        return Ok(answer);
    }
    // The first process is it mostly; to find the others takes a look at every process there is.
    let owned = match port::belongs_to(port, &[process.first()]) {
        Some(false) => port::belongs_to(port, &process.all()),
        told => told,
    };
    match owned {
        Some(false) => Err(NotReady::PortTaken),
        // Nobody listens any more, and the program runs on: it was another's end that was seen.
        None if answer.is_err() && port::is_told() && process.wait(END).await.is_none() => {
            Ok(Err(NoAnswer::Refused))
        }
        _ => Ok(answer),
    }
}

fn is_unconnected(none: &NoAnswer) -> bool {
    matches!(none, NoAnswer::Refused | NoAnswer::NoConnection(_))
}

/// Tells whether a program ended since a port was in use, and which where it says so.
fn port_in_use(output: &str) -> Option<Option<u16>> {
    let in_use = output.contains("Address already in use") || output.contains("EADDRINUSE");
    in_use.then(|| {
        let (before, _) = output.rsplit_once(" is in use by another program")?;
        before.rsplit_once("Port ")?.1.parse().ok()
    })
}

/// Finds the port that a program says it listens on, where that is another one.
fn other_port(output: &str, port: u16) -> Option<u16> {
    let (_, rest) = output.rsplit_once("Running on http://")?;
    let after = rest.split_once(':')?.1;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|other| *other != port)
}

/// Finds the name of what a program could not import, in Python's words or Node's.
fn missing_module(output: &str) -> Option<String> {
    let between = |line: &str, start: &str, quote: char| {
        let (_, rest) = line.split_once(start)?;
        Some(rest.trim_start_matches(quote).split(quote).next()?.trim().to_owned())
    };
    output.lines().rev().find_map(|line| {
        let line = line.trim();
        between(line, "ModuleNotFoundError: No module named ", '\'')
            .or_else(|| between(line, "ImportError: cannot import name ", '\''))
            .or_else(|| between(line, "Error: Cannot find module ", '\''))
    })
}

/// Gives the line of a program's output that says most: what Python raised last, or else the last line that is
/// not empty.
pub fn last_line(output: &str) -> &str {
    // What was raised stands behind the indented lines of where; advice of several lines may follow it.
    let raised = output.rsplit_once("Traceback (most recent call last):").and_then(|(_, trace)| {
        trace.lines().find(|line| line.starts_with(|letter: char| !letter.is_whitespace()))
    });
    raised.map_or_else(|| last_filled_line(output), str::trim_end)
}

fn last_filled_line(output: &str) -> &str {
    output.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed nothing")
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::super::marker::Marker;
    use super::super::patience;
    use super::super::process::Streams;
    use super::*;

    fn class(output: &str, asked: bool) -> StartClass {
        StartFailure::ended("exit status: 1".to_owned(), output, asked).class()
    }

    #[test]
    fn a_missing_module_is_named_whatever_the_runtime() {
        assert_eq!(missing_module("ModuleNotFoundError: No module named 'flask'").as_deref(), Some("flask"));
        let name = "ImportError: cannot import name 'Auth' from 'api.v1.auth.auth' (./api/v1/auth/auth.py)";
        assert_eq!(missing_module(name).as_deref(), Some("Auth"));
        let node = "Error: Cannot find module 'express'\nRequire stack:\n- app.js";
        assert_eq!(missing_module(node).as_deref(), Some("express"));
    }

    #[test]
    fn an_end_is_sorted_by_what_was_printed_and_by_when_it_came() {
        assert_eq!(class("ModuleNotFoundError: No module named 'flask'", false), StartClass::ImportError);
        assert_eq!(class("KeyError: 'X'", false), StartClass::DoesNotStart);
        assert_eq!(class("KeyError: 'X'", true), StartClass::CrashesOnFirstRequest);
    }

    #[test]
    fn what_python_raised_says_more_than_the_advice_behind_it() {
        let raised = "Traceback (most recent call last):\n  File \"app.py\", line 1\n    setup()\n\
                      AssertionError: The setup method can no longer be called.\nMake sure to call it before.\n";
        assert_eq!(last_line(raised), "AssertionError: The setup method can no longer be called.");
        assert_eq!(last_line("one\ntwo\n\n"), "two");
        assert_eq!(last_line(""), "it printed nothing");
    }

    #[tokio::test]
    async fn what_another_on_the_port_does_is_not_taken_for_the_programs_doing() {
        if !port::is_told() {
            return;
        }
        let other = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = other.local_addr().expect("it is bound").port();
        let closing = tokio::spawn(async move { while other.accept().await.is_ok() {} });
        let words = ["sleep", "60"].map(str::to_owned);
        let (limits, marker, folder) = (Limits::default(), Marker::default(), std::path::Path::new("/"));
        let mut process =
            Process::spawn(&words, folder, &[], limits, &marker, Streams::Together).expect("it runs");
        let patience = Patience::new(patience::FULL);
        let taken = wait_until_ready(&mut process, port, &patience).await;
        assert!(matches!(taken, Err(NotReady::PortTaken)), "{taken:?}");
        closing.abort();
    }

    #[test]
    fn a_port_in_use_is_told_from_ours() {
        let flask = "Address already in use\nPort 5000 is in use by another program. Either identify";
        assert_eq!(port_in_use(flask), Some(Some(5000)));
        assert_eq!(port_in_use("OSError: [Errno 98] Address already in use"), Some(None));
        assert_eq!(port_in_use("KeyError"), None);
    }
}
