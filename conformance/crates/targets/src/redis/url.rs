//! The target `redis://HOST:PORT`: a Redis server that runs already; it can be asked, and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::client;
use crate::clock::{ClockDriver, NoClock};
use crate::redis::{Address, Connection};
use crate::{Isolation, Launch, Site, SiteError, Stop, Target};
use spec::results::{TargetKind, Way};

/// A Redis server that runs already.
#[derive(Clone, Debug)]
pub struct RedisUrl {
    address: Address,
    patience: Duration,
}

impl RedisUrl {
    /// Describes what runs at an address.
    pub fn new(address: Address) -> Self {
        Self { address, patience: client::PATIENCE }
    }

    /// The same server, each reply of which is waited for this long.
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
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

    fn seed_methods(&self) -> &'static [Way] {
        &[]
    }

    async fn open(&self) -> Result<Box<dyn Site>, SiteError> {
        Ok(Box::new(RedisUrlSite { target: self.clone(), clock: NoClock, opened_at: Utc::now() }))
    }
}

struct RedisUrlSite {
    target: RedisUrl,
    clock: NoClock,
    opened_at: DateTime<Utc>,
}

#[async_trait]
impl Site for RedisUrlSite {
    async fn start(&mut self, _launch: &Launch) -> Result<(), SiteError> {
        let connection = Connection::open(&self.target.address, self.target.patience).await;
        let unreached =
            |none| SiteError::Failed(format!("{} cannot be reached: {none}", self.target.address));
        connection.map(drop).map_err(unreached)
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SiteError> {
        let why = "needs a restart: a Redis server at a URL cannot be restarted";
        Err(SiteError::NotPossible(why.to_owned()))
    }

    fn reply_patience(&self) -> Duration {
        self.target.patience
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

    async fn fork(&self) -> Result<Box<dyn Site>, SiteError> {
        self.target.open().await
    }
}
