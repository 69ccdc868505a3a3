//! Targets: the implementations under test, behind one interface.
//!
//! A [`Target`] opens sandboxes. A [`Sandbox`] has data of its own and runs at most one server. Each target states what
//! can be done with it; its kind is for reports alone.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use spec::results::{SeedMethod, TargetKind};

use crate::SandboxError;
use crate::client;
use crate::clock::ClockDriver;
use spec::catalogue::Profile;
use spec::catalogue::Subject;
use spec::scenario::{Action, Scenario, Setting, Settings, Template};
use spec::transcript::redact::Redactions;

/// The settings of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// A Redis server, or the API with its AUTH_TYPE.
    pub mode: Subject,
    /// The value of SESSION_NAME.
    pub session_name: String,
    /// The value of SESSION_DURATION as the scenario writes it; `None` leaves it unset.
    pub session_duration: Option<String>,
    /// The value of TZ; `None` leaves the machine's.
    pub time_zone: Option<String>,
    /// The profile of requirements that it is asked to meet.
    pub profile: Profile,
}

impl ServerSettings {
    /// Returns the documents' settings for a mode, changed as a scenario says.
    pub fn new(mode: impl Into<Subject>, settings: &Settings) -> Self {
        let mode = mode.into();
        Self {
            mode,
            session_name: settings.session_name.clone(),
            session_duration: settings.session_duration.for_subject(mode),
            time_zone: settings.tz.clone(),
            profile: settings.profile,
        }
    }

    /// Returns the settings in force at a step of a scenario. Settings whose value the scenario captures are empty.
    pub fn at(mode: impl Into<Subject>, scenario: &Scenario, index: usize) -> Self {
        let mut settings = Self::new(mode, &scenario.settings);
        scenario.steps().take(index).for_each(|step| settings.follow(&step.action));
        settings
    }

    /// Applies the changes of a `serve` step. A value that the scenario captures becomes empty.
    pub fn follow(&mut self, action: &Action) {
        if let Action::Serve(serve) = action {
            let literal = |value: &Template| value.as_literal().unwrap_or_default().to_owned();
            let set = serve.set.iter().map(|(setting, value)| (*setting, literal(value)));
            self.change(set, &serve.unset);
        }
    }

    /// Sets and unsets the settings of a `serve` step.
    pub fn change(&mut self, set: impl IntoIterator<Item = (Setting, String)>, unset: &[Setting]) {
        for (setting, value) in set {
            match setting {
                Setting::SessionName => self.session_name = value,
                Setting::SessionDuration => self.session_duration = Some(value),
                Setting::TimeZone => self.time_zone = Some(value),
            }
        }
        for setting in unset {
            match setting {
                Setting::SessionName => Settings::SESSION_NAME.clone_into(&mut self.session_name),
                Setting::SessionDuration => self.session_duration = None,
                Setting::TimeZone => self.time_zone = None,
            }
        }
    }

    /// Returns the documents' settings for a mode.
    pub fn documented(mode: impl Into<Subject>) -> Self {
        Self::new(mode, &Settings::default())
    }

    /// Returns the documents' environment variables; the clock driver may scale the duration.
    pub fn environment(&self, clock: &dyn ClockDriver) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        let Some(mode) = self.mode.api_mode() else { return variables };
        if let Some(auth_type) = mode.auth_type() {
            variables.push(("AUTH_TYPE", auth_type.to_owned()));
        }
        variables.push(("SESSION_NAME", self.session_name.clone()));
        if let Some(duration) = &self.session_duration {
            variables.push(("SESSION_DURATION", clock.duration(duration)));
        }
        if let Some(zone) = &self.time_zone {
            variables.push(("TZ", zone.clone()));
        }
        variables.extend(self.profile.variable().map(|(name, value)| (name, value.to_owned())));
        variables
    }
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is asked to end, and may finish its work.
    Polite,
    /// It gets no warning.
    Kill,
}

/// A user to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The address. It is unique in this run.
    pub email: String,
    /// The password.
    pub password: String,
}

/// One of the documents' programs that runs to its end.
#[derive(Clone, Debug)]
pub enum Program {
    /// Stores users and prints their ids and Basic credentials.
    Main0(Vec<NewUser>),
    /// Makes sessions.
    Main1,
    /// Looks sessions up.
    Main2,
    /// Asks the gate which paths need a credential.
    RequireAuth {
        /// The excluded path.
        excluded: String,
        /// The paths to ask for.
        paths: Vec<String>,
    },
}

