//! Deliberately broken servers: the reference server with one fault, behind a proxy that puts it in.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use conformance::reference::Reference;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::http::Request;
use spec::results::{SeedMethod, TargetKind};
use targets::client;
use targets::clock::ClockDriver;
use targets::{Isolation, Program, ProgramServer, Sandbox, SandboxError, ServerSettings, Stop, Target};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: the proxy changes nothing.
    None,
    /// A login answers 201.
    LoginIsCreated,
    /// A login sets no cookie.
    NoCookie,
    /// A login gives a user the session that the user already has.
    ReusedSession,
    /// A session ends one second early.
    EndsEarly,
    /// A session ends one second late.
    EndsLate,
    /// A logout ends every session of the user.
    LogoutEndsAll,
    /// Sessions of session_db_auth are kept in memory only.
    LostOnRestart,
    /// A logout gets no answer.
    LogoutHangs,
    /// GET users/me gets an answer that is not HTTP.
    GarbageForMe,
    /// Every user has a field with the hash of its password.
    ShowsHash,
    /// No answer has the CORS header.
    NoCors,
    /// Every answer of an instance after its first [`SOUND`] ones is 500.
    WearsOut,
}

/// The number of right answers of an instance that wears out: as many as the longest isolated scenario needs.
const SOUND: usize = 30;

/// The reference server with a fault.
#[derive(Clone, Copy, Debug)]
pub struct Broken(pub Fault);

/// The same server, which pretends to be a program: scenarios share its instances.
#[derive(Clone, Copy, Debug)]
pub struct Shared(pub Fault);

#[async_trait]
impl Target for Shared {
    fn kind(&self) -> TargetKind {
        TargetKind::Command
    }

    fn name(&self) -> String {
        Broken(self.0).name()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        Reference.public_url()
    }

    fn isolation(&self) -> Isolation {
        Isolation::ForkPerBatch
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[SeedMethod::Api]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Broken(self.0).open().await
    }
}

#[async_trait]
impl Target for Broken {
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
        Reference.public_url()
    }

    fn isolation(&self) -> Isolation {
        Isolation::PerScenario
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[SeedMethod::Api]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(BrokenSandbox { inner: Reference.open().await?, fault: self.0, proxy: None }))
    }
}

struct BrokenSandbox {
    inner: Box<dyn Sandbox>,
    fault: Fault,
    proxy: Option<Proxy>,
}

#[async_trait]
impl Sandbox for BrokenSandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        let mut settings = settings.clone();
        let seconds = settings.session_duration.as_ref().and_then(|text| text.parse::<u64>().ok());
        match (self.fault, seconds) {
            (Fault::EndsEarly, Some(seconds)) if seconds > 1 => {
                settings.session_duration = Some((seconds - 1).to_string());
            }
            (Fault::EndsLate, Some(seconds)) if seconds > 0 => {
                settings.session_duration = Some((seconds + 1).to_string());
            }
            (Fault::LostOnRestart, _) if settings.mode == Mode::SessionDbAuth => {
                settings.mode = Mode::SessionExpAuth.into();
            }
            _ => {}
        }
        self.inner.start(&settings).await?;
        let state = State {
            upstream: self.inner.base_url(),
            fault: self.fault,
            sessions: Mutex::default(),
            answers: AtomicUsize::new(0),
        };
        self.proxy = Some(Proxy::start(state).await);
        Ok(())
    }

    async fn stop(&mut self, how: Stop) -> Result<(), SandboxError> {
        self.proxy = None;
        self.inner.stop(how).await
    }

    fn base_url(&self) -> String {
        self.proxy.as_ref().map_or_else(|| self.inner.base_url(), |proxy| proxy.url.clone())
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        self.inner.clock()
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.inner.opened_at()
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(Self { inner: self.inner.fork().await?, fault: self.fault, proxy: None }))
    }

    async fn program(&mut self, program: &Program) -> Result<String, SandboxError> {
        self.inner.program(program).await
    }

    async fn serve_program(
        &mut self,
        settings: &ServerSettings,
        program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        self.proxy = None;
        self.inner.serve_program(settings, program).await
    }
}

/// The state of the proxy. Its connections share it, and lock it for single look-ups and changes.
struct State {
    upstream: String,
    fault: Fault,
    /// The live session cookies by email, in the order of the logins.
    sessions: Mutex<BTreeMap<String, Vec<String>>>,
    /// The number of requests that were answered.
    answers: AtomicUsize,
}

/// A listener with its task, which ends when this is dropped.
struct Proxy {
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    async fn start(state: State) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let state = Arc::new(state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, Arc::clone(&state)));
            }
        });
        Self { url, task }
    }
}

