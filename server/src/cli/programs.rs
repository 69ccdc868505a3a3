//! The documents' programs main_0 to main_4, on the library's public API.
//!
//! They print the documents' output, to a writer of the caller's. `examples/` has a binary for each.

use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use chrono::Utc;
use http::header::HeaderMap;
use http::request::Parts;
use http::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::accounts::{Names, Session, SessionId, User};
use crate::app::App;
use crate::auth::cookie;
use crate::cli::running_on;
use crate::http::framing::RequestBody;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::http::respond::Respond;
use crate::http::serve::serve;
use crate::store::SessionMap;

/// The email of main_0's user.
pub const MAIN_0_EMAIL: &str = "bob@hbtn.io";
/// The password of main_0's user.
pub const MAIN_0_PASSWORD: &str = "H0lbertonSchool98!";
/// The email of main_4's user.
pub const MAIN_4_EMAIL: &str = "bobsession@hbtn.io";
/// The password of main_4's user.
pub const MAIN_4_PASSWORD: &str = "fake pwd";

/// The output of a program that may move between threads.
type Out<'a> = &'a mut (dyn Write + Send);

/// Stores a user and prints its ID and its Basic credentials.
///
/// # Errors
///
/// If the output or the store fails, or another user has the email.
pub async fn main_0(out: Out<'_>, app: &App, email: &str, password: &str) -> io::Result<()> {
    let user = new_user(app, email, password).await?;
    writeln!(out, "New user: {}", user.id)?;
    writeln!(out, "Basic Base64: {}", BASE64_STANDARD.encode(format!("{email}:{password}")))
}

/// Creates sessions for no user ID, for a number, and for strings, and prints the dictionary after each.
///
/// # Errors
///
/// If the output fails.
pub fn main_1(out: Out<'_>) -> io::Result<()> {
    let mut sessions = SessionAuth::default();
    writeln!(out, "<class 'dict'>: {sessions}")?;
    for user_id in [Value::Null, json!(89), json!("abcde"), json!("fghij"), json!("abcde")] {
        let session = sessions.create_session(&user_id);
        writeln!(out, "{} => {}: {sessions}", Python(&user_id), Python(&session))?;
    }
    Ok(())
}

/// Prints the users of sessions that exist, and of some that do not.
///
/// # Errors
///
/// If the output fails.
pub fn main_2(out: Out<'_>) -> io::Result<()> {
    let mut sessions = SessionAuth::default();
    let mut create = |out: Out<'_>, user_id: Value| {
        let session = sessions.create_session(&user_id);
        writeln!(out, "{} => {}: {sessions}", Python(&user_id), Python(&session))?;
        io::Result::Ok(session)
    };
    let session_1 = create(out, json!("abcde"))?;
    let session_2 = create(out, json!("fghij"))?;
    writeln!(out, "---")?;
    let find = |out: Out<'_>, sessions: &SessionAuth, session_id: &Value| {
        let user_id = sessions.user_id_for_session_id(session_id);
        writeln!(out, "{} => {}", Python(session_id), Python(&user_id))
    };
    for session_id in [Value::Null, json!(89), json!("doesntexist")] {
        find(out, &sessions, &session_id)?;
    }
    writeln!(out, "---")?;
    find(out, &sessions, &session_1)?;
    find(out, &sessions, &session_2)?;
    writeln!(out, "---")?;
    let user_id = json!("abcde");
    let session_1_bis = sessions.create_session(&user_id);
    writeln!(out, "{} => {}: {sessions}", Python(&user_id), Python(&session_1_bis))?;
    find(out, &sessions, &session_1_bis)?;
    find(out, &sessions, &session_1)
}

/// Serves the value of the session cookie at `/`, until `shutdown`.
///
/// # Errors
///
/// If the output or the listener fails.
pub async fn main_3(
    out: Out<'_>,
    listener: TcpListener,
    session_name: &str,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    announce(out, &listener)?;
    serve(listener, Arc::new(CookieServer { session_name: session_name.to_owned() }), shutdown).await
}

