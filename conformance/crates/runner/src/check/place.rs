//! Before a check: each mode gets a place to be replayed at.

use tokio::sync::Mutex;

use super::Check;
use crate::prepare::{ClockUnproved, FirstUsers, Prepared, prepare};
use spec::results::{ClockKind, Way};
use targets::instance::Stage;
use targets::seed::Seeds;
use targets::{Isolation, NewUser, SiteError, Stop};

/// Where scenarios are replayed.
pub enum Ground<'a> {
    /// Each on a fresh site.
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

/// Where a check is going to be carried out, and how.
pub struct Place<'a> {
    pub ground: Ground<'a>,
    pub clock: ClockKind,
    pub seeding: Option<Way>,
}

impl<'a> Check<'_, 'a> {
    /// Gets the users in, and proves the clock.
    pub(super) async fn place(&self) -> Result<Place<'a>, ClockUnproved> {
        let mut stage = match Stage::open(self.target, self.listener).await {
            Ok(stage) => stage.noting(&self.created),
            Err(error) => {
                return Ok(Place { ground: Ground::Lost(error), clock: ClockKind::None, seeding: None });
            }
        };
        let isolation = self.target.isolation();
        let users = if isolation == Isolation::PerScenario { Vec::new() } else { self.all_users() };
        let first = FirstUsers { users: &users, ways: &self.plan.ways, given: self.plan.given.as_ref() };
        // A server that does not start at all is for the scenarios to report.
        let Prepared { seeds, clock, start: _ } = prepare(&mut stage, &self.plan.modes, first).await?;
        let seeding = seeds.way;
        let ground = match isolation {
            Isolation::PerScenario => Ground::Fresh,
            Isolation::Shared => Ground::One(Box::new(Mutex::new(stage)), seeds),
            Isolation::ForkPerBatch => match stage.end(Stop::Polite).await {
                Ok(()) => {
                    Ground::Forks { template: Box::new(stage), seeds, sleeps: clock == ClockKind::Wall }
                }
                Err(error) => Ground::Lost(error),
            },
        };
        Ok(Place { ground, clock, seeding })
    }

    /// Lists the users of every scenario that this check runs.
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
}
