//! What was checked and how it was driven, as every report names it.

use serde::{Deserialize, Serialize};

/// Names a kind of target as the JSON report does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// The reference server, in process.
    Reference,
    /// A program that the suite starts.
    Command,
    /// Something already running.
    Url,
}

/// Names a clock driver, as `--clock` and the JSON report do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// The clock of the reference server in process, moved by hand.
    Manual,
    /// libfaketime, preloaded into a spawned program.
    Faketime,
    /// Real sleeping, with durations scaled down.
    Wall,
    /// Nothing: time passes as it does.
    None,
}

impl ClockKind {
    /// Names the driver as `--clock` does.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Faketime => "faketime",
            Self::Wall => "wall",
            Self::None => "none",
        }
    }

    /// Tells whether time stands still between steps, so that single seconds can be judged.
    pub fn stands_still(self) -> bool {
        matches!(self, Self::Manual | Self::Faketime)
    }
}

/// A way to get first users in, as `--seed` and the JSON report name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeedMethod {
    /// POST /api/v1/users with AUTH_TYPE unset, then a restart.
    Api,
    /// The Flask projects' own store, `.db_User.json`.
    File,
    /// The implementation's main_0.
    Program,
    /// POST /api/v1/users with the credentials of a user that the caller named.
    Given,
}

impl SeedMethod {
    /// The ways that need no user, in the order in which they are tried.
    pub const UNAIDED: [Self; 3] = [Self::Api, Self::File, Self::Program];

    /// Names the way as the reports do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::File => "file",
            Self::Program => "program",
            Self::Given => "given",
        }
    }
}

/// What was checked, and how it was driven.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TargetInfo {
    /// Its name: of the folder, the URL, or "reference".
    pub name: String,
    /// Which kind it is.
    pub kind: TargetKind,
    /// The command that starts it, if the suite does.
    pub command: Option<String>,
    /// The URL in the lines that repeat an exchange.
    pub url: String,
    /// What made its time pass.
    pub clock: ClockKind,
    /// How the users got in; `None` where no way worked.
    pub seeding: Option<SeedMethod>,
}
