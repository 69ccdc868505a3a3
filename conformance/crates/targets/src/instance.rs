//! A stage: a site with what is known of its running instance, shared by the scenarios of a mode.

use std::borrow::Borrow;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use crate::observation::Observation;
use crate::progress::cost;
use crate::progress::cost::Work;
use crate::progress::event::{Event, Listener, Silence};
use crate::{Error, Launch, Program, ProgramServer, Site, SiteError, Stop, Target};
use crate::{client, clock};
use spec::http::Request;
use spec::http::{Answer, Exchange, NoAnswer};

/// A request that hung before is not waited for as long again.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// So many requests at once are waited for once more as long as one.
const AT_ONCE: usize = 16;

/// How often it is told that a start is still waited for.
const TOLD: Duration = Duration::from_secs(1);

/// A site, and how its instance was launched.
pub struct Stage<'a> {
    site: Box<dyn Site>,
    running: Option<Launch>,
    hung: Vec<String>,
    created: Created,
    /// What has happened since it was asked last; `None` where nobody asks.
    observations: Option<Vec<Observation>>,
    listener: &'a dyn Listener,
}

/// The ids of the users that were created at a target, in order.
///
/// A stage adds to it as answers come; whoever cleans up reads it when no stage runs any more.
pub type Created = Arc<Mutex<Vec<String>>>;

impl<'a> Stage<'a> {
    /// Opens a site of `target`; the listener hears of all that is waited for on it.
    ///
    /// # Errors
    ///
    /// When there is no place for the site.
    pub async fn open(target: &dyn Target, listener: &'a dyn Listener) -> Result<Self, SiteError> {
        let site = cost::timed(listener, Work::Copy, target.open()).await?;
        Ok(Self { listener, ..Stage::new(site) })
    }

    /// Takes a site on which nothing runs yet.
    pub fn new(site: Box<dyn Site>) -> Self {
        Self {
            site,
            running: None,
            hung: Vec::new(),
            created: Created::default(),
            observations: None,
            listener: &Silence,
        }
    }

    /// Notes the users that are created from now on in a list of the caller's.
    #[must_use]
    pub fn noting(mut self, created: &Created) -> Self {
        self.created = Arc::clone(created);
        self
    }

