//! Replays one scenario on one instance in one mode.
//!
//! `authenticate` makes credentials, `capture` keeps what an answer holds, `programs` runs the documents' programs, `redis` asks a Redis server; every
//! other step is here.

mod authenticate;
mod capture;
mod programs;
mod redis;

use std::collections::HashMap;

use serde_json::Value;
use tokio::net::TcpSocket;

use crate::normalize::{CookieName, Normalizer, View};
use spec::catalogue::Subject;
use spec::http::Exchange;
use spec::http::Request;
use spec::results::run::{Outcome, Run, StepRun};
use spec::scenario::curl::Curl;
use spec::scenario::{Action, Scenario, Serve, Step, Template};
use spec::transcript::Answer;
use spec::transcript::aliases::EmailAliases;
use targets::instance::Instance;
use targets::observation::Observation;
use targets::redis::Subscriber;
use targets::seed::Seeds;
use targets::{SandboxError, ServerSettings, Stop};

/// The result of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// The outcome of every step.
    pub run: Run,
    /// The observations of the server, each with the index of its step; empty unless the instance records.
    pub observations: Vec<(usize, Observation)>,
}

/// Replays `scenario` and records every step; it never stops early.
///
/// `seeds` hold the users of its `user` steps; `emails` are this run's addresses.
pub async fn replay(
    instance: &mut Instance<'_>,
    scenario: &Scenario,
    subject: impl Into<Subject>,
    seeds: &Seeds,
    emails: EmailAliases,
) -> Replayed {
    let since = instance.sandbox().opened_at();
    let mut replayer = Replayer {
        instance,
        settings: ServerSettings::new(subject, &scenario.settings),
        canon: Normalizer::new(emails, since),
        seeds,
        variables: HashMap::new(),
        missing: HashMap::new(),
        last: None,
        rest: None,
        replaced: false,
        started: false,
        subscriber: None,
        closed_port: None,
    };
    if scenario.exact_clock && !replayer.instance.sandbox().clock().kind().stands_still() {
        let kind = replayer.instance.sandbox().clock().kind().as_str();
        let why = format!("needs a clock that stands still (manual or faketime); this target's is {kind}");
        replayer.rest = Some(Outcome::NotChecked { why });
    }
    let mut run = Run::default();
    let mut observations = Vec::new();
    for (index, step) in scenario.steps().enumerate() {
        run.steps.push(replayer.step(index, step).await);
        observations.extend(replayer.instance.take_observations().into_iter().map(|one| (index, one)));
    }
    if run.steps.iter().any(|step| matches!(step.outcome, Outcome::Error { .. })) {
        run.output = replayer.instance.sandbox().output();
    }
    replayer.leave().await;
    Replayed { run, observations }
}

/// Why a step could not be carried out as written.
enum Stopped {
    /// Only this step and what builds on it is lost.
    Step(Outcome),
    /// So is the rest of the scenario.
    Rest(Outcome),
    /// The step failed visibly, and the rest of the scenario has nothing to stand on.
    Failed(String),
}

struct Replayer<'a, 's> {
    instance: &'a mut Instance<'s>,
    settings: ServerSettings,
    canon: Normalizer,
    seeds: &'a Seeds,
    variables: HashMap<String, String>,
    /// The variables that a failed step should have set, with its place.
    missing: HashMap<String, usize>,
    /// The last exchange, with its place; `None` in its stead where it was blocked.
    last: Option<(usize, Option<Exchange>)>,
    /// The outcome of every further step, once the scenario cannot go on.
    rest: Option<Outcome>,
    /// Whether a program of the documents serves in place of the server, or the server is in doubt.
    replaced: bool,
    /// Whether the server, or a program in its place, has done anything for this scenario.
    started: bool,
    /// The documents' subscriber, which runs beside the steps.
    subscriber: Option<Subscriber>,
    /// A bound port on which nobody listens, and which nobody else can take.
    closed_port: Option<TcpSocket>,
}

/// What a step printed, and whether its request was answered 2xx.
type Printed = (Answer, Option<bool>);