/// Serves one connection; it ends with the client's.
async fn connection(mut stream: TcpStream, state: Arc<State>) {
    if state.fault == Fault::GarbageForMe {
        let mut head = [0; 64];
        let length = stream.peek(&mut head).await.unwrap_or(0);
        if head[..length].starts_with(b"GET /api/v1/users/me") {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
            return;
        }
    }
    let service = service_fn(|request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(forward(request, &state).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn forward(request: http::Request<Incoming>, state: &State) -> http::Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let path = head.uri.path().trim_end_matches('/').to_owned();
    if state.fault == Fault::LogoutHangs && path == "/api/v1/auth_session/logout" && head.method == "DELETE" {
        return std::future::pending().await;
    }
    let headers = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let upstream = Request {
        method: head.method.to_string(),
        url: format!("{}/", state.upstream),
        target: Some(head.uri.to_string()),
        path_as_is: true,
        headers: headers.collect(),
        body: (!body.is_empty()).then(|| body.to_vec()),
    };
    let cookie = upstream.headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value.clone());
    let mut answer =
        client::send(upstream, client::TIMEOUT).await.answer.expect("the reference server answers");
    let is_login = path == "/api/v1/auth_session/login" && answer.is_success();
    match state.fault {
        Fault::LoginIsCreated if is_login => answer.status = 201,
        Fault::NoCookie => answer.headers.retain(|(name, _)| name != "set-cookie"),
        Fault::NoCors => answer.headers.retain(|(name, _)| name != "access-control-allow-origin"),
        Fault::ReusedSession if is_login => reuse(&mut answer, state),
        Fault::ReusedSession if path == "/api/v1/auth_session/logout" && answer.is_success() => {
            let ended = cookie.unwrap_or_default();
            let mut sessions = state.sessions.lock().expect("no holder panics");
            sessions.values_mut().for_each(|live| live.retain(|session| *session != ended));
        }
        Fault::LogoutEndsAll if is_login => {
            remember(&answer, state);
        }
        Fault::LogoutEndsAll if path == "/api/v1/auth_session/logout" && answer.is_success() => {
            end_the_others(&cookie.unwrap_or_default(), state).await;
        }
        Fault::ShowsHash => show_hash(&mut answer),
        Fault::WearsOut if state.answers.fetch_add(1, Ordering::Relaxed) >= SOUND => answer.status = 500,
        _ => {}
    }
    respond(&answer)
}

fn pair(answer: &Answer) -> Option<String> {
    Some(answer.header("set-cookie").next()?.split(';').next()?.to_owned())
}

fn owner(answer: &Answer) -> String {
    answer.json().and_then(|user| user["email"].as_str().map(str::to_owned)).unwrap_or_default()
}

fn remember(answer: &Answer, state: &State) -> Vec<String> {
    let mut sessions = state.sessions.lock().expect("no holder panics");
    let live = sessions.entry(owner(answer)).or_default();
    live.extend(pair(answer));
    live.clone()
}

fn reuse(answer: &mut Answer, state: &State) {
    let first = remember(answer, state).into_iter().next().unwrap_or_default();
    for (name, value) in &mut answer.headers {
        if name == "set-cookie" {
            *value = format!("{first}; Path=/");
        }
    }
}

async fn end_the_others(cookie: &str, state: &State) {
    let others: Vec<String> = {
        let sessions = state.sessions.lock().expect("no holder panics");
        let of_user = sessions.values().find(|live| live.iter().any(|session| session == cookie));
        of_user.into_iter().flatten().filter(|session| *session != cookie).cloned().collect()
    };
    for other in others {
        let mut logout = Request::get(format!("{}/api/v1/auth_session/logout", state.upstream));
        "DELETE".clone_into(&mut logout.method);
        logout.headers.push(("Cookie".to_owned(), other));
        client::send(logout, client::TIMEOUT).await;
    }
}

/// Adds a key with a hash to every user of an answer.
fn show_hash(answer: &mut Answer) {
    let hash = spec::digest::sha256_hex("fake pwd");
    if let Some(serde_json::Value::Object(mut user)) = answer.json().filter(|user| user["email"].is_string())
    {
        user.insert("_password".to_owned(), hash.into());
        answer.body = serde_json::Value::Object(user).to_string().into_bytes();
        answer.headers.retain(|(name, _)| name != "content-length");
    }
}

fn respond(answer: &Answer) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| name != "connection") {
        response = response.header(name, value.as_bytes());
    }
    response.body(Full::new(Bytes::from(answer.body.clone()))).expect("what was received can be sent")
}
