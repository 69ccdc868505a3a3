//! The connection to a Redis, which all requests share, and which is made anew when it breaks.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, PushInfo, PushKind};
use redis::{RedisError, RedisResult, ScriptInvocation, Value, from_redis_value};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use super::client_id::ClientId;
use super::url::RedisUrl;
use crate::http::limits::STORE_TIME;

/// A connection for all requests, with a limit of time for each script.
pub struct SharedConnection {
    client: Client,
    url: RedisUrl,
    // Read by every request, to copy a handle; written by the one that connects, or that has found it broken.
    current: RwLock<Option<Connection>>,
    // The last connection that was used. Held by the one request that connects; the others wait for it, each until its
    // own time is over.
    last: tokio::sync::Mutex<Option<ClientId>>,
    // Whether the last request had no answer. Any request may change it.
    is_lost: AtomicBool,
}

/// A connection whose task sends the commands of all copies, and ends with the last of them.
#[derive(Clone)]
struct Connection {
    connection: MultiplexedConnection,
    // Set by the task of the connection, which is the first to know that it has ended.
    has_ended: Arc<AtomicBool>,
}

/// The reason why a Redis did not run a script.
#[derive(Debug)]
pub enum Failure {
    /// There was no answer in time.
    Late,
    /// It cannot be reached, or it refused.
    Redis(RedisError),
    /// Its data were not written by this server.
    Unreadable,
}

impl SharedConnection {
    /// Makes a connection to the Redis at `url`, without sending anything yet.
    pub fn new(url: &RedisUrl) -> RedisResult<Self> {
        Ok(Self {
            client: url.client()?,
            url: url.clone(),
            current: RwLock::default(),
            last: tokio::sync::Mutex::default(),
            is_lost: AtomicBool::new(false),
        })
    }

    /// Runs a script within [`STORE_TIME`], and logs a failure. It is not tried again, as nobody knows whether the script
    /// has run.
    pub async fn ask<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Failure> {
        let answer = self.run(script).await;
        match &answer {
            Ok(_) if self.is_lost.load(Ordering::Relaxed) && self.is_lost.swap(false, Ordering::Relaxed) => {
                warn!("{} answers again", self.url);
            }
            Ok(_) => {}
            Err(failure) if failure.lasts() => {
                // Logged once, as every request fails until it is over.
                if !self.is_lost.swap(true, Ordering::Relaxed) {
                    error!("failed to ask {}: {failure}", self.url);
                }
            }
            Err(failure) => error!("failed to ask {}: {failure}", self.url),
        }
        answer
    }

    /// Runs a script like [`ask`](Self::ask), without logging.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Failure> {
        let deadline = Instant::now() + STORE_TIME;
        let mut used = timeout_at(deadline, self.connection()).await.map_err(|_| Failure::Late)??;
        let answer = match timeout_at(deadline, script.invoke_async::<Value>(&mut used.connection)).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => Err(Failure::Late),
        };
        if answer.as_ref().is_err_and(Failure::is_of_connection) {
            self.give_up(&used);
        }
        // The error would quote data, which may be anybody's.
        from_redis_value(answer?).map_err(|_| Failure::Unreadable)
    }

    /// Returns the current connection, or a new one, which first ends the last one: a command that was given up there, and
    /// is still on its way, must not run after later commands.
    async fn connection(&self) -> RedisResult<Connection> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let mut last = self.last.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&has_ended);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(STORE_TIME))
            // Each script has its own.
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    ended.store(true, Ordering::Release);
                }
                Ok::<_, ()>(())
            });
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let id = ClientId::ask(&mut connection).await?;
        // The first one ends none, but shows at the start whether this server may do so.
        last.as_ref().unwrap_or(&id).kill(&mut connection).await?;
        *last = Some(id);
        let new = Connection { connection, has_ended };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
        Ok(new)
    }

    fn current(&self) -> Option<Connection> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|connection| !connection.has_ended.load(Ordering::Acquire)).cloned()
    }

    /// Has the next request connect anew, unless another request has given this connection up already.
    fn give_up(&self, broken: &Connection) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.has_ended, &broken.has_ended)) {
            *current = None;
        }
    }
}

impl Failure {
    /// Returns whether another connection may be better: this one is broken, or leads to a replica or to a primary that may
    /// not write, and the address may lead elsewhere by now.
    fn is_of_connection(&self) -> bool {
        match self {
            Self::Late => true,
            Self::Redis(error) => {
                const ELSEWHERE: [&str; 5] = ["READONLY", "MASTERDOWN", "NOREPLICAS", "MISCONF", "NOAUTH"];
                error.code().is_none_or(|code| ELSEWHERE.contains(&code))
            }
            Self::Unreadable => false,
        }
    }

    /// Returns whether all requests fail alike in this state of the Redis, and not only this one.
    fn lasts(&self) -> bool {
        const STATES: [&str; 4] = ["BUSY", "LOADING", "NOPERM", "WRONGPASS"];
        let is_state = |error: &RedisError| error.code().is_some_and(|code| STATES.contains(&code));
        self.is_of_connection() || matches!(self, Self::Redis(error) if is_state(error))
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

/// On one line, and without the arguments of the script: if Redis quotes them, a password may be among them.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => write!(f, "no answer within {} s", STORE_TIME.as_secs()),
            Self::Redis(error) => {
                let text = error.to_string();
                let text = text.split_once(", with args").map_or(&*text, |(reason, _)| reason);
                f.write_str(&text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            Self::Unreadable => f.write_str("it holds what this server did not write"),
        }
    }
}