impl Replayer<'_, '_> {
    async fn step(&mut self, index: usize, step: &Step) -> StepRun {
        let not_done = |outcome| StepRun { outcome, printed: Answer::default(), success: None };
        if let Some(outcome) = &self.rest {
            return not_done(outcome.clone());
        }
        match self.act(index, step).await {
            Ok((printed, success)) => StepRun { outcome: Outcome::Done, printed, success },
            Err(Stopped::Step(outcome)) => not_done(outcome),
            Err(Stopped::Rest(outcome)) => {
                self.rest = Some(outcome.clone());
                not_done(outcome)
            }
            Err(Stopped::Failed(line)) => {
                self.rest = Some(Outcome::Blocked { by: index });
                self.replaced = true;
                let printed = Answer::failure(self.canon.emails.restore(&line));
                StepRun { outcome: Outcome::Done, printed, success: Some(false) }
            }
        }
    }

    async fn act(&mut self, index: usize, step: &Step) -> Result<Printed, Stopped> {
        let silent = (Answer::default(), None);
        match &step.action {
            Action::Curl(curl) => self.curl(index, step, curl).await,
            Action::Parallel(parallel) => self.parallel(index, step, parallel.count, &parallel.curl).await,
            Action::Sleep(sleep) => {
                let moved = self.instance.advance(sleep.seconds).await;
                moved.map_err(|why| not_checked(format!("needs a clock: {why}")))?;
                Ok(silent)
            }
            Action::Restart => self.restart(Stop::Polite).await,
            Action::Kill => self.restart(Stop::Kill).await,
            Action::Serve(serve) => {
                self.set(serve, index)?;
                // What this scenario has not asked yet is as good as just started.
                if self.started { self.restart(Stop::Polite).await } else { self.start().await }
            }
            Action::User(user) => {
                let email = self.expand(&user.email, index)?;
                let password = self.expand(&user.password, index)?;
                self.canon.watch_password(&password);
                let id = self
                    .seeds
                    .id(self.canon.emails.alias(&email))
                    .map_err(|error| not_checked(error.to_string()))?
                    .to_owned();
                self.canon.names.user(&id);
                self.variables.insert("USER".to_owned(), id);
                Ok(silent)
            }
            Action::Authenticate(user) => self.authenticate(index, step, user).await,
            Action::Capture(capture) => self.capture(index, capture),
            Action::Main(program) => self.program(*program).await,
            Action::RequireAuth(asked) => self.require_auth(asked, index).await,
            Action::Redis(asked) => self.redis(index, asked).await,
            Action::Wait => self.wait().await,
        }
    }

    async fn curl(&mut self, index: usize, step: &Step, curl: &Curl) -> Result<Printed, Stopped> {
        self.last = Some((index, None));
        let request = self.request(index, curl).await?;
        let exchange = self.instance.send(request.clone()).await;
        if let Err(none) = &exchange.answer {
            return Err(Stopped::Failed(match self.instance.sandbox().ended() {
                Some(how) => format!("no answer: the server ended ({how})"),
                None => none.to_string(),
            }));
        }
        let foreign_users = self.foreign_users(&request, &exchange).await;
        let cookie_name = self.cookie_name();
        let view = View {
            show: step.show,
            include: curl.include,
            cookie: CookieName { sent: &cookie_name, written: &self.settings.session_name },
            now: self.instance.sandbox().clock().now(),
            foreign_users,
        };
        self.canon.places = self.instance.sandbox().places();
        let printed = self.canon.exchange(view, &exchange);
        let success = exchange.answer.as_ref().ok().map(spec::http::Answer::is_success);
        self.last = Some((index, Some(exchange)));
        Ok((printed, success))
    }

    async fn parallel(
        &mut self,
        index: usize,
        step: &Step,
        times: usize,
        curl: &Curl,
    ) -> Result<Printed, Stopped> {
        self.last = Some((index, None));
        let request = self.request(index, curl).await?;
        let exchanges = self.instance.send_at_once(request, times).await;
        let cookie_name = self.cookie_name();
        let view = View {
            show: step.show,
            include: false,
            cookie: CookieName { sent: &cookie_name, written: &self.settings.session_name },
            now: self.instance.sandbox().clock().now(),
            foreign_users: 0,
        };
        Ok((self.canon.parallel(view, &exchanges), None))
    }