/// Stores a user, creates a session, and serves the user of a request's session at `/`, until `shutdown`.
///
/// # Errors
///
/// If the output, the store or the listener fails, or another user has the email.
pub async fn main_4(
    out: Out<'_>,
    app: Arc<App>,
    listener: TcpListener,
    email: &str,
    password: &str,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let user = new_user(&app, email, password).await?;
    let session_id = app.service().create_session(&user.id).await.map_err(io::Error::other)?;
    let session_id = session_id.ok_or_else(|| io::Error::other("the user was deleted"))?;
    writeln!(out, "User with ID: {} has a Session ID: {}", user.id, session_id.as_str())?;
    announce(out, &listener)?;
    serve(listener, Arc::new(SessionServer { app }), shutdown).await
}

async fn new_user(app: &App, email: &str, password: &str) -> io::Result<Arc<User>> {
    let user = app.service().create_user(email.to_owned(), password, Names::default()).await;
    let user = user.map_err(|_| io::Error::other("the user could not be stored"))?;
    user.ok_or_else(|| io::Error::other("Can't create User: the email is taken"))
}

fn announce(out: Out<'_>, listener: &TcpListener) -> io::Result<()> {
    out.write_all(running_on(listener.local_addr()?).as_bytes())?;
    out.flush()
}

/// The documents' class SessionAuth: sessions for any string. It prints as its dictionary.
#[derive(Default)]
struct SessionAuth {
    user_id_by_session_id: SessionMap,
}

impl SessionAuth {
    fn create_session(&mut self, user_id: &Value) -> Value {
        let Some(user_id) = user_id.as_str() else {
            return Value::Null;
        };
        let id = SessionId::random();
        // The time does not matter, as no session of this program expires.
        let session = Session { user_id: user_id.into(), created_at: chrono::DateTime::<Utc>::UNIX_EPOCH };
        self.user_id_by_session_id.add(&id, session);
        id.as_str().into()
    }

    fn user_id_for_session_id(&self, session_id: &Value) -> Value {
        let session = session_id.as_str().and_then(|id| self.user_id_by_session_id.find(id));
        session.map_or(Value::Null, |session| session.user_id.as_str().into())
    }
}

impl fmt::Display for SessionAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (id, session)) in self.user_id_by_session_id.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}'{id}': '{}'", session.user_id)?;
        }
        f.write_str("}")
    }
}

/// Formats a value as Python does.
struct Python<'a>(&'a Value);

impl fmt::Display for Python<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("None"),
            Value::String(text) => f.write_str(text),
            other => other.fmt(f),
        }
    }
}

struct CookieServer {
    session_name: String,
}

impl Respond for CookieServer {
    async fn respond(&self, head: &Parts, _: &mut RequestBody, _: IpAddr) -> Response<Bytes> {
        let answer = |headers: &HeaderMap| {
            let value = cookie(headers, &self.session_name).map(String::from_utf8_lossy);
            format!("Cookie value: {}\n", value.as_deref().unwrap_or("None"))
        };
        at_root(head).map_or_else(Reply::from, |headers| Reply::text(answer(headers))).into_response(false)
    }
}

struct SessionServer {
    app: Arc<App>,
}

impl SessionServer {
    async fn answer(&self, head: &Parts) -> Result<Reply, Refusal> {
        let user = self.app.service().session_user(at_root(head)?).await?;
        Ok(Reply::text(match user {
            Some(user) => format!("User found: {}\n", user.id),
            None => "No user found\n".to_owned(),
        }))
    }
}

impl Respond for SessionServer {
    async fn respond(&self, head: &Parts, _: &mut RequestBody, _: IpAddr) -> Response<Bytes> {
        self.answer(head).await.unwrap_or_else(Reply::from).into_response(false)
    }
}

/// Returns the headers of a request for the only route, GET `/`.
fn at_root(head: &Parts) -> Result<&HeaderMap, Refusal> {
    match (head.uri.path(), &head.method) {
        ("/", &Method::GET | &Method::HEAD) => Ok(&head.headers),
        ("/", _) => Err(Refusal::MethodNotAllowed("GET, HEAD")),
        _ => Err(Refusal::NotFound),
    }
}
