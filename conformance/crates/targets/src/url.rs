//! The target `url`: an implementation that runs already; it can be asked, and nothing else.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Isolation, Sandbox, SandboxError, ServerSettings, Stop, Target};
use crate::client;
use crate::clock::{ClockDriver, NoClock, Wall};
use spec::catalogue::Mode;
use spec::http::Request;
use spec::results::ClockKind;
use spec::results::{SeedMethod, TargetKind};
use spec::scenario::Settings;

/// Something already running, with what the caller says of its settings.
#[derive(Clone, Debug)]
pub struct Url {
    base: String,
    mode: Mode,
    session_name: String,
    session_duration: Option<u64>,
    clock: ClockKind,
}

impl Url {
    /// Describes what runs at `base` (`http://host:port`, no path).
    ///
    /// `session_duration` is the running server's, in seconds; `None` where the caller does not say.
    pub fn new(
        base: &str,
        mode: Mode,
        session_name: &str,
        session_duration: Option<u64>,
        clock: ClockKind,
    ) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            mode,
            session_name: session_name.to_owned(),
            session_duration,
            clock,
        }
    }

    fn sandbox(&self) -> UrlSandbox {
        let clock: Box<dyn ClockDriver> = match (self.clock, self.session_duration) {
            (ClockKind::Wall, Some(seconds)) => Box::new(Wall::for_duration(seconds)),
            _ => Box::new(NoClock),
        };
        UrlSandbox { target: self.clone(), clock, opened_at: Utc::now() }
    }
}

#[async_trait]
impl Target for Url {
    fn kind(&self) -> TargetKind {
        TargetKind::Url
    }

    fn name(&self) -> String {
        self.base.clone()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        self.base.clone()
    }

    fn isolation(&self) -> Isolation {
        Isolation::Shared
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[SeedMethod::Given]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(self.sandbox()))
    }
}

struct UrlSandbox {
    target: Url,
    clock: Box<dyn ClockDriver>,
    opened_at: DateTime<Utc>,
}

#[async_trait]
impl Sandbox for UrlSandbox {
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError> {
        let not_possible = |why: String| Err(SandboxError::NotPossible(why));
        if settings.mode != self.target.mode {
            return not_possible(format!(
                "needs a restart in mode {}: a URL cannot be restarted",
                settings.mode
            ));
        }
        if self.cookie_name(&settings.session_name) != self.target.session_name {
            return not_possible(format!(
                "needs a restart with SESSION_NAME={}: a URL cannot be restarted",
                settings.session_name
            ));
        }
        // Whether it is hardened, its answers tell.
        let ServerSettings { session_name, profile, .. } = settings.clone();
        if *settings
            != (ServerSettings { session_name, profile, ..ServerSettings::documented(settings.mode) })
        {
            return not_possible("needs a restart with other settings: a URL cannot be restarted".to_owned());
        }
        let status = Request::get(format!("{}/api/v1/status", self.target.base));
        match client::send(status, client::TIMEOUT).await.answer {
            Ok(_) => Ok(()),
            Err(none) => Err(SandboxError::Failed(format!("{} cannot be reached: {none}", self.target.base))),
        }
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SandboxError> {
        Err(SandboxError::NotPossible("needs a restart: a URL cannot be restarted".to_owned()))
    }

    fn base_url(&self) -> String {
        self.target.base.clone()
    }

    fn cookie_name(&self, written: &str) -> String {
        let documented = written == Settings::SESSION_NAME;
        if documented { self.target.session_name.clone() } else { written.to_owned() }
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut *self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(self.target.sandbox()))
    }
}
