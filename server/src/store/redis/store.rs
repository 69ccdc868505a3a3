//! The store in a Redis.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::Either;
use redis::{ErrorKind, FromRedisValue, ScriptInvocation};
use thiserror::Error;
use tracing::{error, warn};

use super::connection::{Failure, SharedConnection};
use super::script::SCRIPTS;
use super::url::RedisUrl;
use crate::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, User, UserList, UserSession};
use crate::http::json;
use crate::http::limits::STORE_LIST_TIME;
use crate::store::contract::{Lookup, Store, StoreError};
use crate::store::digest::SessionDigest;

/// Users in one page of the list, so that other requests need not wait for a long list.
const PAGE: usize = 500;

/// A store in a Redis.
pub struct Redis {
    connection: SharedConnection,
}

/// The error of a Redis that cannot be used.
#[derive(Debug, Error)]
#[error("cannot use the database {url}: {failure}; {instead}")]
pub struct OpenError {
    url: RedisUrl,
    failure: Box<Failure>,
    instead: &'static str,
}

/// A user as scripts return it: ID, email, hash of the password, names, times of creation and last update.
type UserFields = (String, String, Vec<u8>, Option<String>, Option<String>, i64, i64);

impl Redis {
    /// Connects, and checks that this Redis can be used.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, requires another password, is a replica, or is too old.
    pub async fn open(url: &RedisUrl) -> Result<Self, OpenError> {
        let refused = |failure: Failure| {
            let instead = failure.instead();
            OpenError { url: url.clone(), failure: failure.into(), instead }
        };
        let connection = SharedConnection::new(url).map_err(|error| refused(error.into()))?;
        let settings: (String, String) =
            connection.run(&SCRIPTS.settings.prepare_invoke()).await.map_err(refused)?;
        warn_of(url, &settings);
        Ok(Self { connection })
    }

    async fn read<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.connection.ask(script).await.map_err(|_| StoreError::Read)
    }

    async fn write<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.connection.ask(script).await.map_err(|_| StoreError::Write)
    }

    async fn pages(&self) -> Result<Vec<Arc<User>>, StoreError> {
        let mut users = Vec::new();
        let mut last = Some(0_i64);
        while let Some(after) = last {
            let mut script = SCRIPTS.list_users.arg(after);
            let page: (Option<i64>, Vec<UserFields>) = self.read(script.arg(PAGE)).await?;
            last = page.0.filter(|_| page.1.len() == PAGE);
            for fields in page.1 {
                users.push(user(fields)?);
            }
        }
        Ok(users)
    }

    async fn find_user(&self, script: ScriptInvocation<'_>) -> Result<Option<Arc<User>>, StoreError> {
        self.read::<Option<UserFields>>(&script).await?.map(user).transpose()
    }
}

#[async_trait]
impl Store for Redis {
    /// Reads the list page by page: a change meanwhile may show in part.
    async fn users(&self) -> Result<Arc<UserList>, StoreError> {
        let pages = tokio::time::timeout(STORE_LIST_TIME, self.pages()).await;
        let users = pages.unwrap_or_else(|_| {
            error!("failed to list users: Redis has not given all within {} s", STORE_LIST_TIME.as_secs());
            Err(StoreError::Read)
        })?;
        let list = Arc::new(UserList::new(users));
        let rendered = Arc::clone(&list);
        // It may be long: not on a thread that serves requests.
        tokio::task::spawn_blocking(move || rendered.json(json::body)).await.map_err(|_| StoreError::Read)?;
        Ok(list)
    }

