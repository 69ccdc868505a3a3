//! Instances: a sandbox with the state of its server, shared by the scenarios of a mode.

use std::borrow::Borrow;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use crate::observation::Observation;
use crate::progress::cost;
use crate::progress::event::{Event, EventListener, NoListener, Work};
use crate::{Error, Program, ProgramServer, Sandbox, SandboxError, ServerSettings, Stop, Target};
use crate::{client, clock};
use spec::http::Request;
use spec::http::{Answer, Exchange, NoAnswer};

/// The time that a request may take once another for the same path has timed out.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of requests at once by which their timeout grows by that of one request.
const AT_ONCE: usize = 16;

/// The time between two events of a start that is under way.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// A sandbox, and the settings of the server that runs on it.
pub struct Instance<'a> {
    sandbox: Box<dyn Sandbox>,
    running: Option<ServerSettings>,
    hung: Vec<String>,
    created: Created,
    /// The observations since they were taken last; `None` unless the instance records.
    observations: Option<Vec<Observation>>,
    listener: &'a dyn EventListener,
}

/// The ids of the users that were created at a target, in order.
///
/// An instance adds to it as answers come. It is read when no instance runs any more, to delete the users.
pub type Created = Arc<Mutex<Vec<String>>>;

impl<'a> Instance<'a> {
    /// Opens a sandbox of `target`. The listener is told of every wait on it.
    ///
    /// # Errors
    ///
    /// When the machine has no room for the sandbox.
    pub async fn open(target: &dyn Target, listener: &'a dyn EventListener) -> Result<Self, SandboxError> {
        let sandbox = cost::timed(listener, Work::Copy, target.open()).await?;
        Ok(Self { listener, ..Instance::new(sandbox) })
    }

    /// Wraps a sandbox on which no server runs yet.
    pub fn new(sandbox: Box<dyn Sandbox>) -> Self {
        Self {
            sandbox,
            running: None,
            hung: Vec::new(),
            created: Created::default(),
            observations: None,
            listener: &NoListener,
        }
    }

    /// Adds the users that are created from now on to a list of the caller's.
    #[must_use]
    pub fn noting(mut self, created: &Created) -> Self {
        self.created = Arc::clone(created);
        self
    }