    /// Records from now on what happens to the server, for [`Self::take_observations`]. Forks do not record by themselves.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.observations = Some(Vec::new());
        self
    }

    /// Takes what has happened since the last call, in order; nothing where the instance does not record.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.observations.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn record(&mut self, observation: impl FnOnce() -> Observation) {
        if let Some(observations) = &mut self.observations {
            observations.push(observation());
        }
    }

    /// Gives the site, for what needs no instance.
    pub fn site(&mut self) -> &mut dyn Site {
        &mut *self.site
    }

    /// Opens another stage on a copy of this one's data; nothing may run here.
    ///
    /// # Errors
    ///
    /// When the data cannot be copied.
    pub async fn fork(&self) -> Result<Self, SiteError> {
        let site = cost::timed(self.listener, Work::Copy, self.site.fork()).await?;
        Ok(Self { listener: self.listener, ..Stage::new(site) })
    }

    /// Sees to it that an instance runs as `launch` says; one that runs otherwise is restarted.
    ///
    /// # Errors
    ///
    /// When it cannot be started or stopped.
    pub async fn ensure(&mut self, launch: &Launch) -> Result<(), SiteError> {
        if self.running.as_ref() == Some(launch) && self.site.ended().is_none() {
            return Ok(());
        }
        self.end(Stop::Polite).await?;
        let (listener, mode, patience) = (self.listener, launch.mode, self.site.patience());
        let start = told(self.site.start(launch), |waited| {
            listener.hear(&Event::Starting { mode, waited, patience });
        });
        cost::timed(listener, Work::Start, start).await?;
        self.running = Some(launch.clone());
        let cookie_name = self.site.cookie_name(&launch.session_name);
        self.record(|| Observation::Served { settings: launch.clone(), cookie_name });
        Ok(())
    }

    /// Stops the instance, if one runs.
    ///
    /// # Errors
    ///
    /// When this target cannot be stopped.
    pub async fn end(&mut self, how: Stop) -> Result<(), SiteError> {
        if self.running.take().is_some() {
            cost::timed(self.listener, Work::Stop, self.site.stop(how)).await?;
        }
        Ok(())
    }

    /// Runs one of the documents' programs in place of the instance and gives what it printed.
    ///
    /// # Errors
    ///
    /// When this target has no such program, or the program failed.
    pub async fn program(&mut self, program: &Program) -> Result<String, SiteError> {
        self.end(Stop::Polite).await?;
        self.record(|| Observation::ProgramRan);
        cost::timed(self.listener, Work::Program, self.site.program(program)).await
    }

    /// Starts one of the documents' serving programs in place of the server and gives what it printed first.
    ///
    /// # Errors
    ///
    /// When this target has no such program, or the program failed.
    pub async fn serve_program(
        &mut self,
        launch: &Launch,
        program: &ProgramServer,
    ) -> Result<String, SiteError> {
        self.end(Stop::Polite).await?;
        self.record(|| Observation::ProgramRan);
        let serving = self.site.serve_program(launch, program);
        let printed = cost::timed(self.listener, Work::Start, serving).await?;
        self.running = Some(launch.clone());
        Ok(printed)
    }

    /// Lets `seconds` of the scenario pass.
    ///
    /// # Errors
    ///
    /// When time cannot be moved; the text says why.
    pub async fn advance(&mut self, seconds: u64) -> Result<(), Error> {
        cost::timed(self.listener, Work::Clock, self.site.clock().advance(seconds)).await
    }

    /// Sends a request to the instance.
    pub async fn send(&mut self, request: Request) -> Exchange {
        let mut exchanges = self.send_at_once(request, 1).await;
        exchanges.remove(0)
    }

    /// Sends the same request `times` times at once; at least once.
    pub async fn send_at_once(&mut self, request: Request, times: usize) -> Vec<Exchange> {
        let name = format!("{} {}", request.method, request.url.split('?').next().unwrap_or_default());
        let patience = if self.hung.contains(&name) { IMPATIENCE } else { client::PATIENCE };
        // Those that are sent at once share the server.
        let patience = patience * u32::try_from(1 + times / AT_ONCE).unwrap_or(u32::MAX);
        let send = || cost::timed(self.listener, Work::Request, client::send(request.clone(), patience));
        let sends = (0..times.max(1)).map(|_| send());
        let since = self.site.clock().now();
        let exchanges = join_all(sends).await;
        let until = self.site.clock().now();
        self.record(|| Observation::Answered { exchanges: exchanges.clone(), since, until });
        self.note_users(exchanges.iter());
        if exchanges.iter().any(|exchange| matches!(exchange.answer, Err(NoAnswer::TimedOut(_)))) {
            self.hung.push(name);
        }
        exchanges
    }

    /// Notes the users that were created by requests which were sent to the instance in another way.
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

    /// Proves the clock driver: after a jump the target's own `Date` header has jumped along.
    ///
    /// The instance must run. Where this is false, the driver is not to be used.
    pub async fn clock_follows(&mut self) -> bool {
        let status = Request::get(format!("{}/api/v1/status", self.site.base_url()));
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

/// Waits for something long, and tells again and again how long it has been waited for.
async fn told<T>(doing: impl Future<Output = T>, tell: impl Fn(Duration)) -> T {
    let mut doing = pin!(doing);
    let mut waited = Duration::ZERO;
    loop {
        match tokio::time::timeout(TOLD, &mut doing).await {
            Ok(done) => return done,
            Err(_) => {
                waited += TOLD;
                tell(waited);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_told_of_every_second() {
        let told_of = Mutex::new(Vec::new());
        let start = tokio::time::sleep(Duration::from_millis(3500));
        told(start, |waited| told_of.lock().expect("nobody panics").push(waited.as_secs())).await;
        assert_eq!(told_of.into_inner().expect("nobody panics"), [1, 2, 3]);
    }
}
