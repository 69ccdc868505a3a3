//! The target `model`: the model of the requirements, with a fault or without, served over HTTP in this process.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::served;
use model::Rules;
use model::faults::{Fault, FaultyModel};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::http::Request;
use spec::results::ClockKind;
use spec::results::{SeedMethod, TargetKind};
use targets::clock::ClockDriver;
use targets::{
    Isolation, NewUser, Program, ProgramServer, Sandbox, SandboxError, ServerSettings, Stop, Target,
};

/// The model as a server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model {
    /// The mistake that it makes.
    pub fault: Option<&'static Fault>,
}

#[async_trait]
impl Target for Model {
    fn kind(&self) -> TargetKind {
        // The JSON report has three kinds, and this is the one in process.
        TargetKind::Reference
    }

    fn name(&self) -> String {
        "model".to_owned()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        "http://127.0.0.1:5000".to_owned()
    }

    fn isolation(&self) -> Isolation {
        Isolation::PerScenario
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[SeedMethod::Api]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let opened_at = Utc::now().trunc_subsecs(0);
        let machine = FaultyModel::new(rules(&ServerSettings::documented(Mode::Off)), self.fault);
        Ok(Box::new(ModelSandbox {
            machine: Arc::new(Mutex::new(machine)),
            clock: Clock(Arc::new(Mutex::new(opened_at))),
            opened_at,
            serving: None,
        }))
    }
}

fn rules(settings: &ServerSettings) -> Rules {
    let time_zone = settings.time_zone.clone();
    // The model is the API and nothing else.
    let mode = settings.mode.api_mode().unwrap_or(Mode::Off);
    Rules { time_zone, ..Rules::new(mode, &settings.session_name, settings.session_duration.as_deref()) }
}

/// A clock that stands still until it is moved; the sandbox moves it, the serving tasks read it.
#[derive(Clone)]
struct Clock(Arc<Mutex<DateTime<Utc>>>);

#[async_trait]
impl ClockDriver for Clock {
    fn kind(&self) -> ClockKind {
        ClockKind::Manual
    }

    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn advance(&mut self, seconds: u64) -> Result<(), targets::Error> {
        let step = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
        let later = step.and_then(|step| self.now().checked_add_signed(step));
        let later = later.ok_or(targets::Error::NoDate(seconds))?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = later;
        Ok(())
    }
}

/// A machine, and at most one task that serves it.
struct ModelSandbox {
    /// Every connection of the serving task locks it for one answer.
    machine: Arc<Mutex<FaultyModel>>,
    clock: Clock,
    opened_at: DateTime<Utc>,
    serving: Option<Serving>,
}

/// The task that accepts connections; dropping it ends it and every connection.
struct Serving {
    task: JoinHandle<()>,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What answers requests.
type Answering = dyn Fn(&Request) -> Answer + Send + Sync;

impl ModelSandbox {
    fn machine(&self) -> std::sync::MutexGuard<'_, FaultyModel> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn second(&self) -> i64 {
        self.clock.now().timestamp()
    }

    /// Serves on a fresh port of the loopback interface, until the task is dropped.
    async fn serve(&mut self, answering: Arc<Answering>) -> Result<(), SandboxError> {
        let failed = |error: io::Error| SandboxError::Failed(error.to_string());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let clock = self.clock.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answering = Arc::clone(&answering);
                let clock = clock.clone();
                let service =
                    service_fn(move |request| respond(Arc::clone(&answering), clock.clone(), request));
                let mut http = hyper::server::conn::http1::Builder::new();
                connections.spawn(http.keep_alive(false).serve_connection(TokioIo::new(stream), service));
                while connections.try_join_next().is_some() {}
            }
        });
        self.serving = Some(Serving { task, url });
        Ok(())
    }
}

/// The form of a `Date` header (RFC 9110, 5.6.7).
const IMF: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Reads a request as the model does, and writes the answer.
async fn respond(
    answering: Arc<Answering>,
    clock: Clock,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let mut answer = answering(&served::read(request).await);
    answer.headers.push(("date".to_owned(), clock.now().format(IMF).to_string()));
    Ok(served::write(answer))
}

#[async_trait]
impl Sandbox for ModelSandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        let now = self.second();
        self.machine().restart(rules(settings), now);
        let (machine, clock) = (Arc::clone(&self.machine), self.clock.clone());
        self.serve(Arc::new(move |request: &Request| {
            let now = clock.now().timestamp();
            machine.lock().unwrap_or_else(PoisonError::into_inner).answer(request, now)
        }))
        .await
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SandboxError> {
        if let Some(mut serving) = self.serving.take() {
            serving.task.abort();
            // An aborted task is an error here, and just what was asked for.
            let _ = (&mut serving.task).await;
        }
        Ok(())
    }

    fn base_url(&self) -> String {
        self.serving.as_ref().map(|serving| serving.url.clone()).unwrap_or_default()
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(Self {
            machine: Arc::new(Mutex::new(self.machine().clone())),
            clock: Clock(Arc::new(Mutex::new(self.clock.now()))),
            opened_at: self.opened_at,
            serving: None,
        }))
    }

    async fn program(&mut self, program: &Program) -> Result<String, SandboxError> {
        let now = self.second();
        Ok(match program {
            Program::Main0(users) => {
                let mut machine = self.machine();
                let each = |user: &NewUser| machine.main_0(&user.email, &user.password, now);
                users.iter().map(each).collect()
            }
            Program::Main1 => self.machine().main_1(),
            Program::Main2 => self.machine().main_2(),
            Program::RequireAuth { excluded, paths } => {
                let machine = self.machine();
                let line = |path: &String| {
                    let required = if machine.requires_auth(path, excluded) { "True" } else { "False" };
                    format!("{path} => {required}\n")
                };
                paths.iter().map(line).collect()
            }
        })
    }

    async fn serve_program(
        &mut self,
        settings: &ServerSettings,
        program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        let now = self.second();
        self.machine().restart(rules(settings), now);
        let (machine, clock) = (Arc::clone(&self.machine), self.clock.clone());
        let answer = move |request: &Request, answer: fn(&mut FaultyModel, &Request, i64) -> Answer| {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&mut machine, request, clock.now().timestamp())
        };
        match program {
            ProgramServer::Main3 => {
                self.serve(Arc::new(move |request: &Request| answer(request, FaultyModel::main_3))).await?;
                Ok(String::new())
            }
            ProgramServer::Main4(NewUser { email, password }) => {
                let printed = self.machine().main_4(email, password, now);
                self.serve(Arc::new(move |request: &Request| answer(request, FaultyModel::session_server)))
                    .await?;
                Ok(printed)
            }
        }
    }
}

#[cfg(test)]
mod tests;
