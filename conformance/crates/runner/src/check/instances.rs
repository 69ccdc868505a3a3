//! Before a check: the users get in, and each mode gets an instance to replay on.

use tokio::sync::Mutex;

use super::Check;
use crate::prepare::{ClockUnproved, FirstUsers, Prepared, prepare};
use spec::results::{ClockKind, SeedMethod};
use targets::instance::Instance;
use targets::seed::Seeds;
use targets::{Isolation, NewUser, SandboxError, Stop};

/// Where the scenarios of a check are replayed.
pub enum Instances<'a> {
    /// Each on a fresh instance.
    PerScenario,
    /// All on one instance, where the users of all of them are stored.
    Shared(Box<Mutex<Instance<'a>>>, Seeds),
    /// Each batch on a fork of one instance, where the users of all scenarios are stored.
    ForkPerBatch {
        /// No server runs on it any more.
        template: Box<Instance<'a>>,
        seeds: Seeds,
        /// Whether sleeping takes real time.
        sleeps: bool,
    },
    /// Nowhere: the target has no place for an instance.
    Unavailable(SandboxError),
}

/// A check that may begin.
pub struct Setup<'a> {
    pub instances: Instances<'a>,
    pub clock: ClockKind,
    pub seeding: Option<SeedMethod>,
}

impl<'a> Check<'_, 'a> {
    /// Stores the users, and proves the clock.
    pub(super) async fn set_up(&self) -> Result<Setup<'a>, ClockUnproved> {
        let mut instance = match Instance::open(self.target, self.listener).await {
            Ok(instance) => instance.noting(&self.created),
            Err(error) => {
                let instances = Instances::Unavailable(error);
                return Ok(Setup { instances, clock: ClockKind::None, seeding: None });
            }
        };
        let isolation = self.target.isolation();
        let users = if isolation == Isolation::PerScenario { Vec::new() } else { self.all_users() };
        let first = FirstUsers {
            users: &users,
            seed_methods: &self.plan.seed_methods,
            given: self.plan.given.as_ref(),
        };
        // A server that does not start at all is for the scenarios to report.
        let Prepared { seeds, clock, start: _ } = prepare(&mut instance, &self.plan.modes, first).await?;
        let seeding = seeds.method;
        let instances = match isolation {
            Isolation::PerScenario => Instances::PerScenario,
            Isolation::Shared => Instances::Shared(Box::new(Mutex::new(instance)), seeds),
            Isolation::ForkPerBatch => match instance.end(Stop::Polite).await {
                Ok(()) => {
                    let sleeps = clock == ClockKind::Wall;
                    Instances::ForkPerBatch { template: Box::new(instance), seeds, sleeps }
                }
                Err(error) => Instances::Unavailable(error),
            },
        };
        Ok(Setup { instances, clock, seeding })
    }

    /// Returns the users of every scenario that this check replays.
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
