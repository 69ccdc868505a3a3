//! Servers that lose a race, each in one way, and one that only takes its time.
//!
//! They serve the model. Where a race can happen they let everybody else run for a while: on a runtime of one thread
//! what else has arrived is then served meanwhile, on a fast machine and on a slow one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use model::{Machine, ParsedRequest, Route, Rules};
use search::served;
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::http::Request;
use spec::results::{SeedMethod, TargetKind};
use targets::clock::{ClockDriver, NoClock};
use targets::{Isolation, Sandbox, SandboxError, ServerSettings, Stop, Target};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, yield_now};

/// A way to lose a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Race {
    /// None: requests wait, and are carried out at one moment in between.
    None,
    /// A logout looks its session up, and ends it later.
    LateLogout,
    /// A logout is answered, and carried out afterwards.
    EarlyAnswer,
    /// Logins of one user at the same time get the same session.
    SharedLogin,
    /// An update reads the user, and writes all of it later.
    LostUpdate,
    /// A deletion looks the user up, and fails where it is gone when it is to be removed.
    CrashingDelete,
}

/// The number of times that a waiting request lets the others run.
const WAIT: usize = 60;

/// The model, with a race that is lost.
#[derive(Clone, Copy, Debug)]
pub struct Racy(pub Race);

#[async_trait]
impl Target for Racy {
    fn kind(&self) -> TargetKind {
        TargetKind::Reference
    }

    fn name(&self) -> String {
        format!("{:?}", self.0)
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
        let machine = Machine::new(Rules::new(Mode::Off, "_my_session_id", None));
        let server = Server { race: self.0, machine: Mutex::new(machine), logins: Mutex::default() };
        let server = Arc::new(server);
        Ok(Box::new(RacySandbox { server, clock: NoClock, opened_at: Utc::now(), serving: None }))
    }
}

struct RacySandbox {
    server: Arc<Server>,
    clock: NoClock,
    opened_at: DateTime<Utc>,
    serving: Option<(String, JoinHandle<()>)>,
}

impl Drop for RacySandbox {
    fn drop(&mut self) {
        self.end();
    }
}

impl RacySandbox {
    fn end(&mut self) {
        if let Some((_, task)) = self.serving.take() {
            task.abort();
        }
    }
}

#[async_trait]
impl Sandbox for RacySandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        let mode = settings.mode.api_mode();
        let mode = mode.ok_or_else(|| SandboxError::NotPossible("needs the API".to_owned()))?;
        let rules = Rules::new(mode, &settings.session_name, settings.session_duration.as_deref());
        self.server.machine().restart(rules);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let server = Arc::clone(&self.server);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&server);
                let service = service_fn(move |request| respond(Arc::clone(&server), request));
                let mut http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.keep_alive(false).serve_connection(TokioIo::new(stream), service));
            }
        });
        self.serving = Some((url, task));
        Ok(())
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SandboxError> {
        self.end();
        Ok(())
    }

    fn base_url(&self) -> String {
        self.serving.as_ref().map(|(url, _)| url.clone()).unwrap_or_default()
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let machine = Mutex::new(self.server.machine().clone());
        let server = Arc::new(Server { race: self.server.race, machine, logins: Mutex::default() });
        Ok(Box::new(Self { server, clock: NoClock, opened_at: self.opened_at, serving: None }))
    }
}

/// A machine, and what is under way on it.
struct Server {
    race: Race,
    machine: Mutex<Machine>,
    /// The answers to logins that are under way, by what was sent.
    logins: Mutex<BTreeMap<Vec<u8>, Answer>>,
}

impl Server {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn logins(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Answer>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn act(&self, request: &Request) -> Answer {
        self.machine().answer(request, Utc::now().timestamp()).1
    }

    /// Answers by what is known now, and changes nothing.
    fn look(&self, request: &Request) -> Answer {
        self.machine().clone().answer(request, Utc::now().timestamp()).1
    }

    async fn answer(self: Arc<Self>, request: Request) -> Answer {
        let parsed = ParsedRequest::from(&request);
        match (self.race, &parsed.route, parsed.method.as_str()) {
            (Race::LateLogout, Route::Logout, "DELETE") => {
                let answer = self.look(&request);
                others().await;
                self.act(&request);
                answer
            }
            (Race::EarlyAnswer, Route::Logout, "DELETE") => {
                let answer = self.look(&request);
                tokio::spawn(async move {
                    others().await;
                    self.act(&request);
                });
                answer
            }
            (Race::SharedLogin, Route::Login, "POST") => {
                let under_way = self.logins().get(&parsed.body).cloned();
                if let Some(answer) = under_way {
                    return answer;
                }
                let answer = self.act(&request);
                self.logins().insert(parsed.body.clone(), answer.clone());
                others().await;
                self.logins().remove(&parsed.body);
                answer
            }
            (Race::LostUpdate, Route::User(id), "PUT") => {
                let mut view = self.machine().clone();
                let (_, answer) = view.answer(&request, Utc::now().timestamp());
                others().await;
                if let (Some(user), Some(read)) = (self.machine().state.user_mut(id), view.state.user(id)) {
                    *user = read.clone();
                }
                answer
            }
            (Race::CrashingDelete, Route::User(id), "DELETE") => {
                let answer = self.look(&request);
                others().await;
                let is_gone = self.machine().state.user(id).is_none();
                if answer.is_success() && is_gone {
                    return Answer { status: 500, ..answer };
                }
                self.act(&request);
                answer
            }
            (Race::None, ..) => {
                others().await;
                let answer = self.act(&request);
                others().await;
                answer
            }
            _ => self.act(&request),
        }
    }
}

/// Lets everybody else run.
async fn others() {
    for _ in 0..WAIT {
        yield_now().await;
    }
}

async fn respond(
    server: Arc<Server>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    Ok(served::write(server.answer(served::read(request).await).await))
}
