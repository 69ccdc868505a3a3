//! Starting a server on a free port, on another one where somebody else takes that port in between.

use async_trait::async_trait;

use super::child::Process;
use super::port;

/// How often a start is tried where the port was taken by someone else in between.
const PORT_TRIES: usize = 6;

/// A server that can be started on any port.
#[async_trait]
pub trait Server: Send {
    /// The reason why it does not serve.
    type Failure: Send;

    /// Starts the program on a port.
    fn spawn(&mut self, port: u16) -> std::io::Result<Process>;

    /// Waits until the program serves on the port.
    async fn wait_until_ready(&self, process: &mut Process, port: u16)
    -> Result<(), NotReady<Self::Failure>>;

    /// Returns the failure of a program that the system cannot run.
    fn cannot_run(&self, why: String) -> Self::Failure;

    /// Returns the failure of a program whose port was in use each time.
    fn port_in_use(&self) -> Self::Failure;
}

/// The reason why a started program is not ready.
#[derive(Debug)]
pub enum NotReady<F> {
    /// Somebody else took its port in between; another port may do.
    PortTaken,
    /// It does not serve.
    Failed(F),
}

/// A start that failed.
#[derive(Debug)]
pub struct NotStarted<F> {
    /// Why the program does not serve.
    pub failure: F,
    /// What it has printed; `None` where it never ran.
    pub output: Option<String>,
}

/// Starts a server; whatever was started in vain is killed.
///
/// # Errors
///
/// When it does not serve, or every port was taken.
pub async fn start<S: Server>(server: &mut S) -> Result<Process, NotStarted<S::Failure>> {
    let mut tries = PORT_TRIES;
    loop {
        tries -= 1;
        let not_run = |failure| NotStarted { failure, output: None };
        let port =
            port::free().map_err(|error| not_run(server.cannot_run(format!("no free port: {error}"))))?;
        let spawned = server.spawn(port);
        let mut process = spawned.map_err(|error| not_run(server.cannot_run(error.to_string())))?;
        let failure = match server.wait_until_ready(&mut process, port).await {
            Ok(()) => return Ok(process),
            Err(NotReady::PortTaken) if tries > 0 => {
                process.kill().await;
                continue;
            }
            Err(NotReady::PortTaken) => server.port_in_use(),
            Err(NotReady::Failed(failure)) => failure,
        };
        let output = Some(process.output());
        process.kill().await;
        return Err(NotStarted { failure, output });
    }
}