    fn user_count(&self) -> Lookup<'_, u64> {
        Either::Right(async { self.read(&SCRIPTS.count_users.prepare_invoke()).await }.boxed())
    }

    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>> {
        Either::Right(self.find_user(SCRIPTS.find_user.arg(id)).boxed())
    }

    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>> {
        Either::Right(self.find_user(SCRIPTS.find_user_by_email.arg(email)).boxed())
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        let mut script = SCRIPTS.add_user.arg(user.id.as_str());
        script.arg(&user.email).arg("password").arg(user.password.as_bytes());
        script.arg("created_at").arg(user.created_at.timestamp_micros());
        script.arg("updated_at").arg(user.updated_at.timestamp_micros());
        add_names(&mut script, &user.names);
        self.write(&script).await
    }

    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        let mut script = SCRIPTS.change_user.arg(id);
        script.arg("updated_at").arg(now.timestamp_micros());
        add_names(&mut script, &names);
        self.write::<Option<UserFields>>(&script).await?.map(user).transpose()
    }

    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError> {
        let mut script = SCRIPTS.change_user.arg(id);
        script.arg("password").arg(password.as_bytes());
        Ok(self.write::<Option<UserFields>>(&script).await?.is_some())
    }

    async fn remove_user(&self, id: &str) -> Result<bool, StoreError> {
        self.write(&SCRIPTS.remove_user.arg(id)).await
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError> {
        let mut script = SCRIPTS.add_session.arg(key(id.as_str()));
        script.arg(session.user_id.as_str()).arg(session.created_at.timestamp_micros());
        if let Some((kept, before)) = lifetime.retention().zip(lifetime.purge_before(session.created_at)) {
            script.arg(kept.num_milliseconds()).arg(before.timestamp_micros());
        }
        self.write(&script).await
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        let script = SCRIPTS.find_session.arg(key(id));
        let session = async move {
            let Some((created_at, fields)) = self.read::<Option<(i64, UserFields)>>(&script).await? else {
                return Ok(None);
            };
            Ok(Some(UserSession { user: user(fields)?, created_at: time(created_at)? }))
        };
        Either::Right(session.boxed())
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        self.write(&SCRIPTS.end_session.arg(key(id))).await
    }
}

impl Failure {
    /// Returns what the operator can do about it at the start of a server.
    fn instead(&self) -> &'static str {
        let error = match self {
            Self::Late => return "see what keeps it busy",
            Self::Unreadable => return "name a Redis, or a number of its databases, that is this server's",
            Self::Redis(error) => error,
        };
        match (error.kind(), error.code()) {
            (_, Some("NOPERM")) => "give its user the rights that server/src/store/README.md names",
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => {
                "write its password, DATABASE_URL=redis://:PASSWORD@HOST:PORT"
            }
            (ErrorKind::Io, _) => "start redis-server there, or correct DATABASE_URL",
            (_, Some("LOADING")) => "start again when it has read its data",
            (_, Some("READONLY")) => "name the primary of this replica in DATABASE_URL",
            (_, Some("MISCONF" | "NOREPLICAS")) => "see to it that it may write",
            _ => "name a Redis of version 7 or later whose data are this server's",
        }
    }
}

/// Warns of settings with which a Redis keeps less than users may expect.
fn warn_of(url: &RedisUrl, (full, append_only): &(String, String)) {
    if full != "noeviction" {
        warn!("{url} may drop users and sessions when it is full: set maxmemory-policy noeviction there");
    }
    if append_only != "1" {
        warn!(
            "{url} forgets, when it ends, what it was told since its last snapshot: set appendonly yes there"
        );
    }
}

/// Returns the digest of a session ID as text.
fn key(id: &str) -> String {
    format!("{:032x}", u128::from_be_bytes(*SessionDigest::new(id).as_bytes()))
}

/// Adds the names that are `Some` to the arguments of a script.
fn add_names(script: &mut ScriptInvocation<'_>, names: &Names) {
    for (field, name) in [("first_name", &names.first), ("last_name", &names.last)] {
        if let Some(name) = name {
            script.arg(field).arg(name);
        }
    }
}

fn user(
    (id, email, password, first, last, created_at, updated_at): UserFields,
) -> Result<Arc<User>, StoreError> {
    let Some(password) = PasswordHash::from_bytes(&password) else {
        error!("failed to read a user from Redis: its password is of no kind that this server knows");
        return Err(StoreError::Read);
    };
    let times = [time(created_at)?, time(updated_at)?];
    Ok(Arc::new(User::stored(id.as_str().into(), email, password, Names { first, last }, times)))
}

fn time(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| {
        error!("failed to read a time from Redis: {micros} is no date");
        StoreError::Read
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_fails_says_what_to_do_instead() {
        for (answer, instead) in [
            ("NOPERM no permissions", "give its user the rights"),
            ("NOAUTH Authentication required.", "write its password"),
            ("WRONGPASS invalid username-password pair", "write its password"),
            ("LOADING Redis is loading the dataset in memory", "start again when it has read its data"),
            ("READONLY You can't write against a read only replica.", "name the primary"),
            ("MISCONF Redis is configured to save RDB snapshots", "see to it that it may write"),
            ("NOREPLICAS Not enough good replicas to write.", "see to it that it may write"),
            ("ERR unknown command", "name a Redis of version 7"),
        ] {
            let answer = format!("-{answer}\r\n");
            let read = redis::parse_redis_value(answer.as_bytes()).and_then(redis::Value::extract_error);
            let failure = Failure::from(read.expect_err("an error"));
            assert!(failure.instead().starts_with(instead), "{answer}: {}", failure.instead());
        }
        assert_eq!(Failure::Late.instead(), "see what keeps it busy");
    }
}
