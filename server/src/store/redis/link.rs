//! The way to a Redis: one connection that all requests share, made anew when it breaks.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, PushInfo, PushKind};
use redis::{RedisError, RedisResult, ScriptInvocation, Value, from_redis_value};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use super::peer::Peer;
use super::url::RedisUrl;
use crate::http::limits::STORE_TIME;

/// Asks a Redis, in bounded time.
pub struct Link {
    client: Client,
    url: RedisUrl,
    // Every request reads it, for as long as it takes to copy a handle; who connects or has found it broken writes.
    current: RwLock<Option<Connection>>,
    // The last connection that anything was asked on. Held by the one request that connects; the others wait for it,
    // each until its own time is over.
    last: tokio::sync::Mutex<Option<Peer>>,
    // Whether the last that was heard of Redis is that nothing is. Any request may find out either.
    is_lost: AtomicBool,
}

/// A connection whose task sends what all copies ask for, and ends with the last of them.
#[derive(Clone)]
struct Connection {
    connection: MultiplexedConnection,
    // Set by the connection's task, which knows first that it has ended.
    has_ended: Arc<AtomicBool>,
}

/// Why a Redis did not do what it was asked for.
#[derive(Debug)]
pub enum Failure {
    /// There was no answer in time.
    Late,
    /// It cannot be reached, or refused.
    Redis(RedisError),
    /// What it holds is not as this server writes it.
    Unreadable,
}

impl Link {
    /// The way to the Redis at `url`; nothing is sent yet.
    pub fn new(url: &RedisUrl) -> RedisResult<Self> {
        Ok(Self {
            client: url.client()?,
            url: url.clone(),
            current: RwLock::default(),
            last: tokio::sync::Mutex::default(),
            is_lost: AtomicBool::new(false),
        })
    }

    /// Runs a script, within [`STORE_TIME`]. A failure is not tried again, as nobody knows whether it happened on
    /// the way there or on the way back; it is told in the log.
    pub async fn ask<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Failure> {
        let answer = self.run(script).await;
        match &answer {
            Ok(_) if self.is_lost.load(Ordering::Relaxed) && self.is_lost.swap(false, Ordering::Relaxed) => {
                warn!("{} answers again", self.url);
            }
            Ok(_) => {}
            Err(failure) if failure.lasts() => {
                // Said once: every request finds it out until it is over.
                if !self.is_lost.swap(true, Ordering::Relaxed) {
                    error!("failed to ask {}: {failure}", self.url);
                }
            }
            Err(failure) => error!("failed to ask {}: {failure}", self.url),
        }
        answer
    }

    /// As [`ask`](Self::ask), and the log is not told.
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
        // The error says what it is that cannot be read, which may be anybody's.
        from_redis_value(answer?).map_err(|_| Failure::Unreadable)
    }

    /// The connection that there is, or a new one, which first puts an end to the last: what was given up on that, and
    /// is still on its way, must not be made after what is asked for from now on.
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
            // Each question has its own.
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    ended.store(true, Ordering::Release);
                }
                Ok::<_, ()>(())
            });
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let peer = Peer::of(&mut connection).await?;
        // The first ends none; but whether this server may do so is better known at its start.
        last.as_ref().unwrap_or(&peer).end(&mut connection).await?;
        *last = Some(peer);
        let new = Connection { connection, has_ended };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
        Ok(new)
    }

    fn current(&self) -> Option<Connection> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|connection| !connection.has_ended.load(Ordering::Acquire)).cloned()
    }

    /// Lets the next request connect anew, unless another has given this connection up already.
    fn give_up(&self, broken: &Connection) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.has_ended, &broken.has_ended)) {
            *current = None;
        }
    }
}

impl Failure {
    /// Whether another connection may be better: this one is broken or dead, or leads to a replica or a primary that
    /// may not write, where the address may lead elsewhere by now.
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

    /// Whether it is a state of the Redis, in which all requests fail alike, and not a matter of this one.
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

/// On one line, and without what was asked for: where Redis repeats that, the password may be in it.
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
