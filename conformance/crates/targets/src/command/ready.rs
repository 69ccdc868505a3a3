//! Waiting for a program's first answer, and the ways in which none comes.

use std::time::Duration;

use crate::client;
use crate::command::start_timeout::StartTimeout;
use crate::process::child::Process;
use crate::process::port;
use crate::process::start::NotReady;
use crate::start_failure::StartFailure;
use spec::http::NoAnswer;
use spec::http::Request;

/// How long one request of a starting program may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// How soon after a question a starting program is asked again whether it answers, at least.
const POLL: Duration = Duration::from_millis(5);

/// What part of the time since its start is waited between two questions: asking takes time of the machine that a
/// slow start needs itself.
const PART: u32 = 25;

/// How long a program that serves on another port is given to come to its own as well.
const ELSEWHERE: Duration = Duration::from_secs(2);

/// How long a program that has closed its port may take to end.
const END: Duration = Duration::from_millis(200);

/// Waits until the program answers a request on `port`, as long as `timeout` has it; returns why where it does not.
///
/// Only an answer counts: a reloader's parent holds the port before anybody serves there. And only the
/// program's own: a port is free for a moment between being found and being taken.
pub async fn wait_until_ready(
    process: &mut Process,
    port: u16,
    timeout: &StartTimeout,
) -> Result<(), NotReady<StartFailure>> {
    let since = tokio::time::Instant::now();
    let limit = timeout.current();
    tokio::time::sleep(timeout.quiet_time()).await;
    let status = Request::get(format!("http://127.0.0.1:{port}/api/v1/status"));
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
                timeout.answered(since.elapsed());
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
async fn ask(
    process: &mut Process,
    port: u16,
    request: &Request,
) -> Result<Result<(), NoAnswer>, NotReady<StartFailure>> {
    let answer = client::send(request.clone(), ANSWER_TIMEOUT).await.answer.map(|_| ());
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
        None if answer.is_err() && port::is_known() && process.wait(END).await.is_none() => {
            Ok(Err(NoAnswer::Refused))
        }
        _ => Ok(answer),
    }
}

fn is_unconnected(none: &NoAnswer) -> bool {
    matches!(none, NoAnswer::Refused | NoAnswer::NoConnection(_))
}

/// Returns whether a program ended since a port was in use, and which where it says so.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::start_timeout;
    use crate::process::child::Streams;
    use crate::process::limits::Limits;
    use crate::process::process_tag::ProcessTag;

    #[tokio::test]
    async fn what_another_on_the_port_does_is_not_taken_for_the_programs_doing() {
        if !port::is_known() {
            return;
        }
        let other = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = other.local_addr().expect("it is bound").port();
        let closing = tokio::spawn(async move { while other.accept().await.is_ok() {} });
        let words = ["sleep", "60"].map(str::to_owned);
        let (limits, process_tag, folder) =
            (Limits::default(), ProcessTag::default(), std::path::Path::new("/"));
        let mut process =
            Process::spawn(&words, folder, &[], limits, &process_tag, Streams::Together).expect("it runs");
        let timeout = StartTimeout::new(start_timeout::FULL);
        let taken = wait_until_ready(&mut process, port, &timeout).await;
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
