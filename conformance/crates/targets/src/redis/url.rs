//! The target `redis://HOST:PORT`: a Redis server that runs already; it can be asked, and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::client;
use crate::clock::{ClockDriver, NoClock};
use crate::redis::{Address, Connection};
use crate::{Isolation, Sandbox, SandboxError, ServerSettings, Stop, Target};
use spec::results::{SeedMethod, TargetKind};

/// A Redis server that runs already.
#[derive(Clone, Debug)]
pub struct RedisUrl {
    address: Address,
    timeout: Duration,
}

impl RedisUrl {
    /// Describes what runs at an address.
    pub fn new(address: Address) -> Self {
        Self { address, timeout: client::TIMEOUT }
    }

    /// The same server, each reply of which is waited for this long.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }
}

#[async_trait]
impl Target for RedisUrl {
    fn kind(&self) -> TargetKind {
        TargetKind::Url
    }

    fn name(&self) -> String {
        self.address.to_string()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        self.address.to_string()
    }

    fn isolation(&self) -> Isolation {
        Isolation::Shared
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(RedisUrlSandbox { target: self.clone(), clock: NoClock, opened_at: Utc::now() }))
    }
}

struct RedisUrlSandbox {
    target: RedisUrl,
    clock: NoClock,
    opened_at: DateTime<Utc>,
}

#[async_trait]
impl Sandbox for RedisUrlSandbox {
    async fn start(&mut self, _launch: &ServerSettings) -> Result<(), SandboxError> {
        let connection = Connection::open(&self.target.address, self.target.timeout).await;
        let unreached =
            |none| SandboxError::Failed(format!("{} cannot be reached: {none}", self.target.address));
        connection.map(drop).map_err(unreached)
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SandboxError> {
        let why = "needs a restart: a Redis server at a URL cannot be restarted";
        Err(SandboxError::NotPossible(why.to_owned()))
    }

    fn reply_timeout(&self) -> Duration {
        self.target.timeout
    }

    fn base_url(&self) -> String {
        self.target.address.to_string()
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        self.target.open().await
    }
}