    /// Ensures that a server runs.
    async fn serving(&mut self) -> Result<(), Stopped> {
        self.started = true;
        if self.replaced {
            return Ok(());
        }
        let started = self.instance.ensure(&self.settings).await;
        started.map_err(|error| match error {
            SandboxError::NotPossible(why) => not_checked(why),
            error => Stopped::Rest(Outcome::Error { why: error.to_string() }),
        })
    }

    /// Expands a request, and ensures that a server runs.
    async fn request(&mut self, index: usize, curl: &Curl) -> Result<Request, Stopped> {
        self.serving().await?;
        let base = self.instance.sandbox().base_url();
        let variables = &self.variables;
        let lookup =
            |name: &str| if name == "URL" { Some(base.clone()) } else { variables.get(name).cloned() };
        let request = curl.resolve(&lookup).map_err(|missing| self.blocked(index, &missing.name))?;
        for password in passwords(&request) {
            self.canon.watch_password(&password);
        }
        let mut request = self.canon.emails.personalise(request);
        let cookie_name = self.cookie_name();
        if cookie_name != self.settings.session_name {
            let cookies = request.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
            cookies.for_each(|(_, value)| *value = value.replace(&self.settings.session_name, &cookie_name));
        }
        Ok(request)
    }

    /// The session cookie's name at this target.
    fn cookie_name(&mut self) -> String {
        self.instance.sandbox().cookie_name(&self.settings.session_name)
    }

    /// Counts the users in the stats that are none of this scenario's, with the same credentials.
    async fn foreign_users(&mut self, request: &Request, exchange: &Exchange) -> u64 {
        let asked_stats = request.url.trim_end_matches('/').ends_with("/api/v1/stats");
        if !asked_stats || !exchange.answer.as_ref().is_ok_and(spec::http::Answer::is_success) {
            return 0;
        }
        let list = Request { url: request.url.replace("/api/v1/stats", "/api/v1/users"), ..request.clone() };
        let users = self.instance.send(list).await.answer.ok().and_then(|answer| answer.json());
        let foreign =
            |user: &&Value| !user["email"].as_str().is_some_and(|email| self.canon.emails.owns(email));
        let users = users.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        users.iter().filter(foreign).count() as u64
    }

    fn set(&mut self, serve: &Serve, index: usize) -> Result<(), Stopped> {
        let set: Result<Vec<_>, Stopped> =
            serve.set.iter().map(|(setting, value)| Ok((*setting, self.expand(value, index)?))).collect();
        self.settings.change(set?, &serve.unset);
        Ok(())
    }

    async fn restart(&mut self, how: Stop) -> Result<Printed, Stopped> {
        self.instance.end(how).await.map_err(no_server)?;
        self.start().await
    }

    /// Ensures that the server runs with the settings of the scenario.
    async fn start(&mut self) -> Result<Printed, Stopped> {
        self.replaced = false;
        self.instance.ensure(&self.settings).await.map_err(no_server)?;
        Ok((Answer::default(), None))
    }

    fn expand(&self, template: &Template, index: usize) -> Result<String, Stopped> {
        let lookup = |name: &str| self.variables.get(name).cloned();
        template.expand(&lookup).map_err(|missing| self.blocked(index, &missing.name))
    }

    fn blocked(&self, index: usize, name: &str) -> Stopped {
        Stopped::Step(Outcome::Blocked { by: self.missing.get(name).copied().unwrap_or(index) })
    }

    /// Stops a server that the next scenario cannot use.
    async fn leave(&mut self) {
        if self.replaced {
            // An error here is the next start's to report.
            let _ = self.instance.end(Stop::Kill).await;
        }
    }
}

fn not_checked(why: String) -> Stopped {
    Stopped::Rest(Outcome::NotChecked { why })
}

fn no_server(error: SandboxError) -> Stopped {
    match error {
        SandboxError::NotPossible(why) => not_checked(why),
        SandboxError::Hindered(why) => Stopped::Rest(Outcome::Error { why }),
        error => Stopped::Failed(format!("no server: {error}")),
    }
}

/// Finds the passwords that a request carries, as a form or as JSON.
fn passwords(request: &Request) -> Vec<String> {
    let Some(body) = &request.body else { return Vec::new() };
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        return fields.get("password").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    }
    form_urlencoded::parse(body)
        .filter(|(name, _)| name == "password")
        .map(|(_, value)| value.into_owned())
        .collect()
}
