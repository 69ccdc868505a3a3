//! Replays one scenario on one stage in one mode.
//!
//! `capture` keeps what an answer holds, `programs` runs the documents' programs, `redis` asks a Redis server; every
//! other step is here.

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
use targets::instance::Stage;
use targets::progress::event::Event;
use targets::redis::Subscriber;
use targets::seed::Seeds;
use targets::{Launch, SiteError, Stop};

/// Replays `scenario` and records every step; it never stops early.
///
/// `seeds` hold the users of its `user` steps; `emails` are this run's addresses.
pub async fn play(
    stage: &mut Stage<'_>,
    scenario: &Scenario,
    subject: impl Into<Subject>,
    seeds: &Seeds,
    emails: EmailAliases,
) -> Run {
    let since = stage.site().opened_at();
    let mut player = Player {
        stage,
        launch: Launch::of(subject, &scenario.settings),
        canon: Normalizer::new(emails, since),
        seeds,
        variables: HashMap::new(),
        missing: HashMap::new(),
        last: None,
        rest: None,
        replaced: false,
        asked: false,
        beside: None,
        nobody: None,
    };
    if scenario.exact_clock && !player.stage.site().clock().kind().stands_still() {
        let kind = player.stage.site().clock().kind().as_str();
        let why = format!("needs a clock that stands still (manual or faketime); this target's is {kind}");
        player.rest = Some(Outcome::NotChecked { why });
    }
    let mut run = Run::default();
    for (index, step) in scenario.steps().enumerate() {
        player.stage.tell(&Event::Step { index });
        run.steps.push(player.step(index, step).await);
    }
    if run.steps.iter().any(|step| matches!(step.outcome, Outcome::Error { .. })) {
        run.output = player.stage.site().output();
    }
    player.leave().await;
    run
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

struct Player<'a, 's> {
    stage: &'a mut Stage<'s>,
    launch: Launch,
    canon: Normalizer,
    seeds: &'a Seeds,
    variables: HashMap<String, String>,
    /// The variables that a failed step should have set, with its place.
    missing: HashMap<String, usize>,
    /// The last exchange, with its place; `None` in its stead where it was blocked.
    last: Option<(usize, Option<Exchange>)>,
    /// What becomes of every further step, once nothing can go on.
    rest: Option<Outcome>,
    /// Whether a program of the documents serves in place of the server, or the server is in doubt.
    replaced: bool,
    /// Whether the server, or a program in its place, has done anything for this scenario.
    asked: bool,
    /// The documents' subscriber, which runs beside the steps.
    beside: Option<Subscriber>,
    /// What keeps a port from everybody, so that nobody listens there.
    nobody: Option<TcpSocket>,
}

/// What a step printed, and whether its request was answered 2xx.
type Printed = (Answer, Option<bool>);

impl Player<'_, '_> {
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
                let moved = self.stage.advance(sleep.seconds).await;
                moved.map_err(|why| not_checked(format!("needs a clock: {why}")))?;
                Ok(silent)
            }
            Action::Restart => self.restart(Stop::Polite).await,
            Action::Kill => self.restart(Stop::Kill).await,
            Action::Serve(serve) => {
                self.set(serve, index)?;
                // What this scenario has not asked yet is as good as just started.
                if self.asked { self.restart(Stop::Polite).await } else { self.start().await }
            }
            Action::User(user) => {
                let email = self.expand(&user.email, index)?;
                let password = self.expand(&user.password, index)?;
                self.canon.watch_password(&password);
                let id = self.seeds.id(self.canon.emails.alias(&email)).map_err(not_checked)?.to_owned();
                self.canon.names.user(&id);
                self.variables.insert("USER".to_owned(), id);
                Ok(silent)
            }
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
        let exchange = self.stage.send(request.clone()).await;
        if let Err(none) = &exchange.answer {
            return Err(Stopped::Failed(match self.stage.site().ended() {
                Some(how) => format!("no answer: the server ended ({how})"),
                None => none.to_string(),
            }));
        }
        let foreign_users = self.foreign_users(&request, &exchange).await;
        let cookie_name = self.cookie_name();
        let view = View {
            show: step.show,
            include: curl.include,
            cookie: CookieName { sent: &cookie_name, written: &self.launch.session_name },
            now: self.stage.site().clock().now(),
            foreign_users,
        };
        self.canon.places = self.stage.site().places();
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
        let exchanges = self.stage.send_at_once(request, times).await;
        let cookie_name = self.cookie_name();
        let view = View {
            show: step.show,
            include: false,
            cookie: CookieName { sent: &cookie_name, written: &self.launch.session_name },
            now: self.stage.site().clock().now(),
            foreign_users: 0,
        };
        Ok((self.canon.parallel(view, &exchanges), None))
    }

    /// Sees to it that someone is there to answer.
    async fn serving(&mut self) -> Result<(), Stopped> {
        self.asked = true;
        if self.replaced {
            return Ok(());
        }
        let started = self.stage.ensure(&self.launch).await;
        started.map_err(|error| match error {
            SiteError::NotPossible(why) => not_checked(why),
            error => Stopped::Rest(Outcome::Error { why: error.to_string() }),
        })
    }

    /// Fills in a request and sees to it that someone is there to answer it.
    async fn request(&mut self, index: usize, curl: &Curl) -> Result<Request, Stopped> {
        self.serving().await?;
        let base = self.stage.site().base_url();
        let variables = &self.variables;
        let lookup =
            |name: &str| if name == "URL" { Some(base.clone()) } else { variables.get(name).cloned() };
        let request = curl.resolve(&lookup).map_err(|missing| self.blocked(index, &missing.name))?;
        for password in passwords(&request) {
            self.canon.watch_password(&password);
        }
        let mut request = self.canon.emails.personalise(request);
        let cookie_name = self.cookie_name();
        if cookie_name != self.launch.session_name {
            let cookies = request.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
            cookies.for_each(|(_, value)| *value = value.replace(&self.launch.session_name, &cookie_name));
        }
        Ok(request)
    }

    /// The session cookie's name at this target.
    fn cookie_name(&mut self) -> String {
        self.stage.site().cookie_name(&self.launch.session_name)
    }

    /// Counts the users in the stats that are none of this scenario's, with the same credentials.
    async fn foreign_users(&mut self, request: &Request, exchange: &Exchange) -> u64 {
        let asked_stats = request.url.trim_end_matches('/').ends_with("/api/v1/stats");
        if !asked_stats || !exchange.answer.as_ref().is_ok_and(spec::http::Answer::is_success) {
            return 0;
        }
        let list = Request { url: request.url.replace("/api/v1/stats", "/api/v1/users"), ..request.clone() };
        let users = self.stage.send(list).await.answer.ok().and_then(|answer| answer.json());
        let foreign =
            |user: &&Value| !user["email"].as_str().is_some_and(|email| self.canon.emails.owns(email));
        let users = users.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        users.iter().filter(foreign).count() as u64
    }

    fn set(&mut self, serve: &Serve, index: usize) -> Result<(), Stopped> {
        let set: Result<Vec<_>, Stopped> =
            serve.set.iter().map(|(setting, value)| Ok((*setting, self.expand(value, index)?))).collect();
        self.launch.change(set?, &serve.unset);
        Ok(())
    }

    async fn restart(&mut self, how: Stop) -> Result<Printed, Stopped> {
        self.stage.end(how).await.map_err(no_server)?;
        self.start().await
    }

    /// Sees to it that the server runs with the settings of the scenario.
    async fn start(&mut self) -> Result<Printed, Stopped> {
        self.replaced = false;
        self.stage.ensure(&self.launch).await.map_err(no_server)?;
        Ok((Answer::default(), None))
    }

    fn expand(&self, template: &Template, index: usize) -> Result<String, Stopped> {
        let lookup = |name: &str| self.variables.get(name).cloned();
        template.expand(&lookup).map_err(|missing| self.blocked(index, &missing.name))
    }

    fn blocked(&self, index: usize, name: &str) -> Stopped {
        Stopped::Step(Outcome::Blocked { by: self.missing.get(name).copied().unwrap_or(index) })
    }

    /// Leaves the stage fit for the next scenario.
    async fn leave(&mut self) {
        if self.replaced {
            // An error here is the next start's to report.
            let _ = self.stage.end(Stop::Kill).await;
        }
    }
}

fn not_checked(why: String) -> Stopped {
    Stopped::Rest(Outcome::NotChecked { why })
}

fn no_server(error: SiteError) -> Stopped {
    match error {
        SiteError::NotPossible(why) => not_checked(why),
        SiteError::Hindered(why) => Stopped::Rest(Outcome::Error { why }),
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