/// One of the documents' programs that serves.
#[derive(Clone, Debug)]
pub enum ProgramServer {
    /// Answers with the session cookie's value.
    Main3,
    /// Stores a user and a session, and answers with the user whose session it is.
    Main4(NewUser),
}

/// What the scenarios of one mode share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Nothing. Each scenario gets a sandbox of its own, since sandboxes cost next to nothing.
    PerScenario,
    /// One server, which can be neither restarted nor copied, and which others may use too.
    Shared,
    /// A fork of one prepared sandbox for each batch of scenarios, since a server takes long to start.
    ForkPerBatch,
}

/// An implementation under test.
#[async_trait]
pub trait Target: Send + Sync {
    /// Returns the kind that reports name.
    fn kind(&self) -> TargetKind;

    /// Returns the name that reports show.
    fn name(&self) -> String;

    /// Returns the command that starts the server; `None` where the suite does not start it.
    fn command(&self) -> Option<String>;

    /// Returns the server's URL in the lines that repeat an exchange.
    fn public_url(&self) -> String;

    /// Returns whether data of one check may still be stored at the next.
    ///
    /// If so, each check makes up addresses of its own. Otherwise the addresses are the same each time: an
    /// implementation that fails with some addresses then fails in every check or in none.
    fn keeps_data(&self) -> bool {
        true
    }

    /// Returns what the scenarios of one mode share.
    fn isolation(&self) -> Isolation;

    /// Returns the methods to store first users that are worth trying, in order.
    fn seed_methods(&self) -> &'static [SeedMethod];

    /// Opens a sandbox without users.
    ///
    /// # Errors
    ///
    /// When the machine has no room for it.
    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError>;
}

/// A place with data of its own and at most one running server.
///
/// Dropping a sandbox kills its server and removes the data.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Starts a server and waits until it answers. No server may run.
    async fn start(&mut self, settings: &ServerSettings) -> Result<(), SandboxError>;

    /// Stops the server; does nothing where none runs.
    async fn stop(&mut self, how: Stop) -> Result<(), SandboxError>;

    /// Returns the longest time that a start may take; `None` where nothing limits it.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Returns the longest time that a reply of a Redis server may take.
    fn reply_timeout(&self) -> Duration {
        client::TIMEOUT
    }

    /// Returns `http://host:port` of the running server; of a Redis server, `redis://host:port`.
    fn base_url(&self) -> String;

    /// Returns the name of the session cookie here, for the name that is `written` in a scenario.
    ///
    /// It differs only at a server that the suite did not start.
    fn cookie_name(&self, written: &str) -> String {
        written.to_owned()
    }

    /// Returns how the server ended by itself; `None` while it runs.
    fn ended(&mut self) -> Option<String> {
        None
    }

    /// Returns the last output of the server. Ports, paths and times of this run are redacted.
    fn output(&self) -> String {
        String::new()
    }

    /// Returns the redactions of what is of this run alone in the server's output, such as its port.
    fn places(&self) -> Redactions {
        Redactions::default()
    }

    /// Returns the clock of this sandbox.
    fn clock(&mut self) -> &mut dyn ClockDriver;

    /// Returns the time, by the sandbox's clock, at which the data was empty.
    fn opened_at(&self) -> DateTime<Utc>;

    /// Opens another sandbox with a copy of this one's data. No server may run here.
    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError>;

    /// Runs a program on the data, and returns its output. No server may run here.
    async fn program(&mut self, _program: &Program) -> Result<String, SandboxError> {
        Err(no_programs())
    }

    /// Starts a serving program in the place of the server, and returns its first output.
    async fn serve_program(
        &mut self,
        _launch: &ServerSettings,
        _program: &ProgramServer,
    ) -> Result<String, SandboxError> {
        Err(no_programs())
    }

    /// Returns the folder where a Flask project keeps its data; `None` of other targets.
    fn data_folder(&self) -> Option<&std::path::Path> {
        None
    }
}

fn no_programs() -> SandboxError {
    SandboxError::NotPossible(
        "needs a program of the implementation: none can be run on this target".to_owned(),
    )
}