    /// Records the observations of the server from now on, for [`Self::take_observations`]. Forks do not record by
    /// themselves.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.observations = Some(Vec::new());
        self
    }

    /// Returns the observations since the last call, in order; none unless the instance records.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.observations.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn record(&mut self, observation: impl FnOnce() -> Observation) {
        if let Some(observations) = &mut self.observations {
            observations.push(observation());
        }
    }

    /// Returns the sandbox.
    pub fn sandbox(&mut self) -> &mut dyn Sandbox {
        &mut *self.sandbox
    }

    /// Opens another instance on a copy of this one's data. No server may run here.
    ///
    /// # Errors
    ///
    /// When the data cannot be copied.
    pub async fn fork(&self) -> Result<Self, SandboxError> {
        let sandbox = cost::timed(self.listener, Work::Copy, self.sandbox.fork()).await?;
        Ok(Self { listener: self.listener, ..Instance::new(sandbox) })
    }

    /// Ensures that a server runs with these settings. One that runs with others is restarted.
    ///
    /// # Errors
    ///
    /// When it cannot be started or stopped.
    pub async fn ensure(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        if self.running.as_ref() == Some(settings) && self.sandbox.ended().is_none() {
            return Ok(());
        }
        self.end(Stop::Polite).await?;
        let (listener, mode, timeout) = (self.listener, settings.mode, self.sandbox.timeout());
        let start = with_progress(self.sandbox.start(settings), |waited| {
            listener.on_event(&Event::Starting { mode, waited, timeout });
        });
        cost::timed(listener, Work::Start, start).await?;
        self.running = Some(settings.clone());
        let cookie_name = self.sandbox.cookie_name(&settings.session_name);
        self.record(|| Observation::Served { settings: settings.clone(), cookie_name });
        Ok(())
    }

    /// Stops the server, if one runs.
    ///
    /// # Errors
    ///
    /// When this target cannot be stopped.
    pub async fn end(&mut self, how: Stop) -> Result<(), SandboxError> {
        if self.running.take().is_some() {
            cost::timed(self.listener, Work::Stop, self.sandbox.stop(how)).await?;
        }
        Ok(())
    }

    /// Runs one of the documents' programs in the place of the server, and returns its output.
    ///
    /// # Errors
    ///
    /// When this target has no such program, or the program failed.
    pub async fn program(&mut self, program: &Program) -> Result<String, SandboxError> {
        self.end(Stop::Polite).await?;
        self.record(|| Observation::ProgramRan);
        cost::timed(self.listener, Work::Program, self.sandbox.program(program)).await
    }

    /// Starts one of the documents' serving programs in the place of the server, and returns its first output.
    ///
    /// # Errors
    ///
    /// When this target has no such program, or the program failed.
    pub async fn serve_program(
        &mut self,
        settings: &ServerSettings,
        program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        self.end(Stop::Polite).await?;
        self.record(|| Observation::ProgramRan);
        let serving = self.sandbox.serve_program(settings, program);
        let printed = cost::timed(self.listener, Work::Start, serving).await?;
        self.running = Some(settings.clone());
        Ok(printed)
    }

    /// Lets `seconds` of the scenario pass.
    ///
    /// # Errors
    ///
    /// When time cannot be moved.
    pub async fn advance(&mut self, seconds: u64) -> Result<(), Error> {
        cost::timed(self.listener, Work::Clock, self.sandbox.clock().advance(seconds)).await
    }

    /// Sends a request to the server.
    pub async fn send(&mut self, request: Request) -> Exchange {
        let mut exchanges = self.send_at_once(request, 1).await;
        exchanges.remove(0)
    }

    /// Sends the same request `times` times at once, and at least once.
    pub async fn send_at_once(&mut self, request: Request, times: usize) -> Vec<Exchange> {
        let name = format!("{} {}", request.method, request.url.split('?').next().unwrap_or_default());
        let timeout = if self.hung.contains(&name) { SHORT_TIMEOUT } else { client::TIMEOUT };
        // Those that are sent at once share the server.
        let timeout = timeout * u32::try_from(1 + times / AT_ONCE).unwrap_or(u32::MAX);
        let send = || cost::timed(self.listener, Work::Request, client::send(request.clone(), timeout));
        let sends = (0..times.max(1)).map(|_| send());
        let since = self.sandbox.clock().now();
        let exchanges = join_all(sends).await;
        let until = self.sandbox.clock().now();
        self.record(|| Observation::Answered { exchanges: exchanges.clone(), since, until });
        self.note_users(exchanges.iter());
        if exchanges.iter().any(|exchange| matches!(exchange.answer, Err(NoAnswer::TimedOut(_)))) {
            self.hung.push(name);
        }
        exchanges
    }

    /// Adds the users that these exchanges created to the list of created users.
    pub fn note_users(&self, exchanges: impl IntoIterator<Item = impl Borrow<Exchange>>) {
        let exchanges: Vec<_> = exchanges.into_iter().collect();
        let creations = exchanges.iter().map(Borrow::borrow).filter(|exchange| {
            let url = exchange.request.url.trim_end_matches('/');
            exchange.request.method == "POST" && url.ends_with("/api/v1/users")
        });
        let answers = creations.filter_map(|exchange| exchange.answer.as_ref().ok());
        let users = answers.filter(|answer| answer.is_success()).filter_map(Answer::json);
        let ids = users.filter_map(|user| user["id"].as_str().map(str::to_owned));
        self.created.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    /// Returns whether the clock driver moves the server's time: after a jump its `Date` header has jumped along.
    ///
    /// A server must run. A driver for which this is false must not be used.
    pub async fn clock_follows(&mut self) -> bool {
        let status = Request::get(format!("{}/api/v1/status", self.sandbox.base_url()));
        let before = self.date(status.clone()).await;
        if self.advance(clock::PROOF_SECONDS).await.is_err() {
            return false;
        }
        clock::follows(&before, &self.date(status).await)
    }

    async fn date(&mut self, request: Request) -> String {
        let answer = self.send(request).await.answer.ok();
        answer.and_then(|answer| answer.header("date").next().map(str::to_owned)).unwrap_or_default()
    }
}

/// Waits for a future, and calls `on_progress` every second with the time since the start.
async fn with_progress<T>(doing: impl Future<Output = T>, on_progress: impl Fn(Duration)) -> T {
    let mut doing = pin!(doing);
    let mut waited = Duration::ZERO;
    loop {
        match tokio::time::timeout(PROGRESS_INTERVAL, &mut doing).await {
            Ok(done) => return done,
            Err(_) => {
                waited += PROGRESS_INTERVAL;
                on_progress(waited);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_reported_every_second() {
        let reported = Mutex::new(Vec::new());
        let start = tokio::time::sleep(Duration::from_millis(3500));
        with_progress(start, |waited| reported.lock().expect("nobody panics").push(waited.as_secs())).await;
        assert_eq!(reported.into_inner().expect("nobody panics"), [1, 2, 3]);
    }
}
