//! Before a check: users get in, the clock is proved, and each mode gets a place to be played at.

use crate::check::{Check, ClockUnproved};
use crate::clock::ClockKind;
use crate::mode::Mode;
use crate::seed::{self, Seeds, Way};
use crate::stage::Stage;
use crate::target::{Launch, NewUser, SiteError, TargetKind};

/// Where the scenarios of a mode are played.
pub enum Home {
    /// Each on a fresh site: for targets whose sites cost nothing.
    Fresh,
    /// All on one stage, where the users of all of them are stored.
    Shared(Box<Stage>, Seeds),
    /// Nowhere.
    Lost(SiteError),
}

/// What is known of a target once it is prepared.
pub struct Prepared {
    pub homes: Vec<(Mode, Home)>,
    /// The stage to fork for a scenario that wants a site of its own. A mode that does so holds the lock
    /// while the folder is copied.
    pub template: Option<(tokio::sync::Mutex<Stage>, Seeds)>,
    pub clock: ClockKind,
    pub seeding: Option<Way>,
}

impl Check<'_> {
    /// Gets the users in and proves the clock.
    pub(super) async fn prepare(&self) -> Result<Prepared, ClockUnproved> {
        let modes = &self.plan.modes;
        let mut stage = match self.target.open().await {
            Ok(site) => Stage::new(site).noting(&self.created),
            Err(error) => {
                let homes = modes.iter().map(|mode| (*mode, Home::Lost(error.clone()))).collect();
                return Ok(Prepared { homes, template: None, clock: ClockKind::None, seeding: None });
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
        let mut homes = Vec::new();
        match kind {
            TargetKind::Reference => {
                homes.extend(modes.iter().map(|mode| (*mode, Home::Fresh)));
                return Ok(Prepared { homes, template: None, clock, seeding });
            }
            TargetKind::Url => {
                homes.extend(modes.first().map(|mode| (*mode, Home::Shared(Box::new(stage), seeds))));
                return Ok(Prepared { homes, template: None, clock, seeding });
            }
            TargetKind::Command => {}
        }
        for mode in modes {
            let home = match stage.fork().await {
                Ok(fork) => Home::Shared(Box::new(fork), seeds.clone()),
                Err(error) => Home::Lost(error),
            };
            homes.push((*mode, home));
        }
        Ok(Prepared { homes, template: Some((tokio::sync::Mutex::new(stage), seeds)), clock, seeding })
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
    fn telling_mode(&self) -> Mode {
        let telling = [
            Mode::SessionAuth,
            Mode::BasicAuth,
            Mode::SessionExpAuth,
            Mode::SessionDbAuth,
            Mode::Off,
            Mode::Auth,
        ];
        telling.into_iter().find(|mode| self.plan.modes.contains(mode)).unwrap_or(Mode::Off)
    }
}
