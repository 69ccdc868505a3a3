//! Before a check: users get in, the clock is proved, and each mode gets a place to be played at.

use tokio::sync::Mutex;

use super::{Check, ClockUnproved};
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::TargetKind;
use spec::results::Way;
use targets::instance::Stage;
use targets::seed;
use targets::seed::Seeds;
use targets::{Launch, NewUser, SiteError, Stop};

/// Where scenarios are played.
pub enum Ground<'a> {
    /// Each on a fresh site: for targets whose sites cost nothing.
    Fresh,
    /// All on one stage, where the users of all of them are stored.
    One(Box<Mutex<Stage<'a>>>, Seeds),
    /// Each strand on a fork of one stage, where the users of all scenarios are stored.
    Forks {
        /// Nothing runs on it any more.
        template: Box<Stage<'a>>,
        seeds: Seeds,
        /// Whether time is slept through.
        sleeps: bool,
    },
    /// Nowhere.
    Lost(SiteError),
}

/// What is known of a target once it is prepared.
pub struct Prepared<'a> {
    pub ground: Ground<'a>,
    pub clock: ClockKind,
    pub seeding: Option<Way>,
}

impl<'a> Check<'a> {
    /// Gets the users in and proves the clock.
    pub(super) async fn prepare(&self) -> Result<Prepared<'a>, ClockUnproved> {
        let mut stage = match Stage::open(self.target, self.listener).await {
            Ok(stage) => stage.noting(&self.created),
            Err(error) => {
                return Ok(Prepared { ground: Ground::Lost(error), clock: ClockKind::None, seeding: None });
            }
        };
        let clock = stage.site().clock().kind();
        let kind = self.target.kind();
        let users = if kind == TargetKind::Reference { Vec::new() } else { self.all_users() };
        let telling = self.telling_mode();
        let seeds = seed::seed(&mut stage, telling, &users, &self.plan.ways, self.plan.given.as_ref()).await;
        // A server that does not start at all is for the scenarios to report.
        let started = stage.ensure(&Launch::documented(telling)).await.is_ok();
        if clock.stands_still() && started && !stage.clock_follows().await {
            return Err(ClockUnproved);
        }
        let seeding = seeds.way;
        let ground = match kind {
            TargetKind::Reference => Ground::Fresh,
            TargetKind::Url => Ground::One(Box::new(Mutex::new(stage)), seeds),
            TargetKind::Command => match stage.end(Stop::Polite).await {
                Ok(()) => {
                    Ground::Forks { template: Box::new(stage), seeds, sleeps: clock == ClockKind::Wall }
                }
                Err(error) => Ground::Lost(error),
            },
        };
        Ok(Prepared { ground, clock, seeding })
    }

    /// The users of every scenario that this check runs.
    fn all_users(&self) -> Vec<NewUser> {
        let mut users: Vec<NewUser> = Vec::new();
        for mode in &self.plan.modes {
            for scenario in self.plan.scenarios(self.suite, *mode) {
                for user in self.users(scenario) {
                    if !users.contains(&user) {
                        users.push(user);
                    }
                }
            }
        }
        users
    }

    /// The mode in which a server tells best whether it knows a user.
    fn telling_mode(&self) -> Subject {
        let telling = [
            Mode::SessionAuth,
            Mode::BasicAuth,
            Mode::SessionExpAuth,
            Mode::SessionDbAuth,
            Mode::Off,
            Mode::Auth,
        ];
        let mut telling = telling.into_iter().map(Subject::Api).chain([Subject::Redis]);
        telling.find(|subject| self.plan.modes.contains(subject)).unwrap_or(Subject::Api(Mode::Off))
    }
}
